package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
)

// TestReportGapsTellsWhatAnAccountTells: of any cursor the view has the gaps that
// are open now as history.Coverage tells them, with one reason for each stretch.
func TestReportGapsTellsWhatAnAccountTells(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t)
	job := f.register(t, "woosmap", "a")[0]
	random, told := rand.New(rand.NewPCG(1, 2)), map[string]int{}
	for range 400 {
		tx, err := f.conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		now := value[time.Time](t, f.conn, "SELECT now()")
		cursor := randomCursor(random, now)
		mustExec(t, f.conn, `UPDATE cursors SET next_poll_at = $2, polled_at = $3, outcome = $4, failures = $5, confirmed_at = $6,
			planned_every = $7, covered_until = $8, unseen_reason = NULLIF($9, '') WHERE job_id = $1`,
			job.ID, timeOrNull(cursor.NextPollAt), timeOrNull(cursor.PolledAt), string(cursor.Outcome), cursor.Failures, timeOrNull(cursor.ConfirmedAt),
			durationOrNull(cursor.PlannedEvery), cursor.CoveredUntil, cursor.UnseenReason)
		ran := history.Stretch{From: now.Add(-time.Duration(random.IntN(40)) * time.Minute)}
		ran.To = ran.From.Add(time.Duration(random.IntN(40)) * time.Minute)
		held := history.Stretch{From: ran.From.Add(time.Minute), To: ran.To.Add(-time.Minute)}
		mustExec(t, f.conn, "INSERT INTO replicas (owner, started_at, seen_at) VALUES ('a', $1, $2::timestamptz - interval '20 s')", ran.From, ran.To)
		mustExec(t, f.conn, "UPDATE budgets SET held_from = $1, held_until = $2", held.From, held.To)
		shown := column[string](t, f.conn, `SELECT concat_ws(' ', reason, extract(epoch FROM now() - gap_from)::integer, extract(epoch FROM now() - gap_to)::integer)
			FROM report.gaps ORDER BY gap_from, gap_to`)
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, gap := range cursor.Coverage().Gaps(now) {
			if gap.Reason == "" {
				gap = gap.Split([]history.Stretch{ran}, held, time.Hour)[0]
			}
			line := fmt.Sprintf("%s %d", gap.Reason, int(now.Sub(gap.From).Seconds()))
			if !gap.To.Equal(now) {
				line += fmt.Sprintf(" %d", int(now.Sub(gap.To).Seconds()))
			}
			want = append(want, line)
			told[gap.Reason]++
		}
		if !slices.Equal(shown, want) {
			t.Fatalf("of %+v at %s the view tells %q, the account %q", cursor, now, shown, want)
		}
	}
	if len(told) != 7 { // paused, clock, timeout, not_found, not_running, rate_limited, rate_budget
		t.Errorf("it has only told %v", told)
	}
}

// randomCursor is one of an active job. Its times are full minutes from now, few
// enough to meet each other often.
func randomCursor(random *rand.Rand, now time.Time) store.Cursor {
	ago := func(from, to int) time.Time {
		return now.Add(-time.Duration(from+random.IntN(to-from+1)) * time.Minute)
	}
	minutes := func(at time.Time) int { return int(now.Sub(at) / time.Minute) }
	c := store.Cursor{CoveredUntil: ago(1, 30)}
	if random.IntN(5) > 0 {
		c.ConfirmedAt = ago(minutes(c.CoveredUntil), 40)
		if random.IntN(2) > 0 {
			c.ConfirmedAt = c.CoveredUntil
		}
		c.PolledAt, c.Outcome, c.PlannedEvery = c.ConfirmedAt, history.OutcomeUnchanged, time.Duration(1+random.IntN(8))*time.Minute
	}
	if random.IntN(2) > 0 {
		c.Failures, c.Outcome = 1, []history.Outcome{history.OutcomeTimeout, history.OutcomeNotFound}[random.IntN(2)]
		c.PlannedEvery = max(c.PlannedEvery, time.Minute)
		c.PolledAt = ago(1, 30)
		if c.PolledAt.Before(c.ConfirmedAt) {
			c.PolledAt = c.ConfirmedAt.Add(time.Second)
		}
	}
	if random.IntN(8) > 0 {
		c.NextPollAt = ago(-10, 30)
	}
	if random.IntN(5) == 0 {
		c.UnseenReason = []string{history.GapPaused, history.GapClock}[random.IntN(2)]
	}
	return c
}

func timeOrNull(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

func durationOrNull(d time.Duration) *time.Duration {
	if d == 0 {
		return nil
	}
	return &d
}
