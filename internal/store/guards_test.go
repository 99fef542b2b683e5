package store_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"tracker/internal/testdb"
)

func TestGuardsRefuseTheOwner(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	seedEveryPartition(t, conn, seedHistory(t, conn))
	for _, table := range appendOnly(t, conn) {
		for _, rewrite := range rewritesOf(table) {
			wantCode(t, conn, codeRestrict, rewrite)
		}
	}
	wantCode(t, conn, codeRestrict, "TRUNCATE jobs CASCADE")
	wantCode(t, conn, codeRestrict, "INSERT INTO snapshots SELECT * FROM snapshots ON CONFLICT (job_id, snapshot_no) DO UPDATE SET status = 'other'")
}

func TestGuardsLetTheOwnerPassBySwitch(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	seedEveryPartition(t, conn, seedHistory(t, conn))
	for _, table := range appendOnly(t, conn) {
		for _, rewrite := range rewritesOf(table) {
			if touched := rewriteBySwitch(t, conn, rewrite); touched == 0 && !strings.HasPrefix(rewrite, "TRUNCATE") {
				t.Errorf("%s touched no row", rewrite)
			}
		}
	}
	// The switch was set for those transactions only.
	wantCode(t, conn, codeRestrict, "DELETE FROM snapshots")
}

func TestGuardsIgnoreTheSwitchOfOthers(t *testing.T) {
	t.Parallel()
	address := testdb.New(t)
	owner := dial(t, address)
	seedEveryPartition(t, owner, seedHistory(t, owner))
	other := loginAs(t, owner, address, "tracker_writer")
	mustExec(t, owner, "GRANT SELECT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public TO "+pgx.Identifier{other.Config().User}.Sanitize())
	mustExec(t, other, "SET tracker.rewrite = 'on'")
	for _, table := range appendOnly(t, other) {
		for _, rewrite := range rewritesOf(table) {
			wantCode(t, other, codeRestrict, rewrite)
		}
	}
}

func TestGuardsKeepWhatAJobStandsFor(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	seedHistory(t, conn)
	mustExec(t, conn, `INSERT INTO sources (name, provider, base_url, credential, schedule, active_every, rate_every, rate_burst, registered_at)
		SELECT 'other', provider, base_url, credential, schedule, active_every, rate_every, rate_burst, registered_at FROM sources`)
	mustExec(t, conn, "SET tracker.rewrite = 'on'") // which opens the history, not the registry
	for _, refused := range []string{
		"UPDATE jobs SET name = 'stores-us'",
		`UPDATE jobs SET target = '{"dataset_id": "e"}'`,
		"UPDATE jobs SET source_id = (SELECT source_id FROM sources WHERE name = 'other')",
		"DELETE FROM jobs",
	} {
		wantCode(t, conn, codeRestrict, refused)
	}
	for _, allowed := range []string{
		"UPDATE jobs SET labels = '{}', schedule = '@every 1m', stall_after = '2 h'",
		"UPDATE jobs SET tracking = 'paused', paused_reason = 'credential'",
		"UPDATE jobs SET tracking = 'removed', paused_reason = NULL",
	} {
		if tag := mustExec(t, conn, allowed); tag.RowsAffected() != 1 {
			t.Errorf("%s touched %d rows", allowed, tag.RowsAffected())
		}
	}
}

// appendOnly lists the tables that take inserts only, each partition of polls too.
func appendOnly(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	tables := partitions(t, conn)
	if len(tables) < 2 {
		t.Errorf("polls has only the partitions %q", tables)
	}
	return append(tables, "polls", "snapshots", "transitions", "anomalies", "changes")
}

// rewritesOf are the ways to change what a table holds.
func rewritesOf(table string) []string {
	changed := "job_id"
	if table == "changes" {
		changed = "actor"
	}
	return []string{
		fmt.Sprintf("UPDATE %s SET %s = %s", table, changed, changed),
		fmt.Sprintf("DELETE FROM %s", table),
		fmt.Sprintf("TRUNCATE %s", table),
	}
}

// rewriteBySwitch runs a statement as rebuild and retention do, and undoes it.
func rewriteBySwitch(t *testing.T, conn *pgx.Conn, rewrite string) int64 {
	t.Helper()
	mustExec(t, conn, "BEGIN")
	mustExec(t, conn, "SET LOCAL tracker.rewrite = 'on'")
	tag := mustExec(t, conn, rewrite)
	mustExec(t, conn, "ROLLBACK")
	return tag.RowsAffected()
}

// seedEveryPartition adds a poll to each partition of polls: a row trigger
// that has no row says nothing.
func seedEveryPartition(t *testing.T, conn *pgx.Conn, job int64) {
	t.Helper()
	for _, partition := range partitions(t, conn) {
		if month, found := strings.CutPrefix(partition, "polls_2"); found {
			mustExec(t, conn, seedPoll, job, "2"+month+"01")
		}
	}
	if empty := column[string](t, conn, `SELECT p.oid::regclass::text FROM pg_class p JOIN pg_inherits i ON inhrelid = p.oid
		WHERE inhparent = 'polls'::regclass AND NOT EXISTS (SELECT FROM polls q WHERE q.tableoid = p.oid)`); len(empty) > 0 {
		t.Fatalf("nothing in the partitions %q", empty)
	}
}

func partitions(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	return column[string](t, conn, "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'polls'::regclass ORDER BY 1")
}
