package store

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// Census counts what is registered.
type Census struct {
	Jobs          []JobCount
	SourcesPaused int64
	SourcesHeld   int64 // that asked to be left alone
}

// JobCount is how many jobs are alike.
type JobCount struct {
	Tracking Tracking
	State    history.State // of their latest run; empty: none was ever seen
	Jobs     int64
}

// Census counts all jobs and sources, as they are now.
func (s *Store) Census(ctx context.Context, now time.Time) (Census, error) {
	var census Census
	err := s.inSnapshot(ctx, func(q *dbsqlc.Queries) error {
		jobs, err := q.CursorCounts(ctx)
		if err != nil {
			return err
		}
		sources, err := q.SourceCounts(ctx, now)
		if err != nil {
			return err
		}
		census.Jobs = convert(jobs, func(row dbsqlc.CursorCountsRow) JobCount {
			return JobCount{Tracking: Tracking(row.Tracking), State: history.State(row.State), Jobs: row.Jobs}
		})
		census.SourcesPaused, census.SourcesHeld = sources.Paused, sources.Held
		return nil
	})
	if err != nil {
		return Census{}, fmt.Errorf("count jobs and sources: %w", err)
	}
	return census, nil
}
