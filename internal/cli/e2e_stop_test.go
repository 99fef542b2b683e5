package cli

import (
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"

	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

// stopMost is how long a daemon that is told to end may take on a busy machine.
const stopMost = 30 * time.Second

// TestServeStops ends while the upstream holds answers back, with no claim left.
func TestServeStops(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const jobs, quick = 40, 20
	gate := upstreamsim.NewGate()
	for n := range jobs {
		answer := testkit.WoosmapRun("r1", "success")
		if n >= quick {
			answer = answer.Behind(gate)
		}
		w.Woosmap.Script(datasetID(n), answer)
	}
	w.apply(declaration(`schedule: "@every 1h", active_every: 1h, `+unlimited, jobs)) // each is asked once
	w.Exec(`UPDATE cursors SET next_poll_at = now()`)
	daemon := w.serve()
	await(t, "a request for each job", func() bool { return len(w.Requests.All()) == jobs })
	w.awaitLine(`SELECT '' FROM polls HAVING count(*) = $1`, quick) // a request that has come says nothing of its answer
	began := time.Now()
	daemon.stop()
	if took := time.Since(began); took > stopMost {
		t.Errorf("it took %s", took)
	}
	w.Want("polls", []string{"20"}, `SELECT count(*)::text FROM polls`) // of the rest nothing is known
	w.Want("claims", []string{"0"}, `SELECT count(claimed_until)::text FROM cursors`)
	if text := daemon.stderr.String(); strings.Contains(text, "ERROR") || !strings.Contains(text, "stopped") {
		t.Error(text)
	}
	w.Check()
}

// TestServeStopsWithWhatItFetched records answers that came before it was told to end.
func TestServeStopsWithWhatItFetched(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Woosmap.Script(datasetID(0), testkit.WoosmapRun("r1", "success"))
	w.apply(declaration(`schedule: "@every 1h", `+unlimited, 1))
	w.Exec(`UPDATE cursors SET next_poll_at = now()`)
	recording, err := w.DB.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = recording.Rollback() }()
	if _, err := recording.ExecContext(t.Context(), `LOCK TABLE polls IN EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	daemon := w.serve()
	w.awaitLine(`SELECT '' FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%INSERT INTO polls%'`)
	daemon.signal(syscall.SIGTERM)
	if err := recording.Rollback(); err != nil {
		t.Fatal(err)
	}
	if code := daemon.wait(); code != exitDone {
		t.Errorf("it ended with %d", code)
	}
	w.Want("polls", []string{"changed"}, `SELECT outcome FROM polls`)
	w.Want("claims", []string{"0"}, `SELECT count(claimed_until)::text FROM cursors`)
	w.Check()
}

// TestServeStopsWithoutADatabase ends though the database does not answer.
func TestServeStopsWithoutADatabase(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]func(*proxy){"Frozen": (*proxy).freeze, "Gone": (*proxy).block} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			gate := upstreamsim.NewGate()
			w.Woosmap.Script(datasetID(0), testkit.WoosmapRun("r1", "success").Behind(gate))
			w.apply(declaration(`schedule: "@every 10s", `+unlimited, 1))
			line := newProxy(t, w.URL)
			w.env["DATABASE_URL"] = line.url
			daemon := w.serve()
			receive(t, gate.Reached(), "the request")
			cut(line)
			gate.Open()
			began := time.Now()
			daemon.signal(syscall.SIGTERM)
			code := daemon.wait()
			if took := time.Since(began); took > stopMost || code > exitFailed {
				t.Errorf("it took %s and ended with %d", took, code)
			}
			w.Check()
		})
	}
}

