package store_test

import (
	"errors"
	"maps"
	"testing"

	"tracker/internal/store"
)

func TestLibpqEnvironment(t *testing.T) { //nolint:paralleltest // pgx reads the environment
	for _, name := range []string{"PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD", "PGSSLMODE", "PGSERVICE"} {
		t.Setenv(name, "")
	}
	for text, want := range map[string]map[string]string{
		"postgres://ann:p%40ss%3Aword@db.example:5433/tracker?sslmode=disable": {
			"PGHOST": "db.example", "PGPORT": "5433", "PGUSER": "ann", "PGDATABASE": "tracker", "PGPASSWORD": "p@ss:word", "PGSSLMODE": "disable",
		},
		"postgres://ann@a,b:5433/tracker?target_session_attrs=read-write&sslmode=prefer&pool_max_conns=4": {
			"PGHOST": "a,b", "PGPORT": "5432,5433", "PGUSER": "ann", "PGDATABASE": "tracker", "PGTARGETSESSIONATTRS": "read-write", "PGSSLMODE": "prefer",
		},
		"postgres://tracker@/tracker?host=%2Fvar%2Frun%2Fx&port=5432": {
			"PGHOST": "/var/run/x", "PGPORT": "5432", "PGUSER": "tracker", "PGDATABASE": "tracker",
		},
		`host=db.example user=ann dbname=tracker password='it\'s a = secret' sslmode=require options='-c statement_timeout=5s'`: {
			"PGHOST": "db.example", "PGPORT": "5432", "PGUSER": "ann", "PGDATABASE": "tracker", "PGPASSWORD": "it's a = secret", "PGSSLMODE": "require",
			"PGOPTIONS": "-c statement_timeout=5s",
		},
	} {
		set, unset, err := store.LibpqEnvironment(text)
		if err != nil || !maps.Equal(set, want) || len(unset) != 2 {
			t.Errorf("%s gives\n%q %q, %v, not\n%q", text, set, unset, err, want)
		}
	}
	for _, wrong := range []string{"postgres://ann:pa/ss@h/db", "::", "postgres://ann:secret@h:port/db"} {
		if set, _, err := store.LibpqEnvironment(wrong); !errors.Is(err, store.ErrDatabaseURL) {
			t.Errorf("%s gives %q, %v", wrong, set, err)
		}
	}
}
