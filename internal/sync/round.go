package sync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"tracker/internal/history"
	"tracker/internal/source"
	"tracker/internal/store"
)

const (
	// claimAgain bounds the wait until the round tries to claim again.
	claimAgain = 500 * time.Millisecond
	// claimAhead is how long before its start a slot can be claimed.
	claimAhead = time.Second
	// waitLeast is the shortest wait. Slots are claimed a second ahead: none is missed.
	waitLeast = 100 * time.Millisecond
)

// round polls a set of jobs once: it claims them as their budgets allow and
// starts a task for each.
type round struct {
	syncer *Syncer
	tell   func(Event)
	flight *flight

	retry retry

	waiting  map[int64]store.Job       // not claimed yet
	before   map[int64]time.Time       // when each was last polled as the round began
	accounts map[int64]*source.Account // by source
	prepared map[int64]*preparedJob    // the jobs, by id
}

func newRound(s *Syncer, jobs []store.Job, f *flight, tell func(Event)) *round {
	r := &round{
		syncer: s, tell: tell, flight: f, retry: newRetry(s, onceTries),
		waiting: make(map[int64]store.Job, len(jobs)), accounts: map[int64]*source.Account{}, prepared: map[int64]*preparedJob{},
	}
	for _, job := range jobs {
		r.waiting[job.ID] = job
	}
	return r
}

// run returns when every job has been polled or skipped, or when ctx ends.
func (r *round) run(ctx context.Context) (err error) {
	defer r.flight.wait()
	if err := r.retry.do(ctx, "read the jobs to poll", func(ctx context.Context) error { return r.open(ctx) }); err != nil {
		return err
	}
	for len(r.waiting) > 0 || r.flight.underWay > 0 {
		if err := r.retry.do(ctx, "claim jobs", func(ctx context.Context) error { return r.turn(ctx) }); err != nil {
			return err
		}
	}
	return nil
}

// turn claims and starts what it can, and waits until there may be more.
func (r *round) turn(ctx context.Context) error {
	if len(r.waiting) == 0 {
		return r.wait(ctx, claimAgain)
	}
	clock, err := readClock(ctx, r.syncer.Store)
	if err != nil {
		return err
	}
	availability, err := r.skip(ctx, clock)
	if err != nil {
		return err
	}
	if err := r.notice(ctx); err != nil {
		return err
	}
	claims, err := r.claim(ctx, clock)
	if err != nil {
		return err
	}
	if claims, err = r.yield(ctx, claims); err != nil {
		return err
	}
	for _, claim := range claims {
		r.start(clock, claim)
	}
	pause := claimAgain
	for _, id := range r.sources() {
		pause = min(pause, availability[id].NextSlotAt.Add(-claimAhead).Sub(clock.earliest()))
	}
	return r.wait(ctx, max(pause, waitLeast))
}

// open notes when each job was last polled and reads what is needed to poll it.
func (r *round) open(ctx context.Context) error {
	clock, err := readClock(ctx, r.syncer.Store)
	if err == nil {
		err = r.syncer.bringBack(ctx, clock)
	}
	if err != nil {
		return err
	}
	cursors, err := r.syncer.Store.Cursors(ctx, slices.Collect(maps.Keys(r.waiting)))
	if err != nil {
		return err
	}
	r.before = make(map[int64]time.Time, len(cursors))
	for id, cursor := range cursors {
		r.before[id] = cursor.PolledAt
	}
	known := schedules{}
	credentials, unreadable := source.NewCredentials(r.syncer.Getenv, r.syncer.Scope), map[int64]error{}
	for _, job := range r.waiting {
		credentials.Begin(job.From.Credential)
	}
	for _, job := range r.waiting {
		from := job.From
		if _, known := r.accounts[from.ID]; known || unreadable[from.ID] != nil {
			continue
		}
		read := func(ref string) (source.Credential, error) { return credentials.Read(ctx, ref) }
		provider, err := r.syncer.provider(ctx, from)
		if err == nil {
			r.accounts[from.ID], _, err = known.open(from, provider, read)
		} else if _, permanent := errors.AsType[noProviderError](err); !permanent {
			return err
		}
		if err != nil {
			unreadable[from.ID] = err
		}
	}
	for _, job := range r.sorted() {
		if err := unreadable[job.From.ID]; err != nil {
			delete(r.waiting, job.ID)
			r.tell(Event{Job: &job, Kind: Skipped, Error: fmt.Sprintf("source %s: %v", job.Source, err)})
			continue
		}
		prepared := known.prepare(job, r.accounts[job.From.ID])
		if r.prepared[job.ID] = prepared; prepared.fault != nil {
			delete(r.waiting, job.ID)
			r.tell(Event{Job: &job, Kind: Skipped, Error: prepared.fault.Error()})
		}
	}
	return nil
}

