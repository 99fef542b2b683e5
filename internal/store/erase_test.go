package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tracker/internal/source"
	"tracker/internal/store"
)

// erasable are the answers of two jobs, each with a text that no other has. The first
// run has three and the second two.
func erasable() [5][2]string {
	only := func(n int) string { return woosmapEntry("09:30:00", "error", fmt.Sprintf("only in %d", n)) }
	item := func(n int) string { return safetykitItem(fmt.Sprintf("only-in-%d", n), "1") }
	return [5][2]string{
		{woosmapBody("r1", "in_progress", woosmapStep("fetch", "in_progress", "09:00:00", "", only(1))), safetykitBody("q1", "queued", item(1))},
		{
			woosmapBody("r1", "in_progress", woosmapStep("fetch", "success", "09:00:00", "09:40:00", only(2), woosmapEntry("09:31:00", "info", "shared")),
				woosmapStep("import", "in_progress", "09:40:00", "")), safetykitBody("q1", "ingesting", item(2)),
		},
		{
			woosmapBody("r1", "failed", woosmapStep("fetch", "success", "09:00:00", "09:40:00", only(3), woosmapEntry("09:31:00", "info", "shared")),
				woosmapStep("import", "odd", "09:40:00", "09:50:00")), safetykitBody("q1", "succeeded", item(3)),
		},
		{woosmapBody("r2", "in_progress", woosmapStep("fetch", "in_progress", "09:55:00", "", only(4))), safetykitBody("q2", "queued", item(4))},
		{
			woosmapBody("r2", "success", woosmapStep("fetch", "success", "09:55:00", "09:57:00", only(5), woosmapEntry("09:56:00", "odd", "x"))),
			safetykitBody("q2", "failed", item(5)),
		},
	}
}

func (f *feed) erase(t *testing.T, job store.Job, runNo, no int) (store.ErasedBodies, error) {
	t.Helper()
	provider, err := source.Lookup(job.From.Provider)
	if err != nil {
		t.Fatal(err)
	}
	return f.store.Erase(t.Context(), store.EraseParams{
		JobID: job.ID, RunNo: runNo, SnapshotNo: no, Reason: "a person asked", By: f.by, Owner: "eraser", Now: f.now, Interpret: provider.Interpret,
		Interpretation: provider.Interpretation,
	})
}

// told is all that the tables have of a job in texts.
func (f *feed) told(t *testing.T, job store.Job) string {
	t.Helper()
	var all []string
	for _, table := range []string{"runs", "steps", "log_entries", "result_items", "transitions", "anomalies", "erased_snapshots"} {
		all = append(all, column[string](t, f.conn, "SELECT x::text FROM "+table+" x WHERE job_id = $1", job.ID)...)
	}
	all = append(all, column[string](t, f.conn, "SELECT body_text FROM report.snapshots WHERE job_id = $1 AND body IS NOT NULL", job.ID)...)
	return strings.Join(all, "\n")
}

// TestErase erases each set of snapshots of the same history, in both orders: the texts
// are gone and all others there, what comes afterwards is compared with the rest, and
// a rebuild finds nothing to mend, before and after.
func TestErase(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	answers := erasable()
	var names [2][]string
	for set := 1; set < 1<<len(answers); set++ {
		names[0], names[1] = append(names[0], fmt.Sprintf("stores-%d", set)), append(names[1], fmt.Sprintf("products-%d", set))
	}
	jobs := [2][]store.Job{f.register(t, "woosmap", names[0]...), f.register(t, "safetykit", names[1]...)}
	say := func(bodies [2]string) {
		var all []said
		for kind, of := range jobs {
			for _, job := range of {
				all = append(all, said{job: job, body: bodies[kind]})
			}
		}
		f.round(t, all...)
	}
	for _, bodies := range answers {
		say(bodies)
	}
	for _, of := range jobs {
		for i, job := range of {
			f.eraseSet(t, job, i+1)
		}
	}
	say([2]string{
		woosmapBody("r2", "success", woosmapStep("fetch", "success", "09:55:00", "09:57:00", woosmapEntry("09:56:00", "odd", "x"), woosmapEntry("09:58:00", "info", "late"))),
		safetykitBody("q2", "failed"),
	})
	say([2]string{woosmapBody("r1", "success"), safetykitBody("q1", "succeeded", safetykitItem("z", "1"))})
	for _, of := range jobs {
		for _, job := range of {
			if n := f.rebuild(t, job); n != 0 {
				t.Errorf("%s: a rebuild after more answers writes %d rows", job.Name, n)
			}
		}
	}
}

// eraseSet erases the snapshots whose bits are set.
func (f *feed) eraseSet(t *testing.T, job store.Job, set int) {
	t.Helper()
	var nos []int
	for no := 1; no <= 5; no++ {
		if set&(1<<(no-1)) != 0 {
			nos = append(nos, no)
		}
	}
	if set%2 == 0 {
		slices.Reverse(nos)
	}
	hashes := "SELECT encode(sha256, 'hex') FROM report.snapshots WHERE job_id = $1 ORDER BY snapshot_no"
	hashed := column[string](t, f.conn, hashes, job.ID)
	numbers := "SELECT transition_no::text FROM transitions WHERE job_id = $1 AND snapshot_no = $2 ORDER BY transition_no"
	var numbered [6][]string
	for no := range numbered {
		numbered[no] = column[string](t, f.conn, numbers, job.ID, no)
	}
	for _, no := range nos {
		done, err := f.erase(t, job, 1+no/4, no)
		if err != nil {
			t.Fatalf("%s: erase %d of %v: %v", job.Name, no, nos, err)
		}
		if !slices.Equal(done.Snapshots, []int{no}) {
			t.Errorf("%s: it has erased %v, not %d", job.Name, done.Snapshots, no)
		}
		if _, err := f.erase(t, job, 1+no/4, no); !errors.Is(err, store.ErrNothingToErase) {
			t.Errorf("%s: erased twice, it says %v", job.Name, err)
		}
	}
	for no := 2; no <= 5; no++ { // what is not next to an erased one keeps its numbers
		if !slices.Contains(nos, no) && !slices.Contains(nos, no-1) {
			equalLines(t, column[string](t, f.conn, numbers, job.ID, no), numbered[no]...)
		}
	}
	told := f.told(t, job)
	for no := 1; no <= 5; no++ {
		there := strings.Contains(told, fmt.Sprintf("only in %d", no)) || strings.Contains(told, fmt.Sprintf("only-in-%d", no))
		if gone := slices.Contains(nos, no); there == gone {
			t.Errorf("%s: of %v erased, the text of %d is there: %t", job.Name, nos, no, there)
		}
	}
	if n := f.rebuild(t, job); n != 0 {
		t.Errorf("%s: of %v erased, a rebuild writes %d rows", job.Name, nos, n)
	}
	equalLines(t, column[string](t, f.conn, hashes, job.ID), hashed...)
}
