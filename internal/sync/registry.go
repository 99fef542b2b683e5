package sync

import (
	"context"
	"time"

	"tracker/internal/source"
	"tracker/internal/store"
)

// registry is what a daemon remembers of sources and jobs, until one of them is
// changed: changes are numbered.
type registry struct {
	store    *store.Store
	changeNo int64
	sources  []store.Source
	jobs     map[int64]*registered // nil: nothing was read yet
}

// registered is a job with where its status is asked for.
type registered struct {
	store.Job
	endpoint source.Endpoint
}

// refresh forgets what has been changed, and reads the database's clock.
func (r *registry) refresh(ctx context.Context) (clock, error) {
	before := time.Now()
	now, changeNo, err := r.store.NowAndChange(ctx)
	if err != nil {
		return clock{}, err
	}
	clock := clock{read: now, before: before, after: time.Now()}
	if r.jobs != nil && changeNo == r.changeNo {
		return clock, nil
	}
	sources, err := r.store.Sources(ctx)
	if err != nil {
		return clock, err
	}
	r.changeNo, r.sources, r.jobs = changeNo, sources, map[int64]*registered{}
	return clock, nil
}

// know reads those of the claimed jobs that are not remembered: all of them
// where the registry was changed by the time of the claim. A claim may see what
// a change did, such as another next poll, and needs the job as it made it. open
// has the accounts of their sources.
func (r *registry) know(ctx context.Context, claims []store.Claim, open map[int64]source.Account) error {
	_, changeNo, err := r.store.NowAndChange(ctx)
	if err != nil {
		return err
	}
	if changeNo != r.changeNo {
		r.jobs = map[int64]*registered{}
	}
	var ids []int64
	for _, claim := range claims {
		if r.jobs[claim.JobID] == nil {
			ids = append(ids, claim.JobID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	jobs, err := r.store.JobsByID(ctx, ids)
	if err != nil {
		return err
	}
	for id, job := range jobs {
		r.jobs[id] = &registered{job, open[job.From.ID].Provider.Endpoint(job.From.BaseURL, job.Target)}
	}
	return nil
}
