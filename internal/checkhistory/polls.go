package checkhistory

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/store"
)

// checkPolls counts each job's polls one by one: the history must tell the same counts
// and times, and the same last answer.
func (c *check) checkPolls(ctx context.Context) error {
	for _, job := range c.jobs {
		var counted store.PollSummaryRow
		var outcome *string
		var answered *time.Time
		if err := c.conn.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE outcome NOT IN ('changed', 'unchanged', 'superseded')), min(polled_at), max(polled_at),
			(array_agg(outcome ORDER BY polled_at DESC))[1], max(polled_at) FILTER (WHERE outcome IN ('changed', 'unchanged')) FROM report.polls WHERE job_id = $1`,
			job.ID).Scan(&counted.Polls, &counted.Failed, &counted.FirstAt, &counted.LastAt, &outcome, &answered); err != nil {
			return fmt.Errorf("job %s: count polls: %w", job.Name, err)
		}
		counted.LastOutcome = outcome
		if err := c.addTaken(ctx, job, &counted, &answered); err != nil {
			return err
		}
		counted.FirstAt, counted.LastAt = inUTC(counted.FirstAt), inUTC(counted.LastAt)
		if diff := difference(counted, c.shown[job.ID].Polled); diff != "" {
			c.violated(job.Name, "the history tells how often the job was polled, but (-counted +told):\n%s", diff)
		}
		told := c.shown[job.ID].Polled.AnsweredAt
		if counted := inUTC(answered); counted == nil && !told.IsZero() || counted != nil && !counted.Equal(told) {
			c.violated(job.Name, "the last answer came to the poll at %v, but it is told to be that at %s", counted, told)
		}
	}
	return nil
}

// addTaken adds the polls that retention has taken: those that snapshots tell of, and
// those that were kept count of when they went.
func (c *check) addTaken(ctx context.Context, job store.Job, counted *store.PollSummaryRow, answered **time.Time) error {
	var taken store.PollSummaryRow
	var confirmedAt *time.Time
	err := c.conn.QueryRow(ctx, `SELECT coalesce(t.unanswered, 0) + n.polls + c.confirmations - l.polls, coalesce(t.failed, 0), least(t.first_at, n.first_at), greatest(t.last_at, c.confirmed_at), c.confirmed_at
		FROM cursors c LEFT JOIN taken_polls t ON t.job_id = c.job_id
		CROSS JOIN (SELECT coalesce(sum(previous_polls), 0) AS polls, min(polled_at) AS first_at FROM snapshots WHERE job_id = $1) n
		CROSS JOIN (SELECT count(*) AS polls FROM report.polls WHERE job_id = $1 AND snapshot_no IS NOT NULL) l
		WHERE c.job_id = $1 AND EXISTS (SELECT 1 FROM report.retention WHERE what = 'polls')`, job.ID).Scan(&taken.Polls, &taken.Failed, &taken.FirstAt, &taken.LastAt, &confirmedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("job %s: count polls that were taken: %w", job.Name, err)
	}
	counted.Polls, counted.Failed = counted.Polls+taken.Polls, counted.Failed+taken.Failed
	if first := taken.FirstAt; first != nil && (counted.FirstAt == nil || first.Before(*counted.FirstAt)) {
		counted.FirstAt = first
	}
	if last := taken.LastAt; last != nil && (counted.LastAt == nil || last.After(*counted.LastAt)) {
		counted.LastAt = last
	}
	if confirmedAt != nil && (*answered == nil || confirmedAt.After(**answered)) {
		*answered = confirmedAt
	}
	return nil
}

func inUTC(at *time.Time) *time.Time {
	if at == nil {
		return nil
	}
	return new(at.UTC())
}
