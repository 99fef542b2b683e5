package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jedib0t/go-pretty/v6/table"
)

// statements is the query for what the statements of a window cost. Those that cost
// the server itself (foreign keys, functions) have no name; what they take is part of
// the statement that has caused them.
const statements = `SELECT substring(query FROM '^(?:-- name: )?[^\n]{1,60}'), calls, rows, total_exec_time, total_plan_time, shared_blks_dirtied, wal_bytes::float8
	FROM pg_stat_statements ORDER BY total_exec_time DESC LIMIT 30`

// dissect measures the tracker alone, for where its time and its bytes go.
func (l *lab) dissect(ctx context.Context, p plan, out io.Writer) error {
	mix := mixes[0]
	if p.unchanged {
		mix = mixes[1]
	}
	if p.kept > 0 {
		if err := l.keep(ctx, p.kept); err != nil {
			return err
		}
	}
	if p.statements {
		if err := l.countStatements(ctx); err != nil {
			return err
		}
	}
	w, err := l.measure(ctx, p, tracker, mix.idle)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, w)
	fmt.Fprintf(out, "%.1f µs program, %.1f µs Postgres a poll\n", perPoll(w.program.Seconds(), w.polls), perPoll(w.server.Seconds(), w.polls))
	w.grown.print(out, tracker, w.polls)
	if p.journal {
		fmt.Fprintf(out, "%.0f changes/s: %s\n", w.changed*w.perSecond(), w.journal)
	}
	if p.statements {
		return l.tellStatements(ctx, w, out)
	}
	return nil
}

// perPoll gives microseconds a poll of seconds for all.
func perPoll(seconds float64, polls int) float64 { return 1e6 * seconds / float64(polls) }

func (l *lab) countStatements(ctx context.Context) error {
	db, err := pgx.Connect(ctx, l.urls[tracker])
	if err != nil {
		return err
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	_, err = db.Exec(ctx, `CREATE EXTENSION IF NOT EXISTS pg_stat_statements`)
	return err
}

func (l *lab) tellStatements(ctx context.Context, w window, out io.Writer) error {
	db, err := pgx.Connect(ctx, l.urls[tracker])
	if err != nil {
		return err
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	rows, err := db.Query(ctx, statements)
	if err != nil {
		return err
	}
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"statement", "calls", "rows", "µs a poll", "planning", "µs a row", "pages dirtied a poll", "WAL bytes a poll"})
	var name string
	var calls, affected, dirtied int64
	var exec, plan, wal float64
	_, err = pgx.ForEachRow(rows, []any{&name, &calls, &affected, &exec, &plan, &dirtied, &wal}, func() error {
		n := float64(w.polls)
		t.AppendRow(table.Row{
			strings.TrimPrefix(name, "-- name: "), calls, affected, fmt.Sprintf("%.2f", 1e3*exec/n), fmt.Sprintf("%.2f", 1e3*plan/n),
			fmt.Sprintf("%.1f", 1e3*exec/float64(max(affected, 1))), fmt.Sprintf("%.2f", float64(dirtied)/n), fmt.Sprintf("%.0f", wal/n),
		})
		return nil
	})
	fmt.Fprintln(out, t.Render())
	return err
}
