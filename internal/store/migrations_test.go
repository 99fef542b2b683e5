package store_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"tracker/internal/store"
	"tracker/internal/testdb"
)

func TestMigrationsUpDownUp(t *testing.T) {
	t.Parallel()
	address := testdb.Empty(t)
	up := migrateUp(t, address)
	conn := dial(t, address)
	first := catalog(t, conn)
	down := migrateDown(t, address)
	slices.Reverse(down)
	if !slices.Equal(up, down) {
		t.Errorf("up %v, down %v", up, down)
	}
	if left := catalog(t, conn); len(left) > 0 {
		t.Errorf("at zero there still is %q", left)
	}
	if again := migrateUp(t, address); !slices.Equal(up, again) {
		t.Errorf("up %v, then %v", up, again)
	}
	if second := catalog(t, conn); !slices.Equal(first, second) {
		t.Errorf("the schema differs the second time:\n%q\n%q", first, second)
	}
	if more := migrateUp(t, address); len(more) > 0 {
		t.Errorf("a migrated database was migrated by %v", more)
	}
}

func TestMigrationsDownRefusesToLoseRows(t *testing.T) {
	t.Parallel()
	const change = `INSERT INTO changes (changed_at, actor, action, subject) VALUES (now(), 'ann', 'register', 'job a')`
	for name, test := range map[string]struct {
		seed func(*testing.T, *pgx.Conn)
		stay int64 // the version that cannot be undone
	}{
		"History":  {func(t *testing.T, conn *pgx.Conn) { t.Helper(); seedHistory(t, conn) }, 3},
		"Polls":    {func(t *testing.T, conn *pgx.Conn) { t.Helper(); mustExec(t, conn, seedPoll, 1, "2024-06-07") }, 2},
		"Registry": {func(t *testing.T, conn *pgx.Conn) { t.Helper(); mustExec(t, conn, change) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := testdb.New(t)
			conn := dial(t, address)
			test.seed(t, conn)
			var err error
			for err == nil {
				_, err = store.MigrateDown(t.Context(), address)
			}
			if codeOf(err) != codeRaise {
				t.Errorf("the refusal is %v", err)
			}
			if version := value[int64](t, conn, "SELECT max(version_id) FROM tracker_migrations WHERE is_applied"); version != test.stay {
				t.Errorf("the schema is at version %d, not %d", version, test.stay)
			}
		})
	}
}

func TestMigrationsNewestRunsOverRows(t *testing.T) {
	t.Parallel()
	address := testdb.New(t)
	if _, err := store.MigrateDown(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	conn := dial(t, address)
	seedHistory(t, conn)
	migrateUp(t, address)
	if jobs := column[string](t, conn, "SELECT job FROM report.runs"); !slices.Equal(jobs, []string{"stores-eu"}) {
		t.Errorf("afterwards there are runs of %q", jobs)
	}
}

func TestMigrationsRunConcurrently(t *testing.T) {
	t.Parallel()
	address := testdb.Empty(t)
	const processes = 3
	var all [processes][]store.Migration
	var failed [processes]error
	var group sync.WaitGroup
	for i := range processes {
		group.Go(func() { all[i], failed[i] = store.MigrateUp(t.Context(), address) })
	}
	group.Wait()
	if err := errors.Join(failed[:]...); err != nil {
		t.Fatal(err)
	}
	status, err := store.MigrateStatus(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	if applied := slices.Concat(all[:]...); len(applied) != len(status) {
		t.Errorf("%d migrations were applied %d times", len(status), len(applied))
	}
}

// migrateUp migrates and returns the versions that were applied.
func migrateUp(t *testing.T, address string) []int64 {
	t.Helper()
	applied, err := store.MigrateUp(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	versions := make([]int64, 0, len(applied))
	for _, m := range applied {
		versions = append(versions, m.Version)
	}
	return versions
}

// migrateDown undoes all migrations and returns their versions.
func migrateDown(t *testing.T, address string) []int64 {
	t.Helper()
	status, err := store.MigrateStatus(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	var versions []int64
	for range status {
		undone, err := store.MigrateDown(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		versions = append(versions, undone.Version)
	}
	return versions
}

// catalog describes all that the migrations made, but for goose's own table.
func catalog(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	return column[string](t, conn, `
		WITH ours AS (
			SELECT c.oid, c.relname, c.relacl, c.relkind, c.oid::regclass::text AS name FROM pg_class c
			WHERE c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'report')) AND c.relname !~ '^tracker_migrations'
		)
		SELECT format('schema %s %s', nspname, nspacl) FROM pg_namespace WHERE nspname = 'report'
		UNION ALL SELECT format('relation %s %s %s', name, relkind, relacl) FROM ours
		UNION ALL SELECT format('column %s.%s %s %s %s', name, attname, format_type(atttypid, atttypmod), attnotnull, col_description(oid, attnum))
			FROM ours JOIN pg_attribute ON attrelid = oid WHERE attnum > 0
		UNION ALL SELECT format('constraint %s %s %s', name, conname, pg_get_constraintdef(k.oid)) FROM ours JOIN pg_constraint k ON conrelid = ours.oid
		UNION ALL SELECT pg_get_triggerdef(g.oid) FROM ours JOIN pg_trigger g ON tgrelid = ours.oid WHERE NOT tgisinternal
		UNION ALL SELECT format('view %s %s', name, pg_get_viewdef(oid)) FROM ours WHERE relkind = 'v'
		UNION ALL SELECT format('function %s %s %s', oid::regprocedure, proacl, prosrc) FROM pg_proc
			WHERE pronamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'report'))
		ORDER BY 1`)
}
