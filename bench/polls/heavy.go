package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// heavyJobs is how many answers of 16 MiB are asked for at once, lightJobs how many
	// others: half of them at the same sources.
	heavyJobs, lightJobs = 32, 64
	// longLine and longLines make an answer of just under 16 MiB, which may grow by
	// sixty lines until it is too long.
	longLine, longLines = 11_000, 1460
)

// logLengths are the lengths of the logs that are compared.
var logLengths = []int{1000, 10_000, 100_000}

// measureHeavy measures what a poll of a log costs that grows, by its length, and then
// what answers of the greatest size cost, and those who are polled beside them.
func (l *lab) measureHeavy(ctx context.Context, p plan, out io.Writer) error {
	if err := l.command(ctx, "migrate", "up"); err != nil {
		return err
	}
	for _, entries := range logLengths {
		name := fmt.Sprintf("log-%d", entries)
		h, err := l.measureBeside(ctx, p, name, []string{"-heavy", "1", "-entries", strconv.Itoa(entries)},
			heavyDeclaration(name, 1, 0, "@every 2s"))
		if err != nil {
			return fmt.Errorf("measure a log of %d entries: %w", entries, err)
		}
		fmt.Fprintf(out, "a log of %d entries, one more with each poll: %s\n", entries, h)
	}
	h, err := l.measureBeside(ctx, p, "long", []string{
		"-heavy", strconv.Itoa(heavyJobs), "-entries", strconv.Itoa(longLines), "-entry-size", strconv.Itoa(longLine), "-bare",
	}, heavyDeclaration("long", heavyJobs, lightJobs, "@every 10s"))
	if err != nil {
		return fmt.Errorf("measure long answers: %w", err)
	}
	fmt.Fprintf(out, "%d answers of 16 MiB that differ each time: %s\n", heavyJobs, h)
	for _, beside := range h.beside {
		fmt.Fprintln(out, "  ", beside)
	}
	return nil
}

// heavy is what was measured of heavy jobs.
type heavy struct {
	window
	bytes    float64 // of an answer, on average
	logged   int64   // bytes of the server's write-ahead log
	peak     int64   // bytes that the tracker has taken at most
	outcomes string
	beside   []string // how the others were polled, by source
}

func (h heavy) String() string {
	each := func(d time.Duration) time.Duration {
		return (d / time.Duration(max(1, h.polls))).Round(100 * time.Microsecond)
	}
	return fmt.Sprintf("%d polls (%s) of %.2f MB; each %s of the tracker, %s of Postgres, %d kB of its log; memory at most %s",
		h.polls, h.outcomes, h.bytes/1e6, each(h.program), each(h.server), h.logged/int64(max(1, h.polls))>>10, megabytes(h.peak))
}

// heavyDeclaration has heavy jobs at sources of their own, and light ones, polled each
// second, at these and at others.
func heavyDeclaration(name string, heavies, lights int, schedule string) func(upstream string) string {
	return func(upstream string) string {
		var text strings.Builder
		text.WriteString("sources:\n")
		for _, kind := range []string{"heavy", "light"} {
			fmt.Fprintf(&text, "  - {name: %s-%s, provider: woosmap, base_url: %q, credential: \"env:BENCH_KEY\", schedule: %q, active_every: 2s, rate_limit: {every: 1ms, burst: 100}}\n",
				name, kind, upstream, schedule)
		}
		text.WriteString("jobs:\n")
		job := func(no int, kind, source, schedule string) {
			fmt.Fprintf(&text, "  - {name: %s-%s-%03d, source: %s-%s, target: {dataset_id: 8c4c51f1-f6f3-43bc-b65d-%012d}, schedule: %q}\n",
				name, kind, no, name, source, no, schedule)
		}
		for i := range heavies {
			job(i, "heavy", "heavy", schedule)
		}
		for i := range lights {
			job(heavies+i, "light", []string{"heavy", "light"}[i%2], "@every 1s")
		}
		return text.String()
	}
}

// command runs a command of the tracker.
func (l *lab) command(ctx context.Context, args ...string) error {
	command := exec.CommandContext(ctx, filepath.Join(l.dir, tracker), args...)
	command.Env = l.env(tracker)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("tracker %s: %w: %s", strings.Join(args, " "), err, output)
	}
	return nil
}

