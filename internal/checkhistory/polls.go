package checkhistory

import (
	"context"
	"fmt"
	"time"

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
			(array_agg(outcome ORDER BY polled_at DESC))[1], max(polled_at) FILTER (WHERE outcome IN ('changed', 'unchanged')) FROM polls WHERE job_id = $1`,
			job.ID).Scan(&counted.Polls, &counted.Failed, &counted.FirstAt, &counted.LastAt, &outcome, &answered); err != nil {
			return fmt.Errorf("job %s: count polls: %w", job.Name, err)
		}
		counted.LastOutcome = outcome
		counted.FirstAt, counted.LastAt = inUTC(counted.FirstAt), inUTC(counted.LastAt)
		if diff := difference(counted, c.shown[job.ID].Polled); diff != "" {
			c.violated(job.Name, "the history tells how often the job was polled, but (-counted +told):\n%s", diff)
		}
		told, err := c.store.AnsweredAt(ctx, job.ID)
		if err != nil {
			return err
		}
		if counted := inUTC(answered); counted == nil && !told.IsZero() || counted != nil && !counted.Equal(told) {
			c.violated(job.Name, "the last answer came to the poll at %v, but it is told to be that at %s", counted, told)
		}
	}
	return nil
}

func inUTC(at *time.Time) *time.Time {
	if at == nil {
		return nil
	}
	return new(at.UTC())
}
