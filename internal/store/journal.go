package store

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/store/internal/dbsqlc"
)

// Journaled tells what one turn of appending to the journal has done.
type Journaled struct {
	Appended int64 // entries
	More     bool  // more waits already
}

// AppendJournal appends to the journal what was recorded since, some thousand entries
// at most, in one transaction. Where somebody else is appending it does nothing.
func (s *Store) AppendJournal(ctx context.Context) (Journaled, error) {
	row, err := s.queries.JournalAppend(ctx)
	if err != nil {
		return Journaled{}, fmt.Errorf("append to the journal: %w", err)
	}
	return Journaled(row), nil
}

// CompleteJournal appends to the journal all that waits, in as many transactions as that
// takes. Where somebody else is appending it leaves it to them.
func (s *Store) CompleteJournal(ctx context.Context) error {
	for {
		if done, err := s.AppendJournal(ctx); err != nil || !done.More {
			return err
		}
	}
}

// SearchJournal notes for the journal what it lacks, though nobody has noted it: the
// history of a database that had no journal yet, and what an older tracker records in it.
// It looks at some jobs beyond one and returns the last of them (0: there are no more)
// and how many snapshots it has noted.
func (s *Store) SearchJournal(ctx context.Context, beyond int64) (reached, noted int64, err error) {
	row, err := s.queries.JournalSearch(ctx, beyond)
	if err != nil {
		return 0, 0, fmt.Errorf("search for what is not in the journal: %w", err)
	}
	return row.Reached, row.Noted, nil
}

// notePolls notes for the journal what polls have brought, and which may be of a day that
// the journal has closed.
func notePolls(ctx context.Context, q *dbsqlc.Queries, polls []Poll) error {
	var snapshots dbsqlc.JournalNoteSnapshotsParams
	for _, poll := range polls {
		if f := poll.Finding; f != nil {
			snapshots.JobIds, snapshots.SnapshotNos = append(snapshots.JobIds, poll.JobID), append(snapshots.SnapshotNos, int32(f.Change.SnapshotNo))
			snapshots.ObservedAts = append(snapshots.ObservedAts, f.ObservedAt)
		}
	}
	if len(snapshots.JobIds) > 0 {
		if err := q.JournalNoteSnapshots(ctx, snapshots); err != nil {
			return err
		}
	}
	return q.JournalNoteLate(ctx, column(polls, func(p Poll) time.Time { return p.PolledAt }))
}
