package store_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// SQLSTATEs that the schema answers with.
const (
	codeRestrict   = "23001" // restrict_violation: a guard
	codePrivilege  = "42501" // insufficient_privilege
	codeNoFunction = "42883" // undefined_function
	codeRaise      = "P0001" // raise_exception: a migration that refuses
	codeNotInPlace = "55000" // object_not_in_prerequisite_state: a view over several tables takes no writes
)

// dial connects to a database until the test ends.
func dial(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func mustExec(t *testing.T, conn *pgx.Conn, sql string, args ...any) pgconn.CommandTag {
	t.Helper()
	tag, err := conn.Exec(t.Context(), sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return tag
}

// wantCode checks that a statement is refused with a SQLSTATE. It leaves
// nothing behind if it is not.
func wantCode(t *testing.T, conn *pgx.Conn, code, sql string, args ...any) {
	t.Helper()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	_, err = tx.Exec(t.Context(), sql, args...)
	if got := codeOf(err); got != code {
		t.Errorf("%s: SQLSTATE %q, not %s (%v)", sql, got, code, err)
	}
}

// codeOf is the SQLSTATE of an error, empty where it has none.
func codeOf(err error) string {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return ""
	}
	return pg.Code
}

// column returns the rows of a query of one column.
func column[T any](t *testing.T, conn *pgx.Conn, sql string, args ...any) []T {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return values
}

// value returns the one value of a query.
func value[T any](t *testing.T, conn *pgx.Conn, sql string, args ...any) T {
	t.Helper()
	values := column[T](t, conn, sql, args...)
	if len(values) != 1 {
		t.Fatalf("%s: %d rows", sql, len(values))
	}
	return values[0]
}

// loginAs connects as a new login user that was granted a role.
func loginAs(t *testing.T, owner *pgx.Conn, address, role string) *pgx.Conn {
	t.Helper()
	name, password := "test_"+strings.ToLower(rand.Text()[:12]), rand.Text()
	mustExec(t, owner, "CREATE ROLE "+name+" LOGIN PASSWORD '"+password+"' IN ROLE "+role)
	t.Cleanup(func() {
		if _, err := owner.Exec(context.WithoutCancel(t.Context()), "DROP OWNED BY "+name+"; DROP ROLE "+name); err != nil {
			t.Error(err)
		}
	})
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	parsed.User = url.UserPassword(name, password)
	return dial(t, parsed.String())
}

// seedHistory adds one valid row to every table, for the job stores-eu of the
// source woosmap-prod, and returns the job's id.
func seedHistory(t *testing.T, conn *pgx.Conn) int64 {
	t.Helper()
	job := seedRegistry(t, conn)
	seedRecords(t, conn, job)
	return job
}

// seedAt is when all that is seeded happens, in SQL.
const seedAt = "'2024-06-07 09:30:00+00'"

// seedRegistry adds the source and the job, and what goes with them.
func seedRegistry(t *testing.T, conn *pgx.Conn) int64 {
	t.Helper()
	const at = seedAt
	source := value[int64](t, conn, `INSERT INTO sources (name, provider, base_url, credential, schedule, active_every, rate_every, rate_burst, registered_at)
		VALUES ('woosmap-prod', 'woosmap', 'https://api.woosmap.com', 'env:KEY', '*/5 * * * *', '10 s', '5 s', 1, `+at+`) RETURNING source_id`)
	job := value[int64](t, conn, `INSERT INTO jobs (source_id, name, target, labels, tracking, registered_at)
		VALUES ($1, 'stores-eu', '{"dataset_id": "d"}', '{"team": "geo"}', 'active', `+at+`) RETURNING job_id`, source)
	mustExec(t, conn, `INSERT INTO budgets (source_id, next_slot_at) VALUES ($1, `+at+`)`, source)
	mustExec(t, conn, `INSERT INTO cursors (job_id, source_id, next_poll_at, polled_at, outcome, snapshot_no, confirmed_at, confirmations)
		SELECT $1, source_id, `+at+`, `+at+`, 'changed', 1, `+at+`, 1 FROM jobs WHERE job_id = $1`, job)
	return job
}

// seedRecords adds what polls of the job have recorded.
func seedRecords(t *testing.T, conn *pgx.Conn, job int64) {
	t.Helper()
	const at = seedAt
	for _, sql := range []string{
		`INSERT INTO gaps VALUES ($1, ` + at + `, ` + at + `, 1, 'timeout')`,
		`INSERT INTO snapshots (job_id, snapshot_no, polled_at, observed_at, previous_polls, run_no, status, state, body, body_is_text, sha256, interpretation, size)
			VALUES ($1, 1, ` + at + `, ` + at + `, 0, 1, 'success', 'succeeded', '{}', true, sha256('{}'), 1, 2)`,
		`INSERT INTO runs (job_id, run_no, run_id, status, state, first_seen_at, ended_seen_at, last_changed_at, step_count, warnings, errors, unknown_words, shape)
			VALUES ($1, 1, 'r1', 'success', 'succeeded', ` + at + `, ` + at + `, ` + at + `, 1, 0, 0, '{}', '{}')`,
		`INSERT INTO steps (job_id, run_no, step_no, name, status, state, reported, started_zone_assumed, ended_zone_assumed, first_seen_at, ended_seen_at)
			VALUES ($1, 1, 1, 'fetch', 'success', 'succeeded', true, true, true, ` + at + `, ` + at + `)`,
		`INSERT INTO log_entries (job_id, run_no, step_no, entry_no, position, created_raw, zone_assumed, level, detail, first_seen_at)
			VALUES ($1, 1, 1, 1, 1, '2024-06-07T09:29:00', true, 'info', 'fetched', ` + at + `)`,
		`INSERT INTO transitions (job_id, transition_no, run_no, to_state, to_status, observed_at, snapshot_no)
			VALUES ($1, 1, 1, 'succeeded', 'success', ` + at + `, 1)`,
		`INSERT INTO anomalies (job_id, anomaly_no, run_no, kind, count, observed_at, snapshot_no) VALUES ($1, 1, 1, 'clock_skew', 1, ` + at + `, 1)`,
		`INSERT INTO result_items (job_id, run_no, item_no, item_id, url, labels, output) VALUES ($1, 1, 1, 'i', '', '{}', '{}')`,
		seedPoll,
	} {
		args := []any{job}
		if sql == seedPoll {
			args = append(args, "2024-06-07 09:30:00+00")
		}
		mustExec(t, conn, sql, args...)
	}
}

// seedPoll adds a poll of the job $1, sent at $2.
const seedPoll = `INSERT INTO polls (job_id, polled_at, outcome, latency_us, snapshot_no) VALUES ($1, $2::text::timestamptz, 'unchanged', 1000, 1)`

// equalLines compares what a query gave with what was expected.
func equalLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}
