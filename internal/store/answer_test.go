package store_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/words"
)

const week = 7 * 24 * time.Hour

// answer asks a question and gives its answer as cells.
func (w *world) answer(t *testing.T, function string, filter store.AnswerFilter) ([]string, [][]any) {
	t.Helper()
	answer, err := w.store.Answer(t.Context(), function, filter)
	if err != nil {
		t.Fatal(err)
	}
	var columns []string
	for _, column := range answer.Columns {
		columns = append(columns, column.Name)
	}
	var rows [][]any
	for _, row := range answer.Rows {
		for i, value := range row.Values {
			if day, err := time.ParseInLocation(time.DateOnly, fmt.Sprint(value), dateOnly); err == nil {
				row.Values[i] = day
			}
		}
		rows = append(rows, row.Values)
	}
	return columns, rows
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, q := range words.Questions() {
		var filter store.AnswerFilter
		columns, rows := w.answer(t, q.Function(), filter)
		w.check(t, q.Name, columns, rows)
		if q.Since > 0 { // asked for, it is the same
			filter.Since = new(w.now.Add(-q.Since))
			columns, rows = w.answer(t, q.Function(), filter)
			w.check(t, q.Name, columns, rows)
		}
		filter.Source = "old"
		if _, rows := w.answer(t, q.Function(), filter); len(rows) > 0 && q.Name != "no-recent-success" && q.Name != "job-summary" {
			t.Errorf("%s: source old gives %v", q.Name, rows)
		}
		filter.Source, filter.Labels = "", map[string]string{"team": "geo", "tier": "1"}
		if _, rows := w.answer(t, q.Function(), filter); len(rows) > 0 {
			t.Errorf("%s: labels that no job has give %v", q.Name, rows)
		}
	}
	if _, err := w.store.Answer(t.Context(), `gaps"() UNION SELECT 1; --`, store.AnswerFilter{}); codeOf(err) != codeNoFunction {
		t.Errorf("a function that there is not: %v", err)
	}
}

func TestAnswerIsFiltered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mustExec(t, w.owner, `UPDATE jobs SET labels = '{"team": "us"}' WHERE name = 'stores-us'`)
	filter := store.AnswerFilter{Since: new(w.now.Add(-week)), Labels: map[string]string{"team": "us"}}

	columns, rows := w.answer(t, "failed_imports", filter)
	w.equal(t, "failed-imports of a label", columns, rows, []string{"job|source|run_no|ended_at|duration|step|why|duration_max|reported", "stores-us|geo|2|D-4 10:00:30|30s|import|Timeout reading from storage|30s|true"})
	columns, rows = w.answer(t, "new_errors", filter)
	w.equal(t, "new-errors of a label", columns, rows, []string{"source|line|first_seen_at|times|jobs", "geo|Timeout reading from storage|D-4 10:00:34|1|1"})
	columns, rows = w.answer(t, "runs_per_day", filter)
	w.equal(t, "runs-per-day of a label", columns, rows, []string{
		"day|source|provider|runs|succeeded|failed|p50_duration|p95_duration|p50_duration_max|p95_duration_max|reported",
		"D-1|geo|woosmap|1|1|0|2m0s|2m0s|2m0s|2m0s|true", "D-2|geo|woosmap|1|0|0|null|null|null|null|true", "D-4|geo|woosmap|1|0|1|30s|30s|30s|30s|true",
	})

	filter = store.AnswerFilter{Since: new(w.now.Add(-week)), Source: "shop"}
	columns, rows = w.answer(t, "time_in_state", filter)
	w.equal(t, "time-in-state of a source", columns, rows, []string{"job|source|run_no|state|spent", "products-7|shop|1|queued|10m0s", "products-7|shop|1|running|20m0s"})

	// Row 5 was an error of stores-us before: at the source it is nothing new.
	filter = store.AnswerFilter{Since: new(w.now.Add(-week)), Labels: map[string]string{"team": "geo"}}
	if _, rows = w.answer(t, "new_errors", filter); len(rows) > 0 {
		t.Errorf("new errors of stores-eu: %v", rows)
	}
}

// An upstream may write any date: no answer may fail of it, nor the counting.
func TestAnswerSurvivesFarOffDates(t *testing.T) {
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
	everything := store.AnswerFilter{Since: new(time.Time)}
	_, rows := w.answer(t, "failed_imports", everything)
	if longest, shortest := rows[0][4], rows[1][4]; longest != store.Interval(math.MaxInt64) || shortest == longest {
		t.Errorf("durations of %v and %v", longest, shortest)
	}
	for _, q := range words.Questions() {
		filter := everything
		if q.Since == 0 {
			filter.Since = nil
		}
		w.answer(t, q.Function(), filter)
	}
}
