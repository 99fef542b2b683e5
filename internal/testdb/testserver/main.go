// Command testserver runs a command, such as go test ./..., with one private Postgres server for all of it, which
// TEST_DATABASE_URL names to the command. Where that variable is set already, it only runs the command. When the
// command succeeds nothing is left of the server; else its databases stay for a day, for who looks into a failed test.
//
//	go run ./internal/testdb/testserver -- go test -race ./...
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"tracker/internal/testdb"
)

const urlVariable = "TEST_DATABASE_URL"

// stopTimeout bounds the server's shutdown.
const stopTimeout = 30 * time.Second

func main() {
	code, err := run(context.Background(), os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testserver:", err)
	}
	os.Exit(code)
}

// run gives the command's exit code, or 1 when there is none.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) (code int, err error) {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return 2, errors.New("no command named; use it so: testserver -- go test")
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stderr
	if getenv(urlVariable) != "" {
		return runCommand(cmd)
	}
	server, err := testdb.StartServer(ctx)
	if err != nil {
		return 1, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		if err == nil && code == 0 {
			err = server.Remove(ctx)
		} else {
			err = errors.Join(err, server.Close(ctx))
		}
	}()
	cmd.Env = append(os.Environ(), urlVariable+"="+server.URL())
	return runCommand(cmd)
}

// runCommand runs the command and passes signals on to it.
func runCommand(cmd *exec.Cmd) (code int, err error) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case received := <-signals:
			_ = cmd.Process.Signal(received) // it may have ended already
		case err := <-ended:
			return exitCode(cmd.ProcessState, err)
		}
	}
}

// exitCode is the command's, and for one that a signal ended what a shell gives.
func exitCode(state *os.ProcessState, err error) (int, error) {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
