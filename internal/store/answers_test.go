package store_test

import (
	"context"
	"math"
	"testing"
	"time"

	"tracker/internal/store"
)

const week = 7 * 24 * time.Hour

func TestAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// The same windows as in docs/sql.md, so that the same rows come out.
	for name, test := range map[string]struct {
		since time.Duration
		ask   func(store.AnswerFilter) ([]string, [][]any)
	}{
		"failed-imports":    {week, asking(t, w.store.FailedImports)},
		"stalled":           {10 * week, asking(t, w.store.Stalled)},
		"gaps":              {week, asking(t, w.store.LastedGaps)},
		"new-errors":        {week, asking(t, w.store.NewErrors)},
		"step-durations":    {8 * week, asking(t, w.store.StepDurations)},
		"time-in-state":     {week, asking(t, w.store.TimeInState)},
		"runs-per-day":      {2 * week, asking(t, w.store.RunsPerDay)},
		"broken-streaks":    {week, asking(t, w.store.BrokenStreaks)},
		"unusual-durations": {week, asking(t, w.store.UnusualDurations)},
		"no-recent-success": {week, asking(t, w.store.NoRecentSuccess)},
		"job-summary":       {30 * 24 * time.Hour, asking(t, w.store.JobSummary)},
	} {
		filter := store.AnswerFilter{Since: w.now.Add(-test.since), Now: w.now}
		columns, rows := test.ask(filter)
		w.check(t, name, columns, rows)

		filter.Source = "old"
		if _, rows := test.ask(filter); len(rows) > 0 && name != "no-recent-success" && name != "job-summary" {
			t.Errorf("%s: source old gives %v", name, rows)
		}
		filter.Source, filter.Labels = "", map[string]string{"team": "geo", "tier": "1"}
		if _, rows := test.ask(filter); len(rows) > 0 {
			t.Errorf("%s: labels that no job has give %v", name, rows)
		}
	}
}

// asking gives an answer as cells.
func asking[T any](t *testing.T, ask func(context.Context, store.AnswerFilter) ([]T, error)) func(store.AnswerFilter) ([]string, [][]any) {
	t.Helper()
	return func(filter store.AnswerFilter) ([]string, [][]any) {
		t.Helper()
		rows, err := ask(t.Context(), filter)
		if err != nil {
			t.Fatal(err)
		}
		return cellsOf(rows)
	}
}

func TestAnswersAreFiltered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mustExec(t, w.owner, `UPDATE jobs SET labels = '{"team": "us"}' WHERE name = 'stores-us'`)
	filter := store.AnswerFilter{Since: w.now.Add(-week), Now: w.now, Labels: map[string]string{"team": "us"}}

	columns, rows := asking(t, w.store.FailedImports)(filter)
	w.equal(t, "failed-imports of a label", columns, rows, []string{"job|source|run_no|ended_at|duration|step|why|duration_max|reported", "stores-us|geo|2|D-4 10:00:30|30s|import|Timeout reading from storage|30s|true"})
	columns, rows = asking(t, w.store.NewErrors)(filter)
	w.equal(t, "new-errors of a label", columns, rows, []string{"source|line|first_seen_at|times|jobs", "geo|Timeout reading from storage|D-4 10:00:34|1|1"})
	columns, rows = asking(t, w.store.RunsPerDay)(filter)
	w.equal(t, "runs-per-day of a label", columns, rows, []string{
		"day|source|provider|runs|succeeded|failed|p50_duration|p95_duration|p50_duration_max|p95_duration_max|reported",
		"D-1|geo|woosmap|1|1|0|2m0s|2m0s|2m0s|2m0s|true", "D-2|geo|woosmap|1|0|0|null|null|null|null|true", "D-4|geo|woosmap|1|0|1|30s|30s|30s|30s|true",
	})

	filter = store.AnswerFilter{Since: w.now.Add(-week), Now: w.now, Source: "shop"}
	columns, rows = asking(t, w.store.TimeInState)(filter)
	w.equal(t, "time-in-state of a source", columns, rows, []string{"job|source|run_no|state|spent", "products-7|shop|1|queued|10m0s", "products-7|shop|1|running|20m0s"})

	// Row 5 was an error of stores-us before: at the source it is nothing new.
	filter = store.AnswerFilter{Since: w.now.Add(-week), Now: w.now, Labels: map[string]string{"team": "geo"}}
	if _, rows = asking(t, w.store.NewErrors)(filter); len(rows) > 0 {
		t.Errorf("new errors of stores-eu: %v", rows)
	}
}

// An upstream may write any date: no answer may fail of it, nor the counting.
func TestAnswersSurviveFarOffDates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mustExec(t, w.owner, `
		UPDATE runs SET started_at = '0001-01-02 00:00:00+00', ended_at = '9999-12-31 23:59:59+00' FROM jobs
			WHERE jobs.job_id = runs.job_id AND (jobs.name, run_no) IN (('stores-eu', 6), ('stores-us', 1));
		UPDATE runs SET started_at = '9999-12-31 00:00:00+00' FROM jobs WHERE jobs.job_id = runs.job_id AND (jobs.name, run_no) = ('stores-us', 2);
		UPDATE steps SET started_at = '0001-01-02 00:00:00+00', ended_at = '9999-12-31 23:59:59+00' FROM jobs
			WHERE jobs.job_id = steps.job_id AND (jobs.name, run_no) IN (('stores-eu', 6), ('stores-us', 1));
		UPDATE rollup SET rolled_up_to = '0001-01-01 00:00:00+00'`)
	for range 3 {
		if err := w.store.RollUp(t.Context(), w.now); err != nil {
			t.Fatal(err)
		}
	}
	filter := store.AnswerFilter{Since: time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), Now: w.now}
	_, rows := asking(t, w.store.FailedImports)(filter)
	if longest, shortest := rows[0][4], rows[1][4]; longest != store.Interval(math.MaxInt64) || shortest == longest {
		t.Errorf("durations of %v and %v", longest, shortest)
	}
	for _, ask := range []func(store.AnswerFilter) ([]string, [][]any){
		asking(t, w.store.Stalled), asking(t, w.store.StepDurations), asking(t, w.store.TimeInState), asking(t, w.store.RunsPerDay),
		asking(t, w.store.BrokenStreaks), asking(t, w.store.UnusualDurations), asking(t, w.store.NoRecentSuccess), asking(t, w.store.JobSummary),
	} {
		ask(filter)
	}
}
