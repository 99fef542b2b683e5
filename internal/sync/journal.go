package sync

import (
	"context"
	"time"

	"tracker/internal/store"
)

const (
	// journalEvery is how often the daemon looks for what the journal lacks: an entry
	// stands there within a second of what it stands for.
	journalEvery = 250 * time.Millisecond
	// journalToldEvery is how often the log tells how a long catching up goes on.
	journalToldEvery = 10 * time.Second
)

// keepJournal appends to the journal until ctx ends, whoever recorded what it lacks. Of
// several trackers one at a time does.
func (d *daemon) keepJournal(ctx context.Context) {
	again := time.NewTicker(journalEvery)
	defer again.Stop()
	var late catchingUp
	for ctx.Err() == nil {
		var done store.Journaled
		_ = d.retry.do(ctx, "append to the journal", func(ctx context.Context) (err error) {
			done, err = d.syncer.Store.AppendJournal(ctx)
			return err
		})
		if late.tells(done, time.Now()) {
			d.syncer.Logger.InfoContext(ctx, "the journal catches up", "entries", late.entries, "done", !done.More)
		}
		if done.More {
			continue
		}
		select {
		case <-ctx.Done():
		case <-again.C:
		}
	}
}

// catchingUp counts what is appended while more waits than one turn appends.
type catchingUp struct {
	entries     int64
	begun, told time.Time // zero: nothing waits; nothing is told
}

// tells counts a turn, and reports whether the log is to tell of it: each ten seconds of
// a long catching up, and its end.
func (c *catchingUp) tells(turn store.Journaled, now time.Time) bool {
	if c.begun.IsZero() {
		*c = catchingUp{begun: now}
	}
	c.entries += turn.Appended
	long := now.Sub(c.begun) >= journalToldEvery && now.Sub(c.told) >= journalToldEvery
	if long && turn.More {
		c.told = now
		return true
	}
	ended := !turn.More && !c.told.IsZero()
	if !turn.More {
		c.begun, c.told = time.Time{}, time.Time{}
	}
	return ended
}

// searchJournal notes for the journal the history that nobody has noted.
func (d *daemon) searchJournal(ctx context.Context) error {
	var all int64
	for reached := int64(0); ; {
		next, noted, err := d.syncer.Store.SearchJournal(ctx, reached)
		if err != nil {
			return err
		}
		all += noted
		if reached = next; reached == 0 {
			break
		}
	}
	if all > 0 {
		d.syncer.Logger.InfoContext(ctx, "the journal lacks history, and takes it in", "snapshots", all)
	}
	return nil
}

// appendJournal appends to the journal what was recorded last. Where that fails the next
// tracker does it.
func (s *Syncer) appendJournal(ctx context.Context) {
	if err := s.load.database(s.Store.CompleteJournal(ctx)); err != nil {
		s.Logger.WarnContext(ctx, "the journal lacks what was recorded last, until a tracker runs again", "error", err)
	}
}
