package store_test

import (
	"database/sql"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"tracker/internal/store"
	"tracker/internal/testdb"
)

// Databases as people have them: with another application, or set up so that
// names mean something else.

func TestMigrationsSearchPath(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(t *testing.T, conn *pgx.Conn, address string) string{
		"OfTheDatabaseEmpty": func(t *testing.T, conn *pgx.Conn, address string) string {
			t.Helper()
			mustExec(t, conn, `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = ''''', current_database()); END $$`)
			return address
		},
		"OfTheURL": func(t *testing.T, conn *pgx.Conn, address string) string {
			t.Helper()
			mustExec(t, conn, `CREATE SCHEMA other; CREATE TABLE other.jobs (id integer); CREATE TABLE other.sources (id integer)`)
			return withParameter(t, address, "search_path", "other,public")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := testdb.Empty(t)
			conn := dial(t, address)
			address = prepare(t, conn, address)
			migrateUp(t, address)
			if made := column[string](t, conn, `SELECT schemaname::text FROM pg_tables WHERE tablename IN ('snapshots', 'tracker_migrations')`); !slices.Equal(made, []string{"public", "public"}) {
				t.Errorf("its tables are in %q", made)
			}
			s := openStore(t, address)
			if err := s.CheckSchema(t.Context()); err != nil {
				t.Error(err)
			}
			if _, err := s.Sources(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestMigrationsOfAnOldServer takes the server that there is for too old.
func TestMigrationsOfAnOldServer(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("pgx", testdb.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := store.CheckServer(t.Context(), db, store.OldestServer); err != nil {
		t.Error(err)
	}
	if err := store.CheckServer(t.Context(), db, 99); err == nil || !strings.Contains(err.Error(), "the tracker needs 99 or later; name such a one in DATABASE_URL") {
		t.Errorf("it says %v", err)
	}
}

func TestMigrationsBesideAnotherGoose(t *testing.T) {
	t.Parallel()
	address := testdb.Empty(t)
	conn := dial(t, address)
	mustExec(t, conn, `CREATE TABLE goose_db_version (id serial PRIMARY KEY, version_id bigint NOT NULL, is_applied boolean NOT NULL, tstamp timestamp DEFAULT now());
		INSERT INTO goose_db_version (version_id, is_applied) SELECT g, true FROM generate_series(0, 11) g`)
	status, err := store.MigrateStatus(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(status, func(m store.Migration) bool { return m.AppliedAt != nil }) {
		t.Errorf("of an empty database it says %v", status)
	}
	if up := migrateUp(t, address); len(up) != len(status) {
		t.Errorf("it applied %v of %d", up, len(status))
	}
	if rows := value[int64](t, conn, "SELECT count(*) FROM goose_db_version"); rows != 12 {
		t.Errorf("the other's table has %d rows", rows)
	}
}

func TestMigrationsLeaveOtherTablesAlone(t *testing.T) {
	t.Parallel()
	for _, taken := range []string{"TABLE jobs (id integer)", "VIEW snapshots AS SELECT 1 AS one", "TYPE steps AS (n integer)", "SCHEMA report"} {
		t.Run(strings.Fields(taken)[1], func(t *testing.T) {
			t.Parallel()
			address := testdb.Empty(t)
			conn := dial(t, address)
			mustExec(t, conn, "CREATE "+taken)
			before := catalog(t, conn)
			applied, err := store.MigrateUp(t.Context(), address)
			if !errors.Is(err, store.ErrOccupied) {
				t.Fatalf("the refusal is %v", err)
			}
			if len(applied) > 0 {
				t.Errorf("it says that it applied %v", applied)
			}
			for _, want := range []string{strings.Fields(taken)[1], "CREATE DATABASE"} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in: %v", want, err)
				}
			}
			if after := catalog(t, conn); !slices.Equal(before, after) {
				t.Errorf("half of the migrations stayed: %q", after)
			}
			if left := value[bool](t, conn, "SELECT to_regclass('public.tracker_migrations') IS NOT NULL"); left {
				t.Error("the table of versions stayed")
			}
		})
	}
}

// TestMigrationsNameTheRights runs the statements that the refusal gives, as
// the database's owner would.
func TestMigrationsNameTheRights(t *testing.T) {
	t.Parallel()
	address := testdb.Empty(t)
	owner := dial(t, address)
	mustExec(t, owner, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
	login := loginAs(t, owner, address, "pg_read_all_settings")
	mustExec(t, owner, "ALTER ROLE "+login.Config().User+" CREATEROLE")
	_, err := store.MigrateUp(t.Context(), login.Config().ConnString())
	if err == nil {
		t.Fatal("a login without rights migrated")
	}
	granted := 0
	for line := range strings.Lines(err.Error()) {
		if strings.HasPrefix(line, "GRANT") {
			mustExec(t, owner, line)
			granted++
		}
	}
	if granted != 2 {
		t.Errorf("it gives %d statements: %v", granted, err)
	}
	if _, err := store.MigrateUp(t.Context(), login.Config().ConnString()); err != nil && codeOf(err) != codePrivilege {
		t.Errorf("with them it fails: %v", err)
	}
	if _, err := owner.Exec(t.Context(), "SELECT FROM public.snapshots"); err != nil && codeOf(err) != "42P01" {
		t.Error(err)
	}
}

func withParameter(t *testing.T, address, name, value string) string {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := parsed.Query()
	query.Set(name, value)
	parsed.RawQuery = query.Encode()
	return parsed.String()
}
