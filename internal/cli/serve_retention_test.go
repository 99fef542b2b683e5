package cli

import (
	"errors"
	"testing"
	"time"
)

func TestRetainerDistrustsAClockThatJumps(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	r := &retainer{}
	for _, test := range []struct {
		now  time.Time
		want error
	}{
		{began, nil},
		{began.Add(time.Hour), nil},
		{began.AddDate(1, 0, 0), errJumped},
		{began.AddDate(1, 0, 1), errJumped},
		{began.Add(-time.Hour), nil},
	} {
		if err := r.checkClock(test.now); !errors.Is(err, test.want) {
			t.Errorf("at %s: %v", test.now, err)
		}
	}
}
