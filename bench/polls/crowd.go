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
	"time"

	"github.com/jackc/pgx/v5"
)

// crowdIdle is how many equal answers a dataset gives: in a crowd none changes after
// its first.
const crowdIdle = 100_000

const (
	// crowdEvery is how often it is looked how far the tracker is.
	crowdEvery = 15 * time.Second
	// overdue is how late a poll is of a tracker that has not caught up with its first ones,
	// patience how long it may take to.
	overdue, patience = 10 * time.Second, 30 * time.Minute
)

// crowd is what was measured of many jobs.
type crowd struct {
	applied     time.Duration // how long their registration took
	appliedPeak int64         // bytes that it took

	window   window
	lateness histogram // of the window's polls
	claims   histogram // of the window
	peak     int64     // bytes that the tracker has taken at most
	memory   int64     // at the end
	database int64     // bytes on disk
}

// measureCrowd registers the jobs, has each polled for the first time, which takes longer
// than later polls, lets the warm-up pass, and the time until none is overdue, and measures
// a window.
func (l *lab) measureCrowd(ctx context.Context, p plan, out io.Writer) error {
	upstream, address, err := l.startUpstream(ctx, crowdIdle, "-bare", "-datasets", strconv.Itoa(l.jobs))
	if err != nil {
		return err
	}
	defer func() { _ = end(upstream) }()
	var c crowd
	if err := l.applyCrowd(ctx, &c, declaration("http://"+address, l.jobs, p.crowd, 5*time.Minute)); err != nil {
		return err
	}
	fmt.Fprintf(out, "apply        %d jobs in %s, with %s of memory\n", l.jobs, c.applied.Round(time.Second), megabytes(c.appliedPeak))
	db, err := pgx.Connect(ctx, l.urls[tracker])
	if err != nil {
		return err
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	listen, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	program := exec.CommandContext(ctx, filepath.Join(l.dir, tracker), "serve", "--listen", listen, "--log-level", "warn")
	program.Env, program.Stderr = l.env(tracker), os.Stderr
	if err := program.Start(); err != nil {
		return err
	}
	err = l.observeCrowd(ctx, p, db, &c, "http://"+listen+"/metrics", program.Process.Pid, out)
	if err := errors.Join(err, end(program)); err != nil {
		return err
	}
	fmt.Fprintf(out, "polls        %s; %d jobs ask for %.0f a second\n", c.window, l.jobs, c.window.due)
	fmt.Fprintf(out, "lateness     p50 %s, p99 %s, of %d polls\n", c.lateness.quantile(.5), c.lateness.quantile(.99), c.lateness.count())
	fmt.Fprintf(out, "claims       p50 %s, p99 %s, of %d\n", c.claims.quantile(.5), c.claims.quantile(.99), c.claims.count())
	fmt.Fprintf(out, "memory       %s, at most %s\n", megabytes(c.memory), megabytes(c.peak))
	fmt.Fprintf(out, "Postgres     %s on disk, %d bytes a job\n", megabytes(c.database), c.database/int64(l.jobs))
	return nil
}

func megabytes(bytes int64) string { return fmt.Sprintf("%d MB", bytes>>20) }

// applyCrowd registers what is declared, by the command.
func (l *lab) applyCrowd(ctx context.Context, c *crowd, declared string) error {
	file := filepath.Join(l.dir, "tracker.yaml")
	if err := os.WriteFile(file, []byte(declared), 0o600); err != nil {
		return err
	}
	for _, args := range [][]string{{"migrate", "up"}, {"apply", "-f", file}} {
		command := exec.CommandContext(ctx, filepath.Join(l.dir, tracker), args...)
		command.Env, command.Stderr = l.env(tracker), os.Stderr
		begun := time.Now()
		if err := command.Run(); err != nil {
			return fmt.Errorf("tracker %s: %w", args[0], err)
		}
		c.applied, c.appliedPeak = time.Since(begun), peakOf(command)
	}
	return nil
}

// awaitNone waits until a query that tells whether something is left says no.
func awaitNone(ctx context.Context, db *pgx.Conn, every time.Duration, query string, args ...any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("it has not caught up after %s", patience))
	defer cancel()
	for left := true; left; {
		if err := pass(ctx, every); err != nil {
			return err
		}
		if err := db.QueryRow(ctx, query, args...).Scan(&left); err != nil {
			return err
		}
	}
	return nil
}

// observeCrowd waits until every job was polled, lets the warm-up pass, waits until no poll
// is overdue, and measures.
func (l *lab) observeCrowd(ctx context.Context, p plan, db *pgx.Conn, c *crowd, metrics string, pid int, out io.Writer) error {
	begun := time.Now()
	if err := awaitNone(ctx, db, min(crowdEvery, p.window), `SELECT EXISTS (SELECT FROM cursors WHERE polled_at IS NULL)`); err != nil {
		return err
	}
	fmt.Fprintf(out, "first polls  of all jobs in %s\n", time.Since(begun).Round(time.Second))
	if err := pass(ctx, p.warmUp); err != nil {
		return err
	}
	if err := awaitNone(ctx, db, min(crowdEvery, p.window), `SELECT EXISTS (SELECT FROM cursors WHERE next_poll_at < now() - $1::interval)`, overdue); err != nil {
		return err
	}
	fmt.Fprintf(out, "caught up    %s after the start\n", time.Since(begun).Round(time.Second))
	before, err := scrape(ctx, metrics)
	if err != nil {
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
	after, err := scrape(ctx, metrics)
	if err != nil {
		return err
	}
	c.lateness = after.since(before, "tracker_poll_lateness_seconds")
	c.claims = after.since(before, "tracker_claim_seconds")
	c.window = window{took: to.at.Sub(from.at), program: to.program - from.program, server: to.server - from.server}
	if err := db.QueryRow(ctx, counts[tracker], from.at, to.at).Scan(&c.window.polls, &c.window.changed); err != nil {
		return err
	}
	if err := db.QueryRow(ctx, `SELECT coalesce(sum(1 / extract(epoch FROM planned_every)), 0)::float8 FROM cursors`).Scan(&c.window.due); err != nil {
		return err
	}
	if c.memory, c.peak, err = memoryOf(pid); err != nil {
		return err
	}
	return db.QueryRow(ctx, `SELECT pg_database_size(current_database())`).Scan(&c.database)
}
