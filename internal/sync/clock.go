package sync

import (
	"context"
	"time"

	"tracker/internal/store"
)

// clock tells the database's time: read once, and carried on by this
// process's monotonic clock. The reading happened at some time between request
// and answer, so a time has two bounds, whatever our own wall clock says.
type clock struct {
	read          time.Time // by the database
	before, after time.Time // by us: when we asked, and when we were told
}

func readClock(ctx context.Context, s *store.Store) (clock, error) {
	before := time.Now()
	read, err := s.Now(ctx)
	return clock{read: read, before: before, after: time.Now()}, err
}

// setBack is by how much the clock shows less than it must by now, by what it
// has shown before; nothing: it was not set back.
func (c clock) setBack(before clock) time.Duration {
	if before.read.IsZero() {
		return 0
	}
	return max(0, before.read.Add(c.before.Sub(before.after)).Sub(c.read))
}

// bringBack undoes what a clock that went ahead has left, and says so.
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
