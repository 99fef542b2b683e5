package schedule_test

import (
	"fmt"
	"testing"
	"time"

	"tracker/internal/schedule"
)

func TestPlan(t *testing.T) {
	t.Parallel()
	polled := at(t, "2025-11-22T10:00:00Z")
	for name, c := range map[string]struct {
		expr     string
		change   func(*schedule.Progress)
		after    time.Duration
		finished bool
	}{
		"NoRun":                  {expr: "@every 5m", change: func(p *schedule.Progress) { p.Phase = schedule.PhaseNone }, after: 5 * time.Minute},
		"Active":                 {expr: "@every 5m", change: func(*schedule.Progress) {}, after: 10 * time.Second},
		"ActiveNotYetAnHour":     {expr: "@every 5m", change: unchangedFor(time.Hour - time.Second), after: 10 * time.Second},
		"ActiveAfterAnHour":      {expr: "@every 5m", change: unchangedFor(time.Hour), after: 20 * time.Second},
		"ActiveAfterThreeHours":  {expr: "@every 5m", change: unchangedFor(3*time.Hour + time.Minute), after: 80 * time.Second},
		"ActiveUpToSchedule":     {expr: "@every 5m", change: unchangedFor(5 * time.Hour), after: 5 * time.Minute},
		"ActiveForYears":         {expr: "@every 5m", change: unchangedFor(100_000 * time.Hour), after: 5 * time.Minute},
		"ActiveChangedLater":     {expr: "@every 5m", change: unchangedFor(-2 * time.Hour), after: 10 * time.Second},
		"ScheduleSooner":         {expr: "@every 5s", change: func(*schedule.Progress) {}, after: 5 * time.Second},
		"EndJustSeen":            {expr: "@every 5m", change: ended(0), after: 10 * time.Second},
		"EndSlowedNotBefore":     {expr: "@every 5m", change: both(ended(0), unchangedFor(9*time.Hour)), after: 10 * time.Second},
		"EndSecondGracePoll":     {expr: "@every 5m", change: ended(2), after: 10 * time.Second},
		"EndGraceOver":           {expr: "@every 5m", change: ended(3), after: 5 * time.Minute},
		"EndLongAgo":             {expr: "@every 5m", change: ended(99), after: 5 * time.Minute},
		"FinishesNotBeforeGrace": {expr: "@every 5m", change: both(ended(2), finishes), after: 10 * time.Second},
		"FinishesAfterGrace":     {expr: "@every 5m", change: both(ended(3), finishes), finished: true},
		"FinishesNotWhileActive": {expr: "@every 5m", change: finishes, after: 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := schedule.Progress{
				Schedule: mustParse(t, c.expr), Name: "stores-eu", ActiveEvery: 10 * time.Second,
				PolledAt: polled, ChangedAt: polled, Phase: schedule.PhaseActive,
			}
			c.change(&p)
			next, finished := schedule.Plan(p)
			if finished != c.finished || next.IsZero() != c.finished {
				t.Fatalf("Plan = %s, finished %t", next, finished)
			}
			if !finished && next.Sub(polled) != c.after {
				t.Errorf("next poll after %s, want %s", next.Sub(polled), c.after)
			}
		})
	}
}

func unchangedFor(d time.Duration) func(*schedule.Progress) {
	return func(p *schedule.Progress) { p.ChangedAt = p.PolledAt.Add(-d) }
}

func ended(graceDone int) func(*schedule.Progress) {
	return func(p *schedule.Progress) { p.Phase, p.GraceDone = schedule.PhaseEnded, graceDone }
}

func finishes(p *schedule.Progress) { p.Finishes = true }

func both(a, b func(*schedule.Progress)) func(*schedule.Progress) {
	return func(p *schedule.Progress) { a(p); b(p) }
}

func TestPlanSpreadsThePollAfterTheFirst(t *testing.T) {
	t.Parallel()
	polled := at(t, "2025-11-22T10:00:00Z")
	p := schedule.Progress{
		Schedule: mustParse(t, "@every 10m"), Name: "stores-eu", ActiveEvery: 10 * time.Second, PolledAt: polled, Spread: true,
	}
	if next, _ := schedule.Plan(p); !next.Equal(p.Schedule.Second(polled, p.Name)) {
		t.Errorf("next = %s, want %s", next, p.Schedule.Second(polled, p.Name))
	}
	p.Phase, p.ChangedAt = schedule.PhaseActive, polled
	if next, _ := schedule.Plan(p); next.Sub(polled) != 3698*time.Millisecond {
		t.Errorf("next after %s, want the active cadence, spread", next.Sub(polled))
	}
}

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