// leave skips the waiting jobs for which reason gives one.
func (r *round) leave(reason func(store.Job) string) {
	for _, job := range r.sorted() {
		if why := reason(job); why != "" {
			delete(r.waiting, job.ID)
			r.tell(Event{Job: &job, Kind: Skipped, Reason: why})
		}
	}
}

// sorted lists the waiting jobs by name.
func (r *round) sorted() []store.Job {
	return slices.SortedFunc(maps.Values(r.waiting), func(a, b store.Job) int { return cmp.Compare(a.Name, b.Name) })
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
func (r *round) skip(ctx context.Context, clock clock) (map[int64]store.Availability, error) {
	availability, err := r.syncer.Store.Availability(ctx, r.sources())
	if err != nil {
		return nil, err
	}
	now := clock.latest()
	r.leave(func(job store.Job) string {
		switch source := availability[job.From.ID]; {
		case !source.PausedAt.IsZero():
			return fmt.Sprintf("source %s is paused: %s", job.Source, source.PausedReason)
		case source.HeldUntil.After(now):
			return fmt.Sprintf("source %s asked to be left alone until %s", job.Source, source.HeldUntil.Format(time.RFC3339))
		default:
			return ""
		}
	})
	return availability, nil
}

// claim takes as many of the waiting jobs as their budgets allow.
func (r *round) claim(ctx context.Context, clock clock) ([]store.Claim, error) {
	var open []int64
	most := math.MaxInt
	for _, id := range r.sources() {
		if free := r.flight.free(id); free > 0 && !r.flight.budget.behind(id) { // any of its jobs may be heavy
			open = append(open, id)
			most = min(most, free)
		}
	}
	if len(open) == 0 {
		return nil, nil
	}
	claims, err := r.syncer.Store.ClaimJobs(ctx, store.ClaimParams{
		Owner: r.syncer.Owner, Now: clock.read, SourceIDs: open, JobIDs: slices.Collect(maps.Keys(r.waiting)), Most: most,
	})
	if err != nil {
		return nil, err
	}
	return claims, r.syncer.renewKeys(ctx, claims, func(jobID int64) source.Provider {
		return r.accounts[r.waiting[jobID].From.ID].Provider
	})
}

// yield gives back the claims of jobs that somebody else has polled since the round
// began: those need no second poll.
func (r *round) yield(ctx context.Context, claims []store.Claim) (ours []store.Claim, err error) {
	var theirs []store.Claim
	for _, claim := range claims {
		if !claim.PolledAt.After(r.before[claim.JobID]) {
			ours = append(ours, claim)
			continue
		}
		theirs = append(theirs, claim)
		r.elsewhere(r.waiting[claim.JobID], claim.Outcome)
	}
	if len(theirs) == 0 {
		return ours, nil
	}
	return ours, r.syncer.Store.ReleaseClaims(ctx, theirs)
}

// elsewhere ends the wait for a job that somebody else has polled.
func (r *round) elsewhere(job store.Job, outcome history.Outcome) {
	delete(r.waiting, job.ID)
	r.tell(Event{Job: &job, Kind: Elsewhere, Outcome: outcome})
}

// start begins the task of a claim.
func (r *round) start(clock clock, claim store.Claim) {
	job := r.prepared[claim.JobID]
	delete(r.waiting, claim.JobID)
	r.flight.start(job.task(r.accounts[job.From.ID], claim, clock))
}

// notice stops waiting for jobs that somebody else has polled since the round
// began, and for those that were paused or removed.
func (r *round) notice(ctx context.Context) error {
	ids := slices.Collect(maps.Keys(r.waiting))
	jobs, err := r.syncer.Store.JobsByID(ctx, ids)
	if err != nil {
		return err
	}
	r.leave(func(job store.Job) string {
		switch tracking := jobs[job.ID].Tracking; tracking {
		case store.TrackingPaused, store.TrackingRemoved:
			return fmt.Sprintf("job %s is %s", job.Name, tracking)
		default:
			return ""
		}
	})
	cursors, err := r.syncer.Store.Cursors(ctx, ids)
	if err != nil {
		return err
	}
	for _, job := range r.sorted() {
		cursor := cursors[job.ID]
		if cursor.PolledAt.After(r.before[job.ID]) && cursor.ClaimedUntil.IsZero() {
			r.elsewhere(job, cursor.Outcome)
		}
	}
	return nil
}

// wait lets the pause pass, or less where a task ends. A job whose slot passed
// unused waits for another slot.
func (r *round) wait(ctx context.Context, pause time.Duration) error {
	if len(r.waiting) == 0 && r.flight.underWay == 0 {
		return nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	var landed []landing
	select {
	case <-ctx.Done():
		return ctx.Err()
	case first := <-r.flight.ended:
		r.flight.land(first)
		landed = append(r.flight.landAll(), first)
	case <-timer.C:
	}
	for _, l := range landed {
		if l.unused {
			r.waiting[l.job.ID] = *l.job
		}
	}
	return nil
}
