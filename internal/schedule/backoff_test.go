package schedule_test

import (
	"fmt"
	"testing"
	"time"

	"tracker/internal/schedule"
)

func TestBackoff(t *testing.T) {
	t.Parallel()
	polled := at(t, "2025-11-22T10:00:00Z")
	for name, c := range map[string]struct {
		expr     string
		failures int
		active   time.Duration
		held     time.Duration
		min, max time.Duration
	}{
		"First":                     {expr: "@every 5m", failures: 1, min: 5 * time.Second, max: 10 * time.Second},
		"Fourth":                    {expr: "@every 5m", failures: 4, min: 40 * time.Second, max: 80 * time.Second},
		"EndsAtAQuarterOfAnHour":    {expr: "@every 1s", failures: 9, min: 7*time.Minute + 30*time.Second, max: 15 * time.Minute},
		"NeverOverflows":            {expr: "@every 1s", failures: 1 << 30, min: 7*time.Minute + 30*time.Second, max: 15 * time.Minute},
		"GrowsWithASlowSchedule":    {expr: "@every 6h", failures: 9, min: 21 * time.Minute, max: 43 * time.Minute},
		"NeverLaterThanASlowOne":    {expr: "@every 6h", failures: 30, min: 6 * time.Hour, max: 6 * time.Hour},
		"NeverLaterThanTheNextTick": {expr: "0 11 * * *", failures: 30, min: time.Hour, max: time.Hour + time.Minute},
		"NotSoonerThanActive":       {expr: "@every 5m", failures: 1, active: time.Minute, min: time.Minute, max: time.Minute},
		"NotBeforeTheHold":          {expr: "@every 5m", failures: 1, held: time.Hour, min: time.Hour, max: time.Hour},
		"HoldInThePast":             {expr: "@every 5m", failures: 1, held: -time.Hour, min: 5 * time.Second, max: 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			next := schedule.Backoff(schedule.Failure{
				Schedule: mustParse(t, c.expr), Name: "stores-eu", ActiveEvery: c.active,
				PolledAt: polled, Failures: c.failures, HeldUntil: polled.Add(c.held),
			})
			if wait := next.Sub(polled); wait < c.min || wait > c.max {
				t.Errorf("tried again after %s, want %s to %s", wait, c.min, c.max)
			}
		})
	}
}

func TestBackoffScattersJobs(t *testing.T) {
	t.Parallel()
	polled, s := at(t, "2025-11-22T10:00:00Z"), mustParse(t, "@every 1m")
	seen := make(map[time.Time]bool)
	for i := range 100 {
		seen[schedule.Backoff(schedule.Failure{Schedule: s, Name: fmt.Sprint("job-", i), PolledAt: polled, Failures: 9})] = true
	}
	if len(seen) < 95 {
		t.Errorf("100 jobs are tried again at %d times", len(seen))
	}
}
