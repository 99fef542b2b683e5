package tracking

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tracker/internal/source"
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
func Rebuild(ctx context.Context, s *store.Store, job store.Job, owner string) (store.Rebuilt, error) {
	provider, err := source.Lookup(job.From.Provider)
	if err != nil {
		return store.Rebuilt{}, err
	}
	patience := time.NewTimer(rebuildPatience)
	defer patience.Stop()
	for {
		now, err := s.Now(ctx)
		if err != nil {
			return store.Rebuilt{}, err
		}
		rebuilt, err := s.Rebuild(ctx, store.RebuildParams{JobID: job.ID, Owner: owner, Now: now, Interpret: provider.Interpret})
		if !errors.Is(err, store.ErrClaimed) {
			return rebuilt, err
		}
		select {
		case <-ctx.Done():
			return store.Rebuilt{}, ctx.Err()
		case <-patience.C:
			return store.Rebuilt{}, fmt.Errorf("%w for more than %s; try again", err, rebuildPatience)
		case <-time.After(rebuildRetry):
		}
	}
}
