package store_test

import (
	"context"
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
	} {
		filter := store.AnswerFilter{Since: w.now.Add(-test.since), Now: w.now}
		columns, rows := test.ask(filter)
		w.check(t, name, columns, rows)

		filter.Source = "old"
		if _, rows := test.ask(filter); len(rows) > 0 && name != "no-recent-success" {
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
	w.equal(t, columns, rows, []string{"job|source|run_no|ended_at|duration|step|why", "stores-us|geo|2|D-4 10:00:30|30s|import|Timeout reading from storage"})
	columns, rows = asking(t, w.store.NewErrors)(filter)
	w.equal(t, columns, rows, []string{"source|line|first_seen_at|times|jobs", "geo|Timeout reading from storage|D-4 10:00:34|1|1"})
	columns, rows = asking(t, w.store.RunsPerDay)(filter)
	w.equal(t, columns, rows, []string{
		"day|source|provider|runs|succeeded|failed|p50_duration|p95_duration",
		"D-1|geo|woosmap|1|1|0|2m0s|2m0s", "D-2|geo|woosmap|1|0|0|null|null", "D-4|geo|woosmap|1|0|1|30s|30s",
	})

	filter = store.AnswerFilter{Since: w.now.Add(-week), Now: w.now, Source: "shop"}
	columns, rows = asking(t, w.store.TimeInState)(filter)
	w.equal(t, columns, rows, []string{"job|source|run_no|state|spent", "products-7|shop|1|queued|10m0s", "products-7|shop|1|running|20m0s"})

	// Row 5 was an error of stores-us before: at the source it is nothing new.
	filter = store.AnswerFilter{Since: w.now.Add(-week), Now: w.now, Labels: map[string]string{"team": "geo"}}
	if _, rows = asking(t, w.store.NewErrors)(filter); len(rows) > 0 {
		t.Errorf("new errors of stores-eu: %v", rows)
	}
}
