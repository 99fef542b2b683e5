package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// JobRows returns report.jobs by name.
func (s *Store) JobRows(ctx context.Context) ([]JobRow, error) {
	rows, err := s.queries.ReportJobs(ctx)
	if err != nil {
		return nil, fmt.Errorf("read report.jobs: %w", err)
	}
	return convert(rows, toJobRow), nil
}

// JobRow returns the row of report.jobs of that name, or ErrNotFound.
func (s *Store) JobRow(ctx context.Context, name string) (JobRow, error) {
	row, err := s.queries.ReportJob(ctx, name)
	if err != nil {
		return JobRow{}, fmt.Errorf("job %s: %w", name, notFound(err))
	}
	return toJobRow(row), nil
}

// SourceRows returns report.sources by name.
func (s *Store) SourceRows(ctx context.Context) ([]SourceRow, error) {
	rows, err := s.queries.ReportSources(ctx)
	if err != nil {
		return nil, fmt.Errorf("read report.sources: %w", err)
	}
	return convert(rows, toSourceRow), nil
}

// ChangeRows returns of report.changes what was done since a time to the source
// or job of a name, or, where that is empty, to any; the newest is the last.
func (s *Store) ChangeRows(ctx context.Context, name string, since time.Time) ([]ChangeRow, error) {
	rows, err := s.queries.ReportChanges(ctx, dbsqlc.ReportChangesParams{Name: toPointer(name), Since: since})
	if err != nil {
		return nil, fmt.Errorf("read report.changes: %w", err)
	}
	return convert(rows, toChangeRow), nil
}

// TrackingChanges returns of report.changes what paused, resumed, removed or
// revived a job or its source since a time; the newest is the last.
func (s *Store) TrackingChanges(ctx context.Context, job Job, since time.Time) ([]ChangeRow, error) {
	rows, err := s.queries.ReportTrackingChanges(ctx, dbsqlc.ReportTrackingChangesParams{
		Subjects: []string{"job " + job.Name, "source " + job.Source}, Since: since,
	})
	if err != nil {
		return nil, fmt.Errorf("read what was done to job %s: %w", job.Name, err)
	}
	return convert(rows, toChangeRow), nil
}

// SnapshotRow returns a snapshot of a job with its body, the newest where no is
// 0, or ErrNotFound.
func (s *Store) SnapshotRow(ctx context.Context, job string, no int) (SnapshotRow, error) {
	row, err := s.queries.ReportSnapshot(ctx, dbsqlc.ReportSnapshotParams{Job: job, SnapshotNo: toPointer(int32(no))})
	if err != nil {
		return SnapshotRow{}, fmt.Errorf("snapshot of job %s: %w", job, notFound(err))
	}
	return toSnapshotRow(row), nil
}

// History is what is known of a job's runs: those asked for with all that
// belongs to them.
type History struct {
	Job         JobRow          `json:"job"`
	Polled      PollSummaryRow  `json:"looked"`
	Runs        []RunRow        `json:"runs"` // the newest first
	Steps       []StepRow       `json:"steps"`
	Transitions []TransitionRow `json:"transitions"`
	Anomalies   []AnomalyRow    `json:"anomalies"`
	LogEntries  []LogEntryRow   `json:"log_entries"`
	Gaps        []GapRow        `json:"gaps"`               // since the first of the runs
	Retention   []RetentionRow  `json:"retention"`          // what was taken of the job
	Erasures    []Erasure       `json:"erasures,omitempty"` // what was erased of it
	Changes     []ChangeRow     `json:"changes"`            // that paused, resumed, removed or revived the job or its source, likewise

	// LatestTaken is the number of the job's latest run where, as of then, that is one
	// that retention has taken since; 0: it is not. Of such nothing else is known.
	LatestTaken int                `json:"latest_taken,omitempty"`
	Taken       []history.TakenRun `json:"-"` // those of a Trail
	LeftOut     int                `json:"-"` // how many older runs there are than the newest of those here, and not among them
}

// HistoryParams says which runs to read.
type HistoryParams struct {
	Job    string
	RunNo  int      // 0: the newest Most, of which the latest is one: it may be older, and have come back
	Most   int      // how many runs at most
	Levels []string // of log entries; none: all
}

// readLatest puts the latest run in the place of the oldest, where it is not among the newest.
func (h *History) readLatest(ctx context.Context, q *dbsqlc.Queries, params HistoryParams) error {
	latest := h.Job.RunNo
	if params.RunNo != 0 || latest == nil || len(h.Runs) == 0 || slices.ContainsFunc(h.Runs, func(r RunRow) bool { return r.RunNo == *latest }) {
		return nil
	}
	runs, err := q.ReportRuns(ctx, dbsqlc.ReportRunsParams{Job: params.Job, RunNo: latest, Rows: 1})
	if err != nil {
		return err
	}
	h.Runs = append(h.Runs[:len(h.Runs)-len(runs)], convert(runs, toRunRow)...)
	return nil
}

// judgeOpenRun asks report.open_runs of a run that goes on, where report.runs does not
// tell: in a distributed database.
func (h *History) judgeOpenRun(ctx context.Context, q *dbsqlc.Queries) error {
	untold := slices.ContainsFunc(h.Runs, func(r RunRow) bool { return r.Stalled == nil })
	if !untold {
		return nil
	}
	open, err := q.ReportOpenRun(ctx, h.Job.Job)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	for i := range h.Runs {
		if r := &h.Runs[i]; r.Stalled == nil {
			r.Stalled = new(open.RunNo == r.RunNo && open.StalledSince != nil)
			if open.RunNo == r.RunNo {
				r.UsualDuration = (*Interval)(open.UsualDuration)
			}
		}
	}
	return nil
}

