package store

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/ledger"
	"tracker/internal/store/internal/dbsqlc"
)

// SnapshotLeaves reads the leaves of some snapshots of a job, by their numbers. One that
// has no entry in the journal yet is left out.
func (s *Store) SnapshotLeaves(ctx context.Context, jobID int64, nos []int) ([]ledger.Snapshot, error) {
	rows, err := s.queries.ReportSnapshotLeavesOfJob(ctx, dbsqlc.ReportSnapshotLeavesOfJobParams{
		JobID: &jobID, SnapshotNos: convert(nos, func(no int) int32 { return int32(no) }),
	})
	if err != nil {
		return nil, fmt.Errorf("read the leaves of job %d: %w", jobID, err)
	}
	return convert(rows, func(row dbsqlc.ReportSnapshotLeaf) ledger.Snapshot {
		return newLeafJob(row.Job, row.Source, row.Target).snapshot(dbsqlc.ReportSnapshotLeavesRow{
			EntryNo: row.EntryNo, SnapshotNo: row.SnapshotNo, PolledAt: row.PolledAt, ObservedAt: row.ObservedAt, NotBefore: row.NotBefore,
			PreviousPolls: row.PreviousPolls, RunNo: row.RunNo, Status: row.Status, State: row.State, Interpretation: row.Interpretation, Sha256: row.Sha256,
		})
	}), nil
}

// GapLeaves reads the leaves of the gaps of a job that ended after a time and not after
// another, by their numbers. One that has no entry in the journal yet is left out.
func (s *Store) GapLeaves(ctx context.Context, jobID int64, after, until time.Time) ([]ledger.Gap, error) {
	rows, err := s.queries.ReportGapLeavesOfJob(ctx, dbsqlc.ReportGapLeavesOfJobParams{JobID: &jobID, After: after, Until: until})
	if err != nil {
		return nil, fmt.Errorf("read the gaps of job %d: %w", jobID, err)
	}
	return convert(rows, gapLeaf), nil
}
