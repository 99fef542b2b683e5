package testdb

import (
	"bufio"
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

	"github.com/jackc/pgx/v5"
)

// Pooler runs a pgbouncer in transaction mode before the database at
// address and returns the address that goes through it.
func Pooler(tb testing.TB, address string) string {
	tb.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if program = "/usr/sbin/pgbouncer"; !exists(program) {
			tb.Fatal("pgbouncer is not installed: run scripts/setup pgbouncer, or install the package of that name")
		}
	}
	config, err := pgx.ParseConfig(address)
	if err != nil {
		tb.Fatal(err)
	}
	port := freePort(tb)
	dir, err := os.MkdirTemp("", "tracker-pgbouncer-") //nolint:usetesting // the account that it runs as must get in
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // as above
		tb.Fatal(err)
	}
	ini := filepath.Join(dir, "pgbouncer.ini")
	server := fmt.Sprintf("host=%s port=%d user=%s", config.Host, config.Port, config.User)
	if config.Password != "" {
		server += fmt.Sprintf(" password='%s'", config.Password)
	}
	text := fmt.Sprintf("[databases]\n* = %s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\n"+
		"unix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 2\n", server, port)
	if err := os.WriteFile(ini, []byte(text), 0o644); err != nil { //nolint:gosec // as above
		tb.Fatal(err)
	}
	cmd := exec.CommandContext(tb.Context(), program, ini)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: accountFor(tb, config.Host)}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	awaitUp(tb, stderr)
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", url.User(config.User), port, url.PathEscape(config.Database))
}

// awaitUp reads what a pgbouncer says until it serves, and all that comes after.
func awaitUp(tb testing.TB, output io.Reader) {
	tb.Helper()
	lines := bufio.NewScanner(output)
	var said []string
	for lines.Scan() {
		said = append(said, lines.Text())
		if strings.Contains(lines.Text(), "process up") {
			go func() { _, _ = io.Copy(io.Discard, output) }()
			return
		}
	}
	tb.Fatalf("pgbouncer did not start: %s", strings.Join(said, "\n"))
}

// accountFor is who may use the server's socket: pgbouncer refuses to be root.
func accountFor(tb testing.TB, host string) *syscall.Credential {
	tb.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	if info, err := os.Stat(host); err == nil {
		owner := info.Sys().(*syscall.Stat_t)
		return &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}
	}
	return &syscall.Credential{Uid: 65534, Gid: 65534} // nobody: the server is reached by TCP
}

func freePort(tb testing.TB) int {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it only tells a port
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
