package sync

import (
	"slices"
	"time"

	"tracker/internal/history"
	"tracker/internal/schedule"
	"tracker/internal/store"
)

// advance works out what a recorded poll means for its job: it gives the cursor
// after the poll, with the time of the next one, and reports whether the job is finished.
func (r *result) advance() (store.Advance, bool) {
	next := store.Advance{
		Cursor: r.claim.Cursor, Claim: r.claim.Until, ClaimedPoll: r.claim.NextPollAt, SourceID: r.job.From.ID,
		ExtraTaken: r.outOfTurn, RequestedAt: r.poll.PolledAt, ToldAt: r.toldAt,
	}
	next.PolledAt, next.Outcome, next.Unseen = r.poll.PolledAt, r.poll.Outcome, r.claim.UnseenReason
	next.Gaps, next.CoveredUntil = coverage(r)
	if next.PlannedEvery == 0 {
		next.PlannedEvery = r.cron.Interval(r.poll.PolledAt)
	}
	if r.retryAfter > 0 {
		next.HeldUntil = next.ToldAt.Add(r.retryAfter)
	}
	if !r.poll.Outcome.Answered() {
		next.Failures++
		next.NextPollAt = schedule.Backoff(schedule.Failure{
			Schedule: r.cron, Name: r.job.Name, ActiveEvery: r.job.From.ActiveEvery,
			PolledAt: r.poll.PolledAt, Failures: next.Failures, HeldUntil: next.HeldUntil,
		})
		return unscheduled(next, r.job), false
	}
	confirm(&next.Cursor, r)
	progress := schedule.Progress{
		Schedule: r.cron, Name: r.job.Name, ActiveEvery: r.job.From.ActiveEvery, Finishes: r.account.Provider.Finishes,
		PolledAt: r.poll.PolledAt, Spread: r.together(),
		Phase: phaseOf(next.State), ChangedAt: next.ChangedAt, GraceDone: next.GracePolls,
	}
	var finished bool
	next.NextPollAt, finished = schedule.Plan(progress)
	if finished { // a crash before the job is marked finished must leave it due
		next.NextPollAt = r.cron.Next(r.poll.PolledAt, r.job.Name)
	}
	next.PlannedEvery = next.NextPollAt.Sub(r.poll.PolledAt)
	if progress.Spread && !finished { // cut this once, to be apart from others
		progress.Spread = false
		whole, _ := schedule.Plan(progress)
		next.PlannedEvery = max(next.PlannedEvery, whole.Sub(r.poll.PolledAt))
	}
	return unscheduled(next, r.job), finished && r.job.Tracking == store.TrackingActive
}

// together reports whether a job was polled with others: registered with them, or due
// with them after a time without polls. Where polls are late by less than half of
// their interval they stay as far apart as they are.
func (r *result) together() bool {
	late := r.poll.PolledAt.Sub(r.claim.NextPollAt)
	return r.claim.PolledAt.IsZero() || !r.claim.NextPollAt.IsZero() && 2*late >= max(r.claim.PlannedEvery, time.Second)
}

// coverage returns the gaps that a poll has ended, and up to when gaps and answers
// cover the job's time. A finished job has no gaps: nobody is to poll it.
func coverage(r *result) (gaps []history.Gap, since time.Time) {
	if r.job.Tracking == store.TrackingFinished {
		return nil, r.poll.PolledAt
	}
	return r.claim.Coverage().Poll(r.poll.PolledAt, r.poll.Outcome)
}

// confirm updates the cursor after an answer, new or known.
func confirm(c *store.Cursor, r *result) {
	ended := c.State.Terminal()
	c.Failures, c.ConfirmedAt = 0, r.poll.PolledAt
	c.Confirmations++
	if f := r.poll.Finding; f != nil {
		// A copy: the cursor is kept, and would keep all of the result with it.
		c.SnapshotNo, c.Key, c.State = f.Change.SnapshotNo, slices.Clone(r.key[:]), f.Change.State
		c.ChangedAt, c.Confirmations = r.observedAt, 1
	}
	c.GracePolls = min(c.GracePolls+1, schedule.GracePolls)
	if !ended || !c.State.Terminal() || begins(r) {
		c.GracePolls = 0
	}
}

// begins reports whether an answer is the first that tells of its run.
func begins(r *result) bool {
	return r.poll.Finding != nil && slices.ContainsFunc(r.poll.Finding.Change.Transitions, func(t history.Transition) bool {
		return t.RunNo == r.poll.Finding.Change.RunNo && t.StepNo == 0 && t.FromState == ""
	})
}

// unscheduled plans no next poll for a job that is not polled by schedule.
func unscheduled(a store.Advance, job *store.Job) store.Advance {
	if job.Tracking != store.TrackingActive {
		a.NextPollAt = time.Time{}
	}
	return a
}

func phaseOf(state history.State) schedule.Phase {
	switch {
	case state == "":
		return schedule.PhaseNone
	case state.Terminal():
		return schedule.PhaseEnded
	default:
		return schedule.PhaseActive
	}
}
