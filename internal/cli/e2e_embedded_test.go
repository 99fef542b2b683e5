package cli

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tracker/internal/embeddedpg"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

// newEmbeddedWorld gives a world whose trackers run their own database.
func newEmbeddedWorld(t *testing.T) *world {
	t.Helper()
	w := newWorldWithout(t)
	dir := openTempDir(t)
	w.env["TRACKER_DATA_DIR"] = dir
	w.Database = testkit.Connect(t, (&url.URL{Scheme: "postgres", User: url.User("tracker"), Path: "/tracker", RawQuery: url.Values{
		"host": {filepath.Join(dir, "socket")}, "port": {"5432"},
	}.Encode()}).String())
	w.DB.SetMaxIdleConns(0) // the server ends when its starter does
	return w
}

// openTempDir is a directory that others may pass through, with a short path:
// a server run by root is another user's, and a socket's path is bounded.
func openTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "e2e-") //nolint:usetesting // whose directories have long names, and are closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // others have to pass
		t.Fatal(err)
	}
	return dir
}

// TestEmbedded works without a database of ours: with the one that the tracker
// runs itself, and that several processes share.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	w := newEmbeddedWorld(t)
	gate := upstreamsim.NewGate()
	w.Woosmap.Script(datasetID(0), testkit.WoosmapRun("r1", "in_progress"), testkit.WoosmapRun("r1", "success").Behind(gate), testkit.WoosmapRun("r2", "success"))
	w.apply(declaration(`schedule: "@every 1h", active_every: 1h, `+unlimited, 1))
	w.must("sync")
	if text := w.must("history", jobName(0)); !strings.Contains(text, "running") {
		t.Error(text)
	}

	first := w.start("sync") // runs the server until its poll has come to its end
	receive(t, gate.Reached(), "the request")
	second := w.start("serve", "--listen", "off") // shares it, and then runs another
	second.await("serving")
	w.must("job", "list")
	gate.Open()
	if code := first.wait(); code != exitDone {
		t.Errorf("the sync that ran the server ends with %d: %s", code, first.stderr.String())
	}
	if text := w.must("sync", "--format", "json"); !strings.Contains(text, `"changed"`) {
		t.Error(text)
	}
	w.awaitLine(`SELECT '' FROM snapshots HAVING count(*) = 3`)
	w.Check()
	second.stop()
	if text := w.must("rebuild"); text != "3 snapshots of 1 job folded; 0 rows differed\n" {
		t.Error(text)
	}
}

// TestEmbeddedSurvivesItsStarter kills the process that runs the server while
// others use it.
func TestEmbeddedSurvivesItsStarter(t *testing.T) {
	t.Parallel()
	w := newEmbeddedWorld(t)
	for n := range 5 {
		w.counter(n, 50)
	}
	w.apply(declaration(`schedule: "@every 1s", `+unlimited, 5))
	starter := w.serve()
	other := w.serve()
	polled := func(n int) {
		w.awaitLine(`SELECT '' FROM (SELECT count(*) AS n FROM polls GROUP BY job_id) p HAVING count(*) = 5 AND min(n) >= $1`, n)
	}
	polled(2)
	lost := 10 // claims that the killed process can have held
	starter.kill()
	before := len(w.Requests.All())
	await(t, "further polls", func() bool { return len(w.Requests.All()) > before+10 })
	w.must("job", "list")
	w.must("source", "pause", "woosmap")
	other.stop()
	w.must("job", "list") // starts the server again
	keeper := w.serve()
	if got := w.unrecorded(); got > lost {
		t.Errorf("%d requests are unrecorded", got)
	}
	w.Check()
	keeper.stop()
}

// TestEmbeddedSyncOutlivesItsStarter ends the process that runs the server
// while another has a poll under way.
func TestEmbeddedSyncOutlivesItsStarter(t *testing.T) {
	t.Parallel()
	w := newEmbeddedWorld(t)
	gates := [2]*upstreamsim.Gate{upstreamsim.NewGate(), upstreamsim.NewGate()}
	for n, gate := range gates {
		w.Woosmap.Script(datasetID(n), testkit.WoosmapRun("r1", "success").Behind(gate))
	}
	w.apply(declaration(`schedule: "@every 1h", active_every: 1h, `+unlimited, 2))
	var syncs [2]*process
	for n, gate := range gates {
		syncs[n] = w.start("sync", jobName(n))
		receive(t, gate.Reached(), "the request")
	}
	for n, gate := range gates {
		gate.Open()
		if code := syncs[n].wait(); code != exitDone {
			t.Errorf("sync %d ends with %d: %s%s", n, code, syncs[n].stdout.String(), syncs[n].stderr.String())
		}
	}
	keeper := w.serve()
	w.Want("polls", []string{"2"}, `SELECT count(*)::text FROM polls`)
	w.Check()
	keeper.stop()
}

// TestEmbeddedMigratesWithoutItsStarter ends the server that another process
// runs while a command waits for its turn to migrate.
func TestEmbeddedMigratesWithoutItsStarter(t *testing.T) {
	t.Parallel()
	w := newEmbeddedWorld(t)
	server, err := embeddedpg.Start(t.Context(), embeddedpg.Config{DataDir: w.env["TRACKER_DATA_DIR"], BinDir: os.Getenv("TRACKER_PG_BIN")})
	if err != nil {
		t.Fatal(err)
	}
	held, err := w.DB.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := held.ExecContext(t.Context(), `CREATE TABLE public.tracker_migrations ()`); err != nil {
		t.Fatal(err)
	}
	list := w.start("job", "list")
	w.awaitLine(`SELECT '' FROM pg_stat_activity WHERE query LIKE 'CREATE TABLE public.tracker_migrations%' AND wait_event_type = 'Lock'`)
	if err := server.Close(t.Context()); err != nil {
		t.Error(err)
	}
	_ = held.Rollback()
	if code := list.wait(); code != exitDone {
		t.Errorf("it ends with %d: %s", code, list.stderr.String())
	}
}
