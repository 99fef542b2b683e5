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
