// Package testdb gives every test a Postgres database of its own: migrated or empty, dropped when the test passes,
// kept and named when it fails. The server is the one of TEST_DATABASE_URL, or a private one of the test process.
// The package is for tests only.
package testdb

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tracker/db/migrations"
	"tracker/internal/store"
)

// urlVariable names the server to test on; its database is only a way in and is left alone.
const urlVariable = "TEST_DATABASE_URL"

// createTimeout and dropTimeout bound the work on one database.
const (
	createTimeout = time.Minute
	dropTimeout   = time.Minute
)

// New is the URL of a new database with the migrated schema, for its owner.
func New(tb testing.TB) string {
	tb.Helper()
	template, err := sharedTemplate()
	if err != nil {
		tb.Fatalf("testdb: %v", err)
	}
	return create(tb, template)
}

// Empty is the URL of a new database without anything in it, for its owner.
func Empty(tb testing.TB) string {
	tb.Helper()
	return create(tb, "template0")
}

// Copy is the URL of a new database that is like the one at url, to which nobody may be connected, for its owner.
func Copy(tb testing.TB, url string) string {
	tb.Helper()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		tb.Fatalf("testdb: %v", err)
	}
	return create(tb, config.Database)
}

// ownServer is the server of this process, which starts when the first test asks for one. It is kept here as a whole:
// with it goes the lock on its slot.
var ownServer = sync.OnceValues(func() (*Server, error) {
	// The server outlives the test that asks first, so that test's context is not the one to use.
	return StartServer(context.Background())
})

// sharedServer is the URL of the server to test on.
func sharedServer() (string, error) {
	if url := os.Getenv(urlVariable); url != "" {
		return url, nil
	}
	server, err := ownServer()
	if err != nil {
		return "", fmt.Errorf("no Postgres to test on (%s can name one): %w", urlVariable, err)
	}
	return server.URL(), nil
}

// sharedTemplate is the name of the database that New copies.
var sharedTemplate = sync.OnceValues(func() (string, error) {
	url, err := sharedServer()
	if err != nil {
		return "", err
	}
	name, err := templateName(migrations.FS, time.Now())
	if err != nil {
		return "", err
	}
	return name, buildTemplate(context.Background(), url, name, store.Migrate)
})

// create makes a database from a template, and sees to its end.
func create(tb testing.TB, template string) string {
	tb.Helper()
	server, err := sharedServer()
	if err != nil {
		tb.Fatalf("testdb: %v", err)
	}
	name := databaseName(tb.Name())
	url, err := withDatabase(server, name)
	if err != nil {
		tb.Fatalf("testdb: %v", err)
	}
	ctx, cancel := context.WithTimeout(tb.Context(), createTimeout)
	defer cancel()
	strategy, err := copyStrategy()
	if err != nil {
		tb.Fatalf("testdb: %v", err)
	}
	if err := execute(ctx, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s %s", quote(name), quote(template), strategy)); err != nil {
		tb.Fatalf("testdb: create database %s: %v", name, err)
	}
	tb.Cleanup(func() { dropOrKeep(tb, name, url) })
	return url
}

func dropOrKeep(tb testing.TB, name, url string) {
	tb.Helper()
	if tb.Failed() {
		tb.Logf("database kept: %s (when its server has ended with the tests: go run ./internal/testdb/testserver -- psql '%s')", url, url)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), dropTimeout)
	defer cancel()
	if err := execute(ctx, "DROP DATABASE "+quote(name)+" WITH (FORCE)"); err != nil {
		tb.Errorf("testdb: drop database %s: %v", name, err)
	}
}

// databaseName is the test's name as far as it fits into Postgres' 63 bytes, and something random: one test may run
// several times at once.
func databaseName(test string) string {
	word := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '_'
	}, test)
	return "test_" + word[:min(len(word), 40)] + "_" + strings.ToLower(rand.Text()[:10])
}

// maintenancePool has the connections over which databases are made and dropped. They stay: each new one takes the
// server as much CPU as the rest.
var maintenancePool = sync.OnceValues(func() (*pgxpool.Pool, error) {
	server, err := sharedServer()
	if err != nil {
		return nil, err
	}
	target, err := withDatabase(server, maintenance)
	if err != nil {
		return nil, err
	}
	return pgxpool.New(context.Background(), target)
})

// copyStrategy has the files of databases copied, as servers before 15 always do. The other strategy logs every page and
// leaves it dirty in memory: on a server that never waits for a disk it takes four times the CPU, to make and to drop.
var copyStrategy = sync.OnceValues(func() (strategy string, err error) {
	pool, err := maintenancePool()
	if err != nil {
		return "", err
	}
	const query = `SELECT CASE WHEN current_setting('server_version_num')::int >= 150000 THEN 'STRATEGY file_copy' ELSE '' END`
	err = pool.QueryRow(context.Background(), query).Scan(&strategy)
	return strategy, err
})

// execute runs one statement on the server's maintenance database.
func execute(ctx context.Context, statement string) error {
	pool, err := maintenancePool()
	if err != nil {
		return err
	}
	_, err = pool.Exec(ctx, statement)
	return err
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