// measureBeside measures a window of heavy jobs, whose names begin so.
func (l *lab) measureBeside(ctx context.Context, p plan, name string, service []string, declared func(string) string) (h heavy, err error) {
	upstream, address, err := l.startUpstream(ctx, crowdIdle, service...)
	if err != nil {
		return h, err
	}
	defer func() { _ = end(upstream) }()
	file := filepath.Join(l.dir, name+".yaml")
	if err := os.WriteFile(file, []byte(declared("http://"+address)), 0o600); err != nil {
		return h, err
	}
	if err := l.command(ctx, "apply", "-f", file, "--prune"); err != nil { // those before are done
		return h, err
	}
	db, err := pgx.Connect(ctx, l.urls[tracker])
	if err != nil {
		return h, err
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	program := exec.CommandContext(ctx, filepath.Join(l.dir, tracker), "serve", "--listen", "off", "--log-level", "error")
	program.Env, program.Stderr = l.env(tracker), os.Stderr
	if err := program.Start(); err != nil {
		return h, err
	}
	err = l.observeHeavy(ctx, p, db, name, program.Process.Pid, &h)
	return h, errors.Join(err, end(program))
}

func (l *lab) observeHeavy(ctx context.Context, p plan, db *pgx.Conn, name string, pid int, h *heavy) error {
	for seen := false; !seen; { // the first answer of each brings the whole log
		if err := pass(ctx, time.Second); err != nil {
			return err
		}
		if err := db.QueryRow(ctx, `SELECT bool_and(c.snapshot_no > 0) FROM cursors c JOIN jobs j USING (job_id) WHERE j.tracking = 'active'`).Scan(&seen); err != nil {
			return err
		}
	}
	if err := pass(ctx, p.warmUp); err != nil {
		return err
	}
	const position = `SELECT pg_current_wal_lsn() - '0/0'::pg_lsn`
	var begun, ended int64
	if err := db.QueryRow(ctx, position).Scan(&begun); err != nil {
		return err
	}
	from, err := l.mark(ctx, db, tracker, pid)
	if err != nil {
		return err
	}
	if err := pass(ctx, p.window); err != nil {
		return err
	}
	to, err := l.mark(ctx, db, tracker, pid)
	if err != nil {
		return err
	}
	if err := db.QueryRow(ctx, position).Scan(&ended); err != nil {
		return err
	}
	h.window = window{took: to.at.Sub(from.at), program: to.program - from.program, server: to.server - from.server}
	h.logged = ended - begun
	if _, h.peak, err = memoryOf(pid); err != nil {
		return err
	}
	if err := db.QueryRow(ctx, `SELECT count(*), coalesce(string_agg(DISTINCT outcome, ', '), 'none') FROM report.polls
		WHERE starts_with(job, $1 || '-heavy-') AND polled_at >= $2 AND polled_at < $3`, name, from.at, to.at).Scan(&h.polls, &h.outcomes); err != nil {
		return err
	}
	if err := db.QueryRow(ctx, `SELECT coalesce(avg(size), 0)::float8 FROM report.snapshots WHERE starts_with(job, $1 || '-heavy-') AND observed_at >= $2`, name, from.at).Scan(&h.bytes); err != nil {
		return err
	}
	rows, err := db.Query(ctx, `SELECT format('%s polls of %s jobs at the source %s, planned each second: every %s s at the median, %s s at the 99th percentile',
			count(*), count(DISTINCT job), source, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY apart)::numeric, 2), round(percentile_cont(0.99) WITHIN GROUP (ORDER BY apart)::numeric, 2))
		FROM (SELECT source, job, polled_at, extract(epoch FROM polled_at - lag(polled_at) OVER (PARTITION BY job_id ORDER BY polled_at)) AS apart FROM report.polls
			WHERE starts_with(job, $1 || '-light-')) p
		WHERE polled_at >= $2 AND polled_at < $3 GROUP BY source ORDER BY source`, name, from.at, to.at)
	if err != nil {
		return err
	}
	h.beside, err = pgx.CollectRows(rows, pgx.RowTo[string])
	return err
}
