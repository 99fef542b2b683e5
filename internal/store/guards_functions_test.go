package store_test

import (
	"testing"

	"tracker/internal/testdb"
)

// TestGuardsFunctionsKeepTheRules: a function finds names in pg_catalog alone,
// or had them found when it was made, so that nothing that a login may create
// stands in for what is meant. One that runs as its owner is not everybody's,
// and takes arguments only to report by, to hold runs, and to take what is old.
func TestGuardsFunctionsKeepTheRules(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	const ours = ` FROM pg_proc p, LATERAL (SELECT p.oid::regprocedure::text AS name) n WHERE p.pronamespace IN ('public'::regnamespace, 'report'::regnamespace)`
	if all := column[string](t, conn, "SELECT name"+ours); len(all) < 7 {
		t.Errorf("there are only the functions %q", all)
	}
	for rule, breaks := range map[string]string{
		"its search_path is pg_catalog, pg_temp":   `prosqlbody IS NULL AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY(proconfig), false)`,
		"not everybody may call it":                `has_function_privilege('public', p.oid, 'EXECUTE')`,
		"as its owner, it takes no arguments":      `prosecdef AND pronargs > 0 AND pronamespace <> 'report'::regnamespace AND proname NOT IN ('run_hold', 'run_release', 'polls_old', 'polls_take', 'runs_old', 'runs_old_any', 'runs_take', 'journal_search')`,
		"as its owner, for reports, it only reads": `prosecdef AND pronamespace = 'report'::regnamespace AND provolatile = 'v'`,
	} {
		for _, name := range column[string](t, conn, "SELECT name"+ours+" AND "+breaks) {
			t.Errorf("%s breaks the rule that %s", name, rule)
		}
	}
	foreign := column[string](t, conn, `SELECT DISTINCT w.ev_class::regclass || ' uses ' || p.oid::regprocedure
		FROM pg_depend d JOIN pg_rewrite w ON w.oid = d.objid JOIN pg_proc p ON p.oid = d.refobjid
		WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_proc'::regclass
			AND w.ev_class IN (SELECT oid FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'report'::regnamespace))
			AND p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'report'::regnamespace)`)
	equalLines(t, foreign)
}

// TestGuardsAreNotFooledByTemporaryTables: a login may make a temporary table of
// any name, which is found before what it hides.
func TestGuardsAreNotFooledByTemporaryTables(t *testing.T) {
	t.Parallel()
	address := testdb.New(t)
	owner := dial(t, address)
	seedHistory(t, owner)
	login := loginAs(t, owner, address, "tracker_writer, pg_write_all_data, pg_read_all_data")
	mustExec(t, login, `CREATE TEMP TABLE pg_class AS SELECT c.oid, c.relname, r.oid AS relowner, c.relnamespace
		FROM pg_catalog.pg_class c, pg_roles r WHERE r.rolname = current_user`)
	mustExec(t, login, "SET tracker.rewrite = 'on'")
	for _, refused := range []string{
		"UPDATE public.snapshots SET status = 'forged'",
		"DELETE FROM public.polls",
		"DELETE FROM public.jobs",
	} {
		wantCode(t, login, codeRestrict, refused)
	}
}

// TestGuardsAreNotFooledByFunctionsInPublic: where everybody may create in
// public, a function that fits better than pg_catalog's is taken for it.
func TestGuardsAreNotFooledByFunctionsInPublic(t *testing.T) {
	t.Parallel()
	address := testdb.New(t)
	owner := dial(t, address)
	for _, partition := range partitions(t, owner) {
		if partition != "polls_default" {
			mustExec(t, owner, "DROP TABLE "+partition)
		}
	}
	mustExec(t, owner, "GRANT CREATE ON SCHEMA public TO PUBLIC")
	reader := loginAs(t, owner, address, "tracker_reader")
	mustExec(t, reader, `CREATE FUNCTION public.to_char(date, text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'taken over'; END $$`)
	mustExec(t, reader, `CREATE FUNCTION public.format(text, text, text, text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'taken over'; END $$`)
	mustExec(t, owner, "SELECT polls_extend()")
	if made := partitions(t, owner); len(made) < 2 {
		t.Errorf("it made %q", made)
	}
}
