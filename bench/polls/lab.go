package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"tracker/internal/embeddedpg"
)

// The programs that are compared.
const (
	naive   = "naive"
	tracker = "tracker"
)

// stopTimeout bounds the end of a server.
const stopTimeout = time.Minute

// sources is over how many sources the jobs are spread, since one may be asked
// at most a thousand times a second.
const sources = 16

// lab holds what is measured: built programs, and a Postgres server for each,
// so that neither pays for what the other left to clean up.
type lab struct {
	dir     string
	jobs    int
	pprof   string // address at which the tracker shows its profiles; empty: it was not built for that
	servers map[string]*embeddedpg.Server
	urls    map[string]string // of their databases
	windows int               // that were begun
}

func newLab(ctx context.Context, p plan) (_ *lab, err error) {
	dir, err := os.MkdirTemp("", "tracker-bench-")
	if err != nil {
		return nil, err
	}
	l := &lab{dir: dir, jobs: p.jobs, servers: map[string]*embeddedpg.Server{}, urls: map[string]string{}}
	defer func() {
		if err != nil {
			l.close(ctx)
		}
	}()
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // Postgres may run as another user
		return nil, err
	}
	var tags string
	if p.profile != "" {
		tags = "profile"
		if l.pprof, err = freeAddress(ctx); err != nil {
			return nil, err
		}
	}
	programs := []string{naive, tracker}
	if p.crowd != "" || p.heavy {
		programs = programs[1:]
	}
	paths := map[string]string{naive: "./bench/naive", "upstream": "./bench/upstream", tracker: "./cmd/tracker"}
	for _, name := range append([]string{"upstream"}, programs...) {
		path := paths[name]
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-tags", tags, "-o", filepath.Join(dir, name), path)
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return nil, fmt.Errorf("build %s: %w", path, err)
		}
	}
	access := filepath.Join(dir, "pg_hba.conf")
	if err := os.WriteFile(access, []byte("local all all trust\nhost all all 127.0.0.0/8 trust\n"), 0o644); err != nil { //nolint:gosec // for Postgres
		return nil, err
	}
	for _, name := range programs {
		// Over TCP, as to a server elsewhere, and each at an address of its own.
		host, err := freeHost(ctx)
		if err != nil {
			return nil, err
		}
		l.urls[name] = fmt.Sprintf("postgres://tracker@%s:5432/tracker?sslmode=disable", host)
		settings := map[string]string{"shared_buffers": "1GB", "max_connections": "100", "listen_addresses": host, "hba_file": access}
		if p.statements {
			settings["shared_preload_libraries"], settings["pg_stat_statements.track"] = "pg_stat_statements", "all"
		}
		server, err := embeddedpg.Start(ctx, embeddedpg.Config{DataDir: l.dataDir(name), Settings: settings})
		if err != nil {
			return nil, err
		}
		l.servers[name] = server
	}
	return l, nil
}

func (l *lab) dataDir(name string) string { return filepath.Join(l.dir, name+"-data") }

// close ends the servers and removes what was stored.
func (l *lab) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	var err error
	for _, server := range l.servers {
		err = errors.Join(err, server.Close(ctx))
	}
	if err = errors.Join(err, os.RemoveAll(l.dir)); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
}

// prepare makes a program ready to run against an upstream, and gives its command line.
func (l *lab) prepare(ctx context.Context, name, upstream string) ([]string, error) {
	if name == naive {
		return []string{"-upstream", upstream, "-datasets", strconv.Itoa(l.jobs)}, nil
	}
	file := filepath.Join(l.dir, "tracker.yaml")
	if err := os.WriteFile(file, []byte(declaration(upstream, l.jobs, "@every 1s", time.Second)), 0o600); err != nil {
		return nil, err
	}
	commands := [][]string{{"migrate", "up"}, {"apply", "-f", file}}
	for i := range sources { // the upstream of each window has a port of its own, which pauses them
		commands = append(commands, []string{"source", "resume", fmt.Sprintf("source-%02d", i)})
	}
	for _, args := range commands {
		command := exec.CommandContext(ctx, filepath.Join(l.dir, tracker), args...)
		command.Env = l.env(tracker)
		if output, err := command.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("tracker %s: %w: %s", strings.Join(args, " "), err, output)
		}
	}
	return []string{"serve", "--listen", "off", "--log-level", "warn"}, nil
}

func (l *lab) env(name string) []string {
	return append(os.Environ(), "DATABASE_URL="+l.urls[name], "BENCH_KEY=key-of-the-bench", "TRACKER_PPROF="+l.pprof)
}

// declaration has every job polled by a schedule, each second where programs are
// compared: so the tracker works by its schedule, beyond the pace that the baseline has
// at full load.
func declaration(upstream string, jobs int, schedule string, activeEvery time.Duration) string {
	var text strings.Builder
	text.WriteString("sources:\n")
	for i := range sources {
		fmt.Fprintf(&text, "  - {name: source-%02d, provider: woosmap, base_url: %q, credential: \"env:BENCH_KEY\", schedule: %q, "+
			"active_every: %s, rate_limit: {every: 1ms, burst: 1}}\n", i, upstream, schedule, activeEvery)
	}
	text.WriteString("jobs:\n")
	for i := range jobs {
		fmt.Fprintf(&text, "  - {name: job-%06d, source: source-%02d, target: {dataset_id: 8c4c51f1-f6f3-43bc-b65d-%012d}}\n", i, i%sources, i)
	}
	return text.String()
}
