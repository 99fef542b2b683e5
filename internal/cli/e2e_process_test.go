package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a tracker that runs, or ran.
type process struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdout, stderr printed
	ended          chan struct{}
	code           int // readable once ended; -1: killed by a signal
}

// printed collects what a process prints.
type printed struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

// String gives all that was printed so far.
func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// start starts a tracker. It ends with the test at the latest.
func (w *world) start(args ...string) *process {
	w.t.Helper()
	return w.startAs(nil, args...)
}

// startAs is start for another user; nil: ourselves.
func (w *world) startAs(user *syscall.Credential, args ...string) *process {
	w.t.Helper()
	binary, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	p := &process{t: w.t, ended: make(chan struct{})}
	p.cmd = exec.CommandContext(context.WithoutCancel(w.t.Context()), binary, args...)
	for name, value := range w.env {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	p.cmd.Dir = w.env["HOME"]
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	p.cmd.WaitDelay = 5 * time.Second // the embedded server may hold what it inherited, and need longer to end
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: user}
	if user != nil { // who may not pass through the directories of our binary
		p.cmd.Path, p.cmd.Dir = "/proc/self/exe", "/"
	}
	if err := p.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		if err := p.cmd.Wait(); err != nil && !errors.As(err, new(*exec.ExitError)) && !errors.Is(err, exec.ErrWaitDelay) {
			w.t.Errorf("wait for tracker %s: %v", strings.Join(args, " "), err)
		}
		p.code = p.cmd.ProcessState.ExitCode()
	}()
	w.t.Cleanup(func() {
		p.kill()
		if text := p.stderr.String(); strings.Contains(text, "DATA RACE") || strings.Contains(text, "panic:") {
			w.t.Errorf("tracker %s:\n%s", strings.Join(args, " "), text)
		}
		if w.t.Failed() && slices.Contains(args, "serve") {
			w.t.Logf("tracker %s (%d) printed:\n%s%s", strings.Join(args, " "), p.cmd.Process.Pid, p.stdout.String(), p.stderr.String())
		}
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.started = append(w.started, p)
	return p
}

// run runs a tracker to its end.
func (w *world) run(args ...string) *process {
	w.t.Helper()
	p := w.start(args...)
	p.wait()
	return p
}

// must runs a tracker that is to succeed, and gives what it printed to stdout.
func (w *world) must(args ...string) string {
	w.t.Helper()
	p := w.run(args...)
	if p.code != exitDone {
		w.t.Fatalf("tracker %s ends with %d: %s%s", strings.Join(args, " "), p.code, p.stdout.String(), p.stderr.String())
	}
	return p.stdout.String()
}

// serve starts a daemon without a web server and waits until it serves.
func (w *world) serve(args ...string) *process {
	w.t.Helper()
	p := w.start(append([]string{"serve", "--listen", "off"}, args...)...)
	p.await("serving")
	return p
}

// await waits until the process has printed a text to stderr.
func (p *process) await(text string) {
	p.t.Helper()
	await(p.t, "tracker prints "+text, func() bool {
		select {
		case <-p.ended:
			if !strings.Contains(p.stderr.String(), text) {
				p.t.Fatalf("tracker ends with %d before it prints %q:\n%s", p.code, text, p.stderr.String())
			}
		default:
		}
		return strings.Contains(p.stderr.String(), text)
	})
}

// wait waits until the process has ended and gives its exit code.
func (p *process) wait() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(2 * waitLimit):
		p.t.Fatalf("tracker does not end: %s", p.stderr.String())
	}
	return p.code
}

func (p *process) signal(signal syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Errorf("send %s: %v", signal, err)
	}
}

// kill ends the process at once, however it is.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

// stop asks the process to end, waits for it and checks that it does so well.
func (p *process) stop() {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	if code := p.wait(); code != exitDone {
		p.t.Errorf("after SIGTERM tracker ends with %d: %s", code, p.stderr.String())
	}
}
