package store_test

import (
	"errors"
	"maps"
	"os"
	"strings"
	"testing"

	"tracker/internal/store"
	"tracker/internal/testdb"
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

func TestURLsWithAPasswordThatWasNotEncoded(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"postgres://tracker:2024/s3cret@127.0.0.1:5544/d", "postgres://tracker:s3cret/x@127.0.0.1/d", "postgres://tracker:s3@cret@127.0.0.1/d",
		"postgresql://tracker:1,2/s3cret@127.0.0.1/d", "postgres://tracker:s3%zzcret@127.0.0.1/d", "postgres://tracker:s3cret@127.0.0.1:port/d",
		"postgres://tracker@127.0.0.1/d?password=s3@cret", "postgres://tracker/s3cret@127.0.0.1",
		"postgresql:/tracker:s3=cret@127.0.0.1/d", "POSTGRES://tracker:s3=cret@127.0.0.1/d", "tracker:s3=cret@127.0.0.1/d", "postgres://tracker@127.0.0.1/d?s3-cret=1",
	} {
		_, open := store.Open(t.Context(), url, store.Options{})
		_, migrate := store.MigrateUp(t.Context(), url)
		for _, err := range []error{open, migrate} {
			if !errors.Is(err, store.ErrDatabaseURL) || !strings.Contains(err.Error(), "percent-encode it") || strings.Contains(err.Error(), "cret") {
				t.Errorf("%s: it says: %v", url, err)
			}
		}
	}
	for _, url := range []string{"postgres://tracker:s3%40cr%2Fet@127.0.0.1/d%40x", "postgres://tracker:s3?cr#et@127.0.0.1/d", "user=tracker password=s3@cr/et@x host=h"} {
		s, err := store.Open(t.Context(), url, store.Options{})
		if err != nil {
			t.Errorf("%s: it says: %v", url, err)
			continue
		}
		s.Close()
	}
}

func TestPasswordThatLooksLikeAParameter(t *testing.T) {
	t.Parallel()
	url := testdb.New(t)
	separator := "?"
	if strings.Contains(url, "?") {
		separator = "&"
	}
	url += separator + "cret=1"
	s, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, migrate := store.MigrateUp(t.Context(), url)
	for _, err := range []error{s.CheckSchema(t.Context()), migrate} {
		if !errors.Is(err, store.ErrDatabaseURL) || strings.Contains(err.Error(), "cret") {
			t.Errorf("it says: %v", err)
		}
	}
}

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
