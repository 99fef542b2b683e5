package store_test

import (
	"errors"
	"testing"

	"tracker/internal/store"
)

// TestHolds: a hold is told by report.runs, and its beginning and end by report.changes.
func TestHolds(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := f.register(t, "woosmap", "stores-eu")[0]
	f.round(t, said{job: job, body: woosmapBody("run-1", "success")})
	hold := store.RunHold{Job: job, RunNo: 1, Reason: "claim 4711"}
	for i, want := range []bool{true, false} {
		if held, err := f.store.HoldRun(t.Context(), f.by, hold); err != nil || held != want {
			t.Fatalf("hold %d: %t, %v", i+1, held, err)
		}
	}
	equalLines(t, column[string](t, f.conn, "SELECT (held_at = $1)::text FROM report.runs", f.by.At), "true")
	for i, want := range []bool{true, false} {
		if released, err := f.store.ReleaseRun(t.Context(), f.by, job, 1); err != nil || released != want {
			t.Fatalf("release %d: %t, %v", i+1, released, err)
		}
	}
	equalLines(t, column[string](t, f.conn, "SELECT coalesce(held_at::text, 'none') FROM report.runs"), "none")
	equalLines(t, column[string](t, f.conn, `SELECT concat_ws(' ', actor, action, subject, before - 'held_at', after) FROM report.changes
		WHERE action IN ('hold', 'release') ORDER BY change_no`),
		`ann hold job stores-eu {"reason": "claim 4711", "run_no": 1}`,
		`ann release job stores-eu {"reason": "claim 4711", "run_no": 1}`)
}

func TestHoldNeedsARun(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := f.register(t, "woosmap", "stores-eu")[0]
	if _, err := f.store.HoldRun(t.Context(), f.by, store.RunHold{Job: job, RunNo: 1}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("hold on a run that is not there: %v", err)
	}
}

// TestHoldsOfTheDaemon: its login may keep more than it is told to, and not less.
func TestHoldsOfTheDaemon(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := f.register(t, "woosmap", "stores-eu")[0]
	f.round(t, said{job: job, body: woosmapBody("run-1", "failed")})
	writer := loginAs(t, f.conn, f.url, "tracker_writer")
	daemon := openStore(t, writer.Config().ConnString())
	if held, err := daemon.HoldRun(t.Context(), f.by, store.RunHold{Job: job, RunNo: 1}); err != nil || !held {
		t.Fatalf("hold: %t, %v", held, err)
	}
	if _, err := daemon.ReleaseRun(t.Context(), f.by, job, 1); !errors.Is(err, store.ErrNotOperator) {
		t.Errorf("release: %v", err)
	}
	wantCode(t, writer, codePrivilege, "DELETE FROM holds")
	equalLines(t, column[string](t, f.conn, "SELECT actor FROM report.changes WHERE action = 'hold'"), writer.Config().User)
	mustExec(t, f.conn, "SELECT run_release($1, 1)", job.ID)
}

// TestHoldFailed: a run is on hold from the moment when it is recorded that it failed,
// and no longer than until somebody releases it.
func TestHoldFailed(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	writer := loginAs(t, f.conn, f.url, "tracker_writer")
	job := f.register(t, "woosmap", "stores-eu")[0]
	daemon, err := store.Open(t.Context(), writer.Config().ConnString(), store.Options{HoldFailed: true})
	if err != nil {
		t.Fatal(err)
	}
	defer daemon.Close()
	owner := f.store
	f.store = daemon
	for _, body := range []string{woosmapBody("run-1", "in_progress"), woosmapBody("run-1", "failed"), woosmapBody("run-2", "success"), woosmapBody("run-3", "failed")} {
		f.round(t, said{job: job, body: body})
	}
	held := func() []string {
		return column[string](t, f.conn, "SELECT run_no::text FROM report.runs WHERE held_at IS NOT NULL ORDER BY run_no")
	}
	equalLines(t, held(), "1", "3")
	if _, err := owner.ReleaseRun(t.Context(), f.by, job, 3); err != nil {
		t.Fatal(err)
	}
	f.round(t, said{job: job, body: woosmapBody("run-3", "failed", woosmapStep("fetch", "failed", "10:00:00", ""))})
	equalLines(t, held(), "1")
	f.store = owner
	f.round(t, said{job: job, body: woosmapBody("run-4", "failed")}) // nobody asked for it
	equalLines(t, held(), "1")
}
