package cli

import (
	"database/sql"
	"net/url"
	"path/filepath"
	"testing"

	"tracker/internal/store"
	"tracker/internal/testkit"
)

// TestUsersOfComposeMayDoNoMoreThanTheyNeed runs what docker-compose.yml runs, and
// looks around as whoever may look at a dashboard can.
func TestUsersOfComposeMayDoNoMoreThanTheyNeed(t *testing.T) {
	t.Parallel()
	s := newServerWith(t, nil)
	if err := store.Migrate(t.Context(), s.URL()); err != nil {
		t.Fatal(err)
	}
	w := newWorldOn(t, s.URL())
	file, err := filepath.Abs(filepath.Join("..", "..", "deploy", "compose", "users.sql"))
	if err != nil {
		t.Fatal(err)
	}
	named := w.with(t, map[string]string{"TRACKER_PASSWORD": "one", "GRAFANA_PASSWORD": "two"})
	for range 2 { // it is safe to run again
		named.must("psql", "--", "--no-psqlrc", "--quiet", "--file="+file)
	}
	grafana := w.loginAs("grafana")
	for _, harm := range []string{
		"CREATE TEMP TABLE mine (a integer)",
		"DO $$ BEGIN END $$",
		"SELECT lo_from_bytea(0, 'kept for ever')",
		"SELECT pg_sleep(1)",
		"ALTER ROLE grafana PASSWORD 'mine'",
	} {
		if _, err := grafana.ExecContext(t.Context(), harm); err == nil {
			t.Errorf("it may %s", harm)
		}
		// The same by somebody who undoes what is only set.
		if _, err := grafana.ExecContext(t.Context(), "SET default_transaction_read_only = off; "+harm); err == nil && harm[:5] != "ALTER" {
			t.Errorf("in a transaction that writes it may %s", harm)
		}
	}
	if _, err := grafana.ExecContext(t.Context(), "SELECT count(*) FROM report.jobs, report.failed_imports()"); err != nil {
		t.Error(err)
	}
	w.Want("limits of the login", []string{"20|default_transaction_read_only=on,idle_in_transaction_session_timeout=1min,jit=off,statement_timeout=30s,temp_file_limit=1GB"}, `
		SELECT concat_ws('|', r.rolconnlimit, (SELECT string_agg(c, ',' ORDER BY c) FROM unnest(s.setconfig) c))
		FROM pg_roles r JOIN pg_db_role_setting s ON s.setrole = r.oid WHERE r.rolname = 'grafana'`)
	if _, err := w.loginAs("tracker_app").ExecContext(t.Context(), "SELECT polls_extend()"); err != nil {
		t.Errorf("the daemon's own login: %v", err)
	}
}

// loginAs gives connections of another login.
func (w *world) loginAs(login string) *sql.DB {
	w.t.Helper()
	address, err := url.Parse(w.URL)
	if err != nil {
		w.t.Fatal(err)
	}
	address.User = url.User(login)
	return testkit.Connect(w.t, address.String()).DB
}
