package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"tracker/internal/store/internal/dbsqlc"
)

// applyTogether is how many jobs one statement registers: for each by itself the way to
// the server and back would take longer than the work.
const applyTogether = 2000

// applyJobs registers jobs, and adds what is refused to refused.
func (r *registry) applyJobs(ctx context.Context, specs []JobSpec, progress func(done int), refused *[]error) error {
	rows, err := r.queries.SourceList(ctx)
	if err != nil {
		return err
	}
	sources := make(map[string]dbsqlc.Source, len(rows))
	for _, row := range rows {
		sources[row.Name] = row
	}
	for from := 0; from < len(specs); from += applyTogether {
		to := min(from+applyTogether, len(specs))
		if err := r.applySome(ctx, specs[from:to], sources, refused); err != nil {
			return err
		}
		if progress != nil {
			progress(to)
		}
	}
	return nil
}

// applySome registers a few of the jobs, the new ones by one statement.
func (r *registry) applySome(ctx context.Context, specs []JobSpec, sources map[string]dbsqlc.Source, refused *[]error) error {
	rows, err := r.queries.JobListByNames(ctx, convert(specs, func(spec JobSpec) string { return spec.Name }))
	if err != nil {
		return err
	}
	registered := make(map[string]dbsqlc.JobByNameRow, len(rows))
	for _, row := range rows {
		registered[row.Job.Name] = dbsqlc.JobByNameRow(row)
	}
	var added newJobs
	for _, spec := range specs {
		if row, found := registered[spec.Name]; found {
			err = r.applyJob(ctx, row, spec)
		} else {
			err = added.add(spec, sources)
		}
		if err := refusal(err, refused); err != nil {
			return err
		}
	}
	if len(*refused) > 0 { // nothing will be kept
		return nil
	}
	return r.insertJobs(ctx, added)
}

// applyJob registers what is declared of a job that is there.
func (r *registry) applyJob(ctx context.Context, row dbsqlc.JobByNameRow, spec JobSpec) error {
	before := toJob(row.Job, row.Source)
	if err := checkSame(before, spec); err != nil {
		return err
	}
	if before.Tracking == TrackingRemoved {
		if err := checkTracked(row.Source, spec); err != nil {
			return err
		}
		if err := r.track(ctx, row, TrackingActive, ""); err != nil {
			return err
		}
	}
	if maps.Equal(before.Labels, spec.Labels) && before.Schedule == spec.Schedule && before.StallAfter == spec.StallAfter {
		return nil
	}
	return r.updateJob(ctx, before, spec)
}

// newJobs are jobs that are not there yet, with the first poll of each.
type newJobs struct {
	jobs   dbsqlc.JobInsertAllParams
	firsts map[string]firstPoll // by name
}

// firstPoll is when a new job is polled first, and why it is not; empty: it is.
type firstPoll struct {
	sourceID int64
	at       time.Time
	unseen   string
}

func (n *newJobs) add(spec JobSpec, sources map[string]dbsqlc.Source) error {
	source, found := sources[spec.Source]
	if !found {
		return &DeclarationError{Job: true, Name: spec.Name, Field: "source", Reason: fmt.Errorf("source %s: %w", spec.Source, ErrNotFound)}
	}
	if err := checkTracked(source, spec); err != nil {
		return err
	}
	if _, twice := n.firsts[spec.Name]; twice {
		return &DeclarationError{Job: true, Name: spec.Name, Field: "name", Reason: errTwice}
	}
	target, err := toJSON(spec.Target)
	if err != nil {
		return err
	}
	labels, err := labelsJSON(spec.Labels)
	if err != nil {
		return err
	}
	p := &n.jobs
	p.SourceIds, p.Names = append(p.SourceIds, source.SourceID), append(p.Names, spec.Name)
	p.Targets, p.Labels = append(p.Targets, string(target)), append(p.Labels, string(labels))
	p.Schedules, p.StallAfters = append(p.Schedules, spec.Schedule), append(p.StallAfters, spec.StallAfter)
	if n.firsts == nil {
		n.firsts = map[string]firstPoll{}
	}
	n.firsts[spec.Name] = firstPoll{sourceID: source.SourceID, at: spec.FirstPollAt, unseen: unseenAt(source)}
	return nil
}

// errTwice refuses a job that one declaration names twice.
var errTwice = errors.New("it is declared twice")

func (r *registry) insertJobs(ctx context.Context, added newJobs) error {
	if len(added.firsts) == 0 {
		return nil
	}
	added.jobs.RegisteredAt = r.by.At
	rows, err := r.queries.JobInsertAll(ctx, added.jobs)
	if err != nil {
		return err
	}
	cursors := dbsqlc.CursorInsertAllParams{RegisteredAt: r.by.At}
	for _, row := range rows {
		first := added.firsts[row.Name]
		cursors.JobIds, cursors.SourceIds = append(cursors.JobIds, row.JobID), append(cursors.SourceIds, first.sourceID)
		cursors.NextPollAts, cursors.UnseenReasons = append(cursors.NextPollAts, first.at), append(cursors.UnseenReasons, first.unseen)
	}
	return r.queries.CursorInsertAll(ctx, cursors)
}

func (r *registry) updateJob(ctx context.Context, before Job, spec JobSpec) error {
	labels, err := labelsJSON(spec.Labels)
	if err != nil {
		return err
	}
	if _, err := r.queries.JobUpdate(ctx, dbsqlc.JobUpdateParams{
		JobID: before.ID, Labels: labels, Schedule: toPointer(spec.Schedule), StallAfter: toPointer(spec.StallAfter),
	}); err != nil {
		return err
	}
	if before.Schedule == spec.Schedule || before.Tracking != TrackingActive {
		return nil
	}
	r.due.JobIds, r.due.NextPollAts = append(r.due.JobIds, before.ID), append(r.due.NextPollAts, spec.FirstPollAt)
	return nil
}

// labelsJSON writes no labels as an empty object.
func labelsJSON(labels map[string]string) ([]byte, error) {
	if labels == nil {
		labels = map[string]string{}
	}
	return toJSON(labels)
}
