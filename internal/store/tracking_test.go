package store_test

import (
	"errors"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
)

// TestTrackingChanges: what each change of a job's tracking does, after each other one.
func TestTrackingChanges(t *testing.T) {
	t.Parallel()
	const (
		done    = "done"
		nothing = "nothing"
		refused = "conflict"
	)
	f := newFeed(t)
	ctx := t.Context()
	changes := map[string]func(job string) (bool, error){
		"pause":  func(job string) (bool, error) { return f.store.PauseJob(ctx, f.by, job, "why") },
		"resume": func(job string) (bool, error) { return f.store.ResumeJob(ctx, f.by, job) },
		"finish": func(job string) (bool, error) { return f.store.FinishJob(ctx, f.by, job) },
		"remove": func(job string) (bool, error) { return f.store.RemoveJob(ctx, f.by, job) },
	}
	tracking := map[string]string{"pause": "paused", "resume": "active", "finish": "finished", "remove": "removed"}
	for _, test := range []struct{ first, then, want string }{
		{"pause", "pause", nothing},
		{"pause", "resume", done},
		{"pause", "remove", done},
		{"finish", "finish", nothing},
		{"finish", "resume", done},
		{"finish", "pause", done},
		{"finish", "remove", done},
		{"remove", "remove", nothing},
		{"remove", "resume", refused},
		{"remove", "pause", refused},
		// A poll in flight finishes a job; it does not undo what somebody has decided meanwhile.
		{"pause", "finish", nothing},
		{"remove", "finish", nothing},
	} {
		job := test.first + "-then-" + test.then
		f.register(t, "woosmap", job)
		f.must(t)(changes[test.first](job))
		changed, err := changes[test.then](job)
		got, want := nothing, tracking[test.first]
		switch {
		case errors.Is(err, store.ErrConflict):
			got = refused
		case err != nil:
			t.Fatal(err)
		case changed:
			got, want = done, tracking[test.then]
		}
		if got != test.want {
			t.Errorf("%s: it gives %s, not %s", job, got, test.want)
		}
		equalLines(t, column[string](t, f.conn, "SELECT concat_ws(' ', jobs.tracking, next_poll_at IS NOT NULL) FROM jobs JOIN cursors USING (job_id) WHERE name = $1", job),
			want+map[bool]string{true: " t", false: " f"}[want == "active"])
	}
}

// TestTrackingUnknownNames are not found.
func TestTrackingUnknownNames(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	ctx := t.Context()
	for name, call := range map[string]func() error{
		"PauseJob":     func() error { _, err := f.store.PauseJob(ctx, f.by, "x", ""); return err },
		"Job":          func() error { _, err := f.store.Job(ctx, "x"); return err },
		"JobRow":       func() error { _, err := f.store.JobRow(ctx, "x"); return err },
		"Source":       func() error { _, err := f.store.Source(ctx, "x"); return err },
		"PauseSource":  func() error { _, err := f.store.PauseSource(ctx, f.by, "x", ""); return err },
		"ResumeSource": func() error { _, err := f.store.ResumeSource(ctx, f.by, "x"); return err },
		"RemoveSource": func() error { _, err := f.store.RemoveSource(ctx, f.by, "x"); return err },
		"SnapshotRow":  func() error { _, err := f.store.SnapshotRow(ctx, "x", 0); return err },
		"History":      func() error { _, err := f.store.History(ctx, store.HistoryParams{Job: "x", Most: 1}); return err },
	} {
		if err := call(); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s gives %v", name, err)
		}
	}
}

// TestTrackingSourcePause keeps the first reason, and is recorded.
func TestTrackingSourcePause(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	f.register(t, "woosmap", "a")
	f.must(t)(f.store.PauseSource(t.Context(), f.by, "woosmap-prod", "first"))
	for _, again := range []func() (bool, error){
		func() (bool, error) { return f.store.PauseSource(t.Context(), f.by, "woosmap-prod", "second") },
		func() (bool, error) { return f.store.PauseForCredential(t.Context(), f.by, "woosmap-prod", "third") },
	} {
		if changed, err := again(); changed || err != nil {
			t.Errorf("paused again: %t, %v", changed, err)
		}
	}
	f.must(t)(f.store.ResumeSource(t.Context(), f.by, "woosmap-prod"))
	if changed, err := f.store.ResumeSource(t.Context(), f.by, "woosmap-prod"); changed || err != nil {
		t.Errorf("resumed again: %t, %v", changed, err)
	}
	equalLines(t, column[string](t, f.conn, `SELECT concat_ws(' ', action, subject, before ->> 'paused_reason', '->', after ->> 'paused_reason')
		FROM report.changes WHERE action <> 'register' ORDER BY change_no`),
		"pause source woosmap-prod -> first", "resume source woosmap-prod first ->")
}

// TestTrackingRemovedJobKeepsItsHistory, and an answer in flight still lands.
func TestTrackingRemovedJobKeepsItsHistory(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := f.register(t, "woosmap", "a")[0]
	f.round(t, said{job: job, body: woosmapBody("r", "in_progress")})
	takes := f.take(t, said{job: job, body: woosmapBody("r", "success")})
	f.compare(t, takes)
	f.must(t)(f.store.RemoveJob(t.Context(), f.by, "a"))
	f.record(t, takes)
	h, err := f.store.History(t.Context(), store.HistoryParams{Job: "a", Most: 10})
	if err != nil {
		t.Fatal(err)
	}
	if h.Job.Tracking != "removed" || len(h.Runs) != 1 || h.Runs[0].State != string(history.StateSucceeded) {
		t.Errorf("history: %+v", h)
	}
}

// TestTrackingGaps tells of the time in which nobody was to look at a job, but
// not of what came after its end.
func TestTrackingGaps(t *testing.T) {
	t.Parallel()
	for action, want := range map[string][]string{"pause": {"paused"}, "finish": nil, "remove": {"paused"}} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			f := newFeed(t)
			job := f.register(t, "woosmap", "a")[0]
			f.round(t, said{job: job, body: woosmapBody("r", "success")})
			mustExec(t, f.conn, "UPDATE cursors SET planned_every = interval '1 min'")
			f.by.At = f.now.Add(time.Minute)
			f.must(t)(map[string]func() (bool, error){
				"pause":  func() (bool, error) { return f.store.PauseJob(t.Context(), f.by, "a", "") },
				"finish": func() (bool, error) { return f.store.FinishJob(t.Context(), f.by, "a") },
				"remove": func() (bool, error) { return f.store.RemoveJob(t.Context(), f.by, "a") },
			}[action]())
			f.by.At = f.now.Add(time.Hour)
			if action == "remove" {
				f.register(t, "woosmap", "a")
			} else {
				f.must(t)(f.store.ResumeJob(t.Context(), f.by, "a"))
			}
			equalLines(t, column[string](t, f.conn, `SELECT reason FROM report.gaps WHERE gap_to IS NOT NULL`), want...)
		})
	}
}
