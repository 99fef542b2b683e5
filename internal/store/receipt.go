package store

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/store/internal/dbsqlc"
)

// Receipt is a webhook that a source has sent.
type Receipt struct {
	SourceID  int64
	MessageID string
	Kind      string // what it calls itself
	Verified  bool   // its signature holds
	JobIDs    []int64
}

// HookedJob is a job that a webhook may be of.
type HookedJob struct {
	ID     int64
	Target map[string]string
	Going  bool // an import goes on, or none was ever seen
}

// HookedJobs lists the jobs of a source that are polled by schedule.
func (s *Store) HookedJobs(ctx context.Context, source string) ([]HookedJob, error) {
	rows, err := s.queries.ReportJobsOfSource(ctx, source)
	if err != nil {
		return nil, fmt.Errorf("list the jobs of source %s: %w", source, err)
	}
	return convert(rows, func(row dbsqlc.ReportJobsOfSourceRow) HookedJob {
		job := HookedJob{ID: row.JobID, Going: row.Going}
		job.Target, _ = textsOf(row.Target) // what is no text there is none in a webhook
		return job
	}), nil
}

// Receive keeps a webhook, and has its jobs polled at once. One that has come before has
// no effect: it reports false.
func (s *Store) Receive(ctx context.Context, r Receipt) (isNew bool, err error) {
	err = s.inTx(ctx, func(q *dbsqlc.Queries) error {
		now, err := q.ClockNow(ctx)
		if err != nil {
			return err
		}
		jobs := r.JobIDs
		if len(jobs) == 0 {
			jobs = []int64{0}
		}
		if err := q.ReceiptLock(ctx, dbsqlc.ReceiptLockParams{SourceID: r.SourceID, MessageID: r.MessageID}); err != nil {
			return err
		}
		added, err := q.ReceiptInsert(ctx, dbsqlc.ReceiptInsertParams{
			SourceID: r.SourceID, At: now, MessageID: r.MessageID, Kind: r.Kind, Verified: r.Verified, OfJobs: jobs,
		})
		if err != nil {
			return err
		}
		isNew = len(added) > 0
		if !isNew || len(r.JobIDs) == 0 {
			return nil
		}
		return q.CursorHasten(ctx, dbsqlc.CursorHastenParams{JobIds: r.JobIDs, DueAt: now})
	})
	return isNew, wrapped("keep a webhook", err)
}

// Refuse keeps that a webhook was refused, whose signature does not hold: once a minute.
func (s *Store) Refuse(ctx context.Context, sourceID int64, now time.Time) error {
	_, err := s.Receive(ctx, Receipt{SourceID: sourceID, MessageID: "refused " + now.UTC().Format("2006-01-02 15:04")})
	return err
}
