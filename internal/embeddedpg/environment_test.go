package embeddedpg_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

// TestStartWhateverTheShellSays starts a server and connects to it with what a
// shell may have for another one.
func TestStartWhateverTheShellSays(t *testing.T) {
	for name, value := range map[string]string{
		"PGSERVICE": "nosuch", "PGTARGETSESSIONATTRS": "standby", "PGCONNECT_TIMEOUT": "abc", "PGOPTIONS": "-c search_path=foo", "PGSSLMODE": "nonsense",
	} {
		t.Setenv(name, value)
	}
	server := start(t, config(t))
	conn, err := pgx.Connect(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close(t.Context())
}
