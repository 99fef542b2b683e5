package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tracker/internal/store/internal/dbsqlc"
)

// Tracking says whether a job is polled. Its history stays whatever it is.
type Tracking string

// The kinds of tracking.
const (
	TrackingActive   Tracking = "active"
	TrackingPaused   Tracking = "paused"
	TrackingFinished Tracking = "finished"
	TrackingRemoved  Tracking = "removed"
)

// actionReopen is recorded where an import goes on that had ended.
const actionReopen = "reopen"

// JobSpec is what is declared of a job.
type JobSpec struct {
	Name       string
	Source     string
	Target     map[string]string
	Labels     map[string]string
	Schedule   string        // empty: the source's
	StallAfter time.Duration // zero: judged by its past

	FirstPollAt time.Time // when to poll it first, or first by another schedule
}

// record shows the spec in the record of changes.
func (s JobSpec) record() map[string]any {
	shown := map[string]any{"name": s.Name, "source": s.Source, "target": s.Target, "labels": s.Labels}
	if s.Schedule != "" {
		shown["schedule"] = s.Schedule
	}
	if s.StallAfter > 0 {
		shown["stall_after"] = s.StallAfter.String()
	}
	return shown
}

// Job is a registered job with its source.
type Job struct {
	ID int64
	JobSpec
	From         Source
	Tracking     Tracking
	PausedReason string
}

// Cron is the schedule that holds for the job: its own, else its source's.
func (j Job) Cron() string {
	if j.Schedule != "" {
		return j.Schedule
	}
	return j.From.Schedule
}

// Job returns the job of that name, or ErrNotFound.
func (s *Store) Job(ctx context.Context, name string) (Job, error) {
	row, err := s.queries.JobByName(ctx, name)
	if err != nil {
		return Job{}, fmt.Errorf("job %s: %w", name, notFound(err))
	}
	return toJob(row.Job, row.Source)
}

// Jobs lists all jobs, removed ones too, by name.
func (s *Store) Jobs(ctx context.Context) ([]Job, error) {
	rows, err := s.queries.JobList(ctx)
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	jobs := make([]Job, len(rows))
	for i, row := range rows {
		if jobs[i], err = toJob(row.Job, row.Source); err != nil {
			return nil, err
		}
	}
	return jobs, nil
}

// JobsByID returns the jobs, by id.
func (s *Store) JobsByID(ctx context.Context, ids []int64) (map[int64]Job, error) {
	rows, err := s.queries.JobListByIDs(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read jobs: %w", err)
	}
	jobs := make(map[int64]Job, len(rows))
	for _, row := range rows {
		if jobs[row.Job.JobID], err = toJob(row.Job, row.Source); err != nil {
			return nil, err
		}
	}
	return jobs, nil
}

// PauseJob stops the polling of a job. It reports false where that changes nothing.
func (s *Store) PauseJob(ctx context.Context, by Author, name, reason string) (bool, error) {
	return s.trackJob(ctx, by, name, "pause", TrackingPaused, reason)
}

// ResumeJob polls a paused or finished job again, from now on.
func (s *Store) ResumeJob(ctx context.Context, by Author, name string) (bool, error) {
	return s.trackJob(ctx, by, name, "resume", TrackingActive, "")
}

// ReopenJob polls a finished job again. It reports false where the job is not
// finished: somebody has decided otherwise.
func (s *Store) ReopenJob(ctx context.Context, by Author, name string) (bool, error) {
	return s.trackJob(ctx, by, name, actionReopen, TrackingActive, "")
}

// FinishJob ends the polling of a job whose import has ended for good. It
// reports false where the job is not active: somebody has decided otherwise.
func (s *Store) FinishJob(ctx context.Context, by Author, name string) (bool, error) {
	return s.trackJob(ctx, by, name, "finish", TrackingFinished, "")
}

// RemoveJob ends the tracking of a job. Its history stays.
func (s *Store) RemoveJob(ctx context.Context, by Author, name string) (bool, error) {
	return s.trackJob(ctx, by, name, "remove", TrackingRemoved, "")
}

func (s *Store) trackJob(ctx context.Context, by Author, name, action string, to Tracking, reason string) (bool, error) {
	var changed bool
	err := s.inRegistry(ctx, by, func(r *registry) error {
		row, err := r.queries.JobByName(ctx, name)
		if err != nil {
			return notFound(err)
		}
		from := Tracking(row.Job.Tracking)
		changed = from != to && (to != TrackingFinished || from == TrackingActive) && (action != actionReopen || from == TrackingFinished)
		if !changed {
			return nil
		}
		if from == TrackingRemoved {
			return fmt.Errorf("%w: it is removed; register it again to track it", ErrConflict)
		}
		return r.track(ctx, row.Job, action, to, reason)
	})
	if err != nil {
		return false, fmt.Errorf("%s job %s: %w", action, name, err)
	}
	return changed, nil
}

func toJob(row dbsqlc.Job, source dbsqlc.Source) (Job, error) {
	job := Job{ID: row.JobID, From: toSource(source), Tracking: Tracking(row.Tracking), PausedReason: fromPointer(row.PausedReason)}
	job.JobSpec = JobSpec{
		Name: row.Name, Source: source.Name, Schedule: fromPointer(row.Schedule), StallAfter: fromPointer(row.StallAfter),
	}
	if err := json.Unmarshal(row.Target, &job.Target); err != nil {
		return Job{}, fmt.Errorf("job %s: read target: %w", row.Name, err)
	}
	if err := json.Unmarshal(row.Labels, &job.Labels); err != nil {
		return Job{}, fmt.Errorf("job %s: read labels: %w", row.Name, err)
	}
	return job, nil
}
