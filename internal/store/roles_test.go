package store_test

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"tracker/internal/store"
	"tracker/internal/testdb"
)

func TestRolesReaderSeesTheReportsOnly(t *testing.T) {
	t.Parallel()
	address := testdb.New(t)
	owner := dial(t, address)
	seedHistory(t, owner)
	reader := loginAs(t, owner, address, "tracker_reader")

	views := relations(t, reader, "report")
	if len(views) == 0 {
		t.Error("there are no views")
	}
	for _, view := range views {
		if _, err := reader.Exec(t.Context(), "SELECT * FROM "+view); err != nil {
			t.Errorf("read %s: %v", view, err)
		}
	}
	for _, sql := range []string{
		"SELECT job FROM report.jobs",
		"SELECT job FROM report.status_as_of(now())",
		"SELECT job FROM report.status_as_of(now(), now())",
		"SELECT job FROM report.state_timeline('2024-06-07', now())",
	} {
		if jobs := column[string](t, reader, sql); !slices.Equal(jobs, []string{"stores-eu"}) {
			t.Errorf("%s: %q", sql, jobs)
		}
	}

	for _, relation := range relations(t, owner, "public") {
		wantCode(t, reader, codePrivilege, "SELECT FROM "+relation)
	}
	for _, table := range column[string](t, owner, `SELECT format('public.%I', tablename) FROM pg_tables WHERE schemaname = 'public'`) {
		wantCode(t, reader, codePrivilege, "INSERT INTO "+table+" DEFAULT VALUES")
		wantCode(t, reader, codePrivilege, "DELETE FROM "+table)
		wantCode(t, reader, codePrivilege, "TRUNCATE "+table)
	}
	for _, sql := range []string{
		"SELECT polls_extend()",
		"SELECT polls_extend(current_date)",
		"SELECT claims_held(0, 0)",
		"INSERT INTO report.changes (actor) VALUES ('eve')",
		"UPDATE report.changes SET actor = 'eve'",
		"DELETE FROM report.changes",
		"CREATE TABLE report.mine ()",
		"DROP VIEW report.changes",
	} {
		wantCode(t, reader, codePrivilege, sql)
	}
	wantCode(t, reader, codeNotInPlace, "DELETE FROM report.jobs")
}

func TestRolesWriterAddsToTheHistory(t *testing.T) {
	t.Parallel()
	address := testdb.New(t)
	owner := dial(t, address)
	writer := loginAs(t, owner, address, "tracker_writer")
	seedRecords(t, writer, seedRegistry(t, owner))
	mustExec(t, writer, "SET tracker.rewrite = 'on'") // the owner's switch
	for _, table := range appendOnly(t, writer) {
		for _, rewrite := range rewritesOf(table) {
			wantCode(t, writer, codePrivilege, rewrite)
		}
	}
	for _, table := range partitions(t, owner) {
		wantCode(t, writer, codePrivilege, "SELECT FROM "+table) // but by polls
	}
	for _, refused := range []string{
		"UPDATE gaps SET reason = 'paused'",
		"DELETE FROM gaps",
		"DELETE FROM runs",
		"DELETE FROM steps",
		"DELETE FROM log_entries",
		"DELETE FROM cursors",
		"DELETE FROM budgets",
		"DELETE FROM sources",
		"DELETE FROM jobs",
		"TRUNCATE result_items",
		"ALTER TABLE snapshots DISABLE TRIGGER ALL",
		"DROP TABLE polls_default",
		"CREATE TABLE report.mine ()",
		"SELECT polls_extend(current_date)",
	} {
		wantCode(t, writer, codePrivilege, refused)
	}
}

func TestRolesWriterKeepsTheProjections(t *testing.T) {
	t.Parallel()
	address := testdb.New(t)
	owner := dial(t, address)
	writer := loginAs(t, owner, address, "tracker_writer")
	seedHistory(t, owner)
	for _, allowed := range []string{
		"UPDATE runs SET warnings = 1",
		"UPDATE steps SET vanished_at = first_seen_at",
		"UPDATE log_entries SET withdrawn_at = first_seen_at",
		"UPDATE result_items SET url = 'https://example.com'",
		"DELETE FROM result_items",
		"UPDATE cursors SET claimed_until = now(), claimed_by = 'me'",
		"UPDATE budgets SET next_slot_at = now()",
		"UPDATE jobs SET tracking = 'finished'",
		"UPDATE sources SET paused_at = now(), paused_reason = 'credential'",
		"SELECT FROM jobs, cursors, budgets FOR UPDATE",
		"SELECT FROM report.snapshots",
		"SELECT FROM report.status_as_of(now())",
		"SELECT FROM polls",
	} {
		if tag := mustExec(t, writer, allowed); tag.RowsAffected() != 1 {
			t.Errorf("%s touched %d rows", allowed, tag.RowsAffected())
		}
	}
	mustExec(t, writer, "SELECT polls_extend()")
	mustExec(t, writer, "SELECT claims_held(0, 0)")

	s, err := store.Open(t.Context(), writer.Config().ConnString(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.CheckSchema(t.Context()); err != nil {
		t.Errorf("the writer's check of the schema: %v", err)
	}
}

// relations lists the tables and views of a schema by their quoted names.
func relations(t *testing.T, conn *pgx.Conn, schema string) []string {
	t.Helper()
	return column[string](t, conn, `SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm') ORDER BY 1`, schema)
}
