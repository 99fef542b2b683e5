package evidence_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tracker/internal/evidence"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/tracking"
)

// TestPastsAfterTheClockWasSetBack: the clock was two hours ahead when the second answer
// was read, of which the third is stored as a patch. The history of a moment, its report
// and its pack tell of each answer that was there.
func TestPastsAfterTheClockWasSetBack(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	said := func(count int, more ...string) string {
		entries := make([]string, count, count+len(more))
		for i := range entries {
			entries[i] = entry("warning", fmt.Sprintf("row %d has no address", i))
		}
		return run("r1", "in_progress", step("fetch", "in_progress", strings.Join(append(entries, more...), ",")))
	}
	job := l.follow("stores-eu", said(40), said(50, entry("error", "no disk")), said(60), said(70))
	l.Exec(`SET session_replication_role = replica; UPDATE snapshots SET observed_at = observed_at + interval '2 h' WHERE snapshot_no = 2; RESET session_replication_role`)
	l.Want("patches", []string{"1 0", "2 1", "3 2", "4 3"}, "SELECT concat_ws(' ', snapshot_no, patches) FROM snapshots ORDER BY 1")
	l.seal()
	leaves, err := l.store.SnapshotLeaves(t.Context(), job.ID, []int{1, 2, 3, 4})
	if err != nil {
		t.Fatal(err)
	}
	now, err := l.store.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	read := func(job store.Job) (store.Interpret, error) {
		provider, err := source.Lookup(job.From.Provider)
		return provider.Interpret, err
	}
	for _, test := range []struct {
		what                      string
		knownAt                   time.Time
		known, entries, withdrawn int
	}{
		{"before the clock was ahead", leaves[0].ObservedAt, 1, 40, 0},
		{"after it was set back", leaves[2].ObservedAt, 3, 61, 1},
		{"now", time.Time{}, 4, 71, 1},
	} {
		history, err := tracking.ReadKnowledge(t.Context(), l.store, job, tracking.KnowledgeParams{
			RunNo: 1, Most: 1, Now: now, AsOf: now.Add(-time.Nanosecond), KnownAt: test.knownAt,
		})
		if err != nil {
			t.Errorf("%s, history: %v", test.what, err)
		}
		if entries := len(history.LogEntries); entries != test.entries {
			t.Errorf("%s, history: %d entries", test.what, entries)
		}
		if !test.knownAt.IsZero() {
			told, err := l.store.Told(t.Context(), test.knownAt, "", read)
			if err != nil || len(told.Withdrawn) != test.withdrawn {
				t.Errorf("%s, report: %+v, %v", test.what, told, err)
			}
		}
		path, _, err := l.export(evidence.Request{Job: job, KnownAt: test.knownAt})
		if err != nil {
			t.Errorf("%s, export: %v", test.what, err)
			continue
		}
		if verified, err := evidence.Verify(t.Context(), path, &l.key.Verifier); err != nil || verified.Snapshots != test.known {
			t.Errorf("%s: %+v, %v", test.what, verified, err)
		}
	}
}
