package sync

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"tracker/internal/source"
	"tracker/internal/store"
)

const (
	// inFlightMost is how many polls may be under way at once.
	inFlightMost = 128
	// lookAgain bounds the wait until budgets and claims are looked at again.
	lookAgain = 500 * time.Millisecond
	// claimAhead is how long before its start a slot can be claimed.
	claimAhead = time.Second
)

// round polls a set of jobs once: it claims them as their budgets allow and
// starts a task for each.
type round struct {
	syncer  *Syncer
	tell    func(Event)
	results chan<- result

	waiting map[int64]store.Job // not claimed yet
	before  map[int64]time.Time // when each was last polled as the round began
	access  map[int64]access    // by source
	tasks   errgroup.Group      // in flight
	ended   chan struct{}       // a task has ended
	flying  int                 // how many have not
}

// access is how a source's upstream is asked.
type access struct {
	provider source.Provider
	secret   source.Secret
}

func newRound(s *Syncer, jobs []store.Job, tell func(Event), results chan<- result) *round {
	r := &round{
		syncer: s, tell: tell, results: results,
		waiting: make(map[int64]store.Job, len(jobs)), access: map[int64]access{}, ended: make(chan struct{}, inFlightMost),
	}
	for _, job := range jobs {
		r.waiting[job.ID] = job
	}
	return r
}

// run returns when every job has been polled or skipped, or when ctx ends.
func (r *round) run(ctx context.Context) (err error) {
	defer func() { _ = r.tasks.Wait() }()
	if err := r.open(ctx); err != nil {
		return err
	}
	for len(r.waiting) > 0 {
		clock, err := readClock(ctx, r.syncer.Store)
		if err != nil {
			return err
		}
		standings, err := r.skip(ctx, clock)
		if err != nil {
			return err
		}
		claims, err := r.claim(ctx, clock)
		if err != nil {
			return err
		}
		for _, claim := range claims {
			r.start(ctx, clock, claim)
		}
		if err := r.notice(ctx); err != nil {
			return err
		}
		if len(r.waiting) == 0 {
			return nil
		}
		if err := r.wait(ctx, clock, standings); err != nil {
			return err
		}
	}
	return nil
}

// open notes when each job was last polled and reads the credentials.
func (r *round) open(ctx context.Context) error {
	cursors, err := r.syncer.Store.Cursors(ctx, slices.Collect(maps.Keys(r.waiting)))
	if err != nil {
		return err
	}
	r.before = make(map[int64]time.Time, len(cursors))
	for id, cursor := range cursors {
		r.before[id] = cursor.PolledAt
	}
	unreadable := map[int64]error{}
	for _, job := range r.waiting {
		from := job.From
		if _, known := r.access[from.ID]; known || unreadable[from.ID] != nil {
			continue
		}
		provider, err := source.Lookup(from.Provider)
		if err != nil {
			unreadable[from.ID] = err
			continue
		}
		secret, err := source.ReadCredential(from.Credential, r.syncer.Getenv)
		if err != nil {
			unreadable[from.ID] = err
			continue
		}
		r.access[from.ID] = access{provider: provider, secret: secret}
	}
	r.leave(func(job store.Job) string {
		if err := unreadable[job.From.ID]; err != nil {
			return fmt.Sprintf("source %s: %v", job.Source, err)
		}
		return ""
	})
	return nil
}

// leave skips the waiting jobs that have a reason for it.
func (r *round) leave(reason func(store.Job) string) {
	for _, job := range r.sorted() {
		if why := reason(job); why != "" {
			delete(r.waiting, job.ID)
			r.tell(Event{Job: job, Kind: Skipped, Reason: why})
		}
	}
}

