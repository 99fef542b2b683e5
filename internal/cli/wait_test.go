package cli

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/upstreamsim"
)

func TestWaitCommand(t *testing.T) {
	t.Parallel()
	l := newLookout(t, "good", "bad", "going", "unseen", "paused", "gone", "gone-early", "finished", "finished-early")
	l.says("good", l.importing("g-1", time.Minute, "success"))
	l.says("bad", l.importing("b-1", time.Minute, "failed", "error: Row 7"))
	l.says("going", l.importing("o-1", time.Minute, "in_progress"))
	for _, name := range []string{"gone", "finished"} {
		l.says(name, l.importing("r-1", time.Minute, "success"))
	}
	l.tracks("paused", func(by store.Author) (bool, error) { return l.store.PauseJob(t.Context(), by, "paused", "by hand") })
	for _, name := range []string{"gone", "gone-early"} {
		l.tracks(name, func(by store.Author) (bool, error) { return l.store.RemoveJob(t.Context(), by, name) })
	}
	for _, name := range []string{"finished", "finished-early"} {
		l.tracks(name, func(by store.Author) (bool, error) { return l.store.FinishJob(t.Context(), by, name) })
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
		{"good --after now --timeout 0s", exitLate, "good  timed out: no run was seen that has started after 20", ""},
		{"good --for failed", exitOther, "good  ✔ succeeded", ""},
		{"bad", exitOther, "bad  ✖ failed  run 1 in import after 30 s: Row 7\n", ""},
		{"bad --for failed", exitDone, "bad  ✖ failed", ""},
		{"good --for ended", exitDone, "good  ✔ succeeded  run 1 after 30 s\n", ""},
		{"bad --for ended", exitDone, "bad  ✖ failed  run 1 in import after 30 s: Row 7\n", ""},
		{"bad --for ended --after now --timeout 0s", exitLate, "bad  timed out: no run was seen that has started after 20", ""},
		{"going --for ended --timeout 0s", exitLate, "going  timed out: ▶ running  run 1 in import\n", ""},
		{"going --timeout 0s", exitLate, "going  timed out: ▶ running  run 1 in import\n", ""},
		{"going --for running", exitDone, "going  ▶ running  run 1 in import\n", ""},
		{"unseen --timeout 0s", exitLate, "unseen  timed out: no run was seen yet\n", ""},
		{"paused", exitUnseen, "paused  nobody will poll: no run was seen yet\n", "nobody looks: job paused is paused: by hand; to go on:  tracker job resume paused\n"},
		{"gone", exitDone, "gone  ✔ succeeded  run 1 after 30 s\n", "nobody looks: job gone is removed"},
		{"gone --after now", exitUnseen, "gone  nobody will poll: no run was seen that has started after 20", "job gone is removed"},
		{"gone-early", exitUnseen, "gone-early  nobody will poll: no run was seen yet\n", "job gone-early is removed"},
		{"finished --for failed", exitOther, "finished  ✔ succeeded", ""},
		{"finished --after now", exitUnseen, "finished  nobody will poll: no run was seen that", "job finished is finished, since its import has ended; to poll it:  tracker sync finished\n"},
		{"finished-early", exitUnseen, "finished-early  nobody will poll: no run was seen yet\n", "job finished-early is finished"},
		{"nobody", exitUsage, "", `no job is named "nobody"`},
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
	l.heartbeat()
	if _, stderr, _ := f.run("wait", "good"); stderr != "" {
		t.Errorf("though a tracker serves, it says %s", stderr)
	}
}

// tracks changes how a job is tracked.
func (l *lookout) tracks(name string, change func(store.Author) (bool, error)) {
	l.t.Helper()
	if changed, err := change(store.Author{Actor: "tester", At: l.now()}); err != nil || !changed {
		l.t.Fatalf("job %s: %v, %v", name, changed, err)
	}
}

// A pause ends a wait that goes on, as it tells that nobody will see the end.
func TestWaitEndsWhereNobodyWillPoll(t *testing.T) {
	t.Parallel()
	l := newLookout(t, "stores-eu")
	l.heartbeat()
	l.says("stores-eu", l.importing("e-1", time.Minute, "in_progress"))
	looker := begin(t, func(ctx context.Context, ticks <-chan time.Time) error {
		return (&waiter{app: l.app, store: l.store, state: "succeeded", ticks: ticks}).wait(ctx, "stores-eu")
	})
	looker.again()
	if _, err := l.store.PauseSource(t.Context(), store.Author{Actor: "tester", At: l.now()}, "woosmap-test", "unauthorized: 401"); err != nil {
		t.Fatal(err)
	}
	if err := looker.end(); !errors.Is(err, exitError{exitUnseen}) {
		t.Errorf("ends with %v", err)
	}
	if got, want := l.out.String(), "stores-eu  nobody will poll: ▶ running  run 1 in import\n"; got != want {
		t.Error(got)
	}
	if got := l.errs.String(); got != "nobody looks: source woosmap-test is paused: unauthorized: 401; to go on:  tracker source resume woosmap-test\n" {
		t.Error(got)
	}
}

// A service that does not know the job is told of, and asked on.
func TestWaitTellsOfFailures(t *testing.T) {
	t.Parallel()
	l := newLookout(t, "stores-eu")
	l.heartbeat()
	l.says("stores-eu", upstreamsim.Status(404, `{"detail": "no such dataset"}`))
	looker := begin(t, func(ctx context.Context, ticks <-chan time.Time) error {
		return (&waiter{app: l.app, store: l.store, state: "succeeded", ticks: ticks}).wait(ctx, "stores-eu")
	})
	looker.again()
	if got := l.errs.String(); !strings.HasPrefix(got, "cannot look: the last poll of job stores-eu was answered: 404") || strings.Count(got, "\n") != 1 {
		t.Error(got)
	}
	l.says("stores-eu", l.importing("e-1", time.Minute, "success"))
	if err := looker.end(); err != nil {
		t.Errorf("ends with %v", err)
	}
}

// TestWaitAfter waits for an import that begins later, through one that was
// there before.
func TestWaitAfter(t *testing.T) {
	t.Parallel()
	l := newLookout(t, "stores-eu")
	l.heartbeat()
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
