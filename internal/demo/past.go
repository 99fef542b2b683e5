package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tracker/internal/source"
	"tracker/internal/store"
)

const (
	// pastEvery is how often the past was looked at while nothing went on, and
	// pastActive while an import did.
	pastEvery  = 30 * time.Minute
	pastActive = 10 * time.Second
	// pastSchedule is pastEvery as a schedule, whose ticks stay where they are.
	pastSchedule = "*/30 * * * *"
	// pastQuiet is how long before the demo begins the last import of the past
	// has begun, so that it has ended and was seen to.
	pastQuiet = 2 * time.Hour
)

// seed gives the jobs that have one their past, once: polls at times gone by,
// which are recorded as any other. A job that was polled already is left alone.
func (d *Stage) seed(ctx context.Context, cast []castJob) error {
	pasts, err := d.claimPasts(ctx, cast)
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
		results, err := d.Store.Record(ctx, polls)
		if err != nil {
			return err
		}
		if at := slices.IndexFunc(results, func(r store.RecordResult) bool { return r != store.RecordResult{} }); at >= 0 {
			return fmt.Errorf("a poll of %s was not recorded", polls[at].PolledAt.Format(time.RFC3339))
		}
	}
	advances := make([]store.Advance, len(pasts))
	for i, p := range pasts {
		advances[i] = p.advance()
	}
	return d.Store.AdvanceCursors(ctx, advances)
}

// claimPasts claims the jobs that are to get a past.
func (d *Stage) claimPasts(ctx context.Context, cast []castJob) ([]*poller, error) {
	params := store.ClaimParams{Owner: d.Owner, Most: len(cast)}
	type pair struct {
		castJob
		registered store.Job
	}
	byID := map[int64]pair{}
	for _, one := range cast {
		if !one.seeded() {
			continue
		}
		job, err := d.Store.Job(ctx, one.name)
		if err != nil {
			return nil, err
		}
		byID[job.ID] = pair{one, job}
		params.JobIDs, params.SourceIDs = append(params.JobIDs, job.ID), []int64{job.From.ID}
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
		p, err := newPoller(one.castJob, one.registered, provider, claim)
		if err != nil {
			return nil, err
		}
		pollers = append(pollers, p)
	}
	return pollers, nil
}
