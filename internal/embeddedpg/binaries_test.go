package embeddedpg_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tracker/internal/embeddedpg"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	found := []embeddedpg.Found{{Dir: "/pg/17", Major: 17}, {Dir: "/pg/15", Major: 15}, {Dir: "/other/15", Major: 15}}

	t.Run("NewClusterTakesTheFirst", func(t *testing.T) {
		t.Parallel()
		if dir, err := embeddedpg.Choose(found, 0, 14); err != nil || dir != "/pg/17" {
			t.Fatalf("got %q, %v", dir, err)
		}
	})
	t.Run("ClusterTakesItsOwnVersion", func(t *testing.T) {
		t.Parallel()
		if dir, err := embeddedpg.Choose(found, 15, 16); err != nil || dir != "/pg/15" {
			t.Fatalf("got %q, %v", dir, err)
		}
	})
	t.Run("NewClusterIsNotTooOld", func(t *testing.T) {
		t.Parallel()
		if dir, err := embeddedpg.Choose(append([]embeddedpg.Found{{Dir: "/pg/13", Major: 13}}, found...), 0, 14); err != nil || dir != "/pg/17" {
			t.Errorf("got %q, %v", dir, err)
		}
		_, err := embeddedpg.Choose(found, 0, 18)
		wantError(t, err, "needs Postgres 18 or later", "17 in /pg/17", "15 in /pg/15", "DATABASE_URL")
	})
	t.Run("OtherVersionIsRefusedNamingBoth", func(t *testing.T) {
		t.Parallel()
		_, err := embeddedpg.Choose(found, 14, 14)
		wantError(t, err, "Postgres 14", "17 in /pg/17", "15 in /pg/15")
	})
}

func TestHighestFirstCountsNumbersNotLetters(t *testing.T) {
	t.Parallel()
	got := embeddedpg.HighestFirst([]string{"/usr/lib/postgresql/10/bin", "/usr/lib/postgresql/9/bin", "/usr/lib/postgresql/17/bin"})
	want := []string{"/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/10/bin", "/usr/lib/postgresql/9/bin"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestParseMajor(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]int{
		"postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)": 15,
		"postgres (PostgreSQL) 18beta1":                        18,
		"postgres (PostgreSQL) 17devel":                        17,
	} {
		if got, err := embeddedpg.ParseMajor(answer); err != nil || got != want {
			t.Errorf("%q: got %d, %v", answer, got, err)
		}
	}
	if _, err := embeddedpg.ParseMajor("something else 15"); err == nil {
		t.Error("an answer that is not Postgres' was taken")
	}
}

func TestInstallHintFitsThePlatform(t *testing.T) {
	t.Parallel()
	has := func(program string) func(string) (string, error) {
		return func(name string) (string, error) {
			if name == program {
				return "/usr/bin/" + name, nil
			}
			return "", errors.New("not there")
		}
	}
	for _, c := range []struct{ goos, program, want string }{
		{"linux", "apt-get", "apt-get install postgresql,"},
		{"linux", "dnf", "dnf install postgresql-server,"},
		{"linux", "none", "install the PostgreSQL server,"},
		{"darwin", "brew", "brew install postgresql,"},
	} {
		hint := embeddedpg.InstallHint(c.goos, has(c.program))
		if !strings.HasPrefix(hint, c.want) || !strings.Contains(hint, "DATABASE_URL") {
			t.Errorf("%s with %s: %q", c.goos, c.program, hint)
		}
	}
}

func TestExplicitBinariesMustBeThere(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.BinDir = t.TempDir()
	_, err := embeddedpg.Start(t.Context(), cfg)
	wantError(t, err, "TRACKER_PG_BIN", cfg.BinDir)
}

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
