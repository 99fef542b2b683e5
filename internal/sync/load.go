package sync

import (
	"context"
	"errors"
	"sync/atomic"
)

// Load is what a Syncer has under way, and what went wrong since it began.
type Load struct {
	InFlight       int    // requests that were sent and are not answered yet
	Unrecorded     int    // polls that were made and are not recorded yet
	ClaimsLost     uint64 // claims whose slot passed before a request was sent, or that somebody else took over
	DatabaseErrors uint64 // times that the database failed, or refused, what was asked of it
}

// Load tells what is under way now.
func (s *Syncer) Load() Load {
	return Load{
		InFlight: int(s.load.inFlight.Load()), Unrecorded: int(s.load.unrecorded.Load()),
		ClaimsLost: s.load.claimsLost.Load(), DatabaseErrors: s.load.databaseErrors.Load(),
	}
}

// load counts what Load tells.
type load struct {
	inFlight, unrecorded       atomic.Int64
	claimsLost, databaseErrors atomic.Uint64
}

// database counts an error, unless it comes from being told to end, and returns it.
func (l *load) database(err error) error {
	if err != nil && !errors.Is(err, context.Canceled) {
		l.databaseErrors.Add(1)
	}
	return err
}