// sorted lists the waiting jobs by name.
func (r *round) sorted() []store.Job {
	return slices.SortedFunc(maps.Values(r.waiting), func(a, b store.Job) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
}

// sources lists those of the waiting jobs.
func (r *round) sources() []int64 {
	ids := map[int64]bool{}
	for _, job := range r.waiting {
		ids[job.From.ID] = true
	}
	return slices.Sorted(maps.Keys(ids))
}

// skip leaves the jobs of sources that may not be asked now.
func (r *round) skip(ctx context.Context, clock clock) (map[int64]store.Standing, error) {
	standings, err := r.syncer.Store.Standings(ctx, r.sources())
	if err != nil {
		return nil, err
	}
	now := clock.latest()
	r.leave(func(job store.Job) string {
		switch standing := standings[job.From.ID]; {
		case !standing.PausedAt.IsZero():
			return fmt.Sprintf("source %s is paused: %s", job.Source, standing.PausedReason)
		case standing.HeldUntil.After(now):
			return fmt.Sprintf("source %s asked to be left alone until %s", job.Source, standing.HeldUntil.Format(time.RFC3339))
		default:
			return ""
		}
	})
	return standings, nil
}

// claim takes as many of the waiting jobs as budgets and workers allow.
func (r *round) claim(ctx context.Context, clock clock) ([]store.Claim, error) {
	for r.landed() {
		continue
	}
	if len(r.waiting) == 0 || r.flying == inFlightMost {
		return nil, nil
	}
	claims, err := r.syncer.Store.ClaimJobs(ctx, store.ClaimParams{
		Owner: r.syncer.Owner, Now: clock.read, SourceIDs: r.sources(),
		JobIDs: slices.Collect(maps.Keys(r.waiting)), Most: inFlightMost - r.flying,
	})
	if err != nil {
		return nil, err
	}
	return claims, r.resolve(ctx, claims)
}

// landed takes note of a task that has ended, if there is one.
func (r *round) landed() bool {
	select {
	case <-r.ended:
		r.flying--
		return true
	default:
		return false
	}
}

// resolve reads the heads of jobs whose cursors are in doubt from the
// snapshots and polls.
func (r *round) resolve(ctx context.Context, claims []store.Claim) error {
	var doubtful []int64
	for _, claim := range claims {
		if claim.Doubt {
			doubtful = append(doubtful, claim.JobID)
		}
	}
	if len(doubtful) == 0 {
		return nil
	}
	heads, err := r.syncer.Store.Heads(ctx, doubtful)
	if err != nil {
		return err
	}
	for i := range claims {
		head, ok := heads[claims[i].JobID]
		if !claims[i].Doubt || !ok {
			continue
		}
		provider := r.access[r.waiting[claims[i].JobID].From.ID].provider
		key := provider.Key(head.Body)
		c := &claims[i].Cursor
		c.SnapshotNo, c.Key, c.State = head.SnapshotNo, key[:], head.State
		c.ChangedAt, c.ConfirmedAt, c.Confirmations = head.ObservedAt, head.ConfirmedAt, head.Confirmations
		c.PolledAt = later(c.PolledAt, head.LastPolledAt)
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// start begins the task of a claim.
func (r *round) start(ctx context.Context, clock clock, claim store.Claim) {
	job := r.waiting[claim.JobID]
	delete(r.waiting, claim.JobID)
	r.flying++
	via := r.access[job.From.ID]
	t := task{job: job, provider: via.provider, secret: via.secret, claim: claim, clock: clock}
	r.tasks.Go(func() error {
		r.results <- t.run(ctx, r.syncer.Client)
		r.ended <- struct{}{}
		return nil
	})
}

// notice finds waiting jobs that somebody else has polled since the round began.
func (r *round) notice(ctx context.Context) error {
	cursors, err := r.syncer.Store.Cursors(ctx, slices.Collect(maps.Keys(r.waiting)))
	if err != nil {
		return err
	}
	for _, job := range r.sorted() {
		cursor := cursors[job.ID]
		if cursor.PolledAt.After(r.before[job.ID]) && cursor.ClaimedUntil.IsZero() {
			delete(r.waiting, job.ID)
			r.tell(Event{Job: job, Kind: Elsewhere, Outcome: cursor.Outcome})
		}
	}
	return nil
}

// wait lets time pass until a budget may have a slot, a task ends, or it is
// time to look again.
func (r *round) wait(ctx context.Context, clock clock, standings map[int64]store.Standing) error {
	pause := lookAgain
	for _, id := range r.sources() {
		pause = min(pause, standings[id].NextSlotAt.Add(-claimAhead).Sub(clock.earliest()))
	}
	timer := time.NewTimer(max(pause, 10*time.Millisecond))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-r.ended:
		r.flying--
		return nil
	case <-timer.C:
		return nil
	}
}
