package main

import (
	"bufio"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
)

func unset(string) string { return "" }

func TestCommandGetsAServerAndItsExitCodeIsPassedOn(t *testing.T) {
	t.Parallel()
	var stdout, stderr strings.Builder
	args := []string{"--", "sh", "-c", `echo "$TEST_DATABASE_URL"; cat >&2; exit 3`}
	code, err := run(t.Context(), args, unset, strings.NewReader("from stdin"), &stdout, &stderr)
	if err != nil || code != 3 {
		t.Errorf("exit code %d, %v", code, err)
	}
	if !strings.HasPrefix(stdout.String(), "postgres://tracker@/tracker?host=") || stderr.String() != "from stdin" {
		t.Errorf("stdout %q, stderr %q", stdout.String(), stderr.String())
	}
}

func TestGivenServerIsKept(t *testing.T) {
	t.Parallel()
	given := func(string) string { return "postgres://somewhere" }
	var stdout strings.Builder
	code, err := run(t.Context(), []string{"echo", "ran"}, given, nil, &stdout, io.Discard)
	if err != nil || code != 0 || stdout.String() != "ran\n" {
		t.Errorf("exit code %d, %v, %q", code, err, stdout.String())
	}
}

func TestNoCommandIsWrongUse(t *testing.T) {
	t.Parallel()
	if code, err := run(t.Context(), []string{"--"}, unset, nil, io.Discard, io.Discard); code != 2 || err == nil {
		t.Errorf("exit code %d, %v", code, err)
	}
}

func TestSignalsArePassedOn(t *testing.T) { //nolint:paralleltest // it signals its own process
	given := func(string) string { return "postgres://somewhere" }
	output, input := io.Pipe()
	go func() {
		// The command says when it is ready to be signalled.
		if line, err := bufio.NewReader(output).ReadString('\n'); err == nil && line == "ready\n" {
			_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
		}
	}()
	args := []string{"sh", "-c", `trap 'exit 7' TERM; echo ready; while :; do read -r _ || :; done`}
	stdin, keepOpen, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = stdin.Close(), keepOpen.Close() }()
	code, err := run(t.Context(), args, given, stdin, input, io.Discard)
	if err != nil || code != 7 {
		t.Errorf("exit code %d, %v", code, err)
	}
}

// TestNothingIsLeftOfASuccess: the databases of failed tests are worth keeping, nothing else is.
func TestNothingIsLeftOfASuccess(t *testing.T) {
	for code, left := range map[string]bool{"0": false, "1": true} {
		base := shortTempDir(t)
		t.Setenv("TMPDIR", base)
		if _, err := run(t.Context(), []string{"sh", "-c", "exit " + code}, unset, nil, io.Discard, io.Discard); err != nil {
			t.Fatal(err)
		}
		found, err := os.ReadDir(base)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) > 0 != left {
			t.Errorf("exit code %s leaves %v", code, found)
		}
	}
}

// shortTempDir is one whose path leaves room for a socket's, and that whoever the server runs as may pass.
func shortTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "ts") //nolint:usetesting // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // others may pass
		t.Fatal(err)
	}
	return dir
}
