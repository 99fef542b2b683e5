package audit_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"tracker/internal/audit"
	"tracker/internal/history"
	"tracker/internal/ledger"
	"tracker/internal/store"
	"tracker/internal/testdb"
	"tracker/internal/testkit"
)

// TestVerifyBesideRetention: a month of polls that is taken while the log is checked was
// altered by nobody.
func TestVerifyBesideRetention(t *testing.T) {
	t.Parallel()
	b := newBeside(t)
	if v := b.verify(t, func(tx *sql.Tx) { takePolls(t, tx) }); v.Count != 0 || v.Taken != 7 {
		t.Errorf("it gives %+v", v)
	}
}

// TestVerifyBesideLatePolls: nor was a day to which polls come while the log is checked.
func TestVerifyBesideLatePolls(t *testing.T) {
	t.Parallel()
	b := newBeside(t)
	v := b.verify(t, func(*sql.Tx) {
		b.recordLate(t, 3, 13)
		if err := b.store.CompleteJournal(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	if v.Count != 0 || len(v.Again) != 1 || v.Again[0].Day != b.month.AddDate(0, 0, 2).Format(time.DateOnly) || v.Again[0].Last <= v.Again[0].EntryNo {
		t.Errorf("it gives %+v", v)
	}
}

// TestVerifyADayThatWasTaken: of one that was closed twice nothing is checked once
// retention has taken its polls.
func TestVerifyADayThatWasTaken(t *testing.T) {
	t.Parallel()
	b := newBeside(t)
	b.recordLate(t, 3, 13)
	b.seal(t, b.store)
	again := func(meanwhile func(*sql.Tx)) audit.Again {
		v := b.verify(t, meanwhile)
		if v.Count != 0 || len(v.Again) != 1 || v.Again[0].Last > v.Entries {
			t.Fatalf("it gives %+v", v)
		}
		return v.Again[0]
	}
	if a := again(func(*sql.Tx) {}); a.Taken {
		t.Errorf("before they are taken: %+v", a)
	}
	for _, when := range []string{"while it is checked", "before"} {
		if a := again(func(tx *sql.Tx) { takePolls(t, tx) }); !a.Taken {
			t.Errorf("taken %s: %+v", when, a)
		}
	}
}

// takePolls takes them as retention does, which tries again where somebody reads polls, as
// autovacuum may.
func takePolls(t *testing.T, tx *sql.Tx) {
	t.Helper()
	for {
		exec(t, tx, "SAVEPOINT take")
		_, err := tx.ExecContext(t.Context(), "SELECT polls_take('90 days')")
		switch {
		case err == nil:
			return
		case !strings.Contains(err.Error(), "lock timeout"):
			t.Fatal(err)
		}
		exec(t, tx, "ROLLBACK TO take")
	}
}

// beside is a log of the first seven days of a month, half a year ago, for what is done
// while it is checked.
type beside struct {
	past
	store *store.Store
	db    *sql.DB
	job   store.Job
	month time.Time
}

func newBeside(t *testing.T) *beside {
	t.Helper()
	b := &beside{past: past{url: testdb.New(t)}}
	b.store = testkit.OpenStore(t, b.url)
	pollResults(t, b.store)
	var err error
	if b.db, err = sql.Open("pgx", b.url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.db.Close() })
	exec(t, b.db, `SELECT polls_extend((now() - interval '180 days')::date)`)
	if b.job, err = b.store.Job(t.Context(), "results"); err != nil {
		t.Fatal(err)
	}
	ago := now(t, b.store).UTC().AddDate(0, 0, -180)
	b.month = time.Date(ago.Year(), ago.Month(), 1, 0, 0, 0, 0, time.UTC)
	for day := range 7 {
		b.recordLate(t, day+1, 12)
	}
	if err := b.store.RollUp(t.Context(), now(t, b.store)); err != nil {
		t.Fatal(err)
	}
	if _, b.key, err = ledger.GenerateKey("audit.example.com/test"); err != nil {
		t.Fatal(err)
	}
	b.seal(t, b.store)
	return b
}

func (b *beside) recordLate(t *testing.T, day, hour int) {
	t.Helper()
	if err := b.store.RecordLate(t.Context(), store.Poll{
		JobID: b.job.ID, PolledAt: b.month.AddDate(0, 0, day-1).Add(time.Duration(hour) * time.Hour), Outcome: history.OutcomeTimeout, Latency: time.Second,
	}); err != nil {
		t.Fatal(err)
	}
}

// verify checks the log, and has something done when it has begun.
func (b *beside) verify(t *testing.T, meanwhile func(*sql.Tx)) audit.Verified {
	t.Helper()
	tx, err := b.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, tx, "LOCK TABLE ledger_tiles IN ACCESS EXCLUSIVE MODE")
	done := make(chan audit.Verified)
	go func() {
		v, err := audit.Verify(t.Context(), audit.Verification{Store: b.store, Key: &b.key.Verifier, Against: b.published})
		if err != nil {
			t.Errorf("verify: %v", err)
		}
		done <- v
	}()
	for waits := false; !waits; {
		const query = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'ledger_tiles'::regclass)"
		if err := b.db.QueryRowContext(t.Context(), query).Scan(&waits); err != nil {
			t.Fatal(err)
		}
	}
	meanwhile(tx)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return <-done
}

func exec(t *testing.T, on interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}, statement string,
) {
	t.Helper()
	if _, err := on.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// TestVerifyBesideErasure: a body that went just now went by an act, although the journal
// does not have that yet.
func TestVerifyBesideErasure(t *testing.T) {
	t.Parallel()
	p := past{url: testdb.New(t)}
	s := testkit.OpenStore(t, p.url)
	pollResults(t, s)
	var err error
	if _, p.key, err = ledger.GenerateKey("audit.example.com/test"); err != nil {
		t.Fatal(err)
	}
	p.seal(t, s)
	job, err := s.Job(t.Context(), "results")
	if err != nil {
		t.Fatal(err)
	}
	eraseFirst(t, s, job)
	if v := p.verify(t, p.url); v.Count != 0 || v.Erased != 2 {
		t.Errorf("it gives %+v", v)
	}
}
