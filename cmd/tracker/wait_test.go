package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"tracker/internal/store"
)

func TestWaitCommand(t *testing.T) {
	t.Parallel()
	l := newLookout(t, "good", "bad", "going", "unseen", "paused")
	l.says("good", l.importing("g-1", time.Minute, "success"))
	l.says("bad", l.importing("b-1", time.Minute, "failed", "error: Row 7"))
	l.says("going", l.importing("o-1", time.Minute, "in_progress"))
	if _, err := l.store.PauseJob(t.Context(), store.Author{Actor: "tester", At: l.now()}, "paused", "by hand"); err != nil {
		t.Fatal(err)
	}
	f := &readFixture{t: t, getenv: l.app.getenv}
	for _, c := range []struct {
		args string
		code int
		out  string
		errs string
	}{
		{"good", exitDone, "good  ✔ succeeded  run 1 after 30 s\n", "no tracker serves this database"},
		{"good --after 5m", exitDone, "good  ✔ succeeded", ""},
		{"good --after now --timeout 0s", exitLate, "good  timed out: no run has started after 20", ""},
		{"good --for failed", exitOther, "good  ✔ succeeded", ""},
		{"bad", exitOther, "bad  ✖ failed  run 1 in import after 30 s: Row 7\n", ""},
		{"bad --for failed", exitDone, "bad  ✖ failed", ""},
		{"going --timeout 0s", exitLate, "going  timed out: ▶ running  run 1 in import\n", ""},
		{"going --for running", exitDone, "going  ▶ running  run 1 in import\n", ""},
		{"unseen --timeout 0s", exitLate, "unseen  timed out: no run was seen yet\n", ""},
		{"paused --timeout 0s", exitLate, "paused  timed out", "nobody looks: job paused is paused; to go on:  tracker job resume paused\n"},
		{"nobody", exitFailed, "", `no job is named "nobody"`},
		{"good --for done", exitUsage, "", "want one of queued, running, succeeded"},
		{"good --after tomorrow", exitUsage, "", "--after: "},
		{"good --timeout soon", exitUsage, "", "--timeout: "},
		{"", exitUsage, "", "want one JOB"},
	} {
		stdout, stderr, code := f.run(append([]string{"wait"}, strings.Fields(c.args)...)...)
		if code != c.code || !strings.HasPrefix(stdout, c.out) || c.out == "" && stdout != "" || !strings.Contains(stderr, c.errs) {
			t.Errorf("tracker wait %s ends with %d: %s%s", c.args, code, stdout, stderr)
		}
	}
	l.beat()
	if _, stderr, _ := f.run("wait", "good"); stderr != "" {
		t.Errorf("though a tracker serves, it says %s", stderr)
	}
}

// TestWaitAfter waits for an import that begins later, through one that was
// there before.
func TestWaitAfter(t *testing.T) {
	t.Parallel()
	l := newLookout(t, "stores-eu")
	l.beat()
	l.says("stores-eu", l.importing("e-1", time.Hour, "success"))
	w := &waiter{app: l.app, store: l.store, state: "succeeded", after: l.now().Add(-time.Minute)}
	looker := begin(t, func(ctx context.Context, ticks <-chan time.Time) error {
		w.ticks = ticks
		return w.wait(ctx, "stores-eu")
	})
	looker.again()
	l.says("stores-eu", l.importing("e-2", 20*time.Second, "in_progress"))
	looker.again()
	if got := l.out.String(); got != "" {
		t.Errorf("it did not wait: %s", got)
	}
	l.says("stores-eu", l.importing("e-2", 20*time.Second, "success"))
	if err := looker.end(); err != nil {
		t.Errorf("ends with %v", err)
	}
	if got := l.out.String() + l.errs.String(); got != "stores-eu  ✔ succeeded  run 2 after 10 s\n" {
		t.Error(got)
	}
}

func TestWaitEnds(t *testing.T) {
	t.Parallel()
	l := newLookout(t, "stores-eu")
	ended := make(chan time.Time, 1)
	ended <- time.Time{}
	err := (&waiter{app: l.app, store: l.store, state: "succeeded", end: ended}).wait(t.Context(), "stores-eu")
	if !errors.Is(err, exitError{exitLate}) {
		t.Errorf("timed out, it ends with %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = (&waiter{app: l.app, store: l.store, state: "succeeded"}).wait(ctx, "stores-eu")
	if err == nil || err.Error() != "interrupted" {
		t.Errorf("interrupted, it ends with %v", err)
	}
}
