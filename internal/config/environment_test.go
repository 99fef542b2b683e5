package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tracker/internal/config"
)

func getenv(pairs ...string) func(string) string {
	return func(name string) string {
		for _, pair := range pairs {
			if key, value, _ := strings.Cut(pair, "="); key == name {
				return value
			}
		}
		return ""
	}
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadEnvironment(t *testing.T) {
	t.Parallel()
	env, err := config.ReadEnvironment(getenv("DATABASE_URL=postgres://a:b@h/d", "TRACKER_DATA_DIR=/d", "TRACKER_PG_BIN=/p", "TRACKER_ACTOR=eve"))
	if err != nil {
		t.Fatal(err)
	}
	if env.DatabaseURL.Reveal() != "postgres://a:b@h/d" || env.DataDir != "/d" || env.PGBin != "/p" || env.Actor != "eve" {
		t.Errorf("environment %+v", env)
	}
}

func TestReadEnvironmentDefaults(t *testing.T) {
	t.Parallel()
	env, err := config.ReadEnvironment(getenv())
	if err != nil {
		t.Fatal(err)
	}
	if !env.DatabaseURL.IsZero() || env.DatabaseURL.Reveal() != "" || env.Actor == "" {
		t.Errorf("environment %+v", env)
	}
}

func TestReadEnvironmentReadsTheURLFromAFile(t *testing.T) {
	t.Parallel()
	env, err := config.ReadEnvironment(getenv("DATABASE_URL_FILE=" + writeFile(t, "\ufeffpostgres://a:b@h/d\r\n")))
	if err != nil || env.DatabaseURL.Reveal() != "postgres://a:b@h/d" {
		t.Errorf("URL %s, error %v", env.DatabaseURL, err)
	}
}

func TestReadEnvironmentRefuses(t *testing.T) {
	t.Parallel()
	for reason, env := range map[string][]string{
		"are both set":           {"DATABASE_URL=postgres://h/d", "DATABASE_URL_FILE=" + writeFile(t, "postgres://h/d")},
		"holds an assignment":    {"DATABASE_URL_FILE=" + writeFile(t, "export DATABASE_URL=postgres://a:b@h/d")},
		"is empty":               {"DATABASE_URL_FILE=" + writeFile(t, " \n")},
		"read DATABASE_URL_FILE": {"DATABASE_URL_FILE=" + t.TempDir()},
		"TRACKER_ACTOR":          {"TRACKER_ACTOR=a\nb"},
	} {
		if _, err := config.ReadEnvironment(getenv(env...)); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("error %v, want %q", err, reason)
		}
	}
}

func TestDatabaseURLShowsNoSecret(t *testing.T) {
	t.Parallel()
	for text, shown := range map[string]string{
		"postgres://eve:hunter2@db:5432/tracker?sslmode=require": "postgres://eve@db:5432/tracker",
		"postgresql:///tracker?host=/tmp&password=hunter2":       "postgresql:///tracker",
		"postgres://db/tracker#hunter2":                          "postgres://db/tracker",
		"postgres:eve:hunter2@db":                                "[redacted]",
		"host=db user=eve password=hunter2":                      "[redacted]",
		"postgres://eve:hunter2%zz@db":                           "[redacted]",
		"postgres://eve:1/hunter2@db:5432/tracker":               "[redacted]",
		"postgres://eve:1?hunter2@db:5432/tracker":               "[redacted]",
		"mysql://eve:hunter2@db":                                 "[redacted]",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			u := config.NewDatabaseURL(text)
			if u.String() != shown || u.Reveal() != text {
				t.Errorf("shows %q, reveals %q", u, u.Reveal())
			}
			var out bytes.Buffer
			for _, v := range []any{u, &u, struct{ u config.DatabaseURL }{u}, config.Environment{DatabaseURL: u}} {
				_, _ = fmt.Fprintf(&out, "%v %+v %#v %s %q %x %d\n", v, v, v, v, v, v, v)
				slog.New(slog.NewTextHandler(&out, nil)).InfoContext(t.Context(), "x", "v", v)
				slog.New(slog.NewJSONHandler(&out, nil)).InfoContext(t.Context(), "x", "v", v)
				if err := json.NewEncoder(&out).Encode(v); err != nil {
					t.Fatal(err)
				}
			}
			if strings.Contains(out.String(), "hunter2") || strings.Contains(out.String(), fmt.Sprintf("%x", "hunter2")) {
				t.Errorf("printed %s", out.String())
			}
		})
	}
}
