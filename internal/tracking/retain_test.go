package tracking_test

import (
	"errors"
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/tracking"
)

// TestRetainDistrustsClocksThatAreApart: it refuses before it asks the database.
func TestRetainDistrustsClocksThatAreApart(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{time.Now().AddDate(1, 0, 0), time.Now().AddDate(0, 0, -2)} {
		err := tracking.Retain(t.Context(), nil, store.Author{Actor: "ann", At: at}, tracking.Retention{Polls: time.Hour}, func([]store.Taken) {})
		if !errors.Is(err, store.ErrRetentionRefused) {
			t.Errorf("at %s: %v", at, err)
		}
	}
}
