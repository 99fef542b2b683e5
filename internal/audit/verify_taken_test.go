package audit_test

import (
	"database/sql"
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
	p := past{url: testdb.New(t)}
	s := testkit.OpenStore(t, p.url)
	pollResults(t, s)
	db, err := sql.Open("pgx", p.url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	exec := func(on interface {
		Exec(query string, args ...any) (sql.Result, error)
	}, statement string,
	) {
		t.Helper()
		if _, err := on.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	exec(db, `SELECT polls_extend((now() - interval '180 days')::date)`)
	job, err := s.Job(t.Context(), "results")
	if err != nil {
		t.Fatal(err)
	}
	month := now(t, s).UTC().AddDate(0, 0, -180)
	for day := range 7 {
		if err := s.RecordLate(t.Context(), store.Poll{
			JobID: job.ID, PolledAt: time.Date(month.Year(), month.Month(), day+1, 12, 0, 0, 0, time.UTC), Outcome: history.OutcomeTimeout, Latency: time.Second,
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.RollUp(t.Context(), now(t, s)); err != nil {
		t.Fatal(err)
	}
	if _, p.key, err = ledger.GenerateKey("audit.example.com/test"); err != nil {
		t.Fatal(err)
	}
	p.seal(t, s)

	retainer, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	exec(retainer, "LOCK TABLE ledger_tiles IN ACCESS EXCLUSIVE MODE")
	done := make(chan audit.Verified)
	go func() {
		v, err := audit.Verify(t.Context(), audit.Verification{Store: s, Key: &p.key.Verifier, Against: p.published})
		if err != nil {
			t.Errorf("verify: %v", err)
		}
		done <- v
	}()
	for waits := false; !waits; {
		const query = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'ledger_tiles'::regclass)"
		if err := db.QueryRowContext(t.Context(), query).Scan(&waits); err != nil {
			t.Fatal(err)
		}
	}
	exec(retainer, "SELECT polls_take('90 days')")
	if err := retainer.Commit(); err != nil {
		t.Fatal(err)
	}
	if v := <-done; v.Count != 0 || v.Taken != 7 {
		t.Errorf("it gives %+v", v)
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
