package sync

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"tracker/internal/source"
	"tracker/internal/store"
)

// drainTimeout bounds recording what was fetched when the process is told to
// end, which it has to do within ten seconds.
const drainTimeout = 7 * time.Second

// Syncer polls jobs for one process.
type Syncer struct {
	Store  *store.Store
	Client *source.Client
	Getenv func(string) string    // where credentials may be
	Scope  source.CredentialScope // what references to them may name
	Owner  string                 // names this process in claims
	Logger *slog.Logger

	turned atomic.Pointer[time.Time] // when the claim loop of Serve last turned; nil: it has not begun

	// MemoryBudget is how much memory answers may take, in bytes; 0:
	// DefaultMemoryBudget. Answers that find none wait.
	MemoryBudget int64

	// Recorded is told of each batch that was recorded, and how long that took;
	// nil: nobody is. It may be called from several goroutines at once.
	Recorded func(polls int, took time.Duration)

	// Claimed is told how long each claim of due jobs took, by Serve's one loop; nil:
	// nobody is.
	Claimed func(took time.Duration)

	load load
}

// Turned is how long ago the claim loop of Serve last turned, whatever came of
// it; false: it has not begun.
func (s *Syncer) Turned() (ago time.Duration, begun bool) {
	at := s.turned.Load()
	if at == nil {
		return 0, false
	}
	return time.Since(*at), true
}

func (s *Syncer) turn() { s.turned.Store(new(time.Now())) }

// Once polls each of the jobs once, as fast as the budgets of their sources
// allow, whatever their schedules say, and tells of each as it is recorded.
// Jobs whose source is paused, held by a Retry-After or without a readable
// credential are skipped. A job that somebody else is polling is waited for.
//
// When ctx ends, what was fetched is recorded, the rest is left, and the
// error is that of ctx.
func (s *Syncer) Once(ctx context.Context, jobs []store.Job, tell func(Event)) error {
	say := oneAtATime(tell)
	// What was fetched is worth more than a quick end: recording goes on for a while.
	lasting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(drainTimeout, cancel) })()

	results := make(chan *result, inFlightMost)
	budget := newMemoryBudget(s.MemoryBudget)
	recorder := newRecorder(s, budget.cache, newRetry(s, onceTries), say)
	claiming, stop := context.WithCancel(ctx)
	defer stop()
	var recording errgroup.Group
	recording.Go(func() error {
		defer drain(results) // after an error too, no worker must wait for it
		defer stop()         // it ends early only by an error
		return recorder.run(lasting, results)
	})
	recordHeavy := func(r *result) error { return recorder.recordHeavy(lasting, r) }
	flight := newFlight(claiming, s, budget, recordHeavy, results)
	err := newRound(s, jobs, flight, say).run(claiming)
	close(results)
	if recordErr := recording.Wait(); recordErr != nil {
		return recordErr
	}
	s.appendJournal(lasting)
	if err == nil && recorder.interrupted { // ctx ended when no job was waiting any more
		return ctx.Err()
	}
	return err
}

// oneAtATime lets many goroutines tell.
func oneAtATime(tell func(Event)) func(Event) {
	var telling sync.Mutex
	return func(e Event) {
		telling.Lock()
		defer telling.Unlock()
		tell(e)
	}
}

// drain throws away what nobody will record any more.
func drain(results <-chan *result) {
	for r := range results {
		r.memory.release()
	}
}
