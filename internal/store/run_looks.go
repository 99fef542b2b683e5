package store

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// Look is a poll, whatever came of it.
type Look struct {
	At         time.Time
	Outcome    history.Outcome
	HTTPStatus int // 0: there was no answer
	Latency    time.Duration
	SnapshotNo int // that it saw; 0: none
	Error      string
}

// Looks reads the newest polls of a job in a stretch of time, in their order.
func (s *Store) Looks(ctx context.Context, jobID int64, since, until time.Time, most int) ([]Look, error) {
	rows, err := s.queries.ReportPollsBetween(ctx, dbsqlc.ReportPollsBetweenParams{JobID: jobID, Since: since, Until: until, Most: int32(most)})
	if err != nil {
		return nil, fmt.Errorf("read polls of job %d: %w", jobID, err)
	}
	looks := make([]Look, len(rows))
	for i, row := range rows {
		looks[len(rows)-1-i] = Look{
			At: row.PolledAt, Outcome: history.Outcome(row.Outcome), HTTPStatus: int(fromPointer(row.HttpStatus)), Latency: row.Latency,
			SnapshotNo: int(fromPointer(row.SnapshotNo)), Error: fromPointer(row.Error),
		}
	}
	return looks, nil
}

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

// RunSnapshots reads the answers that tell of a run, as far as they were there at a time
// (zero: now), without their bodies.
func (s *Store) RunSnapshots(ctx context.Context, jobID int64, runNo int, knownAt time.Time) ([]SnapshotRow, error) {
	if knownAt.IsZero() {
		knownAt = farTime()
	}
	rows, err := s.queries.ReportSnapshotsOfRun(ctx, dbsqlc.ReportSnapshotsOfRunParams{JobID: jobID, RunNo: int32(runNo), KnownAt: knownAt})
	if err != nil {
		return nil, fmt.Errorf("read snapshots of run %d of job %d: %w", runNo, jobID, err)
	}
	return convert(rows, func(row dbsqlc.ReportSnapshotsOfRunRow) SnapshotRow {
		return SnapshotRow{
			Job: row.Job, Source: row.Source, Provider: row.Provider, SnapshotNo: row.SnapshotNo, RunNo: row.RunNo, ObservedAt: row.ObservedAt,
			NotBefore: row.NotBefore, ConfirmedAt: row.ConfirmedAt, Polls: row.Polls, Status: row.Status, State: row.State, SHA256: row.Sha256,
			Size: row.Size, Interpretation: row.Interpretation,
		}
	}), nil
}

// RunResults reads so many results of a run beyond one.
func (s *Store) RunResults(ctx context.Context, jobID int64, runNo, beyond, most int) ([]ResultItemRow, error) {
	rows, err := s.queries.ReportResultItemsOfRun(ctx, dbsqlc.ReportResultItemsOfRunParams{JobID: jobID, RunNo: int32(runNo), Beyond: int32(beyond), Most: int32(most)})
	if err != nil {
		return nil, fmt.Errorf("read results of run %d of job %d: %w", runNo, jobID, err)
	}
	return convert(rows, func(row dbsqlc.ReportResultItemsOfRunRow) ResultItemRow {
		return ResultItemRow{RunNo: row.RunNo, ItemNo: row.ItemNo, ItemID: row.ItemID, URL: row.Url, Labels: row.Labels, Output: row.Output, Metadata: row.Metadata}
	}), nil
}
