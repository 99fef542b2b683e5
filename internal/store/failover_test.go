package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/store"
	"tracker/internal/testdb"
)

// sessions is how many the store of these tests has.
const sessions = 4

// TestStoreLeavesSessionsBehind opens sessions on a server that takes no writes,
// as a standby, or that goes: the first of them that is told so ends them all.
func TestStoreLeavesSessionsBehind(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		begin, end string // around the opening of the sessions
		trouble    func(t *testing.T, admin *pgx.Conn, pids []int32)
		code       string
	}{
		"ReadOnly": {
			begin: `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$`,
			end:   `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET default_transaction_read_only', current_database()); END $$`,
			code:  "25006",
		},
		"Terminated": {code: "57P01", trouble: func(t *testing.T, admin *pgx.Conn, pids []int32) {
			t.Helper()
			mustExec(t, admin, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ANY($1) AND wait_event_type = 'Lock'`, pids)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := testdb.New(t)
			admin := dial(t, url)
			s, err := store.Open(t.Context(), url, store.Options{MaxConns: sessions})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			if test.begin != "" {
				mustExec(t, admin, test.begin)
			}
			old := atOnce(t, admin, "sources", sessions, func(ctx context.Context) error { _, err := s.Sources(ctx); return err })
			if test.end != "" {
				mustExec(t, admin, test.end)
			}
			at := time.Now()
			heartbeat := func(ctx context.Context) error {
				return s.Heartbeat(ctx, store.Replica{Owner: name, StartedAt: at}, at)
			}
			if test.trouble == nil {
				err = heartbeat(t.Context())
			} else {
				err = troubled(t, admin, heartbeat, func() { test.trouble(t, admin, old) })
			}
			if codeOf(err) != test.code {
				t.Fatalf("%v is no %s", err, test.code)
			}
			for _, pid := range atOnce(t, admin, "replicas", sessions, heartbeat) {
				if slices.Contains(old, pid) {
					t.Errorf("session %d was left behind and is used", pid)
				}
			}
		})
	}
}

// atOnce does something in so many sessions at once, which waits for a lock on
// a table until all of them do, and returns their process ids.
func atOnce(t *testing.T, admin *pgx.Conn, table string, n int, do func(context.Context) error) []int32 {
	t.Helper()
	tx, err := admin.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	mustExec(t, admin, "SET TRANSACTION READ WRITE")
	mustExec(t, admin, "LOCK TABLE "+table+" IN ACCESS EXCLUSIVE MODE")
	ended := make(chan error, n)
	for range n {
		go func() { ended <- do(t.Context()) }()
	}
	pids := waiting(t, admin, n)
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range n {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	return pids
}

// waiting lists the tracker's sessions that wait for a lock, once there are so many.
func waiting(t *testing.T, admin *pgx.Conn, n int) []int32 {
	t.Helper()
	for {
		pids := column[int32](t, admin, `SELECT a.pid FROM pg_stat_activity a WHERE a.datname = current_database()
			AND a.application_name = 'tracker' AND a.wait_event_type = 'Lock'`)
		if len(pids) == n {
			return pids
		}
		mustExec(t, admin, "SELECT pg_stat_clear_snapshot()") // within a transaction it would stay
		if err := t.Context().Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// troubled does something that is in trouble while it waits for a lock.
func troubled(t *testing.T, admin *pgx.Conn, do func(context.Context) error, trouble func()) error {
	t.Helper()
	tx, err := admin.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	mustExec(t, admin, "LOCK TABLE replicas IN ACCESS EXCLUSIVE MODE")
	ended := make(chan error, 1)
	go func() { ended <- do(t.Context()) }()
	waiting(t, admin, 1)
	trouble()
	select {
	case err := <-ended:
		return err
	case <-time.After(time.Minute):
		return errors.New("waited in vain for the end of the session")
	}
}
