package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestRollUpCountsMovedRunsOnce: a run whose start the upstream has moved is
// counted on the day that it begins on now and on no other, at once, whatever
// moved it.
func TestRollUpCountsMovedRunsOnce(t *testing.T) {
	t.Parallel()
	step := func(name, day string) string {
		return fmt.Sprintf(`{"name":%q,"status":"success","start":"%sT00:00:00Z","end":"%[2]sT00:10:00Z","entries":[]}`, name, day)
	}
	notYet := `{"name":"fetch","status":"in_progress","start":"","end":null,"entries":[]}`
	for name, bodies := range map[string][]string{
		"StartIsCorrected":      {woosmapBody("x", "success", step("fetch", "2023-01-05")), woosmapBody("x", "success", step("fetch", "2023-03-07"))},
		"StartIsCorrectedTwice": {woosmapBody("x", "success", step("fetch", "2023-01-05")), woosmapBody("x", "success", step("fetch", "2023-03-07")), woosmapBody("x", "success", step("fetch", "2023-02-06"))},
		"StartIsToldLate":       {woosmapBody("x", "in_progress", notYet), woosmapBody("x", "success", step("fetch", "2023-01-05"))},
		"FirstStepVanishes": {
			woosmapBody("x", "success", step("fetch", "2023-01-05"), step("import", "2023-03-07")), woosmapBody("x", "success", step("import", "2023-03-07")),
		},
		"AllStepsVanish": {woosmapBody("x", "success", step("fetch", "2023-01-05")), woosmapBody("x", "success")},
		"RunReturns": {
			woosmapBody("x", "success", step("fetch", "2023-01-05")), woosmapBody("y", "success", step("fetch", "2023-01-06")),
			woosmapBody("x", "success", step("fetch", "2023-03-07")),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMoves(t)
			job := m.register(t, "woosmap", "a")[0]
			for _, body := range bodies {
				m.round(t, said{job: job, body: body})
				m.mustCountRight(t)
			}
		})
	}
	t.Run("Rebuild", func(t *testing.T) {
		t.Parallel()
		m := newMoves(t)
		job := m.register(t, "woosmap", "a")[0]
		m.round(t, said{job: job, body: woosmapBody("x", "success", step("fetch", "2023-01-05"))})
		mustExec(t, m.conn, "UPDATE runs SET started_at = '2023-03-07 00:00:00+00' WHERE run_id = 'x'") // as an older version had understood it
		mustExec(t, m.conn, "UPDATE rollup SET rolled_up_to = '0001-01-01 00:00:00+00'")
		m.mustCountRight(t)
		if rows := m.rebuild(t, job); rows != 1 {
			t.Errorf("the rebuild wrote %d rows", rows)
		}
		m.mustCountRight(t)
	})
}

// moves is a feed of a database with a past: a run on each of so many days that
// the sweep does not come by where a test looks.
type moves struct{ *feed }

func newMoves(t *testing.T) moves {
	t.Helper()
	m := moves{newFeed(t)}
	old := m.register(t, "woosmap", "old")[0]
	for day := range 20 {
		start := m.now.AddDate(-2, 0, day).Format("2006-01-02")
		m.round(t, said{job: old, body: woosmapBody(fmt.Sprint("r", day), "success",
			fmt.Sprintf(`{"name":"fetch","status":"success","start":"%[1]sT00:00:00Z","end":"%[1]sT00:01:00Z","entries":[]}`, start))})
	}
	m.mustCountRight(t)
	return m
}

// mustCountRight rolls up once: each day has the runs that began on it.
func (m moves) mustCountRight(t *testing.T) {
	t.Helper()
	m.now = m.now.Add(time.Minute)
	if err := m.store.RollUp(t.Context(), m.now); err != nil {
		t.Fatal(err)
	}
	counted := column[string](t, m.conn, "SELECT format('%s %s', day, runs) FROM report.daily WHERE runs > 0 ORDER BY day")
	began := column[string](t, m.conn, `SELECT format('%s %s', r.day, count(*))
		FROM (SELECT (started_at AT TIME ZONE 'UTC')::date AS day FROM report.runs) r GROUP BY r.day ORDER BY r.day`)
	if !slices.Equal(counted, began) {
		t.Errorf("counted by day:\n%q\nbegan by day:\n%q", counted, began)
	}
	if left := column[string](t, m.conn, "SELECT day::text FROM recounts"); len(left) > 0 {
		t.Errorf("days %q are still to be counted again", left)
	}
}
