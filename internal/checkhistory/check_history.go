// Package checkhistory asserts what must hold of every stored history, however
// it came about. It is for tests only: each test of the store, of syncing and
// of the whole program calls it at its end.
package checkhistory

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"tracker/internal/store"
)

// CheckHistory fails the test for each invariant that the history of a job in
// the database at url does not keep. It connects as the tables' owner.
func CheckHistory(tb testing.TB, url string) {
	tb.Helper()
	// In a cleanup the test's own context has ended.
	violations, err := Violations(context.WithoutCancel(tb.Context()), url)
	if err != nil {
		tb.Fatalf("check the history: %v", err)
	}
	for _, v := range violations {
		tb.Errorf("history: %s", v)
	}
}

// Violations lists what does not hold of the histories of the named jobs (none:
// of all), each with its job. It only reads, but for what waits for the journal, which
// it appends, and its last step, a rebuild, which writes nothing where nothing is wrong.
func Violations(ctx context.Context, url string, jobs ...string) (violations []string, err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing was written on it
	s, err := store.Open(ctx, url, store.Options{MaxConns: 1})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	c := &check{conn: conn, store: s, names: map[int64]string{}, shown: map[int64]store.History{}}
	if err := c.findJobs(ctx, jobs); err != nil {
		return nil, err
	}
	if err := c.awaitPast(ctx); err != nil {
		return nil, err
	}
	if err := s.CompleteJournal(ctx); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{c.checkRules, c.checkBodies, c.checkFolds, c.checkPolls, c.checkTimes, c.checkRebuilds} {
		if err := step(ctx); err != nil {
			c.violations = append(c.violations, fmt.Sprintf("it can be read, but: %v", err))
		}
	}
	return c.violations, nil
}

// check collects what is wrong with some jobs.
type check struct {
	conn       *pgx.Conn
	store      *store.Store
	jobs       []store.Job
	ids        []int64
	names      map[int64]string
	shown      map[int64]store.History
	violations []string
}

// awaitPast returns when the newest snapshot is past. A snapshot's time is late
// by as long as the database's clock took to be read, which may be still to come.
func (c *check) awaitPast(ctx context.Context) error {
	_, err := c.conn.Exec(ctx, `SELECT pg_sleep_until(max(observed_at)) FROM snapshots
		WHERE job_id = ANY($1) AND observed_at < clock_timestamp() + interval '10 s'`, c.ids)
	return err
}

func (c *check) findJobs(ctx context.Context, wanted []string) error {
	all, err := c.store.Jobs(ctx)
	if err != nil {
		return err
	}
	for _, job := range all {
		if len(wanted) > 0 && !slices.Contains(wanted, job.Name) {
			continue
		}
		c.jobs = append(c.jobs, job)
		c.ids = append(c.ids, job.ID)
		c.names[job.ID] = job.Name
	}
	return nil
}

// violated notes what is wrong with a job; empty: with none.
func (c *check) violated(job, format string, args ...any) {
	of := "no job"
	if job != "" {
		of = "job " + job
	}
	c.violations = append(c.violations, of+": "+fmt.Sprintf(format, args...))
}
