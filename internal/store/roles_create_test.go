package store_test

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tracker/internal/embeddedpg"
	"tracker/internal/store"
)

// Roles belong to a whole server, so this test has one of its own.
func TestRolesAbsentAndNotAllowedToCreateThem(t *testing.T) {
	t.Parallel()
	server := privateServer(t)
	superuser := dial(t, server)
	mustExec(t, superuser, "CREATE ROLE modest LOGIN")
	mustExec(t, superuser, "CREATE DATABASE modest OWNER modest")
	parsed, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	parsed.User, parsed.Path = url.User("modest"), "/modest"
	modest := parsed.String()
	inside := *parsed
	inside.User = url.User(superuser.Config().User)
	mustExec(t, dial(t, inside.String()), "ALTER SCHEMA public OWNER TO pg_database_owner") // as it is from 15 on

	err = store.Migrate(t.Context(), modest)
	if codeOf(err) != codePrivilege {
		t.Fatalf("it gives %v", err)
	}
	const statements = "CREATE ROLE tracker_writer NOLOGIN; CREATE ROLE tracker_reader NOLOGIN;"
	if !strings.Contains(err.Error(), statements) {
		t.Errorf("it does not say what to run: %v", err)
	}

	mustExec(t, superuser, statements)
	if err := store.Migrate(t.Context(), modest); err != nil {
		t.Errorf("with the roles there: %v", err)
	}
	owner := dial(t, modest)
	seedHistory(t, owner)
	wantCode(t, owner, codeRestrict, "DELETE FROM snapshots")
	if touched := rewriteBySwitch(t, owner, "DELETE FROM snapshots"); touched != 1 {
		t.Errorf("an owner without other rights deleted %d rows by the switch", touched)
	}
}

// privateServer starts a server without any roles but its superuser, ended with the test.
func privateServer(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, closed := range []string{filepath.Dir(dir), dir} { // whoever the server runs as has to pass
		if err := os.Chmod(closed, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	server, err := embeddedpg.Start(t.Context(), embeddedpg.Config{
		DataDir: dir, BinDir: os.Getenv("TRACKER_PG_BIN"),
		Settings: map[string]string{"fsync": "off", "shared_buffers": "16MB", "max_connections": "10"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return server.URL()
}
