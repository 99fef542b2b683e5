package sync

import (
	"context"
	"time"

	"tracker/internal/store"
)

// clock tells the database's time: what was read once, plus what our monotonic clock
// has counted since. The database read its clock at some time between our request
// and its answer: so now has an earliest and a latest value.
type clock struct {
	read          time.Time // by the database
	before, after time.Time // by us: when we asked, and when we were told
}

func readClock(ctx context.Context, s *store.Store) (clock, error) {
	before := time.Now()
	read, err := s.Now(ctx)
	return clock{read: read, before: before, after: time.Now()}, err
}

// setBack is by how much the database's clock was set back since an earlier reading.
func (c clock) setBack(before clock) time.Duration {
	if before.read.IsZero() {
		return 0
	}
	return max(0, before.read.Add(c.before.Sub(before.after)).Sub(c.read))
}

// bringBack moves back the times that the database's clock had shown before it was
// set back, and logs how many.
func (s *Syncer) bringBack(ctx context.Context, clock clock) error {
	found, err := s.Store.SetClockBack(ctx, clock.read)
	if err == nil && found != (store.SetBack{}) {
		s.Logger.WarnContext(ctx, "the database's clock was set back", "now", clock.read, "jobs", found.Jobs, "sources", found.Sources)
	}
	return err
}

// earliest is the least that the database's clock can show now.
func (c clock) earliest() time.Time { return c.read.Add(time.Since(c.after)) }

// latest is the most that it can show now.
func (c clock) latest() time.Time { return c.read.Add(time.Since(c.before)) }
