package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/checkhistory"
	"tracker/internal/history"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/testdb"
)

// TestPoolerInTransactionMode migrates, registers, polls and reads through a
// pgbouncer that hands two sessions of the server round, whatever the database
// has for a search_path, and leaves nothing of its own on them.
func TestPoolerInTransactionMode(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"SearchPathPublic": `"$user", public`, "SearchPathOther": "other"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			direct := testdb.Empty(t)
			owner := dial(t, direct)
			mustExec(t, owner, `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = `+path+`', current_database()); END $$`)
			pooled := startPooler(t, direct)
			migrateUp(t, pooled)
			now := time.Date(2024, 6, 7, 10, 0, 0, 0, time.UTC)
			f := &feed{url: pooled, store: openStore(t, pooled), now: now, by: store.Author{Actor: "ann", At: now}, account: "prod", kept: map[int64]*history.Known{}}
			stop, ended := make(chan struct{}), make(chan error)
			for range 3 { // others on the same sessions
				go func() { ended <- f.watchUntil(t.Context(), stop) }()
			}
			f.throughPooler(t)
			close(stop)
			for range 3 {
				if err := <-ended; err != nil {
					t.Error(err)
				}
			}
			checkLeftovers(t, pooled)
			checkhistory.CheckHistory(t, withParameter(t, direct, "search_path", "public"))
		})
	}
}

// throughPooler polls and reads.
func (f *feed) throughPooler(t *testing.T) {
	t.Helper()
	jobs := f.register(t, "woosmap", "one", "two")
	for n := range 6 {
		f.round(t, said{job: jobs[0], body: woosmapBody("r1", []string{"in_progress", "failed"}[n/5],
			woosmapStep("fetch", "success", "10:00:00", "10:00:30"), woosmapStep(fmt.Sprintf("import %d", n), "in_progress", "10:01:00", "", woosmapEntry("10:01:01", "error", "a line")))}, said{job: jobs[1], failure: history.OutcomeTimeout})
	}
	read, err := f.store.History(t.Context(), store.HistoryParams{Job: "one", Most: 10})
	if err != nil {
		t.Fatal(err)
	}
	if len(read.Runs) == 0 || read.Looked.Polls != 6 {
		t.Errorf("of 6 polls it reads %+v", read.Looked)
	}
	provider, err := source.Lookup("woosmap")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.store.Fold(t.Context(), jobs[0].ID, f.now, provider.Interpret); err != nil {
		t.Error(err)
	}
	if err := f.store.RollUp(t.Context(), f.now); err != nil {
		t.Error(err)
	}
	if _, err := f.store.Job(t.Context(), "no-such-job"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a job that is not there gives %v", err)
	}
	if _, err := f.store.FailedImports(t.Context(), store.AnswerFilter{Now: f.now}); err != nil {
		t.Error(err)
	}
}

// watchUntil reads, in transactions and without, until it is told to stop.
func (f *feed) watchUntil(ctx context.Context, stop <-chan struct{}) error {
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		if _, err := f.store.Watch(ctx, store.WatchParams{Rows: 10}); err != nil {
			return err
		}
		if _, err := f.store.JobRows(ctx); err != nil {
			return err
		}
	}
}

// checkLeftovers looks as another client would at the sessions that the pooler has.
func checkLeftovers(t *testing.T, pooled string) {
	t.Helper()
	conn := dial(t, withParameter(t, pooled, "default_query_exec_mode", "exec"))
	other := dial(t, withParameter(t, pooled, "default_query_exec_mode", "exec"))
	for _, c := range []*pgx.Conn{conn, other} { // each holds one of the two
		mustExec(t, c, "BEGIN")
		if names := column[string](t, c, `SELECT name::text FROM pg_prepared_statements`); len(names) > 0 {
			t.Errorf("statements stayed: %q", names)
		}
		if set := column[string](t, c, `SELECT name || '=' || setting FROM pg_settings WHERE source = 'session' AND name NOT IN
			('application_name', 'client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings')`); len(set) > 0 {
			t.Errorf("settings stayed: %q", set)
		}
	}
}

// startPooler runs a pgbouncer in transaction mode before the database at
// address and returns the address that goes through it.
func startPooler(t *testing.T, address string) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if program = "/usr/sbin/pgbouncer"; !exists(program) {
			t.Fatal("pgbouncer is not installed: run scripts/setup pgbouncer, or install the package of that name")
		}
	}
	config, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	dir, err := os.MkdirTemp("", "tracker-pgbouncer-") //nolint:usetesting // the account that it runs as must get in
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // as above
		t.Fatal(err)
	}
	ini := filepath.Join(dir, "pgbouncer.ini")
	server := fmt.Sprintf("host=%s port=%d user=%s", config.Host, config.Port, config.User)
	if config.Password != "" {
		server += fmt.Sprintf(" password='%s'", config.Password)
	}
	text := fmt.Sprintf("[databases]\n* = %s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\n"+
		"unix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 2\n", server, port)
	if err := os.WriteFile(ini, []byte(text), 0o644); err != nil { //nolint:gosec // as above
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, ini)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: accountFor(t, config.Host)}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	awaitUp(t, stderr)
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", url.User(config.User), port, url.PathEscape(config.Database))
}

// awaitUp reads what a pgbouncer says until it serves, and all that comes after.
func awaitUp(t *testing.T, output io.Reader) {
	t.Helper()
	lines := bufio.NewScanner(output)
	var said []string
	for lines.Scan() {
		said = append(said, lines.Text())
		if strings.Contains(lines.Text(), "process up") {
			go func() { _, _ = io.Copy(io.Discard, output) }()
			return
		}
	}
	t.Fatalf("pgbouncer did not start: %s", strings.Join(said, "\n"))
}

// accountFor is who may use the server's socket: pgbouncer refuses to be root.
func accountFor(t *testing.T, host string) *syscall.Credential {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	if info, err := os.Stat(host); err == nil {
		owner := info.Sys().(*syscall.Stat_t)
		return &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}
	}
	return &syscall.Credential{Uid: 65534, Gid: 65534} // nobody: the server is reached by TCP
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it only tells a port
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
