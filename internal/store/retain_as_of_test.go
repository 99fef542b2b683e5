package store_test

import (
	"fmt"
	"testing"
	"time"

	"tracker/internal/store"
)

// stateGrid asks for the state of the latest run at moments, each as known at each of
// them: "-" where the job is absent.
const stateGrid = `SELECT concat_ws(' ', to_char(m.at, 'DD HH24:MI:SS'), to_char(k.at, 'DD HH24:MI:SS'), coalesce((
		SELECT concat_ws(' ', run_no, run_id, state, status, since) FROM report.status_as_of(m.at, k.at) WHERE NOT run_no = ANY($2)
	), '-'))
	FROM unnest($1::timestamptz[]) m (at), unnest($1::timestamptz[]) k (at) ORDER BY m.at, k.at`

// stateLine tells the timeline of the latest run, but for some.
const stateLine = `SELECT concat_ws(' ', run_no, state, starts_at, ends_at) FROM report.state_timeline('-infinity', $1)
	WHERE NOT run_no = ANY($2) ORDER BY starts_at`

// TestTakenRunsHideNoOther: for the time in which a run was the latest that was taken
// since, nothing is told, least of all that the run before it was.
func TestTakenRunsHideNoOther(t *testing.T) {
	t.Parallel()
	f, now := newOldFeed(t)
	job := f.register(t, "woosmap", "stores-eu")[0]
	began := func() string { // half a minute before it is seen
		return fmt.Sprintf(`{"name":"fetch","status":"success","start":%s,"end":null,"entries":[]}`, lit(f.now.Add(30*time.Second).UTC().Format("2006-01-02T15:04:05")))
	}
	moments := []time.Time{f.now}
	see := func(body string) {
		f.round(t, said{job: job, body: body})
		moments = append(moments, f.now.Add(-31*time.Second), f.now.Add(-29*time.Second), f.now.Add(30*time.Second))
	}
	see(woosmapBody("run-1", "failed"))
	see(woosmapBody("run-2", "in_progress", began())) // taken, and so is the next
	see(woosmapBody("run-2", "success", began()))
	see(woosmapBody("run-3", "success", began()))
	see(woosmapBody("run-4", "in_progress", began())) // superseded
	see(woosmapBody("run-5", "success"))              // taken
	see(woosmapBody("run-6", "failed", began()))      // on hold
	see(woosmapBody("run-7", "success"))              // taken
	f.now = now.Add(-10 * time.Minute)
	see(woosmapBody("run-8", "success"))
	for _, no := range []int{1, 6} {
		if _, err := f.store.HoldRun(t.Context(), f.by, store.RunHold{Job: job, RunNo: no}); err != nil {
			t.Fatal(err)
		}
	}
	gone := []int32{2, 3, 5, 7}
	grid := column[string](t, f.conn, stateGrid, moments, gone)
	line := column[string](t, f.conn, stateLine, f.now, gone)
	takeRuns(t, f, f.store)
	equalLines(t, column[string](t, f.conn, "SELECT run_no::text FROM report.taken_runs ORDER BY run_no"), "2", "3", "5", "7")
	equalLines(t, column[string](t, f.conn, stateGrid, moments, []int32{}), grid...)
	equalLines(t, column[string](t, f.conn, stateLine, f.now, []int32{}), line...)
}
