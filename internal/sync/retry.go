package sync

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"
)

const (
	retryFrom = 100 * time.Millisecond
	retryTo   = 5 * time.Second
	// onceTries is how often a round tries before it gives up: enough to
	// outlive the embedded server's passing from one process to another.
	onceTries = 4
	// attemptTimeout bounds one attempt: a connection that is dead may not say so.
	attemptTimeout = time.Minute
)

// retry does again what failed because the database cannot be reached, or
// refuses.
type retry struct {
	logger *slog.Logger
	most   int    // tries at most; 0: as many as it takes
	load   *load  // counts each failure
	failed func() // told when something begins to fail; nil: nobody is
}

// newRetry tries so often at most; 0: as often as it takes.
func newRetry(s *Syncer, most int) retry { return retry{logger: s.Logger, load: &s.load, most: most} }

// do works with the database, again and again if need be, until that succeeds,
// was tried often enough, or ctx ends.
func (r retry) do(ctx context.Context, what string, work func(context.Context) error) error {
	pause := retryFrom
	for failures := 0; ; failures++ {
		err := r.load.database(attempt(ctx, work))
		if err == nil || failures+1 == r.most {
			if err == nil && failures > 0 {
				r.logger.InfoContext(ctx, "the database answers again", "action", what, "failures", failures)
			}
			return err
		}
		if ctx.Err() != nil { // which is why it failed
			return err
		}
		if failures == 0 && r.failed != nil {
			r.failed()
		}
		if failures == 0 {
			r.logger.ErrorContext(ctx, "the database fails; trying again", "action", what, "error", err)
		}
		timer := time.NewTimer(pause/2 + rand.N(pause/2))
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
		pause = min(2*pause, retryTo)
	}
}

// attempt works once, in bounded time.
func attempt(ctx context.Context, work func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	return work(ctx)
}
