package tracking

import (
	"context"

	"tracker/internal/definition"
	"tracker/internal/source"
	"tracker/internal/store"
)

// Answer asks the question that a function of the schema report answers. Where it is
// about what a service may write over, and what was known at a time, the snapshots are
// read again, which alone keep what was written then.
func Answer(ctx context.Context, s *store.Store, function string, overwritten bool, filter store.AnswerFilter) (store.Answer, error) {
	if overwritten && filter.KnownAt != nil {
		told, err := s.Told(ctx, *filter.KnownAt, filter.Source, Interpreting(ctx, s))
		if err != nil {
			return store.Answer{}, err
		}
		filter.Told = told
	}
	return s.Answer(ctx, function, filter)
}

// Interpreting gives how the bodies of jobs are read, and looks up each source once.
func Interpreting(ctx context.Context, s *store.Store) func(store.Job) (store.Interpret, error) {
	providers := map[string]source.Provider{}
	return func(job store.Job) (store.Interpret, error) {
		provider, made := providers[job.From.Name]
		if !made {
			var err error
			if provider, err = definition.Of(ctx, s, job.From.Provider, job.From.Interpretation); err != nil {
				return nil, err
			}
			providers[job.From.Name] = provider
		}
		return provider.For(job.Target).Interpret, nil
	}
}
