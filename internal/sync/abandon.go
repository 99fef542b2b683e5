package sync

import (
	"context"
	"fmt"

	"tracker/internal/store"
)

// abandon pauses a job of which what is stored cannot be read, or contradicts
// itself. The answer is not kept: there is nothing to compare it with.
func (r *recorder) abandon(ctx context.Context, res *result, why error) error {
	r.memory.forget(res.job.ID)
	err := r.patience.try(ctx, "release a claim", func(ctx context.Context) error {
		return r.store.ReleaseClaims(ctx, []store.Claim{res.claim})
	})
	if err != nil {
		return err
	}
	return r.pause(ctx, res, fmt.Sprintf("what is stored of it cannot be read: %v; run  tracker rebuild", why))
}

// pause pauses a job whose poll cannot be settled for what its rows hold.
func (r *recorder) pause(ctx context.Context, res *result, reason string) error {
	_, err := r.change(ctx, res.job, func(ctx context.Context, by store.Author, name string) (bool, error) {
		return r.store.PauseJob(ctx, by, name, reason)
	})
	if err != nil {
		return err
	}
	r.tell(Event{Job: *res.job, Kind: Skipped, Error: reason})
	r.tell(Event{Job: *res.job, Kind: Paused, Reason: fmt.Sprintf("job %s is paused: %s", res.job.Name, reason)})
	return nil
}

// tryFind is find where rows may be that nobody has foreseen: they end neither
// the batch nor the daemon.
func (r *result) tryFind() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("compare: %v", p)
		}
	}()
	r.find()
	return nil
}
