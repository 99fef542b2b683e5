package cli

import (
	"encoding/json"
	"testing"

	"tracker/internal/store"
	"tracker/internal/testkit"
)

// TestFourYearsOfPolls reads beside others that hold what they read, on a server
// that has room for as many locks as one that is set up as it comes: half of
// those of the private one, by which 1,449 partitions were too many.
func TestFourYearsOfPolls(t *testing.T) {
	t.Parallel()
	s := newServerWith(t, map[string]string{"max_connections": "50", "max_locks_per_transaction": "64"})
	if err := store.Migrate(t.Context(), s.URL()); err != nil {
		t.Fatal(err)
	}
	w := newWorldOn(t, s.URL())
	w.Woosmap.Script(datasetID(0), testkit.WoosmapRun("r1", "success"))
	w.apply(declaration(unlimited, 1))
	w.must("sync")
	w.Exec(`SELECT polls_extend(current_date - 30 * i) FROM generate_series(1, 49) i`)
	w.Exec(`INSERT INTO polls (job_id, polled_at, outcome, latency_us)
		SELECT job_id, now() - i * interval '1 day', 'timeout', 1 FROM jobs, generate_series(1, 1461) i`)
	w.DB.SetMaxOpenConns(6)
	for range 4 {
		tx, err := w.DB.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = tx.Rollback() })
		for _, query := range []string{`SELECT count(*) FROM report.polls`, `SELECT count(*) FROM report.snapshots`, `SELECT count(*) FROM report.gaps`} {
			var count int
			if err := tx.QueryRowContext(t.Context(), query).Scan(&count); err != nil {
				t.Fatalf("%s: %v", query, err)
			}
		}
	}
	for _, args := range [][]string{{"history", jobName(0)}, {"history", jobName(0), "--as-of", "1d"}, {"job", "list"}, {"report", "gaps"}, {"sync"}} {
		w.must(args...)
	}
	w.Want("polls", []string{"1463"}, `SELECT count(*)::text FROM report.polls`)
	var read struct {
		Polled store.PollSummaryRow `json:"looked"`
	}
	if err := json.Unmarshal([]byte(w.must("history", jobName(0), "--format", "json")), &read); err != nil {
		t.Fatal(err)
	}
	if l := read.Polled; l.Polls != 1463 || l.Failed != 1461 {
		t.Errorf("it tells of %+v", l)
	}
}
