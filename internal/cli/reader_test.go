package cli

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tracker/internal/words"
)

// TestReaderReadsAll: a login that may read the schema report alone is told by
// every command that reads what its owner is told.
func TestReaderReadsAll(t *testing.T) {
	t.Parallel()
	f := newReadFixture(t)
	reader := f.asReader()
	for _, args := range [][]string{
		{"job", "list"},
		{"job", "list", "--source", "woosmap-test", "--state", "failed", "--format", "json"},
		{"job", "show", "stores-eu"},
		{"history", "stores-eu"},
		{"history", "stores-eu", "--run", "1", "--format", "json"},
		{"history", "stores-eu", "--as-of", "1s"},
		{"history", "stores-us"},
		{"log", "stores-eu"},
		{"log", "stores-eu", "--run", "1", "--level", "error", "--format", "json"},
		{"snapshot", "stores-eu"},
		{"snapshot", "stores-eu", "2", "--diff", "1"},
		{"watch", "--for", "1ms"},
		{"watch", "stores-eu", "--for", "1ms"},
		{"wait", "stores-eu", "--for", "failed"},
		{"wait", "stores-us", "--timeout", "1ms"},
		{"source", "list"},
		{"source", "list", "--format", "csv"},
		{"changes"},
		{"changes", "stores-eu"},
		{"changes", "woosmap-test"},
		{"apply", "--export"},
		{"report"},
		{"__complete", "history", "stores-"},
		{"__complete", "changes", ""},
		{"__complete", "job", "list", "--source", ""},
		{"history", "stores-ue"}, // and what is meant
	} {
		f.sameFor(t, reader, args)
	}
	for _, name := range words.QuestionNames() {
		f.sameFor(t, reader, []string{"report", name})
		f.sameFor(t, reader, []string{"report", name, "--source", "woosmap-test", "--format", "json"})
	}
	f.must("job", "pause", "stores-eu") // so that following it ends
	f.sameFor(t, reader, []string{"log", "stores-eu", "--follow"})
}

// sameFor checks that a command prints the same words and ends alike for a reader, but
// for numbers and "now", which tell of the time. Since a gap may begin meanwhile, the owner
// asks before and, where that differs, after.
func (f *readFixture) sameFor(t *testing.T, reader *readFixture, args []string) {
	t.Helper()
	numbers := regexp.MustCompile(`\d[\d:.,TZ-]*( s ago)?|\bnow\b`)
	shown := func(f *readFixture) string {
		stdout, stderr, code := f.run(args...)
		return fmt.Sprintf("%s%sends with %d", stdout, stderr, code)
	}
	before, told := shown(f), shown(reader)
	said := func(text string) []string { return strings.Fields(numbers.ReplaceAllString(text, "N")) }
	if slices.Equal(said(before), said(told)) {
		return
	}
	if after := shown(f); !slices.Equal(said(after), said(told)) {
		t.Errorf("tracker %s:\n%s\nfor a reader:\n%s", strings.Join(args, " "), after, told)
	}
}

// asReader is the fixture for a login that has the role tracker_reader alone.
func (f *readFixture) asReader() *readFixture {
	f.t.Helper()
	reader := loginWith(f.t, f.getenv("DATABASE_URL"), "tracker_reader").String()
	return &readFixture{t: f.t, after: f.after, getenv: func(variable string) string {
		if variable == "DATABASE_URL" {
			return reader
		}
		return f.getenv(variable)
	}}
}

// loginWith makes a login that has a role alone, until the test ends, and gives the
// database's URL for it.
func loginWith(t *testing.T, databaseURL, role string) *url.URL {
	t.Helper()
	db, err := sql.Open("pgx", databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	name := "test_" + strings.ToLower(rand.Text()[:12])
	t.Cleanup(func() {
		if _, err := db.ExecContext(context.WithoutCancel(t.Context()), "DROP ROLE "+name); err != nil {
			t.Error(err)
		}
		_ = db.Close()
	})
	password := rand.Text()
	if _, err := db.ExecContext(t.Context(), "CREATE ROLE "+name+" LOGIN PASSWORD '"+password+"' IN ROLE "+role); err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword(name, password)
	return address
}
