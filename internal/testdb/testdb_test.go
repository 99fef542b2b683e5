package testdb_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tracker/internal/testdb"
)

const codeNoDatabase = "3D000"

func TestNewIsMigratedAndOnesOwn(t *testing.T) {
	t.Parallel()
	began := time.Now()
	first := testdb.New(t)
	t.Logf("first database after %s", time.Since(began))
	began = time.Now()
	second := testdb.New(t)
	t.Logf("second database after %s", time.Since(began))

	execute(t, first, "CREATE TABLE mine ()")
	if tables := tables(t, first); !slices.Contains(tables, "snapshots") || !slices.Contains(tables, "mine") {
		t.Errorf("the first database has %v", tables)
	}
	if tables := tables(t, second); slices.Contains(tables, "mine") {
		t.Error("two tests share a database")
	}
}

func TestEmptyHoldsNothing(t *testing.T) {
	t.Parallel()
	if tables := tables(t, testdb.Empty(t)); len(tables) != 0 {
		t.Errorf("it has %v", tables)
	}
}

func TestDatabaseIsDroppedWhenTheTestPasses(t *testing.T) {
	t.Parallel()
	passing := &endedTest{TB: t}
	url := testdb.Empty(passing)
	execute(t, url, "SELECT 1")
	passing.end()
	_, err := pgx.Connect(t.Context(), url)
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); !ok || pgErr.Code != codeNoDatabase {
		t.Errorf("connecting gives %v", err)
	}
}

func TestDatabaseIsKeptWhenTheTestFails(t *testing.T) {
	t.Parallel()
	failing := &endedTest{TB: t, failed: true}
	url := testdb.Empty(failing)
	failing.end()
	execute(t, url, "SELECT 1")
	if !strings.Contains(failing.log, url) {
		t.Errorf("the log does not say where it is: %q", failing.log)
	}
	dropAfter(t, url)
}

// endedTest is a test within ours that ends when we say so, passed or failed.
type endedTest struct {
	testing.TB
	failed   bool
	cleanups []func()
	log      string
}

func (e *endedTest) Failed() bool               { return e.failed }
func (e *endedTest) Cleanup(cleanup func())     { e.cleanups = append(e.cleanups, cleanup) }
func (e *endedTest) Logf(f string, args ...any) { e.log += fmt.Sprintf(f, args...) }

func (e *endedTest) end() {
	for _, cleanup := range e.cleanups {
		cleanup()
	}
}

func execute(t *testing.T, url, sql string) {
	t.Helper()
	conn := connect(t, url)
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func tables(t *testing.T, url string) []string {
	t.Helper()
	const query = "SELECT relname FROM pg_stat_user_tables"
	rows, err := connect(t, url).Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

// dropAfter drops a database at the end of the test.
func dropAfter(t *testing.T, url string) {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	server, err := testdb.WithDatabase(url, "postgres")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		conn, err := pgx.Connect(ctx, server)
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close(ctx) }()
		if err := testdb.Drop(ctx, conn, config.Database); err != nil {
			t.Error(err)
		}
	})
}
