package store_test

import (
	"slices"
	"strings"
	"testing"

	"tracker/internal/store"
	"tracker/internal/testdb"
)

// TestMigrateClosesWhatDefaultPrivilegesOpen: some hosts open all that is made
// in public to the roles of their web API.
func TestMigrateClosesWhatDefaultPrivilegesOpen(t *testing.T) {
	t.Parallel()
	address := testdb.Empty(t)
	owner := dial(t, address)
	anon := loginAs(t, owner, address, "pg_read_all_settings")
	name := anon.Config().User
	mustExec(t, owner, "GRANT USAGE ON SCHEMA public TO "+name)
	for _, kind := range []string{"TABLES", "SEQUENCES", "FUNCTIONS"} {
		mustExec(t, owner, "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON "+kind+" TO "+name)
	}
	mustExec(t, owner, "ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO "+name)
	mustExec(t, owner, "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO "+name)
	mustExec(t, owner, "CREATE TABLE theirs ()")
	migrateUp(t, address)
	seedHistory(t, owner)
	tables := slices.Concat(relations(t, owner, "public"), relations(t, owner, "report"))
	for _, table := range tables {
		if table == "public.theirs" {
			mustExec(t, anon, "SELECT FROM "+table) // of another application
			continue
		}
		wantCode(t, anon, codePrivilege, "SELECT FROM "+table)
	}
	for _, refused := range []string{
		"UPDATE sources SET base_url = 'http://evil.example'",
		"DELETE FROM cursors",
		"SELECT polls_extend()",
		"SELECT nextval('changes_change_no_seq')",
		"INSERT INTO transitions SELECT * FROM transitions",
	} {
		wantCode(t, anon, codePrivilege, refused)
	}
	if warnings := openDoors(t, address); len(warnings) > 0 {
		t.Errorf("it warns: %q", warnings)
	}

	mustExec(t, owner, "GRANT SELECT, DELETE ON cursors, report.jobs TO "+name)
	mustExec(t, owner, "GRANT UPDATE (credential) ON sources TO "+name)
	migrateUp(t, address) // which takes back nothing that was granted by hand
	equalLines(t, openDoors(t, address),
		name+" has DELETE, SELECT on public.cursors, report.jobs; unless that is meant:  REVOKE ALL ON TABLE public.cursors, report.jobs FROM "+name+";",
		name+" has UPDATE (credential) on public.sources; unless that is meant:  REVOKE ALL ON TABLE public.sources FROM "+name+";")
}

// TestMigrateKnowsAllThatItMakes: what the migrations make is closed by name.
func TestMigrateKnowsAllThatItMakes(t *testing.T) {
	t.Parallel()
	address := testdb.New(t)
	owner := dial(t, address)
	mustExec(t, owner, `DO $$ DECLARE one text; BEGIN
		FOR one IN SELECT oid::regclass FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'report'::regnamespace) AND relkind IN ('r', 'p', 'v', 'm') LOOP
			EXECUTE format('GRANT SELECT ON %s TO PUBLIC', one);
		END LOOP;
		FOR one IN SELECT oid::regclass FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'report'::regnamespace) AND relkind = 'S' LOOP
			EXECUTE format('GRANT SELECT ON SEQUENCE %s TO PUBLIC', one);
		END LOOP;
		FOR one IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace IN ('public'::regnamespace, 'report'::regnamespace) LOOP
			EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', one);
		END LOOP; END $$`)
	for _, warning := range openDoors(t, address) {
		_, statement, _ := strings.Cut(warning, ":  ")
		mustExec(t, owner, statement)
	}
	equalLines(t, column[string](t, owner, `SELECT oid::regclass::text FROM pg_class
		WHERE relnamespace IN ('public'::regnamespace, 'report'::regnamespace) AND relkind IN ('r', 'p', 'v', 'm') AND has_table_privilege('public', oid, 'SELECT')
		UNION ALL SELECT oid::regclass::text FROM pg_class
		WHERE relnamespace IN ('public'::regnamespace, 'report'::regnamespace) AND CASE relkind WHEN 'S' THEN has_sequence_privilege('public', oid, 'SELECT') END
		UNION ALL SELECT oid::regprocedure::text FROM pg_proc
		WHERE pronamespace IN ('public'::regnamespace, 'report'::regnamespace) AND has_function_privilege('public', oid, 'EXECUTE')`))
}

// TestMigrateClosesPublic, which up to PostgreSQL 14 is open to all that log in.
func TestMigrateClosesPublic(t *testing.T) {
	t.Parallel()
	address := testdb.Empty(t)
	superuser := dial(t, address)
	mustExec(t, superuser, "GRANT CREATE ON SCHEMA public TO PUBLIC")
	modest := loginAs(t, superuser, address, "pg_read_all_settings")
	mustExec(t, superuser, "GRANT CREATE ON DATABASE "+value[string](t, superuser, "SELECT quote_ident(current_database())")+" TO "+modest.Config().User)
	err := store.Migrate(t.Context(), modest.Config().ConnString())
	const statement = "REVOKE CREATE ON SCHEMA public FROM PUBLIC;"
	if err == nil || !strings.Contains(err.Error(), statement) {
		t.Errorf("who may not close it is told: %v", err)
	}
	if made := relations(t, superuser, "public"); len(made) > 0 {
		t.Errorf("and yet it made %q", made)
	}
	migrateUp(t, address)
	if value[bool](t, superuser, "SELECT has_schema_privilege('public', 'public', 'CREATE')") {
		t.Error("it is still open")
	}
	mustExec(t, superuser, "GRANT CREATE ON SCHEMA public TO PUBLIC")
	if warnings := openDoors(t, address); len(warnings) != 1 || !strings.Contains(warnings[0], statement) {
		t.Errorf("of a schema that is open again it warns %q", warnings)
	}
}

func openDoors(t *testing.T, address string) []string {
	t.Helper()
	warnings, err := store.ForeignGrants(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	return warnings
}
