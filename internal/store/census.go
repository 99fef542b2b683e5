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
	Waiting       []DeliveryWait
}

// JobCount is how many jobs are alike.
type JobCount struct {
	Tracking Tracking
	State    history.State // of their latest run; empty: none was ever seen
	Jobs     int64
}

// DeliveryWait is for how long the oldest delivery by a rule waits that was tried in vain.
type DeliveryWait struct {
	Rule string
	For  time.Duration
}

// Census counts all jobs and sources, and what waits to be told, as they are now.
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
		waiting, err := q.DeliveriesWaiting(ctx)
		if err != nil {
			return err
		}
		census.Waiting = convert(waiting, func(row dbsqlc.DeliveriesWaitingRow) DeliveryWait {
			return DeliveryWait{Rule: row.Rule, For: now.Sub(row.Since)}
		})
		census.SourcesPaused, census.SourcesHeld = sources.Paused, sources.Held
		return nil
	})
	if err != nil {
		return Census{}, fmt.Errorf("count jobs and sources: %w", err)
	}
	return census, nil
}
