package store

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/store/internal/dbsqlc"
)

// LookCount counts the polls of an outcome in a stretch of time.
type LookCount struct {
	From    time.Time
	Outcome string
	Polls   int
}

// LookCounts counts the polls of a job in stretches of a width.
func (s *Store) LookCounts(ctx context.Context, jobID int64, since, until time.Time, width time.Duration) ([]LookCount, error) {
	rows, err := s.queries.PollBuckets(ctx, dbsqlc.PollBucketsParams{JobID: jobID, Since: since, Until: until, Width: width})
	if err != nil {
		return nil, fmt.Errorf("count polls of job %d: %w", jobID, err)
	}
	return convert(rows, func(row dbsqlc.PollBucketsRow) LookCount {
		return LookCount{From: row.At, Outcome: row.Outcome, Polls: int(row.Polls)}
	}), nil
}

// StepPace is how long a step usually takes.
type StepPace struct {
	Step     string
	Runs     int
	P50, P95 time.Duration
}

// StepPaces tells how long the steps of a job's runs beyond one usually took.
func (s *Store) StepPaces(ctx context.Context, jobID int64, beyond int) ([]StepPace, error) {
	rows, err := s.queries.StepPaces(ctx, dbsqlc.StepPacesParams{JobID: jobID, Beyond: int32(beyond)})
	if err != nil {
		return nil, fmt.Errorf("read how long steps of job %d take: %w", jobID, err)
	}
	return convert(rows, func(row dbsqlc.StepPacesRow) StepPace {
		return StepPace{Step: row.Step, Runs: int(row.Runs), P50: row.P50Duration, P95: row.P95Duration}
	}), nil
}
