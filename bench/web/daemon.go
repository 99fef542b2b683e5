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

	"golang.org/x/sync/errgroup"

	"tracker/bench/seed/seeddb"
)

const (
	// startTimeout bounds the wait for a daemon to be ready.
	startTimeout = time.Minute
	// settle is how long the daemon polls before it is measured.
	settle = 5 * time.Second
)

// daemon is a tracker that polls a service, as this bench has started both.
type daemon struct {
	at       string // its address
	url      string // of its database
	tracker  string
	process  *exec.Cmd
	upstream *exec.Cmd
	client   *http.Client
}

// startDaemon starts the service, registers jobs at it, and has a tracker poll them.
func startDaemon(ctx context.Context, asked request, url string, stderr io.Writer) (*daemon, error) {
	d := &daemon{url: url, tracker: asked.tracker, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}}
	dir, err := os.MkdirTemp("", "bench-web")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a program that runs needs its file no more
	service := filepath.Join(dir, "upstream")
	if said, err := exec.CommandContext(ctx, "go", "build", "-o", service, "./bench/upstream").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the service: %w: %s", err, said)
	}
	d.upstream = exec.CommandContext(ctx, service, "-datasets", strconv.Itoa(asked.polls+1))
	d.upstream.Stderr = stderr
	out, err := d.upstream.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := d.upstream.Start(); err != nil {
		return nil, fmt.Errorf("start the service: %w", err)
	}
	told, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("read where the service is: %w", err)
	}
	if err := d.command(ctx, declaration(strings.TrimSpace(told), asked.polls), "apply", "-f", "-"); err != nil {
		return nil, err
	}
	if err := d.command(ctx, "", "source", "resume", "seed-web"); err != nil {
		return nil, err
	}
	free, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d.at = free.Addr().String()
	_ = free.Close() // for the daemon
	d.process = exec.CommandContext(ctx, asked.tracker, "serve", "--listen", d.at, "--log-level", "warn", "--retention-polls", "0")
	d.process.Env, d.process.Stderr = d.environment(), stderr
	if err := d.process.Start(); err != nil {
		return nil, fmt.Errorf("start the tracker: %w", err)
	}
	err = d.await(ctx)
	return d, err
}

// declaration declares jobs that are polled each second.
func declaration(service string, jobs int) string {
	var text strings.Builder
	fmt.Fprintf(&text, "sources:\n- {name: seed-web, provider: woosmap, credential: env:BENCH_KEY, base_url: http://%s, schedule: '@every 1s', active_every: 1s, "+
		"rate_limit: {every: 1ms, burst: 1000}}\njobs:\n", service)
	for n := range jobs {
		fmt.Fprintf(&text, "- {name: seed-web-%d, source: seed-web, labels: {%s: web}, target: {dataset_id: 00000000-0000-4000-8000-%012d}}\n", n, seeddb.Label, n)
	}
	return text.String()
}

func (d *daemon) environment() []string {
	return append(os.Environ(), "DATABASE_URL="+d.url, "BENCH_KEY=a-key-of-the-bench", "TRACKER_ACTOR="+seeddb.Actor)
}

// command runs a command of the tracker.
func (d *daemon) command(ctx context.Context, stdin string, args ...string) error {
	command := exec.CommandContext(ctx, d.tracker, args...)
	command.Stdin, command.Env = strings.NewReader(stdin), d.environment()
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("tracker %s: %w: %s", strings.Join(args, " "), err, said)
	}
	return nil
}

// await waits until it is ready and polls.
func (d *daemon) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		if text, err := d.get(ctx, "/readyz"); err == nil && strings.HasPrefix(text, "ok") {
			break
		}
		select {
		case <-ctx.Done():
			return errors.New("the tracker is not ready")
		case <-time.After(100 * time.Millisecond):
		}
	}
	select {
	case <-ctx.Done():
	case <-time.After(settle):
	}
	return ctx.Err()
}

// stop ends both, and leaves the jobs paused.
func (d *daemon) stop(ctx context.Context) {
	_ = d.process.Process.Signal(os.Interrupt)
	_ = d.process.Wait()
	_ = d.command(ctx, "", "source", "pause", "seed-web")
	_ = d.upstream.Process.Kill()
	_ = d.upstream.Wait()
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

// counted are the daemon's metrics, summed over their labels.
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

// openStreams tells by how much the daemon's memory has grown when so many are open.
func (d *daemon) openStreams(ctx context.Context, streams int) (grown float64, err error) {
	before, err := d.counted(ctx)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var opening errgroup.Group
	opening.SetLimit(50)
	for range streams {
		opening.Go(func() error {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.at+"/api/v1/events/stream", nil)
			if err != nil {
				return err
			}
			got, err := d.client.Do(r) //nolint:bodyclose // open until ctx ends
			if err == nil && got.StatusCode != http.StatusOK {
				err = fmt.Errorf("a stream is answered %d", got.StatusCode)
			}
			return err
		})
	}
	if err := opening.Wait(); err != nil {
		return 0, err
	}
	after, err := d.counted(ctx)
	const memory = "process_resident_memory_bytes"
	return after[memory] - before[memory], err
}
