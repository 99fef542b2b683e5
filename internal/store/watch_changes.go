package store

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// WatchHead is what is cheap to compare of a job: that it differs from before
// tells that something has changed.
type WatchHead struct {
	JobID      int64
	Job        string
	SnapshotNo int // the newest; 0: none
	Failures   int // polls in a row without an answer
	Outcome    history.Outcome
	PolledAt   time.Time // when the last poll was sent; zero: none was
	HeldUntil  time.Time // so long its source is left alone; it may be in the past, or zero: it never was
}

// WatchHeads reads the heads of the jobs (none: of all that are not removed).
func (s *Store) WatchHeads(ctx context.Context, jobIDs []int64) ([]WatchHead, error) {
	rows, err := s.queries.WatchHeads(ctx, append([]int64{}, jobIDs...))
	if err != nil {
		return nil, fmt.Errorf("read what has changed: %w", err)
	}
	return convert(rows, func(row dbsqlc.WatchHeadsRow) WatchHead {
		return WatchHead{
			JobID: row.JobID, Job: row.Job, SnapshotNo: int(row.SnapshotNo), Failures: int(row.Failures), Outcome: history.Outcome(row.Outcome),
			PolledAt: OrZero(row.PolledAt), HeldUntil: OrZero(row.HeldUntil),
		}
	}), nil
}

// WatchChange is a transition of a run, with the run where it is its job's latest.
type WatchChange struct {
	TransitionRow
	Run *WatchRun
}

// WatchChanges reads the transitions of runs since the given heads, in the
// order in which they were observed.
func (s *Store) WatchChanges(ctx context.Context, since []WatchHead) ([]WatchChange, error) {
	if len(since) == 0 {
		return nil, nil
	}
	params := dbsqlc.WatchTransitionsParams{}
	for _, head := range since {
		params.JobIds = append(params.JobIds, head.JobID)
		params.SnapshotNos = append(params.SnapshotNos, int32(head.SnapshotNo))
	}
	rows, err := s.queries.WatchTransitions(ctx, params)
	if err != nil {
		return nil, fmt.Errorf("read transitions: %w", err)
	}
	runs, err := s.LatestRuns(ctx, params.JobIds)
	if err != nil {
		return nil, err
	}
	latest := make(map[string]WatchRun, len(runs))
	for _, run := range runs {
		latest[run.Job] = run
	}
	return convert(rows, func(row dbsqlc.WatchTransitionsRow) WatchChange {
		change := WatchChange{TransitionRow: toTransitionRow(row.ReportTransition)}
		if run, found := latest[change.Job]; found && run.RunNo == change.RunNo {
			change.Run = &run
		}
		return change
	}), nil
}

// LastErrors reads what the last polls of jobs were told, by job.
func (s *Store) LastErrors(ctx context.Context, jobIDs []int64) (map[int64]string, error) {
	rows, err := s.queries.WatchErrors(ctx, append([]int64{}, jobIDs...))
	if err != nil {
		return nil, fmt.Errorf("read the errors of polls: %w", err)
	}
	texts := make(map[int64]string, len(rows))
	for _, row := range rows {
		texts[row.JobID] = row.Error
	}
	return texts, nil
}
