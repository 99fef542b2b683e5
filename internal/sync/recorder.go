package sync

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"tracker/internal/history"
	"tracker/internal/source"
	"tracker/internal/store"
)

// batchMost is how many polls are recorded in one transaction at most.
const batchMost = 1024

// linger is how long the daemon waits for a batch to fill: a row costs less, the
// more of them one statement writes. A job that is due each second is claimed again
// in time all the same.
const linger = 150 * time.Millisecond

// batchBytes is the size of all bodies at which a batch is full. A statement can
// hold a gigabyte.
const batchBytes = 64 << 20

// actor is in whose name the tracker itself pauses, finishes and reopens.
const actor = "tracker"

// recorder records results in batches, in the order in which they come. One
// goroutine owns it. Each heavy answer has a recorder of its own.
type recorder struct {
	db     *store.Store
	cache  *knownCache
	retry  retry
	linger time.Duration
	tell   func(Event)
	stored func(polls int, took time.Duration) // as Syncer.Recorded; never nil

	interrupted bool // the end of the process cut a poll short

	// behind is set from when the database fails until all that was fetched
	// meanwhile is recorded.
	behind atomic.Bool
}

func newRecorder(s *Syncer, m *knownCache, again retry, tell func(Event)) *recorder {
	r := &recorder{db: s.Store, cache: m, retry: again, tell: tell, stored: s.Recorded}
	if r.stored == nil {
		r.stored = func(int, time.Duration) {}
	}
	r.retry.failed = func() { r.behind.Store(true) }
	return r
}

// run records until results is closed.
func (r *recorder) run(ctx context.Context, results <-chan *result) error {
	for first := range results {
		batch := r.gather(first, results)
		err := r.record(ctx, batch)
		for _, res := range batch {
			res.memory.release()
		}
		r.retry.load.unrecorded.Add(-int64(len(batch)))
		if err != nil {
			return err
		}
		if len(results) == 0 {
			r.behind.Store(false)
		}
	}
	return nil
}

// recordHeavy records one heavy answer while the recorder goes on with others.
func (r *recorder) recordHeavy(ctx context.Context, res *result) error {
	beside := &recorder{db: r.db, cache: r.cache, retry: r.retry, tell: r.tell, stored: r.stored}
	lane := res.memory.lane
	beside.retry.failed = func() { lane.failing.Store(true) }
	err := beside.record(ctx, []*result{res})
	if err == nil {
		r.retry.load.unrecorded.Add(-1)
	}
	return err
}

// gather returns a batch: first, and what comes while the recorder lingers.
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

// tryReceive receives without waiting.
func tryReceive(results <-chan *result) (*result, bool) {
	select {
	case next, ok := <-results:
		return next, ok
	default:
		return nil, false
	}
}

// record compares the batch's answers with what is known and stores the polls in
// the order in which they were sent. It stores them in parts that each end with a
// refused poll, so that an answered poll resets the count of earlier refusals alone.
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
		if err := r.recordPart(ctx, part); err != nil {
			return err
		}
		batch = batch[len(part):]
	}
	return nil
}

// recordPart stores polls, of which only the last may be refused for its
// credential, then counts that refusal and changes what is tracked.
func (r *recorder) recordPart(ctx context.Context, part []*result) error {
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
			if err := r.countRefusal(ctx, res); err != nil {
				return err
			}
		}
	}
	return r.track(ctx, landed)
}

// commit stores polls together with their cursors. It returns the polls that are
// stored, and those that Postgres refuses for a value that they hold.
func (r *recorder) commit(ctx context.Context, part []*result) (landed, unstorable []*result, err error) {
	polls := make([]store.Poll, len(part))
	for i, res := range part {
		res.after, res.finished = res.advance()
		res.poll.Advance = &res.after
		polls[i] = res.poll
	}
	var recorded []store.RecordResult
	begun := time.Now()
	if err := r.retry.do(ctx, "record polls", func(ctx context.Context) (err error) {
		recorded, err = r.db.Record(ctx, polls)
		return err
	}); err != nil {
		return nil, nil, err
	}
	r.stored(len(part), time.Since(begun))
	for i, res := range part {
		switch res.refusal = recorded[i].Refused; {
		case recorded[i].Late:
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

// commitMalformed stores polls as malformed, without the answers that Postgres has
// refused. A job whose poll it refuses again is paused.
func (r *recorder) commitMalformed(ctx context.Context, unstorable []*result) ([]*result, error) {
	for _, res := range unstorable {
		res.poll.Outcome, res.poll.SnapshotNo, res.poll.Finding = history.OutcomeMalformed, 0, nil
		res.poll.Error, res.poll.ErrorBody = "the answer cannot be stored: "+res.refusal, ""
		r.cache.forget(res.job.ID)
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

// release gives back the claims of tasks that sent no request.
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
	return used, r.retry.do(ctx, "release claims", func(ctx context.Context) error { return r.db.ReleaseClaims(ctx, unused) })
}

// remember keeps in the cache what is known of a run that goes on. After a run's end
// the next answer most likely tells of another run, and only the store knows whether
// one of that id was there before.
func (r *recorder) remember(res *result) {
	if res.poll.Finding == nil {
		return
	}
	if res.poll.Finding.Change.State.Terminal() {
		r.cache.forget(res.job.ID)
	} else {
		res.known.Take(res.poll.Finding)
		r.cache.keep(res.claim.Cursor, res.known)
	}
	r.cache.keepHeavy(res.job.ID, res.job.From.ID, len(res.body) > source.LightBody)
	r.cache.keepRaw(res.job.ID, res.mark(res.poll.SnapshotNo))
}
