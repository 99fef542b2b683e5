package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/store/internal/dbsqlc"
)

// PollSummary tells how often a job was polled by a time. It does not read four years
// of polls for that: snapshots tell how many were answered.
func (s *Store) PollSummary(ctx context.Context, jobID int64, by time.Time) (PollSummaryRow, error) {
	var l pollSummary
	err := s.inSnapshot(ctx, func(q *dbsqlc.Queries) (err error) {
		if l, err = readPollSummary(ctx, q, jobID, by); err != nil || l.polls == 0 {
			return err
		}
		if l.outcome, err = q.ReportPollOutcome(ctx, dbsqlc.ReportPollOutcomeParams{JobID: jobID, PolledAt: l.last}); errors.Is(err, pgx.ErrNoRows) {
			return nil // retention took it
		}
		return err
	})
	if err != nil {
		return PollSummaryRow{}, fmt.Errorf("read polls of job %d: %w", jobID, notFound(err))
	}
	return PollSummaryRow{
		Polls: l.polls, Failed: l.failed, FirstAt: toPointer(l.first), LastAt: toPointer(l.last), LastOutcome: toPointer(l.outcome), AnsweredAt: l.answered,
	}, nil
}

// pollSummary is what is known of a job's polls: zero times stand for none.
type pollSummary struct {
	polls, failed         int64
	first, last, answered time.Time
	outcome               string // of the last one
	counted               bool   // poll by poll, all of them
}

// readPollSummary reads of all polls that were sent by a time.
func readPollSummary(ctx context.Context, q *dbsqlc.Queries, jobID int64, by time.Time) (pollSummary, error) {
	l, err := readAnsweredPolls(ctx, q, jobID, by)
	if err != nil || l.counted {
		return l, err
	}
	others, err := q.ReportPollsUnanswered(ctx, dbsqlc.ReportPollsUnansweredParams{JobID: jobID, KnownAt: by})
	if err != nil {
		return l, err
	}
	l.addUnanswered(others)
	taken, err := q.ReportTakenPolls(ctx, jobID)
	if errors.Is(err, pgx.ErrNoRows) {
		return l, nil
	}
	if last := OrZero(taken.LastAt); err == nil && !last.After(by) {
		l.addUnanswered(dbsqlc.ReportPollsUnansweredRow{Polls: taken.Unanswered, Failed: taken.Failed, FirstAt: OrZero(taken.FirstAt), LastAt: last})
	}
	return l, err
}

// addUnanswered takes in polls that got no answer, or one that counts for nothing.
func (l *pollSummary) addUnanswered(others dbsqlc.ReportPollsUnansweredRow) {
	if others.Polls == 0 {
		return
	}
	if l.polls == 0 || others.FirstAt.Before(l.first) {
		l.first = others.FirstAt
	}
	if others.LastAt.After(l.last) {
		l.last = others.LastAt
	}
	l.polls, l.failed = l.polls+others.Polls, l.failed+others.Failed
}

// readAnsweredPolls reads of the polls that were answered: of the newest snapshot
// what the cursor tells, of the others what the next one does. Of what was the
// newest by an earlier time the polls until then are counted.
func readAnsweredPolls(ctx context.Context, q *dbsqlc.Queries, jobID int64, by time.Time) (pollSummary, error) {
	row, err := q.ReportPollsAnswered(ctx, dbsqlc.ReportPollsAnsweredParams{JobID: jobID, KnownAt: by})
	if err != nil {
		return pollSummary{}, err
	}
	if row.SetBack {
		return countPolls(ctx, q, jobID, by)
	}
	if row.SnapshotNo == 0 {
		return pollSummary{}, nil
	}
	l := pollSummary{polls: row.Polls, first: row.FirstAt, last: row.ConfirmedAt}
	if row.KnownNo == row.SnapshotNo && !row.ConfirmedAt.After(by) {
		l.polls += int64(row.Confirmations)
	} else {
		newest, err := q.ReportPollsConfirmed(ctx, dbsqlc.ReportPollsConfirmedParams{JobID: jobID, Since: row.NewestAt, KnownAt: by, SnapshotNo: row.SnapshotNo})
		if err != nil {
			return pollSummary{}, err
		}
		l.polls += newest.Polls
		l.last = newest.LastAt
	}
	l.answered = l.last
	return l, nil
}

// countPolls counts polls one by one, where times do not tell their order.
func countPolls(ctx context.Context, q *dbsqlc.Queries, jobID int64, by time.Time) (pollSummary, error) {
	row, err := q.ReportPollsCounted(ctx, dbsqlc.ReportPollsCountedParams{JobID: jobID, KnownAt: by})
	if err != nil {
		return pollSummary{}, err
	}
	return pollSummary{
		polls: row.Polls, failed: row.Failed, first: row.FirstAt, last: row.LastAt, answered: row.AnsweredAt, counted: true,
	}, nil
}
