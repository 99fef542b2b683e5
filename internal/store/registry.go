package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// Author says who changes the registry, and when.
type Author struct {
	Actor string
	At    time.Time
}

// tell names the author of what a transaction records.
func (a Author) tell(ctx context.Context, q *dbsqlc.Queries) error {
	return q.ChangeTell(ctx, dbsqlc.ChangeTellParams{Actor: a.Actor, At: a.At.Format(time.RFC3339Nano)})
}

// RegistryChange is a change of a source or job, as recorded.
type RegistryChange struct {
	Action  string // register, change, pause, resume, finish, reopen, remove, revive, hold, release
	Subject string // "source NAME" or "job NAME"
	Before  json.RawMessage
	After   json.RawMessage
}

// registry is one author's transaction on sources and jobs.
type registry struct {
	queries *dbsqlc.Queries
	by      Author
	due     dbsqlc.CursorSchedulesParams // next polls to be written at the end
}

// lockRegistry lets one change the registry at a time.
const lockRegistry = "LOCK TABLE registry_lock IN SHARE ROW EXCLUSIVE MODE"

// inRegistry runs work in a transaction that alone changes the registry. Triggers of
// the database record what it changes, in the author's name.
func (s *Store) inRegistry(ctx context.Context, by Author, work func(*registry) error) error {
	err := s.inTxAfter(ctx, []string{lockRegistry}, func(tx pgx.Tx) error {
		q := s.queries.WithTx(tx)
		if err := by.tell(ctx, q); err != nil {
			return err
		}
		return work(&registry{queries: q, by: by})
	})
	return operatorOnly(err)
}

// changes are what was recorded of this transaction so far.
func (r *registry) changes(ctx context.Context) ([]RegistryChange, error) {
	rows, err := r.queries.ChangeListOwn(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what was changed: %w", err)
	}
	changes := make([]RegistryChange, len(rows))
	for i, row := range rows {
		changes[i] = RegistryChange{Action: row.Action, Subject: row.Subject, Before: row.Before, After: row.After}
	}
	return changes, nil
}

// track changes a job's tracking. A job that becomes active is due at once, any
// other is not due at all. A finished job has no gaps.
func (r *registry) track(ctx context.Context, row dbsqlc.JobByNameRow, to Tracking, reason string) error {
	job := row.Job
	_, err := r.queries.JobTrack(ctx, dbsqlc.JobTrackParams{JobID: job.JobID, Tracking: string(to), PausedReason: toPointer(reason)})
	if err != nil {
		return err
	}
	var unseen string
	switch to {
	case TrackingPaused, TrackingRemoved:
		unseen = history.GapPaused
	case TrackingActive:
		unseen = unseenAt(row.Source)
	}
	if err := r.recordTrackingGaps(ctx, row.Job, unseen); err != nil {
		return err
	}
	var due *time.Time
	if to == TrackingActive {
		due = &r.by.At
		if err := r.queries.CursorResetRefusals(ctx, []int64{job.JobID}); err != nil {
			return err
		}
	}
	return r.queries.CursorSchedule(ctx, dbsqlc.CursorScheduleParams{JobID: job.JobID, NextPollAt: due})
}

func toJSON(v any) (json.RawMessage, error) {
	if v == nil {
		return nil, nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode for the record: %w", err)
	}
	return text, nil
}
