package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/bench/seed/seeddb"
)

// subject is the seeded database, as tracker_reader sees it.
type subject struct {
	url      string
	conn     *pgx.Conn
	settings string
	end      time.Time // of the history
	jobs     []string  // whose history is asked for: those with the most runs and polls, and one of each state
	run      string    // number of the busiest job's latest run
	sources  []string
}

// planning are the settings that bear on how long a query takes.
const planning = `SELECT version() || E'\n' || string_agg(name || '=' || setting || coalesce(unit, ''), ', ' ORDER BY name) FROM pg_settings
	WHERE name IN ('jit', 'shared_buffers', 'work_mem', 'random_page_cost', 'effective_cache_size', 'max_parallel_workers_per_gather')`

// findSubject connects as dashboards do, over a login that may only read. JIT
// is off, as in docker-compose.yml and on the embedded server: to compile such
// a query takes longer than to run it.
func findSubject(ctx context.Context, url string) (*subject, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	s := &subject{url: url, conn: conn}
	if err := s.find(ctx); err != nil {
		s.close(ctx)
		return nil, err
	}
	return s, nil
}

func (s *subject) close(ctx context.Context) { _ = s.conn.Close(ctx) } // nothing was written

func (s *subject) find(ctx context.Context) error {
	var seeded bool
	if err := s.conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM report.jobs WHERE labels ? $1)", seeddb.Label).Scan(&seeded); err != nil {
		return fmt.Errorf("look for a seed: %w", err)
	}
	if !seeded {
		return errors.New("the database holds no seed: make seed")
	}
	for _, statement := range []string{"SET jit = off", "SET ROLE tracker_reader"} {
		if _, err := s.conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	if err := s.conn.QueryRow(ctx, planning).Scan(&s.settings); err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	if err := s.conn.QueryRow(ctx, "SELECT array_agg(source ORDER BY source) FROM report.sources").Scan(&s.sources); err != nil {
		return fmt.Errorf("list sources: %w", err)
	}
	rows, err := s.conn.Query(ctx, `(SELECT job, run_no::text, max(last_polled_at) OVER () AS ends FROM report.jobs WHERE run_no > 0 ORDER BY run_no DESC LIMIT 1)
		UNION ALL (SELECT job, NULL, NULL FROM (SELECT job, count(*) AS polls FROM report.polls GROUP BY job ORDER BY polls DESC LIMIT 1) most)
		UNION ALL (SELECT DISTINCT ON (provider, state) job, run_no::text, last_polled_at FROM report.jobs WHERE state IS NOT NULL ORDER BY provider, state, job)`)
	if err != nil {
		return fmt.Errorf("find jobs: %w", err)
	}
	var job string
	var run *string
	var at *time.Time
	_, err = pgx.ForEachRow(rows, []any{&job, &run, &at}, func() error {
		if s.jobs = append(s.jobs, job); len(s.jobs) == 1 {
			s.run, s.end = *run, *at
		}
		return nil
	})
	return err
}

// String tells what is measured on.
func (s *subject) String() string {
	return fmt.Sprintf("%s\nwindows end with the history, at %s; as tracker_reader", s.settings, s.end.UTC().Format(time.DateTime))
}

// ask runs a query as Grafana does and reads all of its rows.
func (s *subject) ask(sql string) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		results, err := s.conn.PgConn().Exec(ctx, sql).ReadAll()
		if err != nil {
			return 0, fmt.Errorf("%w: %s", err, strings.Join(strings.Fields(sql), " "))
		}
		return len(results[0].Rows), nil
	}
}
