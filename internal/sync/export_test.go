package sync

import (
	"context"
	"time"

	"tracker/internal/history"
	"tracker/internal/schedule"
	"tracker/internal/source"
	"tracker/internal/store"
)

// Ceil is ceil.
func Ceil(at time.Time) time.Time { return ceil(at) }

// ClockBounds gives the bounds of the database's clock, read between two times of ours.
func ClockBounds(read, before, after time.Time) (earliest, latest time.Time) {
	c := clock{read: read, before: before, after: after}
	return c.earliest(), c.latest()
}

// Landed is a poll that was recorded.
type Landed struct {
	Job        store.Job
	Before     store.Cursor
	PolledAt   time.Time
	Outcome    history.Outcome
	State      history.State // of a changed answer
	Finishes   bool
	RetryAfter time.Duration
	OutOfTurn  int
}

// Advance is what the planner makes of it, told a second after it was sent and recorded
// ten minutes later.
func Advance(l Landed) (store.Advance, bool, error) {
	r := &result{
		task: &task{
			job: &l.Job, account: &source.Account{Provider: source.Provider{Finishes: l.Finishes}}, claim: store.Claim{Cursor: l.Before},
			clock: clock{read: l.PolledAt.Add(10 * time.Minute), before: time.Now(), after: time.Now()},
		},
		poll: store.Poll{PolledAt: l.PolledAt, Outcome: l.Outcome}, toldAt: l.PolledAt.Add(time.Second), observedAt: l.PolledAt.Add(time.Second),
		retryAfter: l.RetryAfter, outOfTurn: l.OutOfTurn, key: [32]byte{7},
	}
	if l.Outcome == history.OutcomeChanged {
		r.poll.Finding = &store.Finding{Change: history.Change{SnapshotNo: l.Before.SnapshotNo + 1, State: l.State}}
	}
	var err error
	if r.cron, err = schedule.Parse(l.Job.Cron()); err != nil {
		return store.Advance{}, false, err
	}
	next, finished := r.advance()
	return next, finished, nil
}

// InFlightMost is inFlightMost.
const InFlightMost = inFlightMost

// Fly starts so many tasks of one source at once, lets poll run for each, and returns
// how many have given a result before anybody noticed that they have ended.
func Fly(ctx context.Context, tasks int, poll func()) int {
	results := make(chan *result, tasks)
	f := newFlight(ctx, &Syncer{}, newMemoryBudget(0), nil, results)
	f.poll = func(t *task) *result {
		poll()
		return &result{task: t}
	}
	for range tasks {
		f.start(&task{job: &store.Job{}})
	}
	for given := range tasks {
		select {
		case <-results:
		case <-ctx.Done():
			return given
		}
	}
	f.wait()
	return tasks
}

// EndpointOf is where a job is asked for whose account was opened before.
func EndpointOf(job store.Job, account source.Account) (source.Endpoint, error) {
	prepared := schedules{}.prepare(job, &account)
	return prepared.endpoint, prepared.fault
}

// Under goes on with the past under another claim of its job.
func (p *Past) Under(claim store.Claim) { p.claim, p.first, p.gaps = claim, claim.NextPollAt, nil }

// LookForTight has a syncer look for tight sources as often as it is called.
func LookForTight(s *Syncer) func(context.Context) error {
	tight := tightSources{rows: s.Store.SourceRows, logger: s.Logger, told: map[string]bool{}}
	return tight.look
}

// Kept is how many jobs, and how many bodies, a daemon keeps that has polled so many jobs.
func Kept(polled int64) (jobs, raws int) {
	registry, cache := registryCache{jobs: map[int64]*preparedJob{}}, newKnownCache(1<<20)
	for id := range polled {
		registry.makeRoom()
		registry.jobs[id] = &preparedJob{}
		cache.keepRaw(id, rawMark{hash: uint64(id)})
	}
	return len(registry.jobs), len(cache.raws)
}

// Recognised tells of marks whether they count as that which is kept of a job.
func Recognised() map[string]bool {
	cache := newKnownCache(1 << 20)
	kept := rawMark{snapshotNo: 7, recipe: 3, hash: 99}
	cache.keepRaw(1, kept)
	return map[string]bool{
		"Same": cache.sameRaw(1, kept), "OfAnotherJob": cache.sameRaw(2, kept), "NothingOfAnotherJob": cache.sameRaw(2, rawMark{}),
		"AnotherSnapshot": cache.sameRaw(1, rawMark{8, 3, 99}), "AnotherRecipe": cache.sameRaw(1, rawMark{7, 4, 99}), "AnotherBody": cache.sameRaw(1, rawMark{7, 3, 98}),
	}
}
