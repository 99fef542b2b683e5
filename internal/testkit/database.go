package testkit

import (
	"context"
	"database/sql" // with the driver that package store brings
	"slices"
	"testing"

	"tracker/internal/checkhistory"
	"tracker/internal/store"
	"tracker/internal/testdb"
)

// Database is a database as its owner reads and changes it.
type Database struct {
	URL string
	DB  *sql.DB
	t   *testing.T
}

// NewDatabase is a new one with the migrated schema.
func NewDatabase(t *testing.T) *Database {
	t.Helper()
	return Connect(t, testdb.New(t))
}

// Connect is the database at url.
func Connect(t *testing.T, url string) *Database {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(4)
	t.Cleanup(func() { _ = db.Close() })
	return &Database{URL: url, DB: db, t: t}
}

// For is the same database in another test.
func (d *Database) For(t *testing.T) *Database {
	t.Helper()
	return &Database{URL: d.URL, DB: d.DB, t: t}
}

// Store opens a store on the database.
func (d *Database) Store() *store.Store {
	d.t.Helper()
	return OpenStore(d.t, d.URL)
}

// OpenStore opens a store until the test ends.
func OpenStore(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url, store.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Check asserts that the stored history of the jobs (none: of all) is sound,
// unless the test has failed. It may be deferred, or be called when the test's
// context has ended.
func (d *Database) Check(jobs ...string) {
	d.t.Helper()
	if d.t.Failed() {
		return
	}
	violations, err := checkhistory.Violations(context.WithoutCancel(d.t.Context()), d.URL, jobs...)
	if err != nil {
		d.t.Errorf("check the history: %v", err)
	}
	for _, violation := range violations {
		d.t.Errorf("history: %s", violation)
	}
}

// Query gives the rows of a query of one text column.
func (d *Database) Query(query string, args ...any) (lines []string, err error) {
	rows, err := d.DB.QueryContext(d.t.Context(), query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, rows.Err()
}

// Lines gives the rows of a query of one text column that has to succeed.
func (d *Database) Lines(query string, args ...any) []string {
	d.t.Helper()
	lines, err := d.Query(query, args...)
	if err != nil {
		d.t.Fatalf("%s: %v", query, err)
	}
	return lines
}

// Want compares the rows of a query of one text column.
func (d *Database) Want(what string, want []string, query string, args ...any) {
	d.t.Helper()
	if got := d.Lines(query, args...); !slices.Equal(got, want) {
		d.t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

// Exec executes a statement that has to succeed.
func (d *Database) Exec(query string, args ...any) {
	d.t.Helper()
	if _, err := d.DB.ExecContext(d.t.Context(), query, args...); err != nil {
		d.t.Fatalf("%s: %v", query, err)
	}
}