// History reads a job's runs from the report views.
func (s *Store) History(ctx context.Context, params HistoryParams) (History, error) {
	var h History
	var jobID int64
	err := s.inSnapshot(ctx, func(q *dbsqlc.Queries) error {
		job, err := q.ReportJob(ctx, params.Job)
		if err != nil {
			return notFound(err)
		}
		h.Job, jobID = toJobRow(job), job.JobID
		runs, err := q.ReportRuns(ctx, dbsqlc.ReportRunsParams{Job: params.Job, RunNo: toPointer(int32(params.RunNo)), Rows: int32(params.Most)})
		if err != nil {
			return err
		}
		h.Runs = convert(runs, toRunRow)
		if err := h.readLatest(ctx, q, params); err != nil {
			return err
		}
		if err := h.judgeOpenRun(ctx, q); err != nil {
			return err
		}
		return h.readRuns(ctx, q, params)
	})
	if err != nil {
		return History{}, fmt.Errorf("history of job %s: %w", params.Job, err)
	}
	if h.Polled, err = s.PollSummary(ctx, jobID, farTime()); err != nil {
		return History{}, err
	}
	since := farTime()
	if h.Polled.FirstAt != nil {
		since = *h.Polled.FirstAt
	}
	if h.Retention, err = s.RetentionRows(ctx, jobID, since); err != nil {
		return History{}, err
	}
	if h.Erasures, err = s.Erasures(ctx, jobID); err != nil {
		return History{}, err
	}
	h.Gaps, err = s.Gaps(ctx, params.Job, h.begins())
	return h, err
}

// HasRun reports whether a job has a run of that number, which retention has not taken.
func (s *Store) HasRun(ctx context.Context, job string, runNo int) (bool, error) {
	has, err := s.queries.ReportHasRun(ctx, dbsqlc.ReportHasRunParams{Job: job, RunNo: int32(runNo)})
	if err != nil {
		return false, fmt.Errorf("look for run %d of job %s: %w", runNo, job, err)
	}
	return has, nil
}

// Gaps returns the gaps of a job that ended after a time, or are open.
func (s *Store) Gaps(ctx context.Context, job string, since time.Time) ([]GapRow, error) {
	rows, err := s.queries.ReportGaps(ctx, dbsqlc.ReportGapsParams{Job: job, Since: &since})
	if err != nil {
		return nil, fmt.Errorf("read gaps of job %s: %w", job, err)
	}
	return convert(rows, toGapRow), nil
}

// begins is when the first of the runs was first seen; zero where there is none.
func (h History) begins() time.Time {
	if len(h.Runs) == 0 {
		return time.Time{}
	}
	return h.Runs[len(h.Runs)-1].FirstSeenAt
}

// readRuns reads what belongs to the runs that were read.
func (h *History) readRuns(ctx context.Context, q *dbsqlc.Queries, params HistoryParams) error {
	nos := convert(h.Runs, func(r RunRow) int32 { return r.RunNo })
	if err := h.readLeft(ctx, q, nos); err != nil {
		return err
	}
	if len(nos) > 0 {
		taken, err := q.RunsTakenBefore(ctx, dbsqlc.RunsTakenBeforeParams{Job: params.Job, RunNo: nos[0]})
		if err != nil {
			return err
		}
		h.LeftOut = int(nos[0]) - len(nos) - int(taken)
	}
	steps, err := q.ReportSteps(ctx, dbsqlc.ReportStepsParams{Job: params.Job, RunNos: nos})
	if err != nil {
		return err
	}
	transitions, err := q.ReportTransitions(ctx, dbsqlc.ReportTransitionsParams{Job: params.Job, RunNos: nos})
	if err != nil {
		return err
	}
	anomalies, err := q.ReportAnomalies(ctx, dbsqlc.ReportAnomaliesParams{Job: params.Job, RunNos: nos})
	if err != nil {
		return err
	}
	entries, err := q.ReportLogEntries(ctx, dbsqlc.ReportLogEntriesParams{Job: params.Job, RunNos: nos, Levels: nonNil(params.Levels)})
	if err != nil {
		return err
	}
	h.Steps, h.Transitions = convert(steps, toStepRow), convert(transitions, toTransitionRow)
	h.Anomalies, h.LogEntries = convert(anomalies, toAnomalyRow), convert(entries, toLogEntryRow)
	return nil
}

// readLeft reads when another run took the place of those that one has superseded.
func (h *History) readLeft(ctx context.Context, q *dbsqlc.Queries, nos []int32) error {
	if !slices.ContainsFunc(h.Runs, func(r RunRow) bool { return r.Superseded }) {
		return nil
	}
	rows, err := q.ReportRunsLeft(ctx, dbsqlc.ReportRunsLeftParams{Job: &h.Job.Job, RunNos: nos})
	if err != nil {
		return err
	}
	for i := range h.Runs {
		for _, row := range rows {
			if r := &h.Runs[i]; r.RunNo == row.RunNo {
				r.Left = history.Bounds{NotBefore: row.SeenAt, ObservedAt: r.LastChangedAt}
			}
		}
	}
	return nil
}
