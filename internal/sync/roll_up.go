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
	// rollUpShare is how much longer than a turn took nobody counts afterwards. A turn
	// counts the polls of the hour: of thousands a second that takes a while.
	rollUpShare = 20
	// rollUpTimeout bounds one turn of counting, rollUpFirst the first, which delays the
	// start. What they do not finish the next one does.
	rollUpTimeout = 5 * time.Minute
	rollUpFirst   = 5 * time.Second
)

// rollUp counts for reports, as often as what that costs allows.
type rollUp struct {
	store *store.Store
	begun bool
	again time.Time // when it is time for the next turn
}

func (r *rollUp) turn(ctx context.Context) error {
	from := time.Now()
	if from.Before(r.again) {
		return nil
	}
	first := !r.begun
	r.begun = true
	if first {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, rollUpFirst)
		defer cancel()
	}
	clock, err := readClock(ctx, r.store)
	if err != nil {
		return err
	}
	err = r.store.RollUp(ctx, clock.read)
	if first && errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	r.again = time.Now().Add(rollUpShare * time.Since(from))
	return err
}