// TestServeEndsAtOnce is told twice.
func TestServeEndsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gate := upstreamsim.NewGate()
	w.Woosmap.Script(datasetID(0), testkit.WoosmapRun("r1", "success").Behind(gate))
	w.apply(declaration(`schedule: "@every 10s", `+unlimited, 1))
	line := newProxy(t, w.URL)
	w.env["DATABASE_URL"] = line.url
	daemon := w.start("serve", "--listen", "127.0.0.1:0")
	daemon.await("serving")
	address := daemon.address()
	receive(t, gate.Reached(), "the request")
	line.freeze()
	gate.Open()
	daemon.signal(syscall.SIGTERM)
	await(t, "the end of the web server", func() bool {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	await(t, "the end", func() bool { // a signal that comes too soon after the first is one with it
		daemon.signal(syscall.SIGTERM)
		select {
		case <-daemon.ended:
			return true
		default:
			return false
		}
	})
	if code := daemon.wait(); code != -1 {
		t.Errorf("it ended with %d", code)
	}
}

var listening = regexp.MustCompile(`msg=listening address=(\S+)`)

// address is where the daemon's web server listens.
func (p *process) address() string {
	p.t.Helper()
	found := listening.FindStringSubmatch(p.stderr.String())
	if found == nil {
		p.t.Fatalf("no address in %s", p.stderr.String())
	}
	return found[1]
}

// TestServeListens answers /healthz, unless an address is in use.
func TestServeListens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	line := newProxy(t, w.URL)
	w.env["DATABASE_URL"] = line.url
	w.env["TRACKER_LISTEN"] = "127.0.0.1:0"
	daemon := w.start("serve", "--apply", w.file(declaration(unlimited, 1)))
	daemon.await("serving")
	const registered = "register source woosmap\nregister job job-000\n"
	await(t, "what it prints", func() bool { return len(daemon.stdout.String()) >= len(registered) }) // the other stream may come first
	if text := daemon.stdout.String(); text != registered {
		t.Errorf("it prints %q", text)
	}
	address := daemon.address()
	for _, path := range []string{"/healthz", "/readyz"} {
		await(t, path, func() bool { status, text := daemon.get(path); return status == http.StatusOK && text == "ok\n" })
	}
	p := w.run("serve", "--listen", address)
	for _, want := range []string{"listen on " + address, "address already in use", "--listen off"} {
		if text := p.stderr.String(); p.code != exitFailed || !strings.Contains(text, want) {
			t.Errorf("it ends with %d, and no %q in %q", p.code, want, text)
		}
	}
	line.block()
	if status, text := daemon.get("/readyz"); status != http.StatusServiceUnavailable || text != "database: it does not answer\n" {
		t.Errorf("without a database: %d %q", status, text)
	}
	if status, text := daemon.get("/healthz"); status != http.StatusOK { // a restart would bring none
		t.Errorf("without a database: %d %q", status, text)
	}
	await(t, "a count of errors, in a scrape", func() bool {
		families := daemon.scrape(expfmt.NewFormat(expfmt.TypeTextPlain))
		return valueOf(families["tracker_database_errors_total"]) > 0
	})
	line.unblock()
	await(t, "readiness", func() bool { status, _ := daemon.get("/readyz"); return status == http.StatusOK })
	w.Exec(`UPDATE public.tracker_migrations SET version_id = version_id + 1000 WHERE version_id = (SELECT max(version_id) FROM public.tracker_migrations)`)
	if status, text := daemon.get("/readyz"); status != http.StatusServiceUnavailable || !strings.HasPrefix(text, "schema: ") {
		t.Errorf("with another's schema: %d %q", status, text)
	}
	daemon.stop()
}

// TestServeWarnsOfAReadableCredential says that others may read a secret, and
// goes on.
func TestServeWarnsOfAReadableCredential(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Woosmap.Script(datasetID(0), testkit.WoosmapRun("r1", "success"))
	path := w.file(worldKey + "\n")
	if err := os.Chmod(path, 0o644); err != nil { //nolint:gosec // that is what is tested
		t.Fatal(err)
	}
	declared := w.file(strings.Replace(declaration(`schedule: "@every 10s", `+unlimited, 1), "env:KEY", "file:"+path, 1))
	p := w.run("apply", "-f", declared)
	daemon := w.serve()
	w.awaitLine(`SELECT '' FROM report.polls WHERE outcome = 'changed'`)
	daemon.stop()
	for _, text := range []string{p.stderr.String(), daemon.stderr.String()} {
		if strings.Count(text, "can be read by other users") != 1 || !strings.Contains(text, "chmod o-r "+path) {
			t.Errorf("it warns of nothing, or too often: %s", text)
		}
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if p := w.run("apply", "-f", declared); p.stderr.String() != "" {
		t.Error(p.stderr.String())
	}
}

// TestServeCrashesOtherwiseThanByWrongUse: with what the unit of systemd sets, a crash is
// no exit code 2, after which that unit would leave the daemon alone.
func TestServeCrashesOtherwiseThanByWrongUse(t *testing.T) {
	t.Parallel()
	unit, err := os.ReadFile("../../deploy/systemd/tracker.service")
	if err != nil || !strings.Contains(string(unit), "\nRestartPreventExitStatus=2\n") {
		t.Fatalf("the unit restarts a daemon after wrong use: %v", err)
	}
	w := newWorld(t)
	for line := range strings.SplitSeq(string(unit), "\n") {
		if set, ok := strings.CutPrefix(line, "Environment=GO"); ok {
			name, value, _ := strings.Cut(set, "=")
			w.env["GO"+name] = value
		}
	}
	daemon := w.serve()
	daemon.signal(syscall.SIGQUIT) // on which the runtime ends as after a panic
	daemon.wait()
	if status := daemon.cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGABRT {
		t.Errorf("it ends with %v", daemon.cmd.ProcessState)
	}
}
