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

// SearchJournal has the jobs journaled that have something which is not in the journal,
// though nobody has noted it: the history of a database that had no journal yet, and
// what an older tracker records in it. It returns how many there are.
func (s *Store) SearchJournal(ctx context.Context) (jobs int64, err error) {
	if jobs, err = s.queries.JournalSearch(ctx); err != nil {
		return 0, fmt.Errorf("search for what is not in the journal: %w", err)
	}
	return jobs, nil
}

// notePolls notes for the journal that polls have brought something new, and which may
// be of a day that the journal has closed.
func notePolls(ctx context.Context, q *dbsqlc.Queries, polls []Poll) error {
	var jobIDs []int64
	for _, poll := range polls {
		if poll.Finding != nil || poll.Advance != nil && len(poll.Advance.Gaps) > 0 {
			jobIDs = append(jobIDs, poll.JobID)
		}
	}
	if err := noteJobs(ctx, q, jobIDs); err != nil {
		return err
	}
	return q.JournalNoteLate(ctx, column(polls, func(p *Poll) time.Time { return p.PolledAt }))
}

// noteJobs notes for the journal that jobs have snapshots or gaps that are new.
func noteJobs(ctx context.Context, q *dbsqlc.Queries, jobIDs []int64) error {
	if len(jobIDs) == 0 {
		return nil
	}
	return q.JournalNote(ctx, jobIDs)
}
