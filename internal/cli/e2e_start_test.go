package cli

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"tracker/internal/sync"
	"tracker/internal/testkit"
)

// get asks the daemon's web server.
func (p *process) get(path string) (status int, text string) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, "http://"+p.address()+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(body)
}

// TestServeWaitsForItsDatabase begins before its database is up.
func TestServeWaitsForItsDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	line := newProxy(t, w.URL)
	line.block()
	w.env["DATABASE_URL"], w.env["TRACKER_LISTEN"] = line.url, "127.0.0.1:0"
	w.Woosmap.Script(datasetID(0), testkit.WoosmapRun("r1", "success"))
	daemon := w.start("serve", "--apply", w.file(declaration(unlimited, 1)))
	daemon.await("waiting for the database")
	if status, text := daemon.get("/healthz"); status != http.StatusOK {
		t.Errorf("it lives: %d %q", status, text)
	}
	if status, text := daemon.get("/readyz"); status != http.StatusServiceUnavailable || text != "claim loop: it has not begun\ndatabase: it does not answer\n" {
		t.Errorf("it is not ready: %d %q", status, text)
	}
	line.unblock()
	daemon.await("serving")
	w.awaitLine(`SELECT '' FROM report.polls WHERE outcome = 'changed'`)
	daemon.stop()

	line.block()
	waiting := w.start("serve")
	waiting.await("waiting for the database")
	waiting.stop()
}

// TestServeObeysHangups registers its file again when it is told to.
func TestServeObeysHangups(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.file(declaration(unlimited, 0))
	daemon := w.serve("--apply", path)
	if err := os.WriteFile(path, []byte("jobs: 7"), 0o600); err != nil {
		t.Fatal(err)
	}
	daemon.signal(syscall.SIGHUP)
	daemon.await("the file is left aside")
	text, err := os.ReadFile(w.file(declaration(unlimited, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	daemon.signal(syscall.SIGHUP)
	daemon.await("read again")
	w.Want("jobs", []string{jobName(0)}, `SELECT job FROM report.jobs`)
	daemon.stop()

	daemon = w.serve()
	daemon.signal(syscall.SIGHUP)
	daemon.await("nothing to read again")
	daemon.stop()
}

// TestReadinessTellsOfALoopThatStands begins to claim, and turns no more.
func TestReadinessTellsOfALoopThatStands(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.Store()
	h := health{store: s, syncer: &sync.Syncer{Store: s, Getenv: os.Getenv, Owner: "test", Logger: slog.New(slog.DiscardHandler)}, most: time.Nanosecond}
	if reasons := h.ready(t.Context()); !slices.Equal(reasons, []string{"claim loop: it has not begun"}) {
		t.Errorf("before it begins: %q", reasons)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := h.syncer.Serve(ctx, func(sync.Event) {}); err != nil {
			t.Error(err)
		}
	}()
	await(t, "a turn", func() bool { _, begun := h.syncer.Turned(); return begun })
	cancel()
	receive(t, ended, "the end")
	handler := (&website{health: h}).healthHandler()
	for path, want := range map[string]struct {
		status int
		text   string
	}{
		"/healthz": {http.StatusOK, "ok\n"},
		"/readyz":  {http.StatusServiceUnavailable, "claim loop: it has not turned for "},
	} {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if text := recorder.Body.String(); recorder.Code != want.status || !strings.HasPrefix(text, want.text) {
			t.Errorf("it stands: %s: %d %q", path, recorder.Code, text)
		}
	}
	h.most = time.Hour
	if reasons := h.ready(t.Context()); len(reasons) > 0 {
		t.Errorf("it goes round: %q", reasons)
	}
}

// TestSourceListTellsThatNobodyLooks has no tracker that serves.
func TestSourceListTellsThatNobodyLooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(declaration(unlimited, 1))
	for _, want := range []string{"unserved", "nobody looks: no tracker serves this database"} {
		if text := w.must("source", "list"); !strings.Contains(text, want) {
			t.Errorf("no %q in %q", want, text)
		}
	}
	daemon := w.serve()
	if text := w.must("source", "list"); strings.Contains(text, "unserved") {
		w.awaitLine(`SELECT '' FROM replicas`)
		if text = w.must("source", "list"); strings.Contains(text, "unserved") {
			t.Error(text)
		}
	}
	daemon.stop()
}
