package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// The answers of `tracker report`: the first eleven questions of docs/sql.md, with
// filters. They read the report schema only.

// AnswerFilter says what an answer is to be about.
type AnswerFilter struct {
	Since  time.Time
	Now    time.Time
	Source string            // empty: all sources
	Labels map[string]string // jobs that have all of these; none: all jobs
}

// asked is a filter as the queries take it.
type asked struct {
	Since  time.Time
	Source string
	Labels string
}

func (f AnswerFilter) asked() asked {
	labels, _ := json.Marshal(nonNilMap(f.Labels)) // a map of strings can always be encoded
	return asked{Since: f.Since, Source: f.Source, Labels: string(labels)}
}

func nonNilMap(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// answer converts what a query gave.
func answer[From, To any](what string, rows []From, err error, to func(From) To) ([]To, error) {
	if err != nil {
		return nil, fmt.Errorf("report %s: %w", what, err)
	}
	return convert(rows, to), nil
}

// seconds is an interval of so many.
func seconds(s float64) Interval { return Interval(history.Seconds(s)) }

// secondsIf is an interval where there is one.
func secondsIf(known bool, s float64) *Interval {
	if !known {
		return nil
	}
	return new(seconds(s))
}

// Tracked tells how far anybody looked at the jobs that an answer is about.
func (s *Store) Tracked(ctx context.Context, filter AnswerFilter) (Tracked, error) {
	q := filter.asked()
	row, err := s.queries.AnswerTracked(ctx, dbsqlc.AnswerTrackedParams{Source: q.Source, Labels: q.Labels})
	if err != nil {
		return Tracked{}, fmt.Errorf("read since when jobs are tracked: %w", err)
	}
	return Tracked{
		Jobs: row.Jobs, Polled: row.Polled, Answered: row.Answered, Failing: row.Failing,
		RegisteredAt: toPointer(known(row.RegisteredAt)), PolledAt: toPointer(known(row.PolledAt)), FirstAnswerAt: toPointer(known(row.FirstAnswerAt)),
	}, nil
}

// FailedImports lists the imports that failed, the latest first.
func (s *Store) FailedImports(ctx context.Context, filter AnswerFilter) ([]FailedImportRow, error) {
	rows, err := s.queries.AnswerFailedImports(ctx, dbsqlc.AnswerFailedImportsParams(filter.asked()))
	return answer("failed-imports", rows, err, func(r dbsqlc.AnswerFailedImportsRow) FailedImportRow {
		return FailedImportRow{
			Job: r.Job, Source: r.Source, RunNo: r.RunNo, EndedAt: r.EndedAt, Duration: seconds(r.Duration), Step: r.Step, Why: r.Why,
			DurationMax: secondsIf(r.HasMax, r.DurationMax), Reported: r.Reported,
		}
	})
}

// Stalled lists the runs that are stuck now, since whenever, the longest first.
func (s *Store) Stalled(ctx context.Context, filter AnswerFilter) ([]StalledRow, error) {
	q := filter.asked()
	rows, err := s.queries.AnswerStalled(ctx, dbsqlc.AnswerStalledParams{Source: q.Source, Labels: q.Labels})
	return answer("stalled", rows, err, func(r dbsqlc.ReportStalled) StalledRow {
		return StalledRow{
			Job: r.Job, Source: r.Source, RunNo: r.RunNo, Step: r.Step, State: r.State, Since: r.Since, UsualDuration: (*Interval)(r.UsualDuration),
			StallAfter: (*Interval)(r.StallAfter), Reported: r.Reported,
		}
	})
}

// LastedGaps lists the gaps that ended since a time or are open, the latest first.
func (s *Store) LastedGaps(ctx context.Context, filter AnswerFilter) ([]LastedGapRow, error) {
	rows, err := s.queries.AnswerGaps(ctx, dbsqlc.AnswerGapsParams(filter.asked()))
	return answer("gaps", rows, err, func(r dbsqlc.AnswerGapsRow) LastedGapRow {
		return LastedGapRow{Job: r.Job, Source: r.Source, GapFrom: r.GapFrom, GapTo: r.GapTo, Lasted: seconds(r.Lasted), Reason: r.Reason}
	})
}

// NewErrors lists the error lines that their source had never logged before, the latest first.
func (s *Store) NewErrors(ctx context.Context, filter AnswerFilter) ([]NewErrorRow, error) {
	q := filter.asked()
	rows, err := s.queries.AnswerNewErrors(ctx, dbsqlc.AnswerNewErrorsParams{Since: q.Since, Source: q.Source, Labels: q.Labels})
	return answer("new-errors", rows, err, func(r dbsqlc.AnswerNewErrorsRow) NewErrorRow { return NewErrorRow(r) })
}

// StepDurations tells how long each step took, week by week, the latest first.
func (s *Store) StepDurations(ctx context.Context, filter AnswerFilter) ([]StepDurationRow, error) {
	q := filter.asked()
	rows, err := s.queries.AnswerStepDurations(ctx, dbsqlc.AnswerStepDurationsParams{Since: q.Since, Now: filter.Now, Source: q.Source, Labels: q.Labels})
	return answer("step-durations", rows, err, func(r dbsqlc.AnswerStepDurationsRow) StepDurationRow {
		return StepDurationRow{
			Week: r.Week, Source: r.Source, Step: r.Step, Runs: r.Runs, P50Duration: seconds(r.P50Duration), P95Duration: seconds(r.P95Duration),
			P50DurationMax: secondsIf(r.HasMax, r.P50DurationMax), P95DurationMax: secondsIf(r.HasMax, r.P95DurationMax), Reported: r.Reported,
		}
	})
}

// TimeInState tells how long each run was in each state that is not terminal.
func (s *Store) TimeInState(ctx context.Context, filter AnswerFilter) ([]TimeInStateRow, error) {
	q := filter.asked()
	rows, err := s.queries.AnswerTimeInState(ctx, dbsqlc.AnswerTimeInStateParams{Since: q.Since, Now: filter.Now, Source: q.Source, Labels: q.Labels})
	return answer("time-in-state", rows, err, func(r dbsqlc.AnswerTimeInStateRow) TimeInStateRow {
		return TimeInStateRow{Job: r.Job, Source: r.Source, RunNo: r.RunNo, State: r.State, Spent: seconds(r.Spent)}
	})
}

// RunsPerDay counts runs by the day on which they began, the latest first.
func (s *Store) RunsPerDay(ctx context.Context, filter AnswerFilter) ([]RunsPerDayRow, error) {
	rows, err := s.queries.AnswerRunsPerDay(ctx, dbsqlc.AnswerRunsPerDayParams(filter.asked()))
	return answer("runs-per-day", rows, err, func(r dbsqlc.AnswerRunsPerDayRow) RunsPerDayRow {
		row := RunsPerDayRow{
			Day: r.Day.Format(time.DateOnly), Source: r.Source, Provider: r.Provider, Runs: r.Runs, Succeeded: r.Succeeded, Failed: r.Failed,
			Reported: r.Reported,
		}
		if r.Ended > 0 {
			row.P50Duration, row.P95Duration = new(seconds(r.P50Duration)), new(seconds(r.P95Duration))
			row.P50DurationMax, row.P95DurationMax = secondsIf(r.HasMax, r.P50DurationMax), secondsIf(r.HasMax, r.P95DurationMax)
		}
		return row
	})
}

// BrokenStreaks lists failures after at least five successes, the latest first.
func (s *Store) BrokenStreaks(ctx context.Context, filter AnswerFilter) ([]BrokenStreakRow, error) {
	rows, err := s.queries.AnswerBrokenStreaks(ctx, dbsqlc.AnswerBrokenStreaksParams(filter.asked()))
	return answer("broken-streaks", rows, err, func(r dbsqlc.AnswerBrokenStreaksRow) BrokenStreakRow { return BrokenStreakRow(r) })
}

// UnusualDurations lists runs that took over twice, or under half, as long as
// the median of their job's successes before, the latest first.
func (s *Store) UnusualDurations(ctx context.Context, filter AnswerFilter) ([]UnusualDurationRow, error) {
	rows, err := s.queries.AnswerUnusualDurations(ctx, dbsqlc.AnswerUnusualDurationsParams(filter.asked()))
	return answer("unusual-durations", rows, err, func(r dbsqlc.AnswerUnusualDurationsRow) UnusualDurationRow {
		return UnusualDurationRow{
			Job: r.Job, Source: r.Source, RunNo: r.RunNo, State: r.State, StartedAt: r.StartedAt,
			Duration: seconds(r.Duration), UsualDuration: seconds(r.UsualDuration),
			DurationMax: secondsIf(r.HasMax, r.DurationMax), Reported: r.Reported,
		}
	})
}

// NoRecentSuccess lists tracked jobs that have not succeeded since a time, the longest first.
func (s *Store) NoRecentSuccess(ctx context.Context, filter AnswerFilter) ([]NoRecentSuccessRow, error) {
	rows, err := s.queries.AnswerNoRecentSuccess(ctx, dbsqlc.AnswerNoRecentSuccessParams(filter.asked()))
	return answer("no-recent-success", rows, err, func(r dbsqlc.AnswerNoRecentSuccessRow) NoRecentSuccessRow {
		row := NoRecentSuccessRow{
			Job: r.Job, Source: r.Source, State: r.State, StateSince: r.StateSince, LastSuccessNo: toPointer(r.LastSuccessNo),
			StateSinceReported: r.StateSinceReported, Reported: r.Reported,
		}
		if r.LastSuccessNo > 0 {
			row.LastSuccessAt = &r.LastSuccessAt
		}
		return row
	})
}

// JobSummary tells of each job that is not removed how its runs went that began
// since a time.
func (s *Store) JobSummary(ctx context.Context, filter AnswerFilter) ([]JobSummaryRow, error) {
	rows, err := s.queries.AnswerJobSummary(ctx, dbsqlc.AnswerJobSummaryParams(filter.asked()))
	return answer("job-summary", rows, err, func(r dbsqlc.AnswerJobSummaryRow) JobSummaryRow {
		row := JobSummaryRow{
			Job: r.Job, Source: r.Source, Runs: r.Runs, Ended: r.Ended, Succeeded: r.Succeeded, LastSuccessNo: toPointer(r.LastSuccessNo), Reported: r.Reported,
		}
		if r.Ended > 0 {
			row.Percent, row.P50Duration, row.P95Duration = &r.Percent, new(seconds(r.P50Duration)), new(seconds(r.P95Duration))
			row.P50DurationMax, row.P95DurationMax = secondsIf(r.HasMax, r.P50DurationMax), secondsIf(r.HasMax, r.P95DurationMax)
		}
		if r.LastSuccessNo > 0 {
			row.LastSuccessAt = &r.LastSuccessAt
		}
		return row
	})
}
