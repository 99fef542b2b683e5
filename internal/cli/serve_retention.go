package cli

import (
	"context"
	"errors"
	"slices"
	"time"

	"tracker/internal/store"
	"tracker/internal/tracking"
)

const (
	// retainEvery is how often a daemon takes what is old.
	retainEvery = time.Hour
	// retainSoon is how soon it tries again where somebody was in the way.
	retainSoon = 10 * time.Second
	// retainTimeout bounds one turn: the next goes on.
	retainTimeout = 30 * time.Minute
	// jumpMost is how much further than ours the database's clock may have gone.
	jumpMost = 24 * time.Hour
)

// errJumped means that what looks old may not be: the database's clock was set.
var errJumped = errors.New("the database's clock has jumped ahead while this tracker ran: it takes nothing until the clock is set back, or until it is started again, which says that the clock is right")

// retainer takes what is old, for a daemon.
type retainer struct {
	app   *app
	store *store.Store
	keep  tracking.Retention

	began   time.Time // of the last turn whose clock was right, by the database's clock; zero: there was none
	beganAt time.Time // when that was, by ours
	told    string    // why nothing went the last time
	noted   []string  // what stayed then
}

// run takes what is old, now and each hour, until ctx ends.
func (r *retainer) run(ctx context.Context) {
	if r.keep == (tracking.Retention{}) {
		return
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		timer.Reset(r.turn(ctx))
	}
}

// turn takes what is old and logs what went, or, once, why nothing goes. Where another
// daemon does it, there is nothing to say. It returns how soon to come again.
func (r *retainer) turn(ctx context.Context) time.Duration {
	bounded, cancel := context.WithTimeout(ctx, retainTimeout)
	defer cancel()
	author, err := r.app.author(bounded, r.store)
	if err == nil {
		err = r.checkClock(author.At)
	}
	if err == nil {
		err = r.note(bounded, author.At)
	}
	if err == nil {
		err = tracking.Retain(bounded, r.store, author, r.keep, func(taken []store.Taken) {
			for _, one := range taken {
				r.app.logger.InfoContext(ctx, "taken by retention", "what", one.What, "from", one.RangeFrom, "to", one.RangeTo, "rows", one.Rows)
			}
		})
	}
	told := r.told
	switch r.told = ""; {
	case ctx.Err() != nil || err == nil || errors.Is(err, store.ErrRetentionElsewhere):
		return retainEvery
	default:
		if r.told = reason(err); r.told != told {
			r.app.logger.WarnContext(ctx, "not all that is old is taken by retention; it comes again", "error", err)
		}
	}
	if tracking.RetainsLater(err) {
		return retainSoon
	}
	return retainEvery
}

// reason is why nothing goes, without the times that clocks tell: they differ each hour.
func reason(err error) string {
	if errors.Is(err, store.ErrRetentionRefused) && !errors.Is(err, store.ErrRetentionShort) {
		return store.ErrRetentionRefused.Error()
	}
	return err.Error()
}

// note logs, once, what a setting is shorter than.
func (r *retainer) note(ctx context.Context, now time.Time) error {
	notes, err := tracking.RetainNotes(ctx, r.store, now, r.keep)
	if err != nil {
		return err
	}
	for _, note := range notes {
		if !slices.Contains(r.noted, note) {
			r.app.logger.InfoContext(ctx, "retention", "note", note)
		}
	}
	r.noted = notes
	return nil
}

// checkClock compares how far the database's clock went since the last turn with ours,
// which nobody sets. Ours stands still while the machine is suspended: of many nights
// none adds to the next.
func (r *retainer) checkClock(now time.Time) error {
	if !r.began.IsZero() && now.Sub(r.began)-time.Since(r.beganAt) > jumpMost {
		return errJumped
	}
	r.began, r.beganAt = now, time.Now()
	return nil
}
