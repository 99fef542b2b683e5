package embeddedpg_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	osuser "os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/embeddedpg"
)

// deadline bounds every wait of a test for another process.
const deadline = 3 * time.Minute

// config is a data directory of the test's own; whoever the server runs as may pass through it.
func config(t *testing.T) embeddedpg.Config {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, closed := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(closed, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return embeddedpg.Config{DataDir: dir, BinDir: os.Getenv("TRACKER_PG_BIN"), Settings: testSettings()}
}

// start starts or joins a server and closes it at the end of the test.
func start(t *testing.T, cfg embeddedpg.Config) *embeddedpg.Server {
	t.Helper()
	server, err := embeddedpg.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return server
}

// wantPID asks the server for the pid of its postmaster and checks that the pid file says the same.
func wantPID(t *testing.T, server *embeddedpg.Server) int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var line string
	if err := conn.QueryRow(t.Context(), `SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)`).Scan(&line); err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(line)
	if err != nil || pid != embeddedpg.PostmasterPID(server) {
		t.Fatalf("the server has pid %s, its pid file says %d", line, embeddedpg.PostmasterPID(server))
	}
	return pid
}

// waitEnded returns when no process of the directory's server is left.
func waitEnded(t *testing.T, dataDir string) {
	t.Helper()
	wait(t, "the server's end", func() bool {
		lock, free, err := embeddedpg.TryLock(dataDir)
		if err != nil {
			t.Fatal(err)
		}
		if free {
			_ = lock.Close()
		}
		return free
	})
}

func wait(t *testing.T, what string, reached func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !reached() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited %s for %s", deadline, what)
		}
	}
}

// user is whom helper processes run as: an executable they may run, and a credential or nil for ourselves.
type user struct {
	t          *testing.T
	binary     string
	credential *syscall.Credential
}

func ourselves(t *testing.T) user {
	t.Helper()
	return user{t: t, binary: os.Args[0]}
}

// ordinaryUser is ourselves, or, if we are root, some user of no rights.
func ordinaryUser(t *testing.T) user {
	t.Helper()
	if os.Geteuid() != 0 {
		return ourselves(t)
	}
	content, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	// The go command's own directory for test binaries is closed to others.
	dir := config(t).DataDir
	binary := filepath.Join(dir, "helper")
	if err := os.WriteFile(binary, content, 0o755); err != nil {
		t.Fatal(err)
	}
	nobody, err := osuser.Lookup("nobody") // initdb wants a user that has a name
	if err != nil {
		t.Fatal(err)
	}
	uid, uidErr := strconv.ParseUint(nobody.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(nobody.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr); err != nil {
		t.Fatal(err)
	}
	return user{t: t, binary: binary, credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

func (u user) command(dataDir string) *exec.Cmd {
	cmd := exec.CommandContext(u.t.Context(), u.binary)
	cmd.Env = append(os.Environ(), helperDir+"="+dataDir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: u.credential}
	return cmd
}

// fails runs a helper that cannot start a server, and returns what it says.
func (u user) fails(dataDir string) string {
	u.t.Helper()
	output, err := u.command(dataDir).CombinedOutput()
	if err == nil {
		u.t.Fatalf("a server started on %s", dataDir)
	}
	return string(output)
}

// helper is another process that runs or joins a server.
type helper struct {
	t      *testing.T
	cmd    *exec.Cmd
	input  io.WriteCloser
	output *bufio.Reader
}

// run starts a helper; it is up when its first line is read.
func (u user) run(dataDir string) *helper {
	u.t.Helper()
	cmd := u.command(dataDir)
	input, err := cmd.StdinPipe()
	if err != nil {
		u.t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		u.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		u.t.Fatal(err)
	}
	h := &helper{t: u.t, cmd: cmd, input: input, output: bufio.NewReader(output)}
	u.t.Cleanup(h.close)
	return h
}

func (h *helper) says(want string) {
	h.t.Helper()
	if line, err := h.output.ReadString('\n'); err != nil || strings.TrimSpace(line) != want {
		h.t.Fatalf("the helper says %q (%v), not %q", line, err, want)
	}
}

func (h *helper) ensure() {
	h.t.Helper()
	if _, err := io.WriteString(h.input, "ensure\n"); err != nil {
		h.t.Fatal(err)
	}
}

// close lets the helper end cleanly.
func (h *helper) close() {
	_ = h.input.Close()
	_ = h.cmd.Wait()
}

// kill ends the helper as kill -9 does.
func (h *helper) kill() {
	h.t.Helper()
	if err := h.cmd.Process.Kill(); err != nil {
		h.t.Fatal(err)
	}
	_ = h.cmd.Wait()
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("no %q in: %v", part, err)
		}
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// names lists a directory.
func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, entry := range entries {
		all = append(all, entry.Name())
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}
