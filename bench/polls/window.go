package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// window is what was measured of a program for a while.
type window struct {
	polls   int
	changed float64 // part of the polls that saw a change; -1: the program does not tell
	took    time.Duration
	program time.Duration // CPU
	server  time.Duration // CPU of its Postgres
	grown   disk          // what its tables and indexes took more at the end
	journal journaled     // where that was watched
	due     float64       // polls that its jobs ask for, a second; 0: that was not looked at
}

func (w window) perSecond() float64    { return float64(w.polls) / w.took.Seconds() }
func (w window) perCPUSecond() float64 { return float64(w.polls) / (w.program + w.server).Seconds() }

func (w window) String() string {
	spent := w.program + w.server
	text := fmt.Sprintf("%6.0f polls/s  %6.0f per CPU second (%.2f s program, %.2f s Postgres, %.2f cores)",
		w.perSecond(), w.perCPUSecond(), w.program.Seconds(), w.server.Seconds(), spent.Seconds()/w.took.Seconds())
	if w.changed >= 0 {
		text += fmt.Sprintf("  %.1f %% changed", 100*w.changed)
	}
	return text
}

// runsPerWindow is more than a dataset can have in a window: no run is told twice.
const runsPerWindow = 1000

// counts are the queries that count the polls of a window.
var counts = map[string]string{
	naive:   `SELECT count(*), -1::float8 FROM naive_polls WHERE polled_at >= $1 AND polled_at < $2`,
	tracker: `SELECT count(*), coalesce(avg((outcome = 'changed')::int), 0)::float8 FROM report.polls WHERE polled_at >= $1 AND polled_at < $2 AND snapshot_no IS NOT NULL`,
}

// measure runs a program for a warm-up and a window. The polls are counted when it has ended.
func (l *lab) measure(ctx context.Context, p plan, name string, idle int) (window, error) {
	upstream, address, err := l.startUpstream(ctx, idle)
	if err != nil {
		return window{}, err
	}
	defer func() { _ = end(upstream) }()
	args, err := l.prepare(ctx, name, "http://"+address)
	if err != nil {
		return window{}, err
	}
	db, err := pgx.Connect(ctx, l.urls[name])
	if err != nil {
		return window{}, err
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	program := exec.CommandContext(ctx, filepath.Join(l.dir, name), args...)
	program.Env, program.Stderr = l.env(name), os.Stderr
	if err := program.Start(); err != nil {
		return window{}, err
	}
	from, to, lags, err := l.observe(ctx, p, db, name, program.Process.Pid)
	if err := errors.Join(err, end(program)); err != nil {
		return window{}, err
	}
	to.disk.add(from.disk, -1)
	w := window{took: to.at.Sub(from.at), program: to.program - from.program, server: to.server - from.server, grown: to.disk, journal: lags}
	err = db.QueryRow(ctx, counts[name], from.at, to.at).Scan(&w.polls, &w.changed)
	return w, err
}

// mark is how much CPU was spent, and disk taken, by a time of the database's clock.
type mark struct {
	at              time.Time
	program, server time.Duration
	disk            disk
}

// observe lets the warm-up and the window pass and gives the marks around the window.
func (l *lab) observe(ctx context.Context, p plan, db *pgx.Conn, name string, pid int) (from, to mark, lags journaled, err error) {
	if err := pass(ctx, p.warmUp/2); err != nil {
		return from, to, nil, err
	}
	// As autovacuum does a minute after the first rows came.
	if _, err := db.Exec(ctx, `ANALYZE`); err != nil {
		return from, to, nil, err
	}
	if err := pass(ctx, p.warmUp/2); err != nil {
		return from, to, nil, err
	}
	if p.statements {
		if _, err := db.Exec(ctx, `SELECT pg_stat_statements_reset()`); err != nil {
			return from, to, nil, err
		}
	}
	if from, err = l.mark(ctx, db, name, pid); err != nil {
		return from, to, nil, err
	}
	switch {
	case p.profile != "":
		err = l.profile(ctx, p)
	case p.journal:
		lags, err = l.watch(ctx, p, name)
	default:
		err = pass(ctx, p.window)
	}
	if err != nil {
		return from, to, nil, err
	}
	to, err = l.mark(ctx, db, name, pid)
	return from, to, lags, err
}

// watch lets the window pass, and looks how soon what is new stands in the journal.
func (l *lab) watch(ctx context.Context, p plan, name string) (journaled, error) {
	ctx, stop := context.WithTimeout(ctx, p.window)
	defer stop()
	return watchJournal(ctx, l.urls[name])
}

func (l *lab) mark(ctx context.Context, db *pgx.Conn, name string, pid int) (m mark, err error) {
	if m.disk, err = readDisk(ctx, db); err != nil {
		return m, err
	}
	if err := db.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&m.at); err != nil {
		return m, err
	}
	if m.program, err = spentBy(pid); err != nil {
		return m, err
	}
	m.server, err = spentByServer(filepath.Join(l.dataDir(name), "postgres"))
	return m, err
}

// startUpstream starts the service that is polled, and gives its address.
func (l *lab) startUpstream(ctx context.Context, idle int, more ...string) (*exec.Cmd, string, error) {
	l.windows++
	upstream := exec.CommandContext(ctx, filepath.Join(l.dir, "upstream"), append([]string{
		"-idle", strconv.Itoa(idle), "-first-run", strconv.Itoa(l.windows * runsPerWindow),
	}, more...)...)
	upstream.Stderr = os.Stderr
	stdout, err := upstream.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := upstream.Start(); err != nil {
		return nil, "", err
	}
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() {
		return nil, "", errors.Join(errors.New("the upstream gives no address"), end(upstream))
	}
	return upstream, lines.Text(), nil
}

// end tells a process to stop and waits for that.
func end(process *exec.Cmd) error {
	if err := process.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	err := process.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGTERM {
		return nil
	}
	return err
}

// pass lets time pass.
func pass(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
