package store_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tracker/internal/store"
)

// TestKnownForgets: of what a run's answers take back, step by step and entry by
// entry, the oldest is forgotten: alike in what is read and what is remembered, and
// nothing of it in the rows, which a rebuild leaves as they are.
func TestKnownForgets(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	read, kept := f.register(t, "woosmap", "read")[0], f.register(t, "safetykit", "kept")[0]
	remembered := f.register(t, "woosmap", "remembered")[0]
	f.keep(kept)
	f.keep(remembered)
	window := func(from, to int) (entries []string) {
		for n := from; n < to; n++ {
			entries = append(entries, woosmapEntry("09:00:00", "error", fmt.Sprint("line ", n)))
		}
		return entries
	}
	fetch := func(entries []string) string { return woosmapStep("fetch", "in_progress", "09:00:00", "", entries...) }
	bodies := []string{woosmapBody("r", "in_progress", fetch(window(0, 70)))}
	for n := range 6 {
		bodies = append(bodies, woosmapBody("r", "in_progress", fetch(append(window(0, 1), window(60*n, 60*n+70)...))))
	}
	bodies = append(bodies,
		woosmapBody("r", "in_progress", fetch(window(0, 40))),    // forgotten: they are new
		woosmapBody("r", "in_progress", fetch(window(300, 370))), // these are back
		woosmapBody("s", "in_progress", fetch(window(0, 5))),
		woosmapBody("r", "in_progress", fetch(window(250, 310))),
	)
	for n := range 8 {
		bodies = append(bodies, woosmapBody("r", "in_progress", woosmapStep(fmt.Sprint("step ", n%5), "in_progress", fmt.Sprintf("0%d:00:00", n%5), "", window(40*n, 40*n+40)...)))
	}
	for n, body := range bodies {
		f.round(t, said{job: read, body: body}, said{job: remembered, body: body}, said{job: kept, body: safetykitBody("q", fmt.Sprint("odd", n))})
		known, _, err := f.store.Known(t.Context(), []store.Answered{{JobID: read.ID, RunID: "r"}, {JobID: remembered.ID, RunID: "r"}, {JobID: kept.ID, RunID: "q"}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(f.kept[remembered.ID].Runs["r"], known[remembered.ID].Runs["r"], cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("round %d: what is known (-remembered +read):\n%s", n, diff)
		}
		if diff := cmp.Diff(f.kept[kept.ID], known[kept.ID], cmpopts.EquateEmpty(), cmp.AllowUnexported(store.Body{})); diff != "" {
			t.Fatalf("round %d: what is known of observed steps (-remembered +read):\n%s", n, diff)
		}
	}
	forgets := column[bool](t, f.conn, "SELECT forgotten_before IS NOT NULL FROM runs WHERE job_id = $1 ORDER BY run_no", remembered.ID)
	steps := value[int](t, f.conn, "SELECT count(*) FROM steps WHERE job_id = $1", remembered.ID)
	if run := f.kept[remembered.ID].Runs["r"]; !forgets[0] || len(run.Steps) >= run.LastStepNo || steps != run.LastStepNo+1 {
		t.Errorf("forgets: %t; of %d steps it knows %d, and %d are stored of two runs", forgets, run.LastStepNo, len(run.Steps), steps)
	}
}
