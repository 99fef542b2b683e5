package sync

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"tracker/internal/history"
	"tracker/internal/schedule"
	"tracker/internal/source"
	"tracker/internal/store"
)

// batchMost is how many polls are recorded in one transaction at most.
const batchMost = 512

// linger is how long the daemon lets a batch gather: the more rows a statement
// has, the less each of them costs.
const linger = 50 * time.Millisecond

// batchBytes is how large the bodies of a batch may be before it is full: a
// statement can hold a gigabyte.
const batchBytes = 64 << 20

// actor is who changes the registry when nobody asked for it.
const actor = "tracker"

// recorder takes results in the order in which they come, many at a time, and
// makes them history. One goroutine owns it; the heavy answers of a source have
// recorders of their own.
type recorder struct {
	db       *store.Store
	memory   *memory
	patience patience
	linger   time.Duration
	tell     func(Event)

	interrupted bool // the end of the process has cut a poll short

	// behind is set when the database fails, until all that was fetched
	// meanwhile is recorded.
	behind atomic.Bool
}

func newRecorder(s *Syncer, m *memory, p patience, tell func(Event)) *recorder {
	r := &recorder{db: s.Store, memory: m, patience: p, tell: tell}
	r.patience.failed = func() { r.behind.Store(true) }
	return r
}

// run records until results is closed.
func (r *recorder) run(ctx context.Context, results <-chan *result) error {
	for first := range results {
		batch := r.gather(first, results)
		err := r.record(ctx, batch)
		for _, res := range batch {
			res.stay.leave()
		}
		if err != nil {
			return err
		}
		if len(results) == 0 {
			r.behind.Store(false)
		}
	}
	return nil
}

// recordHeavy records an answer beside all others, in the lane of its source.
func (r *recorder) recordHeavy(ctx context.Context, res *result) error {
	beside := &recorder{db: r.db, memory: r.memory, patience: r.patience, tell: r.tell}
	lane := res.stay.lane
	beside.patience.failed = func() { lane.failing.Store(true) }
	return beside.record(ctx, []*result{res})
}

// gather gives a batch of what is there, and of what comes in a short while.
func (r *recorder) gather(first *result, results <-chan *result) []*result {
	batch := []*result{first}
	full := time.NewTimer(r.linger)
	defer full.Stop()
	for size := len(first.body); len(batch) < batchMost && size < batchBytes; {
		next, ok := tryReceive(results)
		if !ok {
			select {
			case next, ok = <-results:
			case <-full.C:
			}
		}
		if !ok {
			break
		}
		batch = append(batch, next)
		size += len(next.body)
	}
	return batch
}

// tryReceive takes what is there and does not wait.
func tryReceive(results <-chan *result) (*result, bool) {
	select {
	case next, ok := <-results:
		return next, ok
	default:
		return nil, false
	}
}

// record compares the batch's answers with what is known and stores the polls,
// in the order in which they were made: a refusal counts only against those before
// it that brought an answer.
func (r *recorder) record(ctx context.Context, batch []*result) error {
	batch, err := r.release(ctx, batch)
	if err != nil {
		return err
	}
	if batch, err = r.compare(ctx, batch); err != nil {
		return err
	}
	slices.SortStableFunc(batch, func(a, b *result) int { return a.poll.PolledAt.Compare(b.poll.PolledAt) })
	for len(batch) > 0 {
		part := batch
		if at := slices.IndexFunc(batch, func(res *result) bool { return res.poll.Outcome.Refused() }); at >= 0 {
			part = batch[:at+1]
		}
		if err := r.settle(ctx, part); err != nil {
			return err
		}
		batch = batch[len(part):]
	}
	return nil
}

// settle stores polls, of which the last one at most was refused its credential,
// and does what follows from them.
func (r *recorder) settle(ctx context.Context, part []*result) error {
	landed, unstorable, err := r.commit(ctx, part)
	if err == nil && len(unstorable) > 0 {
		var malformed []*result
		malformed, err = r.commitMalformed(ctx, unstorable)
		landed = append(landed, malformed...)
	}
	if err != nil {
		return err
	}
	for _, res := range landed {
		if res.poll.Outcome.Refused() {
			if err := r.refuse(ctx, res); err != nil {
				return err
			}
		}
	}
	return r.track(ctx, landed)
}

