package store_test

import (
	"slices"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
)

// TestRecordRefusesACursorAlone: a cursor that Postgres refuses for what it holds
// keeps its claim; the other polls of the batch land.
func TestRecordRefusesACursorAlone(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	jobs := f.register(t, "woosmap", "a", "b", "c")
	var answers []said
	for _, job := range jobs {
		answers = append(answers, said{job: job, body: woosmapBody("r", "in_progress")})
	}
	takes := f.take(t, answers...)
	f.compare(t, takes)
	polls := pollsOf(takes)
	polls[1].Advance.Gaps = []history.Gap{{From: f.now, To: f.now.Add(time.Hour), Reason: "\x00"}}
	for _, landed := range []string{"a c", "a c"} { // the second time as after a commit that nobody heard of
		results, err := f.store.Record(t.Context(), polls)
		if want := []store.RecordResult{{}, {Refused: "SQLSTATE 22021"}, {}}; err != nil || !slices.Equal(results, want) {
			t.Fatalf("%v, %v", results, err)
		}
		equalLines(t, column[string](t, f.conn, "SELECT string_agg(j.name, ' ' ORDER BY j.name) FROM polls p JOIN jobs j USING (job_id)"), landed)
		equalLines(t, column[string](t, f.conn, "SELECT j.name FROM cursors c JOIN jobs j USING (job_id) WHERE c.claimed_until IS NULL ORDER BY 1"), "a", "c")
	}
	f.record(t, takes[1:2])
}
