package cli

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tracker/internal/testdb"
)

// TestPsql_HidesThePassword gives it to psql, and to nobody who lists processes.
func TestPsql_HidesThePassword(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script := "#!/bin/sh\nfor arg; do echo \"arg $arg\"; done\nenv | grep ^PG | sort\nexit 3\n"
	if err := os.WriteFile(filepath.Join(dir, "psql"), []byte(script), 0o755); err != nil { //nolint:gosec // it is to run
		t.Fatal(err)
	}
	environment := map[string]string{"DATABASE_URL": "postgres://ann:hush%40@db.example:5433/tracker?sslmode=require&pool_max_conns=3", "TRACKER_PG_BIN": dir}
	f := &readFixture{t: t, getenv: func(name string) string { return environment[name] }}
	stdout, stderr, code := f.run("psql", "--", "-c", "SELECT 1", "--csv")
	for _, want := range []string{
		"arg -c\narg SELECT 1\narg --csv\n", "\nPGDATABASE=tracker\n", "\nPGHOST=db.example\n", "\nPGPASSWORD=hush@\n", "\nPGPORT=5433\n", "\nPGSSLMODE=require\n", "\nPGUSER=ann\n",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	if strings.Contains(strings.ReplaceAll(stdout, "PGPASSWORD=hush@\n", ""), "hush") || code != 3 || stderr != "" {
		t.Errorf("it ends with %d and says %s%s", code, stdout, stderr)
	}
}

func TestPsql(t *testing.T) {
	t.Parallel()
	f := newReadFixture(t)
	if got := f.must("psql", "--", "-Atc", "SELECT job, state FROM report.jobs ORDER BY job"); got != "stores-eu|failed\nstores-us|\n" {
		t.Errorf("%q", got)
	}
	if stdout, stderr, code := f.run("psql", "--", "-v", "ON_ERROR_STOP=1", "-c", "SELECT 1/0"); code != exitFailed || stdout != "" || !strings.Contains(stderr, "division by zero") {
		t.Errorf("it ends with %d and says %s%s", code, stdout, stderr)
	}
	for _, args := range []string{"psql -c now", "psql report", "psql report -- -c now"} {
		if stdout, stderr, code := f.run(strings.Fields(args)...); code != exitUsage || stdout != "" || !strings.Contains(stderr, "what is for psql stands behind --") {
			t.Errorf("tracker %s ends with %d and says %s%s", args, code, stdout, stderr)
		}
	}
	wrong := &readFixture{t: t, getenv: func(name string) string { return map[string]string{"DATABASE_URL": "postgres://ann:hu/sh@h/db"}[name] }}
	if stdout, stderr, code := wrong.run("psql"); code == exitDone || stdout != "" || !strings.Contains(stderr, "percent-encode") || strings.Contains(stderr, "sh@") {
		t.Errorf("of a URL that cannot be read it ends with %d and says %s%s", code, stdout, stderr)
	}
}

// TestPsql_OnAnyDatabase opens one whose schema is not ours, too.
func TestPsql_OnAnyDatabase(t *testing.T) {
	t.Parallel()
	address := testdb.Empty(t)
	f := &readFixture{t: t, getenv: func(name string) string { return map[string]string{"DATABASE_URL": address}[name] }}
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if got := f.must("psql", "--", "-Atc", "SELECT current_database()"); got != strings.TrimPrefix(parsed.Path, "/")+"\n" {
		t.Errorf("%q", got)
	}
}

// TestPsql_KeepsItsServerUp when the process ends that started it.
func TestPsql_KeepsItsServerUp(t *testing.T) {
	t.Parallel()
	w := newEmbeddedWorld(t)
	starter := w.start("serve", "--listen", "off")
	starter.await("serving")
	dir := w.env["HOME"]
	begun, gone := filepath.Join(dir, "begun"), filepath.Join(dir, "gone")
	if err := syscall.Mkfifo(gone, 0o600); err != nil {
		t.Fatal(err)
	}
	psql := w.start("psql", "--", "-At", "-c", `\! touch `+begun+`; cat `+gone, "-c", `\c`, "-c", "SELECT count(*) FROM report.jobs")
	await(t, "psql", func() bool { return exists(begun) })
	starter.stop()
	await(t, "the server of psql", func() bool {
		_, err := w.Query("SELECT ''")
		return err == nil
	})
	if err := os.WriteFile(gone, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code := psql.wait(); code != exitDone || !strings.HasSuffix(psql.stdout.String(), "\n0\n") {
		t.Errorf("psql ends with %d: %s%s", code, psql.stdout.String(), psql.stderr.String())
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
