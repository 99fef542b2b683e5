package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/bench/seed/seeddb"
	"tracker/internal/store"
)

// target is the database to fill. What the store has no use case for, since
// only a seed wants it, goes over a connection of its own.
type target struct {
	conn     *pgx.Conn
	registry *store.Store // for what is tracked, which triggers copy and record
	store    *store.Store // for all else
}

// openTarget migrates the database and empties it of an earlier seed.
func openTarget(ctx context.Context, at string) (*target, error) {
	if err := store.Migrate(ctx, at); err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	t := &target{conn: conn}
	if err := t.empty(ctx); err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	if err := t.open(ctx, at); err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return t, nil
}

// open opens the stores. Their connections do not wait for the disk and, where the role
// may, those for all but the registry leave triggers out, and with them the check of
// foreign keys, which takes as long as the insert.
func (t *target) open(ctx context.Context, at string) error {
	var super bool
	if err := t.conn.QueryRow(ctx, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user").Scan(&super); err != nil {
		return fmt.Errorf("read the role: %w", err)
	}
	parameters := url.Values{"synchronous_commit": {"off"}}
	fast, err := withParameters(at, parameters)
	if err != nil {
		return err
	}
	if t.registry, err = store.Open(ctx, fast, store.Options{MaxConns: 1}); err != nil {
		return err
	}
	if super {
		parameters.Set("session_replication_role", "replica")
	}
	if fast, err = withParameters(at, parameters); err == nil {
		t.store, err = store.Open(ctx, fast, store.Options{MaxConns: shards + 1})
	}
	if err != nil {
		t.registry.Close()
	}
	return err
}

func (t *target) close(ctx context.Context) {
	t.registry.Close()
	t.store.Close()
	_ = t.conn.Close(ctx) // all that was written is committed
}

// errOwnHistory means that the database is not the seed's to empty.
var errOwnHistory = errors.New("the database holds sources or jobs that no seed has made: name another one")

// empty takes away what an earlier seed has made, by the switch that the owner
// has for it. Anybody else's history stays, and is an error.
func (t *target) empty(ctx context.Context) error {
	var foreign bool
	if err := t.conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM jobs WHERE NOT labels ? $1) OR EXISTS (SELECT FROM sources WHERE name NOT LIKE 'seed-%')
		OR EXISTS (SELECT FROM changes WHERE actor <> $2)`, seeddb.Label, seeddb.Actor).Scan(&foreign); err != nil {
		return fmt.Errorf("look for a history: %w", err)
	}
	if foreign {
		return errOwnHistory
	}
	err := pgx.BeginFunc(ctx, t.conn, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			SET LOCAL tracker.rewrite = 'on';
			TRUNCATE journal, journal_notes, ledger_tiles, checkpoints, holds, acts, taken_polls, taken_runs, erased_snapshots, recounts, receipts, sources, jobs, changes, budgets, cursors, replicas, polls, gaps, snapshots, runs, steps, log_entries, transitions, anomalies,
				result_items, hourly, daily RESTART IDENTITY;
			UPDATE rollup SET rolled_up_to = '0001-01-01 00:00:00+00', swept_to = '0001-01-01 00:00:00+00';
			UPDATE journal_end SET entry_no = 0, polls_until = '-infinity'`)
		return err
	})
	if err != nil {
		return fmt.Errorf("empty the database: %w", err)
	}
	return nil
}

// extendPartitions makes the partitions of polls of the days that a stride
// from a time on may touch.
func (t *target) extendPartitions(ctx context.Context, from time.Time) error {
	if _, err := t.conn.Exec(ctx, "SELECT polls_extend($1::date + i) FROM generate_series(0, $2) i",
		from.UTC(), int(stride/(24*time.Hour))+1); err != nil {
		return fmt.Errorf("make the partitions of polls: %w", err)
	}
	return nil
}

// withParameters is a database's URL with parameters of its sessions.
func withParameters(at string, parameters url.Values) (string, error) {
	if !strings.HasPrefix(at, "postgres://") && !strings.HasPrefix(at, "postgresql://") {
		return at + " " + strings.ReplaceAll(parameters.Encode(), "&", " "), nil // as key=value
	}
	parsed, err := url.Parse(at)
	if err != nil {
		return "", store.ErrDatabaseURL
	}
	query := parsed.Query()
	maps.Copy(query, parameters)
	parsed.RawQuery = query.Encode()
	return parsed.String(), nil
}
