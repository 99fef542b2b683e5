package cli

import (
	"context"
	"database/sql"
	"maps"
	"os"
	"strings"
	"testing"

	"tracker/internal/embeddedpg"
	"tracker/internal/store"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

// server is a Postgres of the test's own, which it may treat badly.
type server struct {
	t      *testing.T
	config embeddedpg.Config
	*embeddedpg.Server
}

func newServer(t *testing.T) *server {
	t.Helper()
	return newServerWith(t, map[string]string{"max_connections": "20"})
}

// newServerWith is newServer with other settings.
func newServerWith(t *testing.T, settings map[string]string) *server {
	t.Helper()
	s := &server{t: t, config: embeddedpg.Config{
		DataDir: openTempDir(t), BinDir: os.Getenv("TRACKER_PG_BIN"),
		Settings: map[string]string{"fsync": "off", "synchronous_commit": "off"},
	}}
	maps.Copy(s.config.Settings, settings)
	s.begin()
	t.Cleanup(s.end)
	return s
}

func (s *server) begin() {
	s.t.Helper()
	var err error
	if s.Server, err = embeddedpg.Start(s.t.Context(), s.config); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) end() {
	s.t.Helper()
	if err := s.Close(context.WithoutCancel(s.t.Context())); err != nil {
		s.t.Error(err)
	}
}

// troubles are what may happen to the database under a running daemon: each
// begins and ends one.
func troubles(w *world, s *server) map[string]func() (end func()) {
	return map[string]func() func(){
		"Restart": func() func() {
			s.end()
			return s.begin
		},
		"SessionsEnded": func() func() {
			for range 20 {
				w.Lines(`SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE application_name = 'tracker'`)
				w.pass(checkEvery)
			}
			return func() {}
		},
		"ReadOnly": func() func() {
			w.Exec(`ALTER SYSTEM SET default_transaction_read_only = on`)
			w.Exec(`SELECT pg_reload_conf()`)
			return func() {
				w.Exec(`ALTER SYSTEM RESET default_transaction_read_only`)
				w.Exec(`SELECT pg_reload_conf()`)
			}
		},
		"Failover": func() func() { // to sessions that stay as they are when the server that writes is back
			w.Exec(`ALTER DATABASE tracker SET default_transaction_read_only = on`)
			w.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tracker'`)
			return func() {
				w.Exec(`ALTER DATABASE tracker RESET default_transaction_read_only`)
			}
		},
		"DiskFull": func() func() {
			w.Exec(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END $$`)
			w.Exec(`CREATE TRIGGER full_disk BEFORE INSERT ON polls FOR EACH ROW EXECUTE FUNCTION full_disk()`)
			return func() {
				w.Exec(`DROP TRIGGER full_disk ON polls`)
				w.Exec(`DROP FUNCTION full_disk`)
			}
		},
		"TooManyConnections": func() func() { return takeConnections(w, s.URL()) },
	}
}

// takeConnections leaves nobody a connection to the server.
func takeConnections(w *world, url string) (giveBack func()) {
	w.t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		w.t.Fatal(err)
	}
	await(w.t, "no connection is left", func() bool {
		w.Lines(`SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE application_name = 'tracker'`)
		for {
			if _, err := db.Conn(w.t.Context()); err != nil {
				return w.Lines(`SELECT count(*)::text FROM pg_stat_activity WHERE application_name = 'tracker'`)[0] == "0"
			}
		}
	})
	return func() {
		_ = db.Close()
		await(w.t, "the server to have ended them", func() bool {
			return w.Lines(`SELECT (2 * count(*) < current_setting('max_connections')::integer)::text FROM pg_stat_activity`)[0] == "true"
		})
	}
}

// TestServeOutlivesTrouble lets a daemon go on after whatever happened to its
// database, without having lost what was fetched meanwhile.
func TestServeOutlivesTrouble(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	if err := store.Migrate(t.Context(), s.URL()); err != nil {
		t.Fatal(err)
	}
	w := newWorldOn(t, s.URL())
	const jobs = 10
	for n := range jobs {
		w.counter(n, 200)
	}
	w.apply(declaration(`schedule: "@every 1s", active_every: 1s, `+unlimited, jobs))
	daemon := w.serve()
	names := []string{}
	for name, begin := range troubles(w, s) {
		names = append(names, name)
		gate := upstreamsim.NewGate()
		w.Woosmap.Script(datasetID(0), testkit.WoosmapRun("during-"+name, "success").Behind(gate), testkit.WoosmapRun("after-"+name, "success"))
		receive(t, gate.Reached(), "a request during "+name)
		known := strings.Count(daemon.stderr.String(), "level=ERROR")
		end := begin()
		gate.Open()
		if name != "SessionsEnded" {
			await(t, "an error about "+name, func() bool { return strings.Count(daemon.stderr.String(), "level=ERROR") > known })
		}
		end()
		w.awaitLine(`SELECT '' FROM runs WHERE run_id = $1`, "during-"+name)
		w.awaitLine(`SELECT '' FROM runs WHERE run_id = $1`, "after-"+name)
	}
	w.awaitRound(jobs) // claims that were lost on the way run out
	w.must("source", "pause", "woosmap")
	await(t, "no claims", func() bool {
		lines, err := w.Query(`SELECT count(*) FILTER (WHERE claimed_until > clock_timestamp())::text FROM cursors`)
		return err == nil && lines[0] == "0"
	})
	daemon.stop()
	if lost := w.unrecorded(); lost != 0 {
		t.Errorf("after %q %d requests are unrecorded", names, lost)
	}
	w.Check()
}

// awaitRound waits until each job has been polled from now on.
func (w *world) awaitRound(jobs int) {
	w.t.Helper()
	var now string
	await(w.t, "the database", func() bool {
		lines, err := w.Query(`SELECT clock_timestamp()::text`)
		if err == nil {
			now = lines[0]
		}
		return err == nil
	})
	w.awaitLine(`SELECT '' FROM polls WHERE polled_at > $1 HAVING count(DISTINCT job_id) = $2`, now, jobs)
}
