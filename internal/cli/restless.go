package cli

import (
	"context"
	gosync "sync"

	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// restlessJobs counts, for a daemon, the new answers that brought nothing, by
// job. A job that was told of has a count below zero.
type restlessJobs struct {
	mu    gosync.Mutex
	quiet map[int64]int
}

// see takes in an event, and reports whether its job's snapshots are to be compared.
func (r *restlessJobs) see(e sync.Event) bool {
	if e.Kind != sync.Polled || e.Change == nil || !e.Change.Quiet() {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.quiet[e.Job.ID] < 0 {
		return false
	}
	r.quiet[e.Job.ID]++
	return r.quiet[e.Job.ID]%tracking.RestlessLeast == 0
}

func (r *restlessJobs) told(job store.Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.quiet[job.ID] = -1
}

// tellRestless warns of a job, once, if it is restless.
func (a *app) tellRestless(ctx context.Context, s *store.Store, job store.Job, jobs *restlessJobs) {
	found, err := tracking.ReadRestless(ctx, s, job)
	if err != nil {
		return // it is read again after as many answers more
	}
	if hint := words.Restless(found); hint != "" {
		jobs.told(job)
		a.logger.WarnContext(ctx, "answers differ in what may not count", "job", job.Name, "source", job.Source, "paths", found.Paths, "hint", hint)
	}
}
