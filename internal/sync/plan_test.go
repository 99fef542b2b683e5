package sync_test

import (
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/schedule"
	"tracker/internal/store"
	"tracker/internal/sync"
)

var polledAt = time.Date(2024, 6, 7, 9, 30, 0, 0, time.UTC)

// seen is a cursor of a job that was polled a minute ago and has a snapshot.
func seen(state history.State) store.Cursor {
	return store.Cursor{
		PolledAt: polledAt.Add(-time.Minute), Outcome: history.OutcomeUnchanged, SnapshotNo: 3, Key: []byte{1}, State: state,
		ChangedAt: polledAt.Add(-10 * time.Minute), ConfirmedAt: polledAt.Add(-time.Minute), Confirmations: 5,
	}
}

// landed is a poll of a job that is looked at each hour, every ten seconds while active.
func landed(before store.Cursor, outcome history.Outcome, state history.State) sync.Landed {
	job := store.Job{JobSpec: store.JobSpec{Name: "stores", Schedule: "@every 1h"}, Tracking: store.TrackingActive}
	job.From.ActiveEvery = 10 * time.Second
	return sync.Landed{Job: job, Before: before, PolledAt: polledAt, Outcome: outcome, State: state}
}

func advance(t *testing.T, l sync.Landed) (store.Advance, bool) {
	t.Helper()
	next, finished, err := sync.Advance(l)
	if err != nil {
		t.Fatal(err)
	}
	if !next.PolledAt.Equal(polledAt) || next.Outcome != l.Outcome {
		t.Errorf("the cursor has %s at %s", next.Outcome, next.PolledAt)
	}
	return next, finished
}

func TestAdvanceCountsGracePolls(t *testing.T) {
	t.Parallel()
	const running, done = history.StateRunning, history.StateSucceeded
	grace := func(state history.State, polls int) store.Cursor {
		cursor := seen(state)
		cursor.GracePolls = polls
		return cursor
	}
	for name, test := range map[string]struct {
		landed   sync.Landed
		grace    int
		next     time.Duration
		finished bool // where the provider finishes
	}{
		"TheEndItselfIsNone":     {landed(grace(running, 0), history.OutcomeChanged, done), 0, 10 * time.Second, false},
		"FirstSightOfAnEnd":      {landed(store.Cursor{}, history.OutcomeChanged, done), 0, 10 * time.Second, false},
		"First":                  {landed(grace(done, 0), history.OutcomeUnchanged, ""), 1, 10 * time.Second, false},
		"ChangedCountsToo":       {landed(grace(done, 1), history.OutcomeChanged, done), 2, 10 * time.Second, false},
		"Third":                  {landed(grace(done, 2), history.OutcomeUnchanged, ""), 3, time.Hour, true},
		"MoreAreNotCounted":      {landed(grace(done, 3), history.OutcomeUnchanged, ""), 3, time.Hour, true},
		"LeavingTheEndStarts":    {landed(grace(done, 3), history.OutcomeChanged, running), 0, 10 * time.Second, false},
		"UnknownIsNoEnd":         {landed(grace(done, 2), history.OutcomeChanged, history.StateUnknown), 0, 10 * time.Second, false},
		"WhileRunningNoneIs":     {landed(grace(running, 0), history.OutcomeUnchanged, ""), 0, 10 * time.Second, false},
		"FromEndToEndTheyGoOn":   {landed(grace(done, 1), history.OutcomeChanged, history.StateFailed), 2, 10 * time.Second, false},
		"AFailedPollIsNoAnswer":  {landed(grace(done, 2), history.OutcomeTimeout, ""), 2, -1, false},
		"MalformedIsNoAnswer":    {landed(grace(done, 2), history.OutcomeMalformed, ""), 2, -1, false},
		"NotFoundSaysNothing":    {landed(grace(running, 0), history.OutcomeNotFound, ""), 0, -1, false},
		"TenHoursOfTheSameAreSo": {landed(changedAgo(running, 10*time.Hour), history.OutcomeUnchanged, ""), 0, time.Hour, false},
		"TwoHoursDoubleTwice":    {landed(changedAgo(running, 2*time.Hour), history.OutcomeUnchanged, ""), 0, 40 * time.Second, false},
		"AChangeBringsItBack":    {landed(changedAgo(running, 2*time.Hour), history.OutcomeChanged, running), 0, 10 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, finishes := range []bool{false, true} {
				test.landed.Finishes = finishes
				next, finished := advance(t, test.landed)
				if next.GracePolls != test.grace {
					t.Errorf("%d grace polls, not %d", next.GracePolls, test.grace)
				}
				first := test.landed.Before.PolledAt.IsZero()
				if in := next.NextPollAt.Sub(polledAt); in != test.next && test.next > 0 && !first {
					t.Errorf("the next poll is in %s, not %s", in, test.next)
				}
				if finished != (test.finished && finishes) {
					t.Errorf("finished is %t", finished)
				}
			}
		})
	}
}

func changedAgo(state history.State, ago time.Duration) store.Cursor {
	cursor := seen(state)
	cursor.ChangedAt = polledAt.Add(-ago)
	return cursor
}

