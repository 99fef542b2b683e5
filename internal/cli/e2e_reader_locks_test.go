package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tracker/internal/store"
)

// TestReaderLocksNothing has a login that may read the reports take every lock
// that it can, and keep it: those who decide what is tracked, and the daemon,
// go on. Advisory locks anybody can take, so none of ours is one.
func TestReaderLocksNothing(t *testing.T) {
	t.Parallel()
	s := newServerWith(t, map[string]string{"max_connections": "20", "log_statement": "all"})
	if err := store.Migrate(t.Context(), s.URL()); err != nil {
		t.Fatal(err)
	}
	w := newWorldOn(t, s.URL())
	for n := range 2 {
		w.counter(n, 50)
	}
	const every = `schedule: "@every 1s", active_every: 1s, `
	w.apply(declaration(every+unlimited, 1))
	w.must("sync")
	w.Exec(`CREATE ROLE reader LOGIN IN ROLE tracker_reader`)
	w.Exec(`DO $$ BEGIN EXECUTE format('DROP TABLE polls_%s', to_char(now() AT TIME ZONE 'UTC' + interval '7 days', 'YYYYMM')); END $$`) // which is to be made again
	if taken := w.lockAsReader(); taken < 10 {
		t.Errorf("the reader took %d locks: it can read the reports, and so has locks on them", taken)
	}

	daemon := w.serve("--apply", w.file(declaration(every+unlimited, 2)))
	w.awaitLine(`SELECT '' FROM polls WHERE job_id = 2 HAVING count(*) > 2`)
	for _, args := range [][]string{
		{"source", "pause", "woosmap"},
		{"source", "resume", "woosmap"},
		{"job", "pause", jobName(0)},
		{"job", "resume", jobName(0)},
		{"apply", "-f", w.file(declaration(every+`rate_limit: {every: 2ms, burst: 10}`, 2))},
		{"sync", jobName(0)},
		{"job", "remove", jobName(1)},
		{"migrate", "up"},
		{"rebuild"},
	} {
		w.must(args...)
	}
	daemon.stop()

	w.Want("functions with advisory locks", nil, `SELECT proname::text FROM pg_proc WHERE pronamespace IN ('public'::regnamespace, 'report'::regnamespace) AND prosrc ILIKE '%advisory%'`)
	log, err := os.ReadFile(filepath.Join(s.config.DataDir, "postgres.log"))
	if err != nil {
		t.Fatal(err)
	}
	if text := string(log); !strings.Contains(text, "registry_lock") || strings.Contains(text, "pg_advisory") || strings.Contains(text, "pg_try_advisory") {
		t.Error("the log of all statements has none on the registry's lock, or one with an advisory lock")
	}
}

// lockAsReader takes, as a reader of the reports, all the locks that it is let
// have, keeps them to the end of the test, and tells how many there are.
func (w *world) lockAsReader() int {
	w.t.Helper()
	relations := w.Lines(`SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('public', 'report') AND c.relkind IN ('r', 'p', 'v') ORDER BY 1`)
	tx, err := w.loginAs("reader").BeginTx(w.t.Context(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = tx.Rollback() })
	try := func(statement string) {
		for _, one := range []string{"SAVEPOINT one", statement} {
			if _, err = tx.ExecContext(w.t.Context(), one); err == nil {
				continue
			}
			if _, err := tx.ExecContext(w.t.Context(), "ROLLBACK TO one"); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	for _, relation := range relations {
		for _, mode := range []string{
			"ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE",
		} {
			try("LOCK TABLE " + relation + " IN " + mode + " MODE")
		}
		for _, strength := range []string{"KEY SHARE", "SHARE", "NO KEY UPDATE", "UPDATE"} {
			try("SELECT FROM " + relation + " FOR " + strength)
		}
	}
	var taken int
	if err := tx.QueryRowContext(w.t.Context(), `SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'`).Scan(&taken); err != nil {
		w.t.Fatal(err)
	}
	return taken
}
