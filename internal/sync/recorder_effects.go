package sync

import (
	"context"
	"errors"
	"fmt"

	"tracker/internal/schedule"
	"tracker/internal/store"
)

// late tells of a poll that is recorded as superseded, without its answer.
func (r *recorder) late(res *result) {
	r.cache.forget(res.job.ID)
	r.retry.load.claimsLost.Add(1)
	event := res.event(Late)
	event.Outcome, event.Reason = event.Outcome.Late(), "somebody else has taken over the job"
	r.tell(event)
}

// event tells of a poll that was made.
func (r *result) event(kind EventKind) Event {
	return Event{
		Job: r.job, Kind: kind, Outcome: r.poll.Outcome, DueAt: r.claim.NextPollAt, SentAt: r.poll.PolledAt, Latency: r.poll.Latency,
		ResultLink: r.link,
	}
}

// tellPolled tells of polls that are stored, before it is told what they caused.
func (r *recorder) tellPolled(landed []*result) {
	for _, res := range landed {
		event := res.event(Polled)
		event.Error, event.FailedBefore, event.SnapshotNo = res.poll.Error, res.claim.Failures, res.poll.SnapshotNo
		if !res.poll.Outcome.Answered() {
			event.Failures = res.claim.Failures + 1
		}
		if res.poll.Finding != nil {
			event.Change = &res.poll.Finding.Change
		}
		r.tell(event)
	}
}

// countRefusal counts a refused credential, and tells whether that has paused the
// source or the job.
func (r *recorder) countRefusal(ctx context.Context, res *result) error {
	reason := fmt.Sprintf("%s: %s", res.poll.Outcome, res.poll.Error)
	var paused store.Paused
	err := r.retry.do(ctx, "count a refusal", func(ctx context.Context) (err error) {
		paused, err = r.db.CountRefusal(ctx, store.Author{Actor: actor, At: res.poll.PolledAt}, store.Refusal{
			Job: res.job.Name, Source: res.job.Source, JobID: res.job.ID, SourceID: res.job.From.ID, Reason: reason,
		})
		if errors.Is(err, store.ErrNotFound) { // it has another name by now: the next refusal counts
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	switch {
	case paused.Source:
		r.tell(Event{Job: res.job, Kind: Paused, Reason: fmt.Sprintf("source %s is paused: %s", res.job.Source, reason)})
	case paused.Job:
		r.tell(Event{Job: res.job, Kind: Paused, Reason: fmt.Sprintf("job %s is paused: %s", res.job.Name, reason)})
	}
	return nil
}

// track finishes the jobs whose import has ended for good, and reopens finished
// jobs whose import turns out to go on.
func (r *recorder) track(ctx context.Context, landed []*result) error {
	for _, res := range landed {
		switch {
		case res.finished:
			finished, err := r.change(ctx, res.job, r.db.FinishJob)
			if err != nil {
				return err
			}
			if finished {
				r.tell(Event{Job: res.job, Kind: Finished})
			}
		case res.job.Tracking == store.TrackingFinished && phaseOf(res.after.State) == schedule.PhaseActive:
			if _, err := r.change(ctx, res.job, r.db.ReopenJob); err != nil {
				return err
			}
		}
	}
	return nil
}

// change changes a job's tracking in the tracker's name. It does nothing where
// somebody has removed or renamed the job meanwhile.
func (r *recorder) change(
	ctx context.Context, job *store.Job, to func(context.Context, store.Author, string) (bool, error),
) (changed bool, err error) {
	err = r.retry.do(ctx, "change a job's tracking", func(ctx context.Context) error {
		now, err := r.db.Now(ctx)
		if err != nil {
			return err
		}
		changed, err = to(ctx, store.Author{Actor: actor, At: now}, job.Name)
		if errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound) {
			return nil
		}
		return err
	})
	return changed, err
}
