package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
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

// actionReopen is the action where a finished job's import goes on.
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

// Job is a registered job with its source.
type Job struct {
	ID int64
	JobSpec
	From         Source
	Tracking     Tracking
	PausedReason string
	Fault        error // why it cannot be polled as its row is; nil: nothing is known against it
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
	row, err := s.queries.DeclaredJob(ctx, name)
	if err != nil {
		return Job{}, fmt.Errorf("job %s: %w", name, notFound(err))
	}
	return declaredJob(row.ReportDeclaredJob, row.ReportDeclaredSource), nil
}

// Jobs lists all jobs, removed ones too, by name.
func (s *Store) Jobs(ctx context.Context) ([]Job, error) {
	rows, err := s.queries.DeclaredJobs(ctx)
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	return convert(rows, func(row dbsqlc.DeclaredJobsRow) Job {
		return declaredJob(row.ReportDeclaredJob, row.ReportDeclaredSource)
	}), nil
}

// JobsByID returns the jobs, by id.
func (s *Store) JobsByID(ctx context.Context, ids []int64) (map[int64]Job, error) {
	rows, err := s.queries.JobListByIDs(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read jobs: %w", err)
	}
	jobs := make(map[int64]Job, len(rows))
	for _, row := range rows {
		jobs[row.Job.JobID] = toJob(row.Job, row.Source)
	}
	return jobs, nil
}

// PauseJob stops the polling of a job; without a reason, by hand. It reports false where that changes nothing.
func (s *Store) PauseJob(ctx context.Context, by Author, name, reason string) (bool, error) {
	return s.trackJob(ctx, by, name, "pause", TrackingPaused, pauseReason(reason))
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
		if action == actionReopen {
			if err := r.queries.ChangeTellReopen(ctx); err != nil {
				return err
			}
		}
		return r.track(ctx, row, to, reason)
	})
	if err != nil {
		return false, fmt.Errorf("%s job %s: %w", action, name, err)
	}
	return changed, nil
}

// declaredJob is a job as the report views have it.
func declaredJob(row dbsqlc.ReportDeclaredJob, from dbsqlc.ReportDeclaredSource) Job {
	return toJob(dbsqlc.Job{
		JobID: row.JobID, SourceID: from.SourceID, Name: row.Job, Target: row.Target, Labels: row.Labels, Schedule: row.Schedule,
		StallAfter: row.StallAfter, Tracking: row.Tracking, PausedReason: row.PausedReason, RegisteredAt: row.RegisteredAt,
	}, declaredSource(from))
}

func toJob(row dbsqlc.Job, source dbsqlc.Source) Job {
	job := Job{ID: row.JobID, From: toSource(source), Tracking: Tracking(row.Tracking), PausedReason: OrZero(row.PausedReason)}
	job.JobSpec = JobSpec{
		Name: row.Name, Source: source.Name, Schedule: OrZero(row.Schedule), StallAfter: OrZero(row.StallAfter),
	}
	job.Labels, _ = textsOf(row.Labels) // they are for people: nothing hangs on them
	var err error
	if job.Target, err = textsOf(row.Target); err != nil {
		job.Fault = fmt.Errorf("read its target: %w", err)
	}
	return job
}

// textsOf reads an object of texts. Another value is given as its JSON, and is in the
// error.
func textsOf(object []byte) (map[string]string, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(object, &fields); err != nil {
		return nil, err
	}
	var wrong []error
	texts := make(map[string]string, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		var text *string
		if err := json.Unmarshal(fields[name], &text); err != nil || text == nil {
			wrong = append(wrong, fmt.Errorf("field %q is no text", name))
			text = new(string(fields[name]))
		}
		texts[name] = *text
	}
	return texts, errors.Join(wrong...)
}
