package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// RunHold names a run that retention is to leave alone.
type RunHold struct {
	Job    Job
	RunNo  int
	Reason string // empty: none is given
}

// HoldRun puts a run on hold. It reports false where the run is on hold already, and
// ErrNotFound where there is no such run.
func (s *Store) HoldRun(ctx context.Context, by Author, hold RunHold) (held bool, err error) {
	err = s.inRegistry(ctx, by, func(r *registry) error {
		held, err = r.queries.RunHold(ctx, dbsqlc.RunHoldParams{JobID: hold.Job.ID, RunNo: int32(hold.RunNo), Reason: toPointer(hold.Reason)})
		return err
	})
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.ConstraintName == holdsRun {
		err = ErrNotFound
	}
	if err != nil {
		return false, fmt.Errorf("hold run %d of job %s: %w", hold.RunNo, hold.Job.Name, err)
	}
	return held, nil
}

// ReleaseRun ends the hold on a run. It reports false where there is none.
func (s *Store) ReleaseRun(ctx context.Context, by Author, job Job, runNo int) (released bool, err error) {
	err = s.inRegistry(ctx, by, func(r *registry) error {
		released, err = r.queries.RunRelease(ctx, dbsqlc.RunReleaseParams{JobID: job.ID, RunNo: int32(runNo)})
		return err
	})
	if err != nil {
		return false, fmt.Errorf("release run %d of job %s: %w", runNo, job.Name, err)
	}
	return released, nil
}

// holdFailed puts the runs on hold that ended failed in the answers to polls.
func holdFailed(ctx context.Context, q *dbsqlc.Queries, polls []Poll) error {
	for _, poll := range polls {
		if poll.Finding == nil {
			continue
		}
		for _, t := range poll.Finding.Change.Transitions {
			if t.StepNo != 0 || t.ToState != history.StateFailed || t.FromState == history.StateFailed {
				continue
			}
			err := q.RunHoldFailed(ctx, dbsqlc.RunHoldFailedParams{JobID: poll.JobID, RunNo: int32(t.RunNo), Reason: "it ended failed"})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
