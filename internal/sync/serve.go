package sync

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"tracker/internal/schedule"
	"tracker/internal/source"
	"tracker/internal/store"
)

const (
	// claimEvery is how often the daemon claims due jobs: a claim costs less, the more
	// jobs it takes.
	claimEvery = 200 * time.Millisecond
	// claimPart is how many jobs it claims at a time, so that no claim takes long. Where
	// more are due it claims again at once, and where there are many, a fourth of them at a
	// time, or as many as it has time for.
	claimPart = 256
	// dueAhead is by how much jobs are claimed before they are due: so much more than
	// claimEvery that the wait between claims makes no poll late. It is less than the
	// shortest interval, of which the poll before, and its recording, need some.
	dueAhead = 500 * time.Millisecond
	// credentialMoment is how long a turn waits for a credential: a local file
	// takes a thousandth of it.
	credentialMoment = 50 * time.Millisecond
	// turnTimeout bounds one turn: what it has claimed must be polled before the
	// claims run out.
	turnTimeout = 20 * time.Second
	// choreTimeout bounds one chore.
	choreTimeout = time.Minute
	// leaveTimeout bounds the note that this tracker ends.
	leaveTimeout = 2 * time.Second
	// tightEvery is how often it is looked whether more is planned than sources may be
	// asked: of a million jobs that takes about a second.
	tightEvery = 5 * time.Minute
)

// Serve polls every due job of all sources, with any number of others on the
// same database, until ctx ends: then what was fetched is recorded. It waits
// out all trouble with the database.
func (s *Syncer) Serve(ctx context.Context, tell func(Event)) error {
	lasting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(drainTimeout, cancel) })()

	results := make(chan *result, resultsMost)
	budget := newMemoryBudget(s.MemoryBudget)
	retry := newRetry(s, 0)
	recorder := newRecorder(s, budget.cache, retry, oneAtATime(tell))
	recorder.linger = linger
	var recording errgroup.Group
	ctx, stopClaiming := context.WithCancel(ctx)
	defer stopClaiming()
	recording.Go(func() error {
		defer drain(results)
		defer stopClaiming() // it ends early only by an error
		return recorder.run(lasting, results)
	})
	recordHeavy := func(r *result) error { return recorder.recordHeavy(lasting, r) }
	d := &daemon{
		syncer: s, recorder: recorder, retry: retry, flight: newFlight(ctx, s, budget, recordHeavy, results),
		registry: registryCache{store: s.Store, schedules: schedules{}}, credentials: source.NewCredentials(s.Getenv, s.Scope), examined: map[string]bool{},
		tight: tightSources{rows: s.Store.SourceRows, logger: s.Logger, told: map[string]bool{}},
	}
	stop, err := d.startChores(ctx)
	switch {
	case err == nil:
		var journal errgroup.Group
		journal.Go(func() error { d.keepJournal(ctx); return nil })
		d.run(ctx, lasting)
		stop()
		_ = journal.Wait()
	case ctx.Err() != nil: // told to end before it had begun
		err = nil
	}
	d.flight.wait()
	close(results)
	if recordErr := recording.Wait(); recordErr != nil {
		return fmt.Errorf("record what was fetched: %w", recordErr)
	}
	s.appendJournal(lasting)
	return err
}

// daemon claims due jobs and starts their tasks.
type daemon struct {
	syncer      *Syncer
	recorder    *recorder
	retry       retry
	flight      *flight
	registry    registryCache
	credentials *source.Credentials
	clock       clock           // as it was last read; the zero clock: not yet
	examined    map[string]bool // the credential references that examine has seen
	tight       tightSources
	part        int // how many jobs are claimed at a time
}

// run claims until ctx ends. A turn that has begun by then ends as it would, unless
// lasting ends: of one that is cut off nobody would know what it has claimed.
func (d *daemon) run(ctx, lasting context.Context) {
	d.syncer.turn()
	again := time.NewTicker(claimEvery)
	defer again.Stop()
	for ctx.Err() == nil {
		_ = d.retry.do(ctx, "claim due jobs", func(context.Context) error {
			defer d.syncer.turn() // one that the database has failed, too
			turn, cancel := context.WithTimeout(lasting, turnTimeout)
			defer cancel()
			return d.claim(turn)
		})
		select {
		case <-ctx.Done():
		case <-again.C:
		}
	}
}

