package store_test

import (
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/testdb"
)

// TestReportMeansWhatGoMeans: what is said in SQL and in Go is the same.
func TestReportMeansWhatGoMeans(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	at := time.Date(2024, 6, 7, 10, 0, 0, 0, time.UTC)
	var untilKilled, untilEnded time.Time
	var gap time.Duration
	err := conn.QueryRow(t.Context(), `SELECT report.runs_until($1, NULL), report.runs_until($1, $1::timestamptz + interval '1 s'), report.gap_least('7 min')`, at).
		Scan(&untilKilled, &untilEnded, &gap)
	if err != nil {
		t.Fatal(err)
	}
	if want := at.Add(2 * store.HeartbeatEvery); !untilKilled.Equal(want) || !untilEnded.Equal(at.Add(time.Second)) {
		t.Errorf("a tracker counts as running until %s, not %s; one that ended until %s", untilKilled, want, untilEnded)
	}
	if want := history.GapLeast(7 * time.Minute); gap != want {
		t.Errorf("a stretch is a gap after %s, not %s", gap, want)
	}
	for _, happened := range []time.Time{at.Add(-time.Hour), at.Add(time.Hour)} {
		var effective time.Time
		if err := conn.QueryRow(t.Context(), `SELECT report.effective_at($1, $2)`, happened, at).Scan(&effective); err != nil {
			t.Fatal(err)
		}
		if want := history.EffectiveAt(happened, at); !effective.Equal(want) {
			t.Errorf("what happened at %s and was seen at %s counts from %s, not %s", happened, at, effective, want)
		}
	}
}
