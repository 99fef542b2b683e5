package sync

import (
	"context"
	"fmt"
	"slices"
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

	schedules schedules
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
	sources = slices.DeleteFunc(sources, func(from store.Source) bool { return !from.RemovedAt.IsZero() })
	r.changeNo, r.sources, r.jobs = changeNo, sources, map[int64]*registered{}
	return clock, nil
}

// forget has all read again.
func (r *registry) forget() { r.jobs = nil }

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
		if account, ok := open[job.From.ID]; ok {
			r.jobs[id] = r.schedules.prepare(job, account)
		} else {
			r.jobs[id] = &registered{Job: job, fault: fmt.Errorf("source %s is not the one by which it was due", job.Source)}
		}
	}
	return nil
}
