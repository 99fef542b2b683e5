package sync_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/testkit"
)

// awaitLine waits until a query of one text column has a row.
func (l *lab) awaitLine(query string, args ...any) string {
	l.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); <-tick.C {
		if lines := l.Lines(query, args...); len(lines) > 0 {
			return lines[0]
		}
	}
	l.t.Fatalf("waited in vain for %s", query)
	return ""
}

// serve runs a daemon until stop, which returns its error, or the end of the test.
func (l *lab) serve() (stop func() error) {
	l.t.Helper()
	ctx, cancel := context.WithCancel(l.t.Context())
	ended := make(chan error, 1)
	told := &events{}
	go func() { ended <- l.syncer.Serve(ctx, told.tell) }()
	l.t.Cleanup(cancel)
	return func() error {
		l.t.Helper()
		cancel()
		return receive(l.t, ended, "the daemon's end")
	}
}

// TestServeLeavesRemovedSources alone: whether their credentials can be read is nobody's concern.
func TestServeLeavesRemovedSources(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	for _, name := range []string{"gone", "kept"} {
		spec := l.sourceSpec(name, "woosmap", l.WoosmapAt)
		spec.Credential = "env:ABSENT"
		l.declare(store.Declaration{Sources: []store.SourceSpec{spec}})
	}
	if removed, err := l.store.RemoveSource(t.Context(), l.author(), "gone"); !removed || err != nil {
		t.Fatal(removed, err)
	}
	stop := l.serve()
	l.awaitLine(`SELECT paused_reason FROM report.sources WHERE source = 'kept' AND paused_reason IS NOT NULL`)
	if err := stop(); err != nil {
		t.Error(err)
	}
	l.Want("of the removed one", []string{"register", "remove"}, `SELECT action FROM report.changes WHERE subject = 'source gone' ORDER BY change_no`)
}

func TestServeIsNotDelayedByACredentialThatHangs(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check("quick")
	gate := make(chan struct{})
	getenv := l.syncer.Getenv
	l.syncer.Getenv = func(name string) string {
		if name == "OTHER_KEY" { // as a file beyond a network that is gone
			<-gate
		}
		return getenv(name)
	}
	l.reconfigure("safetykit", func(s *store.SourceSpec) { s.Credential = "env:OTHER_KEY" })
	l.reconfigure("woosmap", func(s *store.SourceSpec) { s.Schedule, s.ActiveEvery = "@every 1s", time.Second })
	l.dataset("quick", testkit.WoosmapRun("r1", "in_progress"))
	l.request("blind", safetykitRun("blind", "queued"))
	stop := l.serve()
	reason := l.awaitLine(`SELECT paused_reason FROM report.sources WHERE source = 'safetykit' AND paused_reason IS NOT NULL`)
	if !strings.Contains(reason, "cannot be read") {
		t.Errorf("paused for %q", reason)
	}
	polls := l.Lines(`SELECT outcome FROM report.polls WHERE job = 'quick'`)
	if len(polls) < 4 || slices.Contains(polls, "timeout") {
		t.Errorf("while it hung the other source was polled %q", polls)
	}
	if err := stop(); err != nil {
		t.Errorf("with a read that hangs the daemon ends with %v", err)
	}
	close(gate)
}