// commit stores polls and moves their cursors on. It gives those that landed, and
// those that Postgres refuses for what they hold.
func (r *recorder) commit(ctx context.Context, part []*result) (landed, unstorable []*result, err error) {
	polls := make([]store.Poll, len(part))
	for i, res := range part {
		res.after, res.finished = res.advance()
		res.poll.Advance = &res.after
		polls[i] = res.poll
	}
	var fates []store.Fate
	if err := r.patience.try(ctx, "record polls", func(ctx context.Context) (err error) {
		fates, err = r.db.Record(ctx, polls)
		return err
	}); err != nil {
		return nil, nil, err
	}
	for i, res := range part {
		switch res.refusal = fates[i].Refused; {
		case fates[i].Late:
			r.late(res)
		case res.refusal != "":
			unstorable = append(unstorable, res)
		default:
			r.remember(res)
			landed = append(landed, res)
		}
	}
	r.tellPolled(landed)
	return landed, unstorable, nil
}

// commitMalformed stores polls without the answers that Postgres refuses. A job
// whose poll it refuses all the same is paused.
func (r *recorder) commitMalformed(ctx context.Context, unstorable []*result) ([]*result, error) {
	for _, res := range unstorable {
		res.poll.Outcome, res.poll.SnapshotNo, res.poll.Finding = history.OutcomeMalformed, 0, nil
		res.poll.Error, res.poll.ErrorBody = "the answer cannot be stored: "+res.refusal, ""
		r.memory.forget(res.job.ID)
	}
	landed, again, err := r.commit(ctx, unstorable)
	if err != nil {
		return nil, err
	}
	for _, res := range again {
		if err := r.abandon(ctx, res, "its poll cannot be stored: "+res.refusal); err != nil {
			return nil, err
		}
	}
	return landed, nil
}

// release gives back claims that were not used.
func (r *recorder) release(ctx context.Context, batch []*result) (used []*result, err error) {
	var unused []store.Claim
	for _, res := range batch {
		if res.err != nil {
			return nil, res.err
		}
		r.interrupted = r.interrupted || res.interrupted
		if res.unused || res.interrupted {
			unused = append(unused, res.claim)
		} else {
			used = append(used, res)
		}
	}
	if len(unused) == 0 {
		return used, nil
	}
	return used, r.patience.try(ctx, "release claims", func(ctx context.Context) error { return r.db.ReleaseClaims(ctx, unused) })
}

// compare gives each new answer its finding. A job whose head is not the one
// that its claim saw has been taken over.
func (r *recorder) compare(ctx context.Context, batch []*result) ([]*result, error) {
	var forgotten []store.Answered
	for _, res := range batch {
		if res.answer == nil {
			continue
		}
		if res.known = r.memory.recall(res.job.ID, res.claim.SnapshotNo, res.answer.RunID); res.known == nil {
			forgotten = append(forgotten, store.Answered{JobID: res.job.ID, RunID: res.answer.RunID})
		}
	}
	var read map[int64]*history.Known
	var broken map[int64]error
	if len(forgotten) > 0 {
		if err := r.patience.try(ctx, "read what is known", func(ctx context.Context) (err error) {
			read, broken, err = r.db.Known(ctx, forgotten)
			return err
		}); err != nil {
			return nil, err
		}
	}
	var compared []*result
	for _, res := range batch {
		if res.answer != nil && res.known == nil {
			res.known = read[res.job.ID]
			if why := broken[res.job.ID]; why != nil {
				if err := r.abandon(ctx, res, unreadable(why)); err != nil {
					return nil, err
				}
				continue
			}
		}
		if res.answer != nil && res.known.SnapshotNo != res.claim.SnapshotNo {
			if err := r.patience.try(ctx, "record a late poll", func(ctx context.Context) error {
				return r.db.RecordLate(ctx, res.poll)
			}); err != nil {
				return nil, err
			}
			r.late(res)
			continue
		}
		if res.answer != nil {
			if why := res.tryFind(); why != nil {
				if err := r.abandon(ctx, res, unreadable(why)); err != nil {
					return nil, err
				}
				continue
			}
		}
		compared = append(compared, res)
	}
	return compared, nil
}

