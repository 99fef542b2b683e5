package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"tracker/bench/seed/seeddb"
	"tracker/internal/store"
)

const (
	// startTimeout bounds the wait for a tracker to be ready.
	startTimeout = time.Minute
	// settle is how long a tracker runs before it is measured.
	settle = 15 * time.Second
	// pollSource is the source whose jobs are polled each second.
	pollSource = "seed-web"
)

// lab is a service with jobs that a tracker may poll, beside which nothing else is.
type lab struct {
	store   *store.Store
	url     string // of the database
	tracker string
	service *exec.Cmd
	paused  []string // sources that are to go on afterwards
	stderr  io.Writer
}

// newLab starts the service, registers jobs at it, and pauses all other sources.
func newLab(ctx context.Context, s *store.Store, url string, asked request, stderr io.Writer) (l *lab, err error) {
	l = &lab{store: s, url: url, tracker: asked.tracker, stderr: stderr}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.close(context.WithoutCancel(ctx)))
		}
	}()
	at, err := l.serve(ctx, asked.polls)
	if err != nil {
		return l, err
	}
	if err := l.command(ctx, declaration(at, asked.polls), "apply", "-f", "-"); err != nil {
		return l, err
	}
	sources, err := s.Sources(ctx)
	if err != nil {
		return l, err
	}
	for _, source := range sources {
		if source.Name == pollSource {
			continue
		}
		changed, err := s.PauseSource(ctx, l.by(ctx), source.Name, "the web is measured")
		if err != nil {
			return l, err
		}
		if changed {
			l.paused = append(l.paused, source.Name)
		}
	}
	return l, nil
}

func (l *lab) by(ctx context.Context) store.Author {
	now, err := l.store.Now(ctx)
	if err != nil {
		now = time.Now()
	}
	return store.Author{Actor: seeddb.Actor, At: now}
}

// serve starts the service, and tells where.
func (l *lab) serve(ctx context.Context, jobs int) (at string, err error) {
	dir, err := os.MkdirTemp("", "bench-web")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a program that runs needs its file no more
	service := filepath.Join(dir, "upstream")
	if said, err := exec.CommandContext(ctx, "go", "build", "-o", service, "./bench/upstream").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the service: %w: %s", err, said)
	}
	command := exec.CommandContext(ctx, service, "-datasets", strconv.Itoa(jobs+1))
	command.Stderr = l.stderr
	out, err := command.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := command.Start(); err != nil {
		return "", fmt.Errorf("start the service: %w", err)
	}
	l.service = command
	told, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("read where the service is: %w", err)
	}
	return strings.TrimSpace(told), nil
}

// declaration declares jobs that are polled each second.
func declaration(service string, jobs int) string {
	var text strings.Builder
	fmt.Fprintf(&text, "sources:\n- {name: %s, provider: woosmap, credential: env:BENCH_KEY, base_url: http://%s, schedule: '@every 1s', active_every: 1s, "+
		"rate_limit: {every: 1ms, burst: 1000}}\njobs:\n", pollSource, service)
	for n := range jobs {
		fmt.Fprintf(&text, "- {name: %s-%d, source: %s, labels: {%s: web}, target: {dataset_id: 00000000-0000-4000-8000-%012d}}\n", pollSource, n, pollSource, seeddb.Label, n)
	}
	return text.String()
}

func (l *lab) environment() []string {
	return append(os.Environ(), "DATABASE_URL="+l.url, "BENCH_KEY=a-key-of-the-bench", "TRACKER_ACTOR="+seeddb.Actor)
}

// command runs a command of the tracker.
func (l *lab) command(ctx context.Context, stdin string, args ...string) error {
	command := exec.CommandContext(ctx, l.tracker, args...)
	command.Stdin, command.Env = strings.NewReader(stdin), l.environment()
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("tracker %s: %w: %s", strings.Join(args, " "), err, said)
	}
	return nil
}

// close ends the service, and has what was paused go on.
func (l *lab) close(ctx context.Context) error {
	_, err := l.store.PauseSource(ctx, l.by(ctx), pollSource, "its service was made up")
	for _, source := range l.paused {
		_, failed := l.store.ResumeSource(ctx, l.by(ctx), source)
		err = errors.Join(err, failed)
	}
	if l.service != nil {
		_ = l.service.Process.Kill()
		_ = l.service.Wait()
	}
	return err
}

// daemon is a tracker that serves.
type daemon struct {
	at      string
	process *exec.Cmd
	client  *http.Client
}

// start starts a tracker, and waits until it is ready and has settled.
func (l *lab) start(ctx context.Context) (*daemon, error) {
	free, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &daemon{at: free.Addr().String(), client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}}
	_ = free.Close() // for the tracker
	d.process = exec.CommandContext(ctx, l.tracker, "serve", "--listen", d.at, "--log-level", "warn", "--retention-polls", "0")
	d.process.Env, d.process.Stderr = l.environment(), l.stderr
	if err := d.process.Start(); err != nil {
		return nil, fmt.Errorf("start the tracker: %w", err)
	}
	if err := d.await(ctx); err != nil {
		d.stop()
		return nil, err
	}
	return d, nil
}

func (d *daemon) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		if text, err := d.get(ctx, "/readyz"); err == nil && strings.HasPrefix(text, "ok") {
			return wait(ctx, settle)
		}
		if wait(ctx, 100*time.Millisecond) != nil {
			return errors.New("the tracker is not ready")
		}
	}
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func (d *daemon) stop() {
	_ = d.process.Process.Signal(os.Interrupt)
	_ = d.process.Wait()
}

// get reads an answer that has to be 200.
func (d *daemon) get(ctx context.Context, path string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.at+path, nil)
	if err != nil {
		return "", err
	}
	got, err := d.client.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = got.Body.Close() }()
	text, err := io.ReadAll(got.Body)
	if err == nil && got.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %d %s", path, got.StatusCode, text)
	}
	return string(text), err
}

// counted are the tracker's metrics, summed over their labels.
func (d *daemon) counted(ctx context.Context) (map[string]float64, error) {
	text, err := d.get(ctx, "/metrics")
	sums := map[string]float64{}
	for line := range strings.Lines(text) {
		series, value, found := strings.Cut(strings.TrimSpace(line), " ")
		name, _, _ := strings.Cut(series, "{")
		if n, err := strconv.ParseFloat(value, 64); found && err == nil {
			sums[name] += n
		}
	}
	return sums, err
}
