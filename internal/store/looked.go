package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/store/internal/dbsqlc"
)

// always is later than all that was observed.
var always = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// Looked tells how often somebody had looked at a job by a time. Four years of
// polls are not counted for that: what they were answered, the snapshots tell.
func (s *Store) Looked(ctx context.Context, job string, by time.Time) (LookedRow, error) {
	declared, err := s.queries.DeclaredJob(ctx, job)
	if err != nil {
		return LookedRow{}, fmt.Errorf("job %s: %w", job, notFound(err))
	}
	id := declared.ReportDeclaredJob.JobID
	var l looked
	err = s.inSnapshot(ctx, func(q *dbsqlc.Queries) error {
		if l, err = readLooked(ctx, q, id, by); err != nil || l.polls == 0 {
			return err
		}
		if l.outcome, err = q.ReportPollOutcome(ctx, dbsqlc.ReportPollOutcomeParams{JobID: id, PolledAt: l.last}); errors.Is(err, pgx.ErrNoRows) {
			return nil // retention took it
		}
		return err
	})
	if err != nil {
		return LookedRow{}, fmt.Errorf("read polls of job %s: %w", job, err)
	}
	return LookedRow{Polls: l.polls, Failed: l.failed, FirstAt: toPointer(l.first), LastAt: toPointer(l.last), LastOutcome: toPointer(l.outcome)}, nil
}

// AnsweredAt is when the last poll of a job was sent that was answered; zero: none was.
func (s *Store) AnsweredAt(ctx context.Context, jobID int64) (time.Time, error) {
	var l looked
	err := s.inSnapshot(ctx, func(q *dbsqlc.Queries) (err error) {
		l, err = readAnswered(ctx, q, jobID, always)
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("read the last answer of job %d: %w", jobID, notFound(err))
	}
	return l.answered, nil
}

// looked is what is known of a job's polls: zero times stand for none.
type looked struct {
	polls, failed         int64
	first, last, answered time.Time
	outcome               string // of the last one
	counted               bool   // poll by poll, all of them
}

// readLooked reads of all polls that were sent by a time.
func readLooked(ctx context.Context, q *dbsqlc.Queries, jobID int64, by time.Time) (looked, error) {
	l, err := readAnswered(ctx, q, jobID, by)
	if err != nil || l.counted {
		return l, err
	}
	others, err := q.ReportLookedUnanswered(ctx, dbsqlc.ReportLookedUnansweredParams{JobID: jobID, KnownAt: by})
	if err != nil || others.Polls == 0 {
		return l, err
	}
	if l.polls == 0 || others.FirstAt.Before(l.first) {
		l.first = others.FirstAt.UTC()
	}
	if others.LastAt.After(l.last) {
		l.last = others.LastAt.UTC()
	}
	l.polls, l.failed = l.polls+others.Polls, others.Failed
	return l, nil
}

// readAnswered reads of the polls that were answered: of the newest snapshot
// what the cursor tells, of the others what the next one does. Of what was the
// newest by an earlier time the polls until then are counted.
func readAnswered(ctx context.Context, q *dbsqlc.Queries, jobID int64, by time.Time) (looked, error) {
	row, err := q.ReportLookedAnswered(ctx, dbsqlc.ReportLookedAnsweredParams{JobID: jobID, KnownAt: by})
	if err != nil {
		return looked{}, err
	}
	if row.SetBack {
		return countLooked(ctx, q, jobID, by)
	}
	if row.SnapshotNo == 0 {
		return looked{}, nil
	}
	l := looked{polls: row.Polls, first: row.FirstAt.UTC(), last: row.ConfirmedAt.UTC()}
	if row.KnownNo == row.SnapshotNo && !row.ConfirmedAt.After(by) {
		l.polls += int64(row.Confirmations)
	} else {
		newest, err := q.ReportLookedConfirmed(ctx, dbsqlc.ReportLookedConfirmedParams{JobID: jobID, Since: row.NewestAt, KnownAt: by, SnapshotNo: row.SnapshotNo})
		if err != nil {
			return looked{}, err
		}
		l.polls += newest.Polls
		l.last = newest.LastAt.UTC()
	}
	l.answered = l.last
	return l, nil
}

// countLooked counts polls one by one, where times do not tell their order.
func countLooked(ctx context.Context, q *dbsqlc.Queries, jobID int64, by time.Time) (looked, error) {
	row, err := q.ReportLookedCounted(ctx, dbsqlc.ReportLookedCountedParams{JobID: jobID, KnownAt: by})
	if err != nil {
		return looked{}, err
	}
	return looked{
		polls: row.Polls, failed: row.Failed, first: row.FirstAt.UTC(), last: row.LastAt.UTC(), answered: row.AnsweredAt.UTC(), counted: true,
	}, nil
}
