package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// Taken is what retention has taken, or would.
type Taken struct {
	Job       *string   `json:"job"` // nil: of all jobs
	What      string    `json:"what"`
	RangeFrom time.Time `json:"range_from"`
	RangeTo   time.Time `json:"range_to"`
	Rows      int64     `json:"rows"`
}

// What retention takes.
const (
	TakenPolls  = "polls"
	TakenRuns   = "runs"
	TakenBodies = "bodies"
)

// OldPolls lists the months of polls of which all are older.
func (s *Store) OldPolls(ctx context.Context, keep time.Duration) ([]Taken, error) {
	rows, err := s.queries.PollsOld(ctx, keep)
	if err != nil {
		return nil, fmt.Errorf("look for old polls: %w", explainRetention(err))
	}
	return convert(rows, func(row dbsqlc.PollsOldRow) Taken { return takenPolls(dbsqlc.PollsTakeRow(row)) }), nil
}

// TakeOldPolls takes the oldest month of polls of which all are older, in one
// transaction: nothing where there is none. ErrRetentionBusy: try again.
func (s *Store) TakeOldPolls(ctx context.Context, by Author, keep time.Duration) ([]Taken, error) {
	var rows []dbsqlc.PollsTakeRow
	err := s.inTx(ctx, func(q *dbsqlc.Queries) (err error) {
		if err := by.tell(ctx, q); err != nil {
			return err
		}
		rows, err = q.PollsTake(ctx, keep)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("take old polls: %w", explainRetention(err))
	}
	return convert(rows, takenPolls), nil
}

func takenPolls(row dbsqlc.PollsTakeRow) Taken {
	return Taken{What: TakenPolls, RangeFrom: row.RangeFrom, RangeTo: row.RangeTo, Rows: row.Rows}
}

// OldRuns tells what runs are older, by job, with their bodies.
type OldRuns struct {
	JobID int64
	Taken []Taken
}

// OldRuns lists the jobs of which runs are older, without those that stay.
func (s *Store) OldRuns(ctx context.Context, keep time.Duration) ([]OldRuns, error) {
	rows, err := s.queries.RunsOld(ctx, keep)
	if err != nil {
		return nil, fmt.Errorf("look for old runs: %w", explainRetention(err))
	}
	return convert(rows, func(row dbsqlc.RunsOldRow) OldRuns {
		return OldRuns{JobID: row.JobID, Taken: takenRuns(row.Job, dbsqlc.RunsTakeRow{RangeFrom: row.RangeFrom, RangeTo: row.RangeTo, Runs: row.Runs, Bodies: row.Bodies})}
	}), nil
}

// AnyOldPolls reports whether OldPolls has something to list: it takes no longer with more
// of it.
func (s *Store) AnyOldPolls(ctx context.Context, keep time.Duration) (bool, error) {
	found, err := s.queries.PollsOldAny(ctx, keep)
	if err != nil {
		return false, fmt.Errorf("look for old polls: %w", explainRetention(err))
	}
	return found, nil
}

// AnyOldRuns reports whether OldRuns has something to list: it stops at the first.
func (s *Store) AnyOldRuns(ctx context.Context, keep time.Duration) (bool, error) {
	found, err := s.queries.RunsOldAny(ctx, keep)
	if err != nil {
		return false, fmt.Errorf("look for old runs: %w", explainRetention(err))
	}
	return found, nil
}

// Runs is how many runs of the job are older.
func (o OldRuns) Runs() int64 { return o.Taken[0].Rows }

// TakeOldRuns takes some of a job's old runs, in one transaction: nothing where there
// is none.
func (s *Store) TakeOldRuns(ctx context.Context, by Author, keep time.Duration, of OldRuns) ([]Taken, error) {
	var rows []dbsqlc.RunsTakeRow
	err := s.inTx(ctx, func(q *dbsqlc.Queries) (err error) {
		if err := by.tell(ctx, q); err != nil {
			return err
		}
		rows, err = q.RunsTake(ctx, dbsqlc.RunsTakeParams{Keep: keep, JobID: of.JobID})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("take old runs of job %s: %w", *of.Taken[0].Job, explainRetention(err))
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return takenRuns(*of.Taken[0].Job, rows[0]), nil
}

func takenRuns(job string, row dbsqlc.RunsTakeRow) []Taken {
	return []Taken{
		{Job: &job, What: TakenRuns, RangeFrom: row.RangeFrom, RangeTo: row.RangeTo, Rows: row.Runs},
		{Job: &job, What: TakenBodies, RangeFrom: row.RangeFrom, RangeTo: row.RangeTo, Rows: row.Bodies},
	}
}

// RunTaken reports whether retention has taken a run of a job.
func (s *Store) RunTaken(ctx context.Context, job string, runNo int) (bool, error) {
	taken, err := s.queries.RunTaken(ctx, dbsqlc.RunTakenParams{Job: job, RunNo: int32(runNo)})
	if err != nil {
		return false, fmt.Errorf("read whether run %d of job %s was taken: %w", runNo, job, err)
	}
	return taken, nil
}

// runsTaken reads what is left of the runs of a job that were taken, by their number.
func runsTaken(ctx context.Context, q *dbsqlc.Queries, jobID int64) (map[int]history.TakenRun, error) {
	rows, err := q.ReportTakenRuns(ctx, jobID)
	if err != nil {
		return nil, fmt.Errorf("read which runs of job %d were taken: %w", jobID, err)
	}
	taken := make(map[int]history.TakenRun, len(rows))
	for _, row := range rows {
		run, err := toTakenRun(row)
		if err != nil {
			return nil, err
		}
		taken[run.No] = run
	}
	return taken, nil
}

func toTakenRun(row dbsqlc.ReportTakenRun) (history.TakenRun, error) {
	run := history.TakenRun{
		No: int(row.RunNo), ID: row.RunID, ChangedFrom: row.ChangedFrom, TransitionNo: int(row.LastTransitionNo), AnomalyNo: int(row.LastAnomalyNo),
	}
	if err := json.Unmarshal(row.Shape, &run.Shape); err != nil {
		return run, fmt.Errorf("read the shape of run %d of job %d: %w", run.No, row.JobID, err)
	}
	return run, nil
}

// explainRetention says of an error of the server what it means here.
func explainRetention(err error) error {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case !ok:
		return err
	case pg.Code == retentionRefused:
		return fmt.Errorf("%w: %s", ErrRetentionRefused, pg.Message)
	case pg.Code == retentionShort:
		return fmt.Errorf("%w: %s", ErrRetentionShort, pg.Message)
	case pg.Code == retentionElsewhere:
		return ErrRetentionElsewhere
	case pg.Code == retentionUncounted:
		return ErrRetentionUncounted
	case pg.Code == lockNotAvailable, pg.ConstraintName == holdsRun: // a hold came meanwhile
		return ErrRetentionBusy
	case pg.Code == insufficientPrivilege:
		return fmt.Errorf("%w: %w", ErrNotRetainer, err)
	default:
		return err
	}
}

// OpenRuns tells of latest runs of jobs that are polled and whose run goes on.
type OpenRuns struct {
	Count       int64
	Job         string // of the oldest
	RunNo       int
	FirstSeenAt time.Time
}

// OpenRuns tells which runs go on that were first seen before a time.
func (s *Store) OpenRuns(ctx context.Context, before time.Time) (OpenRuns, error) {
	row, err := s.queries.RunsOpenSince(ctx, before)
	if err != nil {
		return OpenRuns{}, fmt.Errorf("look for runs that go on: %w", explainRetention(err))
	}
	return OpenRuns{Count: row.Runs, Job: row.Job, RunNo: int(row.RunNo), FirstSeenAt: row.FirstSeenAt}, nil
}

// Schedules lists the expressions by which jobs are polled, each once.
func (s *Store) Schedules(ctx context.Context) ([]string, error) {
	expressions, err := s.queries.ScheduleList(ctx)
	if err != nil {
		return nil, fmt.Errorf("list schedules: %w", err)
	}
	return expressions, nil
}

// RetentionRows returns of report.retention what was taken of a job, and of polls of
// all jobs since a time.
func (s *Store) RetentionRows(ctx context.Context, jobID int64, since time.Time) ([]RetentionRow, error) {
	rows, err := s.queries.ReportRetention(ctx, dbsqlc.ReportRetentionParams{JobID: &jobID, Since: since})
	if err != nil {
		return nil, fmt.Errorf("read what was taken of job %d: %w", jobID, err)
	}
	return convert(rows, func(row dbsqlc.ReportRetention) RetentionRow {
		return RetentionRow{
			At: row.At, Job: row.Job, What: row.What, RangeFrom: row.RangeFrom, RangeTo: row.RangeTo, Rows: row.Rows, KeptFor: Interval(OrZero(row.KeptFor)), Actor: row.Actor,
		}
	}), nil
}
