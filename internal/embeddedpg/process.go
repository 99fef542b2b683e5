package embeddedpg

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
)

// process is a child that ends with us, on Linux also when we are killed.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the child has ended
	err  error         // how it ended; readable after done
}

// command prepares a child that runs as the account in the directory and outlives the context. Of our environment,
// which may hold credentials, it gets only what it needs.
func command(ctx context.Context, account account, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), name, args...)
	cmd.Dir = dir
	cmd.Env = []string{"LC_ALL=C", "TZ=UTC"}
	for _, key := range []string{"PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"} {
		if value, ok := os.LookupEnv(key); ok {
			cmd.Env = append(cmd.Env, key+"="+value)
		}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential: account.credential(),
		Setpgid:    true, // Ctrl-C in the terminal is for us, and we end the server when we are done with it
	}
	endWithParent(cmd.SysProcAttr)
	return cmd
}

// startProcess starts the child from an OS thread that lives as long as the child does: Linux sends Pdeathsig when
// the thread that forked ends, which may be long before our process does.
func startProcess(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer close(p.done)
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// stop asks the child to end (for Postgres: a fast shutdown) and waits for it.
func (p *process) stop(ctx context.Context) error {
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// result says how an ended child ended.
func (p *process) result() string { return p.cmd.ProcessState.String() }

// maxLog is the size at which a start sets the log aside, as postgres.log.1, and begins a new one.
const maxLog = 10 << 20

// tailLines is how much of the log an error quotes.
const tailLines = 10

// serverLog is the file that Postgres writes its log to.
type serverLog struct {
	file *os.File
	from int64 // where this start's lines begin
}

func openLog(path string) (serverLog, error) {
	if info, err := os.Lstat(path); err == nil && info.Size() > maxLog {
		if err := os.Rename(path, path+".1"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return serverLog{}, err
		}
	}
	file, err := openOwned(path, os.O_RDWR|os.O_APPEND)
	if err != nil {
		return serverLog{}, err
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return serverLog{}, err
	}
	return serverLog{file: file, from: info.Size()}, nil
}

// tail is the end of what this start has logged, ready to be put behind an error.
func (l serverLog) tail() string {
	content, _ := io.ReadAll(io.NewSectionReader(l.file, l.from, maxLog))
	return lastLines(string(content))
}

func lastLines(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	lines := strings.Split(text, "\n")
	return "\n" + strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}
