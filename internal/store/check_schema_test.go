package store_test

import (
	"errors"
	"strings"
	"testing"

	"tracker/internal/store"
	"tracker/internal/testdb"
)

func TestMigrationsCheckSchema(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		database func(*testing.T) string
		want     error
		advice   string
	}{
		"Empty":  {func(t *testing.T) string { t.Helper(); return testdb.Empty(t) }, store.ErrSchemaOld, "tracker migrate up"},
		"Undone": {undoneDatabase, store.ErrSchemaOld, "tracker migrate up"},
		"Older":  {olderDatabase, store.ErrSchemaOld, "tracker migrate up"},
		"Same":   {func(t *testing.T) string { t.Helper(); return testdb.New(t) }, nil, ""},
		"Newer":  {newerDatabase, store.ErrSchemaNew, "newer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := store.Open(t.Context(), test.database(t), store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			err = s.CheckSchema(t.Context())
			if !errors.Is(err, test.want) {
				t.Errorf("it gives %v, not %v", err, test.want)
			}
			if err != nil && !strings.Contains(err.Error(), test.advice) {
				t.Errorf("no advice in: %v", err)
			}
		})
	}
}

// undoneDatabase was migrated up and down again.
func undoneDatabase(t *testing.T) string {
	t.Helper()
	address := testdb.New(t)
	migrateDown(t, address)
	return address
}

func olderDatabase(t *testing.T) string {
	t.Helper()
	address := testdb.New(t)
	if _, err := store.MigrateDown(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	return address
}

// newerDatabase was migrated by a later program.
func newerDatabase(t *testing.T) string {
	t.Helper()
	address := testdb.New(t)
	mustExec(t, dial(t, address), "INSERT INTO tracker_migrations (version_id, is_applied) SELECT max(version_id) + 1, true FROM tracker_migrations")
	return address
}
