package embeddedpg_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tracker/internal/embeddedpg"
)

func TestFindPsql(t *testing.T) {
	named, path, beside, none := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	for _, dir := range []string{named, path, beside} {
		if err := os.WriteFile(filepath.Join(dir, "psql"), []byte("#!/bin/sh\n"), 0o755); err != nil { //nolint:gosec // a program
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ explicit, path, beside, want string }{
		{named, path, beside, named},
		{none, path, beside, path},
		{"", path, beside, path},
		{"", none, beside, beside},
		{none, none, none, ""},
	} {
		t.Setenv("PATH", c.path)
		got, err := embeddedpg.FindPsqlIn(c.explicit, func() []string { return []string{c.beside} })
		switch {
		case c.want == "" && (err == nil || !strings.Contains(err.Error(), "install PostgreSQL's client")):
			t.Errorf("nowhere it is found as %q, %v", got, err)
		case c.want != "" && (err != nil || got != filepath.Join(c.want, "psql")):
			t.Errorf("%+v: found as %q, %v", c, got, err)
		}
	}
}