// remember keeps what a recorded snapshot has made known of a run, as long as
// it goes on: what comes after its end is most likely another run, for which it
// takes the store to know whether there was one of that id.
func (r *recorder) remember(res *result) {
	if res.poll.Finding == nil {
		return
	}
	if res.poll.Finding.Change.State.Terminal() {
		r.memory.forget(res.job.ID)
	} else {
		res.known.Apply(res.poll.Finding.Change)
		r.memory.keep(res.job.ID, res.known)
	}
	r.memory.keepHeavy(res.job.ID, len(res.body) > source.LightBody)
	r.memory.keepRaw(res.job.ID, res.mark(res.poll.SnapshotNo))
}

// find compares a new answer with what is known.
func (r *result) find() {
	seen := history.Bounds{NotBefore: r.claim.ConfirmedAt, ObservedAt: r.observedAt}
	change := history.Compare(r.known, *r.answer, seen)
	r.poll.SnapshotNo = change.SnapshotNo
	r.poll.Finding = &store.Finding{
		ObservedAt: r.observedAt, NotBefore: seen.NotBefore, PreviousPolls: r.claim.Confirmations,
		Body: r.body, SHA256: sha256.Sum256(r.body), Interpretation: r.account.Provider.Interpretation, Change: change,
	}
}

// late tells of a poll whose answer counts for nothing.
func (r *recorder) late(res *result) {
	r.memory.forget(res.job.ID)
	r.tell(Event{Job: *res.job, Kind: Late, Reason: "somebody else has taken over the job"})
}

// tellPolled tells of polls that are stored, before anything that follows from them.
func (r *recorder) tellPolled(landed []*result) {
	for _, res := range landed {
		event := Event{Job: *res.job, Kind: Polled, Outcome: res.poll.Outcome, Error: res.poll.Error, FailedBefore: res.claim.Failures}
		if !res.poll.Outcome.Answered() {
			event.Failures = res.claim.Failures + 1
		}
		if res.poll.Finding != nil {
			event.Change = &res.poll.Finding.Change
		}
		r.tell(event)
	}
}

// refuse counts a refused credential and tells what that has paused.
func (r *recorder) refuse(ctx context.Context, res *result) error {
	reason := fmt.Sprintf("%s: %s", res.poll.Outcome, res.poll.Error)
	var paused store.Paused
	err := r.patience.try(ctx, "count a refusal", func(ctx context.Context) (err error) {
		paused, err = r.db.Refuse(ctx, store.Author{Actor: actor, At: res.poll.PolledAt}, store.Refusal{
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
		r.tell(Event{Job: *res.job, Kind: Paused, Reason: fmt.Sprintf("source %s is paused: %s", res.job.Source, reason)})
	case paused.Job:
		r.tell(Event{Job: *res.job, Kind: Paused, Reason: fmt.Sprintf("job %s is paused: %s", res.job.Name, reason)})
	}
	return nil
}

// track finishes jobs whose import has ended for good, and takes up again
// finished ones whose import has not.
func (r *recorder) track(ctx context.Context, landed []*result) error {
	for _, res := range landed {
		switch {
		case res.finished:
			finished, err := r.change(ctx, res.job, r.db.FinishJob)
			if err != nil {
				return err
			}
			if finished {
				r.tell(Event{Job: *res.job, Kind: Finished})
			}
		case res.job.Tracking == store.TrackingFinished && phaseOf(res.after.State) == schedule.PhaseActive:
			if _, err := r.change(ctx, res.job, r.db.ReopenJob); err != nil {
				return err
			}
		}
	}
	return nil
}

// change changes a job's tracking in our own name, unless somebody has removed
// the job meanwhile, or given it another name.
func (r *recorder) change(
	ctx context.Context, job *store.Job, to func(context.Context, store.Author, string) (bool, error),
) (changed bool, err error) {
	err = r.patience.try(ctx, "change a job's tracking", func(ctx context.Context) error {
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
