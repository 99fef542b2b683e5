package main

import (
	"context"
	"time"

	"tracker/internal/source"
	"tracker/internal/store"
)

const (
	// pastEvery is how often the past was looked at while nothing went on, and
	// pastActive while an import did.
	pastEvery  = 30 * time.Minute
	pastActive = 10 * time.Second
	// pastGrace is how many polls at that pace follow an import's end.
	pastGrace = 3
	// pastQuiet is how long before the demo begins the last import of the past
	// has begun, so that it has ended and was seen to.
	pastQuiet = 2 * time.Hour
	// pastTolerance is how many missed looks make a gap.
	pastTolerance = 2
)

// seed gives the jobs that have one their past, once: polls at times gone by,
// which are recorded as any other. A job that was polled already is left alone.
func (d *demo) seed(ctx context.Context, cast []castJob) error {
	pasts, err := d.claimPasts(ctx, cast)
	if err != nil || len(pasts) == 0 {
		return err
	}
	if err := d.store.ExtendPartitions(ctx); err != nil {
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
		if err := d.store.RecordPast(ctx, polls); err != nil {
			return err
		}
	}
	advances := make([]store.Advance, len(pasts))
	for i, p := range pasts {
		advances[i] = p.advance
	}
	return d.store.AdvanceCursors(ctx, advances)
}

// claimPasts claims the jobs that are to get a past.
func (d *demo) claimPasts(ctx context.Context, cast []castJob) ([]*demoPoller, error) {
	params := store.ClaimParams{Owner: owner(), Most: len(cast)}
	byID := map[int64]castJob{}
	for _, one := range cast {
		if !one.seeded() {
			continue
		}
		job, err := d.store.Job(ctx, one.name)
		if err != nil {
			return nil, err
		}
		byID[job.ID] = one
		params.JobIDs, params.SourceIDs = append(params.JobIDs, job.ID), []int64{job.From.ID}
	}
	if len(byID) == 0 {
		return nil, nil
	}
	var err error
	if params.Now, err = d.store.Now(ctx); err != nil {
		return nil, err
	}
	claims, err := d.store.ClaimJobs(ctx, params)
	if err != nil {
		return nil, err
	}
	provider, err := source.Lookup("woosmap")
	if err != nil {
		return nil, err
	}
	var pollers []*demoPoller
	for _, claim := range claims {
		pollers = append(pollers, newDemoPoller(byID[claim.JobID], provider, claim, params.SourceIDs[0]))
	}
	return pollers, nil
}
