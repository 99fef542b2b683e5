package store_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/store"
	"tracker/internal/testdb"
)

// TestRolesWriterDecidesNothing: a login that may poll says neither what is
// tracked nor where a credential is sent, and tells of nothing in another name.
func TestRolesWriterDecidesNothing(t *testing.T) {
	t.Parallel()
	address := testdb.New(t)
	owner := dial(t, address)
	writer := loginAs(t, owner, address, "tracker_writer")
	seedHistory(t, owner)
	mustExec(t, owner, `INSERT INTO jobs (source_id, name, target, labels, tracking, registered_at)
		SELECT source_id, name || '-removed', target, labels, 'removed', registered_at FROM jobs`)
	mustExec(t, writer, "SET tracker.actor = 'alice'")
	mustExec(t, writer, "SET tracker.at = '2020-01-01'")
	for _, refused := range []string{
		"UPDATE sources SET base_url = 'http://evil.example'",
		"UPDATE sources SET credential = 'file:/etc/passwd'",
		"UPDATE sources SET name = 'other'",
		"UPDATE sources SET rate_every = '1 ms'",
		"UPDATE sources SET removed_at = now()",
		"INSERT INTO sources (name) VALUES ('x')",
		"INSERT INTO jobs (name) VALUES ('x')",
		"INSERT INTO changes (changed_at, actor, action, subject) VALUES (now(), 'alice', 'change', 'source woosmap-prod')",
		"UPDATE jobs SET labels = '{}'",
		"UPDATE jobs SET tracking = 'removed'",
		"UPDATE jobs SET tracking = 'active' WHERE name = 'stores-eu-removed'",
		"LOCK TABLE sources IN SHARE ROW EXCLUSIVE MODE",
	} {
		wantCode(t, writer, codePrivilege, refused)
	}
	mustExec(t, writer, "UPDATE sources SET paused_at = now(), paused_reason = 'credential'")
	mustExec(t, writer, "UPDATE jobs SET tracking = 'paused' WHERE name = 'stores-eu'")
	for _, refused := range []string{
		"UPDATE sources SET paused_at = NULL, paused_reason = NULL",
		"UPDATE sources SET paused_reason = 'another'",
		"UPDATE jobs SET tracking = 'active' WHERE name = 'stores-eu'",
	} {
		wantCode(t, writer, codePrivilege, refused)
	}
	equalLines(t, column[string](t, owner, `SELECT concat_ws(' ', actor, action, subject, changed_at > now() - interval '1 min') FROM changes WHERE action = 'pause' ORDER BY change_no`),
		writer.Config().User+" pause source woosmap-prod t", writer.Config().User+" pause job stores-eu t")

	s, err := store.Open(t.Context(), writer.Config().ConnString(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	by := store.Author{Actor: "daemon", At: time.Now()}
	if _, err := s.ResumeSource(t.Context(), by, "woosmap-prod"); !errors.Is(err, store.ErrNotOperator) {
		t.Errorf("the writer resumes a source: %v", err)
	}
	if _, err := s.RemoveJob(t.Context(), by, "stores-eu"); !errors.Is(err, store.ErrNotOperator) {
		t.Errorf("the writer removes a job: %v", err)
	}
}

// operatorAs is a login with the grants that docs/sql.md names, and no others.
func operatorAs(t *testing.T, owner *pgx.Conn, address string) *pgx.Conn {
	t.Helper()
	text, err := os.ReadFile(docsSQL)
	if err != nil {
		t.Fatal(err)
	}
	_, grants, _ := strings.Cut(string(text), "An operator that is not the owner, here `ops`:\n\n```\n")
	grants, _, found := strings.Cut(grants, "```")
	if !found || strings.Count(grants, " TO ops;") < 2 {
		t.Fatalf("docs/sql.md does not tell what an operator is granted: %q", grants)
	}
	operator := loginAs(t, owner, address, "tracker_writer")
	mustExec(t, owner, strings.ReplaceAll(grants, " TO ops;", " TO "+operator.Config().User+";"))
	return operator
}

// TestRolesOperatorDecides: with the grants that docs/sql.md names, a login that
// is not the owner's decides in its own words.
func TestRolesOperatorDecides(t *testing.T) {
	t.Parallel()
	address := testdb.New(t)
	owner := dial(t, address)
	operator := operatorAs(t, owner, address)
	s, err := store.Open(t.Context(), operator.Config().ConnString(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	f := newFeed(t)
	by := store.Author{Actor: "ann", At: f.now}
	declared := f.declaration()
	declared.Providers = []store.ProviderSpec{{Name: "acme", Definition: "name: acme", Origin: store.OriginFile}}
	if _, err := s.Apply(t.Context(), by, declared); err != nil {
		t.Fatal(err)
	}
	declared.Sources[0].Schedule, declared.Providers[0].Definition = "@every 7m", "name: acme # two"
	if _, err := s.Apply(t.Context(), by, declared); err != nil {
		t.Fatal(err)
	}
	equalLines(t, column[string](t, owner, "SELECT concat_ws(' ', actor, action, subject) FROM changes ORDER BY change_no"),
		"ann register provider acme", "ann register source woosmap-prod", "ann register job a", "ann register job b",
		"ann change provider acme", "ann change source woosmap-prod")
	wantCode(t, operator, codePrivilege, "INSERT INTO changes (changed_at, actor, action, subject) VALUES (now(), 'alice', 'change', 'x')")
}

// TestChangesMissNothing: what is done to sources and jobs is told, whoever
// does it and by whatever statement.
func TestChangesMissNothing(t *testing.T) {
	t.Parallel()
	address := testdb.New(t)
	conn := dial(t, address)
	seedHistory(t, conn)
	for _, statement := range []string{
		"UPDATE sources SET credential = 'env:OTHER', rate_every = '1500 ms', active_every = '10 ms'",
		"UPDATE sources SET paused_at = '2024-06-08 00:00:00+00', paused_reason = 'why'",
		"UPDATE sources SET paused_at = NULL, paused_reason = NULL",
		`UPDATE jobs SET labels = '{"a": null}', stall_after = '26 h 3 min', tracking = 'finished'`,
		"UPDATE jobs SET tracking = 'active'",
		"UPDATE jobs SET tracking = 'active'", // which changes nothing
		"SET tracker.actor = 'ann'; UPDATE jobs SET tracking = 'removed'",
	} {
		mustExec(t, conn, statement)
	}
	me := value[string](t, conn, "SELECT session_user::text")
	equalLines(t, column[string](t, conn, `SELECT concat_ws(' ', actor, action, subject,
			(SELECT jsonb_object_agg(key, value) FROM jsonb_each(before) WHERE after IS NULL OR after -> key IS DISTINCT FROM value),
			(SELECT jsonb_object_agg(key, value) FROM jsonb_each(after) WHERE before -> key IS DISTINCT FROM value))
		FROM changes WHERE action <> 'register' ORDER BY change_no`),
		me+` change source woosmap-prod {"credential": "env:KEY", "rate_every": "5s", "active_every": "10s"} {"credential": "env:OTHER", "rate_every": "1.5s", "active_every": "10ms"}`,
		me+` pause source woosmap-prod {"paused_at": "2024-06-08T00:00:00+00:00", "paused_reason": "why"}`,
		me+` resume source woosmap-prod {"paused_at": "2024-06-08T00:00:00+00:00", "paused_reason": "why"}`,
		me+` change job stores-eu {"labels": {"team": "geo"}} {"labels": {"a": null}, "stall_after": "26h3m0s"}`,
		me+` finish job stores-eu {"tracking": "active"} {"tracking": "finished"}`,
		me+` resume job stores-eu {"tracking": "finished"} {"tracking": "active"}`,
		`ann remove job stores-eu {"tracking": "active"} {"tracking": "removed"}`)
	etl := loginAs(t, conn, address, "pg_write_all_data, pg_read_all_data")
	wantCode(t, etl, codeRestrict, "INSERT INTO public.changes (changed_at, actor, action, subject) VALUES (now(), 'alice', 'change', 'x')")
}

// TestGuardsKeepWhatASourceIs, and its credential from other hosts.
func TestGuardsKeepWhatASourceIs(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	seedHistory(t, conn)
	for _, refused := range []string{
		"UPDATE sources SET name = 'other'",
		"UPDATE sources SET provider = 'safetykit'",
		"UPDATE sources SET registered_at = now()",
		"DELETE FROM sources",
	} {
		wantCode(t, conn, codeRestrict, refused)
	}
	for _, test := range []struct {
		to     string
		paused bool
	}{
		{"https://API.woosmap.com/v2", false},
		{"https://api.woosmap.com", false},
		{"http://api.woosmap.com", true},
		{"https://api.woosmap.com:8443", true},
		{"https://api.woosmap.com.evil.example", true},
	} {
		mustExec(t, conn, "BEGIN")
		mustExec(t, conn, "UPDATE sources SET base_url = $1", test.to)
		if paused := value[bool](t, conn, "SELECT paused_at IS NOT NULL AND paused_reason LIKE '%resume%' FROM sources"); paused != test.paused {
			t.Errorf("%s: paused: %t", test.to, paused)
		}
		mustExec(t, conn, "ROLLBACK")
	}
}

// TestApplyToAnotherHostPauses the source until somebody resumes it.
func TestApplyToAnotherHostPauses(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	f.apply(t, f.declaration())
	moved := f.declaration()
	moved.Sources[0].BaseURL = "https://elsewhere.example/v2"
	equalLines(t, f.apply(t, moved), "change source woosmap-prod", "pause source woosmap-prod")
	equalLines(t, f.apply(t, moved))
	paused := func() []string {
		return column[string](t, f.conn, `SELECT concat_ws(' ', paused_at = $1, coalesce(paused_reason, 'none'), (SELECT string_agg(coalesce(unseen_reason, 'seen'), ' ') FROM cursors)) FROM sources`, f.by.At)
	}
	equalLines(t, paused(), "t base_url moved from https://api.example.com to https://elsewhere.example: run  tracker source resume woosmap-prod  if its credential may be sent there paused paused")
	f.must(t)(f.store.ResumeSource(t.Context(), f.by, "woosmap-prod"))
	equalLines(t, paused(), "none seen seen")
	if !slices.Equal(f.apply(t, moved), []string{}) {
		t.Error("what was resumed is paused again")
	}
}
