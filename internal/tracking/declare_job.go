package tracking

import (
	"context"

	"tracker/internal/config"
	"tracker/internal/definition"
	"tracker/internal/store"
)

// DeclareJob checks what is to be tracked, and gives it as the registry takes it.
func DeclareJob(ctx context.Context, s *store.Store, by store.Author, job config.Job) (store.JobSpec, error) {
	if err := job.Validate(); err != nil {
		return store.JobSpec{}, RequestError{err}
	}
	from, err := FindSource(ctx, s, job.Source)
	if err != nil {
		return store.JobSpec{}, err
	}
	provider, err := definition.Of(ctx, s, from.Provider, from.Interpretation)
	if err != nil {
		return store.JobSpec{}, err
	}
	if err := job.ValidateTarget(provider); err != nil {
		return store.JobSpec{}, RequestError{err}
	}
	return JobSpec(job, from.Schedule, by)
}
