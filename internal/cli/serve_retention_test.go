package cli

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tracker/internal/tracking"
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
		{began.Add(12 * time.Hour), nil}, // it was suspended for the night
		{began.Add(36 * time.Hour), nil},
		{began.Add(60 * time.Hour), nil},
		{began.Add(84*time.Hour + time.Minute), errJumped},
		{began.Add(61 * time.Hour), nil},
	} {
		if err := r.checkClock(test.now); !errors.Is(err, test.want) {
			t.Errorf("at %s: %v", test.now, err)
		}
	}
}

// TestRetainerWarnsOnce of a clock that is not believed, although it tells other times each hour.
func TestRetainerWarnsOnce(t *testing.T) {
	t.Parallel()
	w := newOldWorld(t)
	w.Exec(`UPDATE cursors SET polled_at = polled_at - interval '3 days'`)
	var log strings.Builder
	r := &retainer{
		app: &app{logger: slog.New(slog.NewTextHandler(&log, nil))}, store: w.Store(), keep: tracking.Retention{Polls: 30 * 24 * time.Hour},
	}
	for hour := range 3 {
		w.Exec(`UPDATE cursors SET polled_at = polled_at - interval '1 minute'`) // as seen from the next turn
		if soon := r.turn(t.Context()); soon != retainEvery {
			t.Errorf("turn %d comes again in %s", hour, soon)
		}
	}
	if warned := strings.Count(log.String(), "a day apart at most"); warned != 1 {
		t.Errorf("it warns %d times:\n%s", warned, log.String())
	}
}
