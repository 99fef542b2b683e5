package store_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"tracker/internal/store"
)

// TestKnownIsOfOneMoment: what is read while somebody else records is all from
// before or all from after.
func TestKnownIsOfOneMoment(t *testing.T) {
	t.Parallel()
	const rounds = 60
	f := newFeed(t)
	job := f.register(t, "woosmap", "a")[0]
	var work errgroup.Group
	done := make(chan struct{})
	readers := map[string]func() error{
		"Known": func() error {
			known, _, err := f.store.Known(t.Context(), []store.Answered{{JobID: job.ID, RunID: "r"}})
			if err != nil || known[job.ID].SnapshotNo == 0 {
				return err
			}
			k, run := known[job.ID], known[job.ID].HeadRun()
			if len(run.Steps) != k.SnapshotNo || run.StepCount != k.SnapshotNo || k.TransitionNo != k.SnapshotNo+1 || len(run.Steps[k.SnapshotNo-1].Entries) != 1 {
				return fmt.Errorf("snapshot %d: %d steps counted, %d read, %d transitions", k.SnapshotNo, run.StepCount, len(run.Steps), k.TransitionNo)
			}
			return nil
		},
		"History": func() error {
			h, err := f.store.History(t.Context(), store.HistoryParams{Job: "a", Most: 1})
			if err != nil || len(h.Runs) == 0 {
				return err
			}
			if n := int(h.Runs[0].Steps); len(h.Steps) != n || len(h.LogEntries) != n || len(h.Transitions) != n+1 {
				return fmt.Errorf("%d steps counted, %d read, with %d entries and %d transitions", n, len(h.Steps), len(h.LogEntries), len(h.Transitions))
			}
			return nil
		},
	}
	for name, read := range readers {
		work.Go(func() error {
			for {
				select {
				case <-done:
					return nil
				default:
				}
				if err := read(); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
			}
		})
	}
	var steps []string
	for i := range rounds {
		steps = append(steps, woosmapStep(fmt.Sprint("step", i), "in_progress", "09:00:00", "", woosmapEntry("09:00:00", "info", strings.Repeat("x", i))))
		f.round(t, said{job: job, body: woosmapBody("r", "in_progress", steps...)})
	}
	close(done)
	if err := work.Wait(); err != nil {
		t.Error(err)
	}
}

// TestKnownOfSeveral: the runs of the heads, and those that answers return to.
func TestKnownOfSeveral(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	jobs := f.register(t, "woosmap", "new", "one", "three")
	f.round(t, said{job: jobs[1], body: woosmapBody("a", "success")})
	for _, run := range []string{"a", "b", "c"} {
		f.round(t, said{job: jobs[2], body: woosmapBody(run, "success")})
	}
	known, _, err := f.store.Known(t.Context(), []store.Answered{{JobID: jobs[0].ID, RunID: "a"}, {JobID: jobs[1].ID, RunID: "b"}, {JobID: jobs[2].ID, RunID: "a"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, job := range jobs {
		k := known[job.ID]
		var runs []string
		for _, id := range []string{"a", "b", "c"} {
			if run := k.Runs[id]; run != nil {
				runs = append(runs, fmt.Sprintf("%s=%d", id, run.No))
			}
		}
		got = append(got, fmt.Sprintf("%s: snapshot %d, run %d, head %q: %s", job.Name, k.SnapshotNo, k.RunNo, k.Head, strings.Join(runs, " ")))
	}
	equalLines(t, got, `new: snapshot 0, run 0, head "": `, `one: snapshot 1, run 1, head "a": a=1`, `three: snapshot 3, run 3, head "c": a=1 c=3`)
}
