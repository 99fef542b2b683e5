package sync

import (
	"context"
	"fmt"

	"tracker/internal/store"
)

// abandon pauses a job whose poll cannot be recorded for what its rows hold, and
// gives the claim back. The answer is not kept.
func (r *recorder) abandon(ctx context.Context, res *result, reason string) error {
	r.memory.forget(res.job.ID)
	err := r.retry.do(ctx, "release a claim", func(ctx context.Context) error {
		return r.db.ReleaseClaims(ctx, []store.Claim{res.claim})
	})
	if err != nil {
		return err
	}
	if _, err := r.change(ctx, res.job, func(ctx context.Context, by store.Author, name string) (bool, error) {
		return r.db.PauseJob(ctx, by, name, reason)
	}); err != nil {
		return err
	}
	r.tell(Event{Job: *res.job, Kind: Skipped, Error: reason})
	r.tell(Event{Job: *res.job, Kind: Paused, Reason: fmt.Sprintf("job %s is paused: %s", res.job.Name, reason)})
	return nil
}

// unreadable tells of a job of which what is stored cannot be read, or
// contradicts itself: there is nothing to compare an answer with.
func unreadable(why error) string {
	return fmt.Sprintf("what is stored of it cannot be read: %v; run  tracker rebuild", why)
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
