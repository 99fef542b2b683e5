package embeddedpg_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/embeddedpg"
)

func TestServerIsPrivateAndFit(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	server := start(t, cfg)
	conn, err := pgx.Connect(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	for question, want := range map[string]string{
		"SELECT current_database()": "tracker",
		"SELECT current_user::text": "tracker",
		"SHOW server_encoding":      "UTF8",
		"SHOW lc_collate":           "C",
		"SHOW listen_addresses":     "",
		"SHOW timezone":             "UTC",
		"SHOW data_checksums":       "on",
		"SHOW autovacuum":           "on",
		"SHOW autovacuum_naptime":   "15s",
		"SHOW max_connections":      "10",
	} {
		var got string
		if err := conn.QueryRow(t.Context(), question).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", question, got, err, want)
		}
	}
	info, err := os.Stat(filepath.Join(cfg.DataDir, "socket"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the socket's directory: %v, %v", info, err)
	}
	if os.Geteuid() == 0 && info.Sys().(*syscall.Stat_t).Uid == 0 {
		t.Error("the server runs as root")
	}
}

func TestStartAgainKeepsTheDataAndIsQuick(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Settings = nil // as it is in earnest
	server := start(t, cfg)
	execute(t, server, "CREATE TABLE kept AS SELECT 42 AS answer")
	if err := server.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	began := time.Now()
	server = start(t, cfg)
	t.Logf("started again in %s", time.Since(began))
	execute(t, server, "SELECT answer FROM kept")
}

func TestClosedServerIsNotStartedAgain(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	server := start(t, cfg)
	if err := server.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := server.Ensure(t.Context()); !errors.Is(err, embeddedpg.ErrClosed) {
		t.Errorf("Ensure after Close: %v", err)
	}
	waitEnded(t, cfg.DataDir)
}

func TestJoinedServerIsLeftRunning(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	first := start(t, cfg)
	second := start(t, cfg)
	if first.URL() != second.URL() {
		t.Errorf("two URLs: %s and %s", first.URL(), second.URL())
	}
	if err := second.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantPID(t, first)
}

func TestEnsureStartsAKilledServerOnce(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	server := start(t, cfg)
	execute(t, server, "CREATE TABLE kept AS SELECT 42 AS answer")
	before := wantPID(t, server)
	if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	waitEnded(t, cfg.DataDir)

	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if err := server.Ensure(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if after := wantPID(t, server); after == before {
		t.Error("the pid file is still the killed server's")
	}
	execute(t, server, "SELECT answer FROM kept")
}

// A pid file whose pid now belongs to another process of the server's user is what a restarted container finds.
func TestPIDFileNamingAForeignProcess(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	server := start(t, cfg)
	path := filepath.Join(cfg.DataDir, "postgres", "postmaster.pid")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pid := wantPID(t, server)
	other := start(t, config(t)) // a living process of the same user
	if err := server.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	rest := content[len(strconv.Itoa(pid)):]
	foreign := append([]byte(strconv.Itoa(wantPID(t, other))), rest...)
	if err := os.WriteFile(path, foreign, 0o600); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	} else if stat := info.Sys().(*syscall.Stat_t); os.Chown(path, int(stat.Uid), int(stat.Gid)) != nil {
		t.Fatal("the pid file does not change hands")
	}
	wantPID(t, start(t, cfg))
	wantPID(t, other)
}

// A server that somebody started by hand does not hold our lock.
func TestServerWithoutTheLockIsNotDoubled(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	server := start(t, cfg)
	before := wantPID(t, server)
	if err := os.Remove(filepath.Join(cfg.DataDir, "postgres.lock")); err != nil {
		t.Fatal(err)
	}
	_, err := embeddedpg.Start(t.Context(), cfg)
	wantError(t, err, "shared memory", "in use")
	if wantPID(t, server) != before {
		t.Error("the running server was replaced")
	}
}

func TestFailedStartQuotesTheLog(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Settings = map[string]string{"no_such_setting": "1", "fsync": "off"}
	_, err := embeddedpg.Start(t.Context(), cfg)
	wantError(t, err, cfg.DataDir, `unrecognized configuration parameter "no_such_setting"`)
	waitEnded(t, cfg.DataDir)
}

func TestGivenUpStartLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	ctx, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	failed := make(chan error, 1)
	go func() {
		_, err := embeddedpg.Start(ctx, cfg)
		failed <- err
	}()
	wait(t, "initdb at work", func() bool { return strings.Contains(names(t, cfg.DataDir), "unfinished") })
	giveUp()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left := names(t, cfg.DataDir); left != "postgres.lock socket" {
		t.Errorf("left in the data directory: %s", left)
	}
}

func execute(t *testing.T, server *embeddedpg.Server, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func TestRunning(t *testing.T) {
	t.Parallel()
	none := filepath.Join(t.TempDir(), "none")
	if _, running := embeddedpg.Running(t.Context(), none); running {
		t.Error("a server runs where none was started")
	}
	if embeddedpg.HasCluster(none) {
		t.Error("there is a cluster where none was made")
	}
	if _, err := os.Stat(none); err == nil {
		t.Error("the data directory was made")
	}
	cfg := config(t)
	server := start(t, cfg)
	if url, running := embeddedpg.Running(t.Context(), cfg.DataDir); !running || url != server.URL() {
		t.Errorf("%s, %v; it runs at %s", url, running, server.URL())
	}
	if err := server.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, running := embeddedpg.Running(t.Context(), cfg.DataDir); running {
		t.Error("a server runs that was stopped")
	}
	if !embeddedpg.HasCluster(cfg.DataDir) {
		t.Error("the cluster is gone with its server")
	}
}

// TestStartWhateverTheShellSays starts a server and connects to it with what a
// shell may have for another one.
func TestStartWhateverTheShellSays(t *testing.T) {
	for name, value := range map[string]string{
		"PGSERVICE": "nosuch", "PGTARGETSESSIONATTRS": "standby", "PGCONNECT_TIMEOUT": "abc", "PGOPTIONS": "-c search_path=foo", "PGSSLMODE": "nonsense",
	} {
		t.Setenv(name, value)
	}
	server := start(t, config(t))
	conn, err := pgx.Connect(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close(t.Context())
}
