package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/checkhistory"
	"tracker/internal/history"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/testdb"
)

// TestPoolerInTransactionMode migrates, registers, polls and reads through a
// pgbouncer that hands two sessions of the server round, whatever the database
// has for a search_path, and leaves nothing of its own on them.
func TestPoolerInTransactionMode(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"SearchPathPublic": `"$user", public`, "SearchPathOther": "other"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			direct := testdb.Empty(t)
			owner := dial(t, direct)
			mustExec(t, owner, `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = `+path+`', current_database()); END $$`)
			pooled := testdb.Pooler(t, direct)
			migrateUp(t, pooled)
			now := time.Date(2024, 6, 7, 10, 0, 0, 0, time.UTC)
			f := &feed{url: pooled, store: openStore(t, pooled), now: now, by: store.Author{Actor: "ann", At: now}, account: "prod", kept: map[int64]*store.Known{}}
			stop, ended := make(chan struct{}), make(chan error)
			for range 3 { // others on the same sessions
				go func() { ended <- f.watchUntil(t.Context(), stop) }()
			}
			f.throughPooler(t)
			close(stop)
			for range 3 {
				if err := <-ended; err != nil {
					t.Error(err)
				}
			}
			checkLeftovers(t, pooled)
			checkhistory.CheckHistory(t, withParameter(t, direct, "search_path", "public"))
		})
	}
}

// TestStatementsThatGetLost has somebody else meddle with what a session has
// prepared, as the clients of a pooler do that cannot be told from a server.
func TestStatementsThatGetLost(t *testing.T) {
	t.Parallel()
	url := testdb.New(t)
	admin := dial(t, url)
	mustExec(t, admin, `CREATE TABLE prepared (name text, statement text)`)
	mustExec(t, admin, `CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE NEW.owner; RETURN NULL; END $$`)
	mustExec(t, admin, `CREATE TRIGGER meddle BEFORE INSERT ON replicas FOR EACH ROW EXECUTE FUNCTION meddle()`)
	open := func() (read func() error, meddle func(command string)) {
		s, err := store.Open(t.Context(), url, store.Options{MaxConns: 1})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		return func() error { _, err := s.JobRows(t.Context()); return err }, func(command string) {
			t.Helper()
			if err := s.Heartbeat(t.Context(), store.Replica{Owner: command, StartedAt: time.Now()}, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
	}
	wantLost := func(err error, code string) {
		t.Helper()
		if codeOf(err) != code || !strings.Contains(err.Error(), "name the server itself in DATABASE_URL, or add default_query_exec_mode=exec") {
			t.Errorf("no %s that says what to do: %v", code, err)
		}
	}
	read, meddle := open()
	if err := read(); err != nil {
		t.Fatal(err)
	}
	meddle("INSERT INTO prepared SELECT name, statement FROM pg_prepared_statements")
	meddle("DEALLOCATE ALL")
	wantLost(read(), "26000")
	if err := read(); err != nil {
		t.Errorf("a new session does not mend it: %v", err)
	}
	read, meddle = open()
	meddle(value[string](t, admin, "SELECT format('PREPARE %I AS SELECT 1', name) FROM prepared WHERE statement LIKE '%ReportJobs%'"))
	wantLost(read(), "42P05")
	if err := read(); err != nil {
		t.Errorf("a new session does not mend it: %v", err)
	}
}

// throughPooler polls and reads.
func (f *feed) throughPooler(t *testing.T) {
	t.Helper()
	jobs := f.register(t, "woosmap", "one", "two")
	for n := range 6 {
		f.round(t, said{job: jobs[0], body: woosmapBody("r1", []string{"in_progress", "failed"}[n/5],
			woosmapStep("fetch", "success", "10:00:00", "10:00:30"), woosmapStep(fmt.Sprintf("import %d", n), "in_progress", "10:01:00", "", woosmapEntry("10:01:01", "error", "a line")))}, said{job: jobs[1], failure: history.OutcomeTimeout})
	}
	read, err := f.store.History(t.Context(), store.HistoryParams{Job: "one", Most: 10})
	if err != nil {
		t.Fatal(err)
	}
	if len(read.Runs) == 0 || read.Polled.Polls != 6 {
		t.Errorf("of 6 polls it reads %+v", read.Polled)
	}
	if level, err := f.store.MomentOf(t.Context()); level != "repeatable read" || err != nil {
		t.Errorf("what is read at one moment is %s: %v", level, err)
	}
	if mode, err := f.store.PlanOf(t.Context()); mode != "force_generic_plan" || err != nil {
		t.Errorf("what is planned once is planned by %s: %v", mode, err)
	}
	provider, err := source.Lookup("woosmap")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.store.Fold(t.Context(), jobs[0].ID, f.now, provider.Interpret); err != nil {
		t.Error(err)
	}
	if err := f.store.RollUp(t.Context(), f.now); err != nil {
		t.Error(err)
	}
	if _, err := f.store.Job(t.Context(), "no-such-job"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a job that is not there gives %v", err)
	}
	answer, err := f.store.Answer(t.Context(), "failed_imports", store.AnswerFilter{Since: &f.now})
	if err != nil || len(answer.Columns) == 0 {
		t.Errorf("the answer %+v, %v", answer, err)
	}
}

// watchUntil reads, in transactions and without, until it is told to stop.
func (f *feed) watchUntil(ctx context.Context, stop <-chan struct{}) error {
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		if _, err := f.store.Watch(ctx, store.WatchParams{Rows: 10}); err != nil {
			return err
		}
		if _, err := f.store.JobRows(ctx); err != nil {
			return err
		}
	}
}

// checkLeftovers looks as another client would at the sessions that the pooler has.
func checkLeftovers(t *testing.T, pooled string) {
	t.Helper()
	conn := dial(t, withParameter(t, pooled, "default_query_exec_mode", "exec"))
	other := dial(t, withParameter(t, pooled, "default_query_exec_mode", "exec"))
	for _, c := range []*pgx.Conn{conn, other} { // each holds one of the two
		mustExec(t, c, "BEGIN")
		if names := column[string](t, c, `SELECT name::text FROM pg_prepared_statements`); len(names) > 0 {
			t.Errorf("statements stayed: %q", names)
		}
		if set := column[string](t, c, `SELECT name || '=' || setting FROM pg_settings WHERE source = 'session' AND name NOT IN
			('application_name', 'client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings')`); len(set) > 0 {
			t.Errorf("settings stayed: %q", set)
		}
	}
}
