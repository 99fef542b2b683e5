package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

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
	TakenPolls = "polls"
)

// OldPolls lists the months of polls of which all are older.
func (s *Store) OldPolls(ctx context.Context, keep time.Duration) ([]Taken, error) {
	rows, err := s.queries.PollsOld(ctx, keep)
	if err != nil {
		return nil, fmt.Errorf("look for old polls: %w", explainRetention(err))
	}
	return convert(rows, func(row dbsqlc.PollsOldRow) Taken {
		return Taken{What: TakenPolls, RangeFrom: row.RangeFrom, RangeTo: row.RangeTo, Rows: row.Rows}
	}), nil
}

// TakeOldPolls takes the oldest month of polls of which all are older, in one
// transaction: nothing where there is none. ErrRetentionBusy: try again.
func (s *Store) TakeOldPolls(ctx context.Context, by Author, keep time.Duration) ([]Taken, error) {
	var rows []dbsqlc.PollsTakeRow
	err := s.inTx(ctx, func(q *dbsqlc.Queries) (err error) {
		if err := q.ChangeTell(ctx, dbsqlc.ChangeTellParams{Actor: by.Actor, At: by.At.Format(time.RFC3339Nano)}); err != nil {
			return err
		}
		rows, err = q.PollsTake(ctx, keep)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("take old polls: %w", explainRetention(err))
	}
	return convert(rows, func(row dbsqlc.PollsTakeRow) Taken {
		return Taken{What: TakenPolls, RangeFrom: row.RangeFrom, RangeTo: row.RangeTo, Rows: row.Rows}
	}), nil
}

// explainRetention says of an error of the server what it means here.
func explainRetention(err error) error {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case !ok:
		return err
	case pg.Code == retentionRefused:
		return fmt.Errorf("%w: %s", ErrRetentionRefused, pg.Message)
	case pg.Code == retentionElsewhere:
		return ErrRetentionElsewhere
	case pg.Code == retentionUncounted:
		return ErrRetentionUncounted
	case pg.Code == lockNotAvailable:
		return ErrRetentionBusy
	case pg.Code == insufficientPrivilege:
		return fmt.Errorf("%w: %w", ErrNotRetainer, err)
	default:
		return err
	}
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
func (s *Store) RetentionRows(ctx context.Context, job string, since time.Time) ([]RetentionRow, error) {
	declared, err := s.queries.DeclaredJob(ctx, job)
	if err != nil {
		return nil, fmt.Errorf("job %s: %w", job, notFound(err))
	}
	rows, err := s.queries.ReportRetention(ctx, dbsqlc.ReportRetentionParams{JobID: &declared.ReportDeclaredJob.JobID, Since: since})
	if err != nil {
		return nil, fmt.Errorf("read what was taken of job %s: %w", job, err)
	}
	return convert(rows, func(row dbsqlc.ReportRetention) RetentionRow {
		return RetentionRow{
			At: row.At, Job: row.Job, What: row.What, RangeFrom: row.RangeFrom, RangeTo: row.RangeTo, Rows: row.Rows, KeptFor: Interval(row.KeptFor), Actor: row.Actor,
		}
	}), nil
}
