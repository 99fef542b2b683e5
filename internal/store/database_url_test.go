package store_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"tracker/internal/store"
)

func TestOpenNamesTheVariable(t *testing.T) {
	t.Setenv("PGSSLROOTCERT", "/nonexistent")
	t.Setenv("PGAPPNAME", "somebody")
	_, err := store.Open(t.Context(), "postgres://u:secret@h/d", store.Options{})
	if err == nil || !strings.Contains(err.Error(), "PGSSLROOTCERT") || strings.Contains(err.Error(), "PGAPPNAME") || strings.Contains(err.Error(), "secret") {
		t.Errorf("it says: %v", err)
	}
	if os.Getenv("PGSSLROOTCERT") == "" || os.Getenv("PGAPPNAME") == "" {
		t.Error("the environment was not put back")
	}
	if _, err := store.Open(t.Context(), "postgres://u:secret@h:port/d", store.Options{}); !errors.Is(err, store.ErrDatabaseURL) {
		t.Errorf("of a URL that is wrong itself it says: %v", err)
	}
}
