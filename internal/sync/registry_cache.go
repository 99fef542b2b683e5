package sync

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tracker/internal/source"
	"tracker/internal/store"
)

// jobsKept is how many jobs are kept, of about 2 KB each, beside those of one claim.
// Where more are registered each is polled so rarely that reading it again, some 10 µs
// of a statement for all of a claim, counts for little.
const jobsKept = 1 << 14

// registryCache keeps the sources, and some of the jobs, of a daemon until one of them
// is changed. Changes are numbered: a higher number has all read again.
type registryCache struct {
	store    *store.Store
	changeNo int64
	sources  []store.Source
	jobs     map[int64]*preparedJob // nil: nothing was read yet

	schedules schedules
}

// refresh reads the database's clock, and the sources anew where something was
// changed.
func (r *registryCache) refresh(ctx context.Context) (clock, error) {
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
	r.changeNo, r.sources, r.jobs = changeNo, sources, map[int64]*preparedJob{}
	return clock, nil
}

// forget has everything read again at the next refresh.
func (r *registryCache) forget() { r.jobs = nil }

// load reads the claimed jobs that are not kept; all of them where something was
// changed since the last refresh. A claim sees what a change did, such as another
// next poll, and needs the job as it is after that change. open has the accounts of
// the sources.
func (r *registryCache) load(ctx context.Context, claims []store.Claim, open map[int64]*source.Account) error {
	_, changeNo, err := r.store.NowAndChange(ctx)
	if err != nil {
		return err
	}
	if changeNo != r.changeNo {
		r.jobs = map[int64]*preparedJob{}
	}
	r.makeRoom()
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
			r.jobs[id] = &preparedJob{Job: job, fault: fmt.Errorf("source %s is not the one by which it was due", job.Source)}
		}
	}
	return nil
}

// makeRoom drops a quarter of the jobs, whichever, where too many are kept.
func (r *registryCache) makeRoom() {
	if len(r.jobs) < jobsKept {
		return
	}
	for id := range r.jobs {
		if len(r.jobs) <= jobsKept/4*3 {
			return
		}
		delete(r.jobs, id)
	}
}