func TestAdvanceTakesInAnAnswer(t *testing.T) {
	t.Parallel()
	cursor := seen(history.StateRunning)
	cursor.Failures = 4
	same, _ := advance(t, landed(cursor, history.OutcomeUnchanged, ""))
	if same.SnapshotNo != 3 || same.Confirmations != 6 || !same.ConfirmedAt.Equal(polledAt) || !same.ChangedAt.Equal(cursor.ChangedAt) || same.Failures != 0 {
		t.Errorf("after the same answer: %+v", same.Cursor)
	}
	other, _ := advance(t, landed(cursor, history.OutcomeChanged, history.StateFailed))
	if other.SnapshotNo != 4 || other.Confirmations != 1 || !other.ConfirmedAt.Equal(polledAt) || !other.ChangedAt.Equal(polledAt.Add(time.Second)) ||
		other.State != history.StateFailed || other.Key[0] != 7 || other.Failures != 0 {
		t.Errorf("after another answer: %+v", other.Cursor)
	}
	none, _ := advance(t, landed(cursor, history.OutcomeUnreachable, ""))
	if none.SnapshotNo != 3 || none.Confirmations != 5 || !none.ConfirmedAt.Equal(cursor.ConfirmedAt) || none.State != history.StateRunning || none.Failures != 5 {
		t.Errorf("after no answer: %+v", none.Cursor)
	}
}

func TestAdvanceBacksOff(t *testing.T) {
	t.Parallel()
	cursor := seen(history.StateRunning)
	var before time.Duration
	for _, outcome := range []history.Outcome{
		history.OutcomeUpstreamError, history.OutcomeTimeout, history.OutcomeUnreachable, history.OutcomeRejected, history.OutcomeNotFound,
	} {
		next, _ := advance(t, landed(cursor, outcome, ""))
		wait := next.NextPollAt.Sub(polledAt)
		if wait < 10*time.Second || wait < before || wait > time.Hour {
			t.Errorf("failure %d waits for %s, the one before for %s", next.Failures, wait, before)
		}
		cursor, before = next.Cursor, wait/2 // the hash of the name takes off up to half
		cursor.PolledAt = polledAt.Add(-time.Minute)
	}
}

func TestAdvanceWaitsForTheHold(t *testing.T) {
	t.Parallel()
	limited := landed(seen(history.StateRunning), history.OutcomeRateLimited, "")
	limited.RetryAfter, limited.OutOfTurn = 2*time.Hour, 1
	next, _ := advance(t, limited)
	if held := next.HeldUntil.Sub(polledAt); held != 2*time.Hour+time.Second {
		t.Errorf("held for %s", held)
	}
	if next.NextPollAt.Before(next.HeldUntil) {
		t.Errorf("the next poll is at %s, before %s", next.NextPollAt, next.HeldUntil)
	}
	if next.ExtraTaken != 1 || !next.RequestedAt.Equal(polledAt) {
		t.Errorf("%d extra requests at %s", next.ExtraTaken, next.RequestedAt)
	}
}

func TestAdvanceSchedulesActiveJobsOnly(t *testing.T) {
	t.Parallel()
	ended := seen(history.StateSucceeded)
	ended.GracePolls = schedule.GracePolls
	for _, tracking := range []store.Tracking{store.TrackingActive, store.TrackingPaused, store.TrackingFinished, store.TrackingRemoved} {
		for _, outcome := range []history.Outcome{history.OutcomeUnchanged, history.OutcomeTimeout} {
			poll := landed(ended, outcome, "")
			poll.Job.Tracking, poll.Finishes = tracking, true
			next, finished := advance(t, poll)
			// A finished job stays due until it is marked as such: a crash in between must not leave it for ever.
			if due := !next.NextPollAt.IsZero(); due != (tracking == store.TrackingActive) {
				t.Errorf("%s after %s: next poll at %s", tracking, outcome, next.NextPollAt)
			}
			if finished != (tracking == store.TrackingActive && outcome.Answered()) {
				t.Errorf("%s after %s: finished is %t", tracking, outcome, finished)
			}
		}
	}
}

// TestAdvanceSpreadsJobsThatWerePolledTogether: as they were registered together, or
// after a time in which nobody polled. A poll that is merely late counts as any other.
func TestAdvanceSpreadsJobsThatWerePolledTogether(t *testing.T) {
	t.Parallel()
	late := func(by time.Duration) store.Cursor {
		before := seen(history.StateSucceeded)
		before.NextPollAt, before.PlannedEvery, before.GracePolls = polledAt.Add(-by), time.Hour, schedule.GracePolls
		return before
	}
	for name, test := range map[string]struct {
		before store.Cursor
		times  int
	}{"First": {store.Cursor{}, 5}, "AfterHalfAnHourWithout": {late(30 * time.Minute), 5}, "Late": {late(29 * time.Minute), 1}} {
		times := map[time.Time]bool{}
		for _, job := range []string{"a", "b", "c", "d", "e"} {
			l := landed(test.before, history.OutcomeChanged, history.StateUnknown)
			l.Job.Name, l.Job.From.ActiveEvery = job, 2*time.Hour // the schedule is sooner
			next, _ := advance(t, l)
			if wait := next.NextPollAt.Sub(polledAt); wait < time.Second || wait > time.Hour {
				t.Errorf("%s: job %s is polled again in %s", name, job, wait)
			}
			times[next.NextPollAt] = true
		}
		if len(times) != test.times {
			t.Errorf("%s: five jobs share %d times", name, len(times))
		}
	}
}

// The first interval is cut, to set jobs apart that were registered together; what is
// planned from then on is the whole one.
func TestAdvancePlansWholeIntervals(t *testing.T) {
	t.Parallel()
	next, _ := advance(t, landed(store.Cursor{}, history.OutcomeUnchanged, ""))
	if first := next.NextPollAt.Sub(polledAt); first >= time.Hour || first <= 0 || next.PlannedEvery != time.Hour {
		t.Errorf("the next poll comes after %s, planned is one every %s", first, next.PlannedEvery)
	}
}
