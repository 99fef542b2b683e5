package store

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/store/internal/dbsqlc"
)

// Tracked is how far some jobs were polled.
type Tracked struct {
	Jobs          int64      // registered, removed ones too
	Polled        int64      // of these, that were ever polled
	Answered      int64      // of these, for which a poll was ever answered
	Failing       int64      // of these, that are tracked and got no answer last
	RegisteredAt  *time.Time // of the first; nil: there is none
	PolledAt      *time.Time // the last poll; nil: there was none
	FirstAnswerAt *time.Time // nil: there was none
}

// Tracked tells how far the jobs were polled that an answer is about.
func (s *Store) Tracked(ctx context.Context, filter AnswerFilter) (Tracked, error) {
	row, err := s.queries.ReportTracked(ctx, dbsqlc.ReportTrackedParams{Source: filter.Source, Labels: filter.labels()})
	if err != nil {
		return Tracked{}, fmt.Errorf("read since when jobs are tracked: %w", err)
	}
	return Tracked{
		Jobs: row.Jobs, Polled: row.Polled, Answered: row.Answered, Failing: row.Failing,
		RegisteredAt: toPointer(row.RegisteredAt), PolledAt: toPointer(row.PolledAt), FirstAnswerAt: toPointer(row.FirstAnswerAt),
	}, nil
}
