package sync

import (
	"context"
	"errors"
	"time"

	"tracker/internal/store"
)

const (
	// rollUpEvery is how far behind the counts of reports may be, where counting takes a
	// twentieth of that at most.
	rollUpEvery = time.Minute
	// rollUpShare is how much longer than a turn took nobody counts afterwards, sweepShare
	// how much longer nobody sweeps: of thousands of polls a second an hour takes a while.
	rollUpShare = 20
	sweepShare  = 100
	// rollUpTimeout bounds one turn of counting, rollUpFirst the first, which delays the
	// start. What they do not finish the next one does.
	rollUpTimeout = 5 * time.Minute
	rollUpFirst   = 5 * time.Second
)

// rollUp counts for reports, as often as what that costs allows.
type rollUp struct {
	store              *store.Store
	begun              bool
	counting, sweeping turns
}

func (r *rollUp) turn(ctx context.Context) error {
	if !r.begun {
		r.begun = true
		return r.first(ctx)
	}
	if err := r.counting.take(rollUpShare, func() error { return r.now(ctx, r.store.RollUp) }); err != nil {
		return err
	}
	return r.sweeping.take(sweepShare, func() error { return r.now(ctx, r.store.Sweep) })
}

// first counts for as long as the start may be delayed.
func (r *rollUp) first(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, rollUpFirst)
	defer cancel()
	return r.now(ctx, func(ctx context.Context, now time.Time) error {
		if err := r.store.RollUp(ctx, now); !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		return nil
	})
}

// now does what goes by the database's clock.
func (r *rollUp) now(ctx context.Context, work func(ctx context.Context, now time.Time) error) error {
	clock, err := readClock(ctx, r.store)
	if err != nil {
		return err
	}
	return work(ctx, clock.read)
}

// turns are taken so seldom that they take but a share of the time.
type turns struct{ again time.Time }

func (t *turns) take(share time.Duration, work func() error) error {
	from := time.Now()
	if from.Before(t.again) {
		return nil
	}
	err := work()
	t.again = time.Now().Add(share * time.Since(from))
	return err
}