// claim starts a task for each due job that has a slot. While the recorder is behind
// it claims none: claims of results that wait there may have run out, and it would
// claim those jobs a second time.
func (d *daemon) claim(ctx context.Context) error {
	d.flight.landAll()
	if d.recorder.behind.Load() {
		return nil
	}
	clock, err := d.registry.refresh(ctx)
	if err != nil {
		return err
	}
	if d.clock.read.IsZero() || clock.setBack(d.clock) > store.ClockSlack {
		if err := d.syncer.bringBack(ctx, clock); err != nil {
			return err
		}
	}
	d.clock = clock
	open, err := d.open(ctx, clock)
	if err != nil {
		return err
	}
	free := make(map[int64]int, len(open))
	for id := range open {
		free[id] = d.flight.free(id)
	}
	d.part = max(d.part, claimPart)
	for claimed := 0; ; {
		n, err := d.claimDue(ctx, clock, d.part, open, free)
		if err != nil {
			return err
		}
		claimed += n
		switch {
		case 2*n < d.part:
			d.part = claimed / 4
			return nil
		case time.Since(clock.before) >= claimEvery: // the clock is too old for another
			d.part *= 2
			return nil
		}
	}
}

// claimDue claims due jobs, no more than most and no more of a source than it has free,
// which it lowers, and starts their tasks. It returns how many it has claimed.
func (d *daemon) claimDue(ctx context.Context, clock clock, most int, open map[int64]*source.Account, free map[int64]int) (int, error) {
	params := store.DueParams{Owner: d.syncer.Owner, Now: clock.read, Ahead: dueAhead, Most: most}
	for id, free := range free { // in any order: each source is the first at times
		if free > 0 {
			params.SourceIDs = append(params.SourceIDs, id)
			params.Mosts = append(params.Mosts, int64(free))
			params.Except = d.flight.putOff(id, params.Except)
		}
	}
	if len(params.SourceIDs) == 0 {
		return 0, nil
	}
	asked := time.Now()
	claims, err := d.syncer.Store.ClaimDue(ctx, params)
	if err != nil {
		return 0, err
	}
	if d.syncer.Claimed != nil {
		d.syncer.Claimed(time.Since(asked))
	}
	if len(claims) == 0 {
		return 0, nil
	}
	return len(claims), d.start(ctx, clock, claims, open, free)
}

// open returns the accounts of the sources that may be asked. It pauses a source
// that cannot be asked, as where its credential cannot be read.
func (d *daemon) open(ctx context.Context, clock clock) (map[int64]*source.Account, error) {
	accounts := make(map[int64]*source.Account, len(d.registry.sources))
	for _, from := range d.registry.sources {
		if !from.PausedAt.IsZero() {
			continue
		}
		var account *source.Account
		var warning string
		provider, err := d.syncer.provider(ctx, from)
		if err == nil {
			account, warning, err = d.registry.schedules.open(from, provider, func(ref string) (source.Credential, error) {
				return d.credentials.Peek(ref, credentialMoment)
			})
		} else if _, permanent := errors.AsType[noProviderError](err); !permanent {
			return nil, err
		}
		if errors.Is(err, source.ErrCredentialUnread) {
			continue // the next turn has it; the others do not wait
		}
		if err == nil {
			d.examine(ctx, from, warning)
			accounts[from.ID] = account
			continue
		}
		if err := d.syncer.pause(ctx, clock.read, from, err); err != nil {
			d.registry.forget() // somebody may have given it another name by hand
			return nil, err
		}
	}
	return accounts, nil
}

// examine warns, once, of a credential that others may read.
func (d *daemon) examine(ctx context.Context, from store.Source, warning string) {
	if d.examined[from.Credential] {
		return
	}
	d.examined[from.Credential] = true
	if warning != "" {
		d.syncer.Logger.WarnContext(ctx, "credential at risk", "source", from.Name, "warning", warning)
	}
}

