package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tracker/internal/store/internal/dbsqlc"
)

// Author says who changes the registry, and when.
type Author struct {
	Actor string
	At    time.Time
}

// Change is a change of the registry as recorded.
type Change struct {
	Action  string // register, change, pause, resume, finish, reopen, remove, revive
	Subject string // "source NAME" or "job NAME"
	Before  json.RawMessage
	After   json.RawMessage
}

// registry is one author's transaction on sources and jobs.
type registry struct {
	queries *dbsqlc.Queries
	by      Author
	changes []Change
}

// inRegistry runs work alone on the registry, in one transaction.
func (s *Store) inRegistry(ctx context.Context, by Author, work func(*registry) error) error {
	return s.inTx(ctx, func(q *dbsqlc.Queries) error {
		if err := q.RegistryLock(ctx); err != nil {
			return err
		}
		return work(&registry{queries: q, by: by})
	})
}

// record keeps who changed what. nil stands for nothing.
func (r *registry) record(ctx context.Context, action, subject string, before, after any) error {
	change := Change{Action: action, Subject: subject}
	var err error
	if change.Before, err = toJSON(before); err != nil {
		return err
	}
	if change.After, err = toJSON(after); err != nil {
		return err
	}
	r.changes = append(r.changes, change)
	return r.queries.ChangeInsert(ctx, dbsqlc.ChangeInsertParams{
		ChangedAt: r.by.At, Actor: r.by.Actor, Action: action, Subject: subject, Before: change.Before, After: change.After,
	})
}

// track changes a job's tracking. A job that is polled again is due at once,
// any other not at all. That nobody looks at a finished job is no gap: nothing
// was to be seen.
func (r *registry) track(ctx context.Context, job dbsqlc.Job, action string, to Tracking, reason string) error {
	_, err := r.queries.JobTrack(ctx, dbsqlc.JobTrackParams{JobID: job.JobID, Tracking: string(to), PausedReason: toPointer(reason)})
	if err != nil {
		return err
	}
	var due *time.Time
	switch to {
	case TrackingPaused, TrackingRemoved:
		if err := r.queries.CursorUnseen(ctx, dbsqlc.CursorUnseenParams{JobID: job.JobID, Reason: toPointer(unseenPaused)}); err != nil {
			return err
		}
	case TrackingActive:
		due = &r.by.At
		if err := r.see(ctx, []int64{job.JobID}); err != nil {
			return err
		}
		if err := r.queries.CursorForgive(ctx, []int64{job.JobID}); err != nil {
			return err
		}
	}
	if err := r.queries.CursorSchedule(ctx, dbsqlc.CursorScheduleParams{JobID: job.JobID, NextPollAt: due}); err != nil {
		return err
	}
	return r.record(ctx, action, "job "+job.Name, trackingOf(job.Tracking, fromPointer(job.PausedReason)), trackingOf(string(to), reason))
}

// see ends the gaps in which nobody was to look at some jobs.
func (r *registry) see(ctx context.Context, jobIDs []int64) error {
	if err := r.queries.GapInsertUnseen(ctx, dbsqlc.GapInsertUnseenParams{JobIds: jobIDs, Now: r.by.At}); err != nil {
		return err
	}
	return r.queries.CursorSeen(ctx, dbsqlc.CursorSeenParams{JobIds: jobIDs, Now: r.by.At})
}

// The reasons of gaps in which nobody was to look.
const (
	unseenPaused     = "paused"
	unseenCredential = "credential"
)

// trackingOf shows a job's tracking in the record of changes.
func trackingOf(tracking, reason string) any {
	if reason == "" {
		return map[string]string{"tracking": tracking}
	}
	return map[string]string{"tracking": tracking, "paused_reason": reason}
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
