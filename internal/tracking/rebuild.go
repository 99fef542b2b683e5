package tracking

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tracker/internal/definition"
	"tracker/internal/store"
)

const (
	// rebuildPatience is how long to wait for a poll of the job to end.
	rebuildPatience = 30 * time.Second
	// rebuildRetry is how often to try whether it has.
	rebuildRetry = 200 * time.Millisecond
)

// Rebuild rebuilds one job, as soon as nobody is polling it. The owner is the
// process that does.
func Rebuild(ctx context.Context, s *store.Store, job store.Job, by store.Author, owner string) (rebuilt store.Rebuilt, err error) {
	provider, err := definition.Of(ctx, s, job.From.Provider, job.From.Interpretation)
	if err != nil {
		return store.Rebuilt{}, err
	}
	err = unclaimed(ctx, func() error {
		now, err := s.Now(ctx)
		if err == nil {
			rebuilt, err = s.Rebuild(ctx, store.RebuildParams{
				JobID: job.ID, By: by, Owner: owner, Now: now, Interpret: provider.For(job.Target).Interpret,
				Interpretation: provider.Interpretation,
			})
		}
		return err
	})
	return rebuilt, err
}

// unclaimed does what takes a job that nobody is polling, as soon as that is so.
func unclaimed(ctx context.Context, do func() error) error {
	patience := time.NewTimer(rebuildPatience)
	defer patience.Stop()
	for {
		err := do()
		if !errors.Is(err, store.ErrClaimed) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-patience.C:
			return fmt.Errorf("%w for more than %s; try again", err, rebuildPatience)
		case <-time.After(rebuildRetry):
		}
	}
}