// start starts a task for each claim of a job that can be polled, and lowers what its
// source has free.
func (d *daemon) start(ctx context.Context, clock clock, claims []store.Claim, open map[int64]*source.Account, free map[int64]int) error {
	if err := d.registry.load(ctx, claims, open); err != nil {
		return err
	}
	claims, err := d.sift(ctx, clock, claims)
	if err != nil {
		return err
	}
	jobs := d.registry.jobs
	err = d.syncer.renewKeys(ctx, claims, func(jobID int64) source.Provider { return open[jobs[jobID].From.ID].Provider })
	if err != nil {
		return err
	}
	for _, claim := range claims {
		job := jobs[claim.JobID]
		free[job.From.ID]--
		d.flight.start(job.task(open[job.From.ID], claim, clock))
	}
	return nil
}

// sift returns the claims of jobs that can be polled, in the place of all. It pauses
// the other jobs and gives their claims back.
func (d *daemon) sift(ctx context.Context, clock clock, claims []store.Claim) (fit []store.Claim, err error) {
	var unfit []store.Claim
	fit = claims[:0]
	for _, claim := range claims {
		job := d.registry.jobs[claim.JobID]
		if job != nil && job.fault == nil {
			fit = append(fit, claim)
			continue
		}
		unfit = append(unfit, claim)
		if job == nil { // it is gone
			continue
		}
		if err := d.syncer.pauseJob(ctx, clock.read, job); err != nil {
			d.registry.forget()
			return nil, err
		}
	}
	if len(unfit) == 0 {
		return fit, nil
	}
	return fit, d.syncer.Store.ReleaseClaims(ctx, unfit)
}

// leave notes that this tracker ends: from now on its absence explains gaps.
func (d *daemon) leave(ctx context.Context, replica store.Replica) {
	ctx, cancel := context.WithTimeout(ctx, leaveTimeout)
	defer cancel()
	clock, err := readClock(ctx, d.syncer.Store)
	if err == nil {
		err = d.syncer.Store.Leave(ctx, replica, clock.read)
	}
	if err != nil {
		d.syncer.Logger.WarnContext(ctx, "could not say that the tracker ends", "error", err)
	}
}

// startChores starts what is done again and again: heartbeats, partitions to
// come, and counts for reports.
func (d *daemon) startChores(ctx context.Context) (stop func(), err error) {
	var now time.Time
	if err := d.retry.do(ctx, "read the clock", func(ctx context.Context) (err error) {
		now, err = d.syncer.Store.Now(ctx)
		return err
	}); err != nil {
		return nil, err
	}
	replica := store.Replica{Owner: d.syncer.Owner, StartedAt: now}
	heartbeat := func(ctx context.Context) error {
		clock, err := readClock(ctx, d.syncer.Store)
		if err != nil {
			return err
		}
		if clock.read.Before(replica.StartedAt) { // it was set back
			replica.StartedAt = clock.read
		}
		return d.syncer.Store.Heartbeat(ctx, replica, clock.read)
	}
	tend := func(ctx context.Context) error {
		clock, err := readClock(ctx, d.syncer.Store)
		if err != nil {
			return err
		}
		if err := d.syncer.Store.ExtendPartitions(ctx); err != nil {
			return err
		}
		return d.syncer.Store.ForgetReplicas(ctx, clock.read)
	}
	chores := schedule.NewChores(d.syncer.Logger)
	for _, chore := range []schedule.Chore{
		{Name: "heartbeat", Every: store.HeartbeatEvery, Timeout: choreTimeout, Do: heartbeat},
		{Name: "tend partitions", Every: time.Hour, Timeout: choreTimeout, Do: tend},
		{Name: "look for tight sources", Every: tightEvery, Timeout: choreTimeout, Do: d.tight.look},
		{Name: "roll up", Every: rollUpEvery, Timeout: rollUpTimeout, Do: (&rollUp{store: d.syncer.Store}).turn},
		{Name: "search what the journal lacks", Every: time.Hour, Timeout: choreTimeout, Do: d.searchJournal},
	} {
		do := chore.Do
		chore.Do = func(ctx context.Context) error { return d.syncer.load.database(do(ctx)) }
		if err := chores.Add(ctx, chore); err != nil {
			return nil, err
		}
	}
	stopChores := chores.Start()
	return func() {
		stopChores()
		d.leave(context.WithoutCancel(ctx), replica)
	}, nil
}
