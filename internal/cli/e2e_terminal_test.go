package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// openTerminal gives both ends of a terminal of 60 columns and 12 lines: what
// is behind it, and what programs see.
func openTerminal(t *testing.T) (behind, terminal *os.File) {
	t.Helper()
	behind, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = behind.Close() })
	fd := int(behind.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 12, Col: 60}); err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = terminal.Close() })
	return behind, terminal
}

// TestWatchOnATerminal ends it in each way, and finds the terminal as it was.
func TestWatchOnATerminal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(declaration(unlimited, 3))
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, end := range map[string]func(behind io.Writer, p *os.Process) error{
		"Q":     func(behind io.Writer, _ *os.Process) error { _, err := io.WriteString(behind, "?jq"); return err },
		"CtrlC": func(behind io.Writer, _ *os.Process) error { _, err := io.WriteString(behind, "/x\x03"); return err },
		"Term":  func(_ io.Writer, p *os.Process) error { return p.Signal(syscall.SIGTERM) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			behind, terminal := openTerminal(t)
			before, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(context.WithoutCancel(t.Context()), binary, "watch")
			cmd.Env = append(cmd.Env, "TERM=xterm")
			for name, value := range w.env {
				cmd.Env = append(cmd.Env, name+"="+value)
			}
			cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, terminal, terminal
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			shown := &printed{}
			go func() { _, _ = io.Copy(shown, behind) }()
			await(t, "the screen", func() bool { return strings.Contains(shown.String(), "not seen yet") })
			if err := end(behind, cmd.Process); err != nil {
				t.Error(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("it ends with %v", err)
			}
			after, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
			if err != nil {
				t.Fatal(err)
			}
			if *after != *before {
				t.Errorf("it leaves the terminal as %+v, not %+v", *after, *before)
			}
			await(t, "the terminal to be given back, with the last screen on it", func() bool {
				_, left, found := strings.Cut(shown.String(), "\x1b[?1049l")
				return found && strings.Contains(left, "  3 jobs, 3 not seen yet")
			})
		})
	}
}
