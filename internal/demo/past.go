package demo

import (
	"context"
	"slices"
	"time"

	"tracker/internal/source"
	"tracker/internal/store"
)

const (
	// pastEvery is how often jobs were polled in the past, pastActive how often while
	// an import ran.
	pastEvery  = 30 * time.Minute
	pastActive = 10 * time.Second
	// pastSchedule is pastEvery as a schedule, whose ticks stay where they are.
	pastSchedule = "*/30 * * * *"
	// pastQuiet is how long before the demo the last import of the past begins at the
	// latest: it has ended, and was seen to end.
	pastQuiet = 2 * time.Hour
)

// makePasts records polls at past times for the new jobs that have a past. They are
// recorded as any other.
func (d *Fixtures) makePasts(ctx context.Context, fixtures []fixture) error {
	pasts, err := d.claimPasts(ctx, fixtures)
	if err != nil || len(pasts) == 0 {
		return err
	}
	if err := d.Store.ExtendPartitions(ctx); err != nil {
		return err
	}
	for {
		var polls []store.Poll
		for _, p := range pasts {
			more, err := p.untilNews()
			if err != nil {
				return err
			}
			polls = append(polls, more...)
		}
		if len(polls) == 0 {
			break
		}
		if err := d.Store.RecordPast(ctx, polls); err != nil {
			return err
		}
	}
	advances := make([]store.Advance, len(pasts))
	for i, p := range pasts {
		advances[i] = p.advance()
	}
	return d.Store.AdvanceCursors(ctx, advances)
}

// claimPasts claims the jobs that are to get a past.
func (d *Fixtures) claimPasts(ctx context.Context, fixtures []fixture) ([]*poller, error) {
	params := store.ClaimParams{Owner: d.Owner, Most: len(fixtures)}
	type pair struct {
		fixture
		registered store.Job
	}
	byID := map[int64]pair{}
	for _, one := range fixtures {
		if !one.needsPast() {
			continue
		}
		job, err := d.Store.Job(ctx, one.name)
		if err != nil {
			return nil, err
		}
		byID[job.ID] = pair{one, job}
		params.JobIDs = append(params.JobIDs, job.ID)
		if !slices.Contains(params.SourceIDs, job.From.ID) {
			params.SourceIDs = append(params.SourceIDs, job.From.ID)
		}
	}
	if len(byID) == 0 {
		return nil, nil
	}
	var err error
	if params.Now, err = d.Store.Now(ctx); err != nil {
		return nil, err
	}
	claims, err := d.Store.ClaimJobs(ctx, params)
	if err != nil {
		return nil, err
	}
	provider, err := source.Lookup("woosmap")
	if err != nil {
		return nil, err
	}
	var pollers []*poller
	for _, claim := range claims {
		one := byID[claim.JobID]
		p, err := newPoller(one.fixture, one.registered, provider, claim)
		if err != nil {
			return nil, err
		}
		pollers = append(pollers, p)
	}
	return pollers, nil
}
