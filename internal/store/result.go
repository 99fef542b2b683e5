package store

import (
	"context"
	"time"

	"tracker/internal/store/internal/dbsqlc"
)

// Result is the file behind a run's result link.
type Result struct {
	Run    RunKey
	Place  string // where it is; of one that could not be fetched the archive
	SHA256 []byte // nil: it could not be fetched
	Size   int64
	Error  string // why not, without the link
}

// SnapshotRun gives the run that a snapshot tells of.
func (s *Store) SnapshotRun(ctx context.Context, jobID int64, snapshotNo int) (RunKey, error) {
	no, err := s.queries.ReportSnapshotRun(ctx, dbsqlc.ReportSnapshotRunParams{JobID: jobID, SnapshotNo: int32(snapshotNo)})
	return RunKey{JobID: jobID, No: int(no)}, wrapped("read the run of a snapshot", err)
}

// ResultPlace tells where the file of a run is kept; empty: it is not, or not yet.
func (s *Store) ResultPlace(ctx context.Context, run RunKey) (string, error) {
	place, err := s.queries.ReportResultPlace(ctx, dbsqlc.ReportResultPlaceParams{JobID: run.JobID, RunNo: int32(run.No)})
	return place, wrapped("read where a result is kept", err)
}

// BeginResult keeps that the file of a run waits to be fetched.
func (s *Store) BeginResult(ctx context.Context, run RunKey, place string) error {
	now, err := s.Now(ctx)
	if err != nil {
		return err
	}
	return wrapped("keep that a result is fetched", s.queries.ResultBegin(ctx, dbsqlc.ResultBeginParams{OfJob: run.JobID, RunNo: int32(run.No), Place: place, FetchedAt: now}))
}

// ResultsLeft names the jobs whose latest run has a file that was not fetched although
// that had begun so long ago, unless it has failed and the run is older than most.
func (s *Store) ResultsLeft(ctx context.Context, ago, most time.Duration) ([]string, error) {
	now, err := s.Now(ctx)
	if err != nil {
		return nil, err
	}
	jobs, err := s.queries.ReportResultsLeft(ctx, dbsqlc.ReportResultsLeftParams{Before: now.Add(-ago), ChangedSince: now.Add(-most)})
	return jobs, wrapped("read which results are left", err)
}

// KeepResult keeps where the file of a run is, or why it is not.
func (s *Store) KeepResult(ctx context.Context, r Result) error {
	now, err := s.Now(ctx)
	if err != nil {
		return err
	}
	params := dbsqlc.ResultUpsertParams{OfJob: r.Run.JobID, RunNo: int32(r.Run.No), Place: r.Place, Sha256: r.SHA256, FetchedAt: now, Error: toPointer(r.Error)}
	if r.SHA256 != nil {
		params.Size = &r.Size
	}
	return wrapped("keep where a result is", s.queries.ResultUpsert(ctx, params))
}
