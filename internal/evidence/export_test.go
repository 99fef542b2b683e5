package evidence_test

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"tracker/internal/evidence"
	"tracker/internal/ledger"
	"tracker/internal/store"
)

func TestExport(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	job := l.restless()
	if _, _, err := l.export(evidence.Request{Job: job, RunNo: 2}); !errors.Is(err, evidence.ErrUnsealed) {
		t.Errorf("before anything is sealed: %v", err)
	}
	l.seal()
	first := map[int][]byte{}
	for _, test := range []struct {
		runNo, snapshots, runs int
	}{{0, 11, 5}, {1, 4, 1}, {2, 2, 1}, {3, 3, 1}, {4, 5, 1}, {5, 1, 1}} {
		path, made, err := l.export(evidence.Request{Job: job, RunNo: test.runNo})
		if err != nil {
			t.Errorf("run %d: %v", test.runNo, err)
			continue
		}
		verified, err := evidence.Verify(t.Context(), path, &l.key.Verifier)
		if err != nil {
			t.Errorf("run %d: %v", test.runNo, err)
			continue
		}
		if verified.Snapshots != test.snapshots || verified.Bodies != test.snapshots || verified.Runs != test.runs || verified.SignedBy.String() != l.key.Verifier.String() ||
			made.Snapshots != verified.Snapshots || verified.Transitions == 0 {
			t.Errorf("run %d: %+v", test.runNo, verified)
		}
		if first[test.runNo], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}

	l.follow("another", run("x1", "success", ""))
	l.seal()
	for runNo, want := range first {
		got, err := os.ReadFile(l.mustExport(evidence.Request{Job: job, RunNo: runNo}))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("run %d, exported again after more was sealed, is another file", runNo)
		}
	}
	if _, _, err := l.export(evidence.Request{Job: job, RunNo: 6}); !errors.Is(err, evidence.ErrNoRun) {
		t.Errorf("a run that there is not: %v", err)
	}
	l.Check()
}

// TestExportOfThePast shows what was known, and how things stood.
func TestExportOfThePast(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	job := l.restless()
	l.seal()
	leaves, err := l.store.SnapshotLeaves(t.Context(), job.ID, []int{5, 8})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		what    string
		request evidence.Request
		count   int
	}{
		{"known when 3 was not superseded yet", evidence.Request{Job: job, RunNo: 3, KnownAt: leaves[0].ObservedAt}, 1},
		{"as of then by what is known now", evidence.Request{Job: job, RunNo: 3, AsOf: leaves[0].ObservedAt}, 3},
		{"all that was known when 3 was back", evidence.Request{Job: job, KnownAt: leaves[1].ObservedAt}, 8},
	} {
		path, _, err := l.export(test.request)
		if err != nil {
			t.Errorf("%s: %v", test.what, err)
			continue
		}
		if verified, err := evidence.Verify(t.Context(), path, &l.key.Verifier); err != nil || verified.Snapshots != test.count {
			t.Errorf("%s: %+v, %v", test.what, verified, err)
		}
	}
	if _, _, err := l.export(evidence.Request{Job: job, KnownAt: leaves[0].ObservedAt.Add(-time.Hour)}); !errors.Is(err, evidence.ErrNoRun) {
		t.Errorf("before the first look: %v", err)
	}
}

// TestExportTellsGaps has a gap between two answers proven, and none beside them.
func TestExportTellsGaps(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	job := l.follow("stores-eu", run("r1", "in_progress", ""), run("r1", "success", ""))
	for no, after := range []int{1, 2} {
		l.Exec(`INSERT INTO gaps (job_id, gap_no, gap_from, gap_to, reason)
			SELECT job_id, $3, observed_at + interval '1 us', observed_at + interval '2 us', 'paused' FROM snapshots WHERE job_id = $1 AND snapshot_no = $2`,
			job.ID, after, no+1)
	}
	l.Exec(`INSERT INTO journal_notes (job_id, no, kind) VALUES ($1, 0, 'gap')`, job.ID)
	l.seal()
	verified, err := evidence.Verify(t.Context(), l.mustExport(evidence.Request{Job: job, RunNo: 1}), &l.key.Verifier)
	if err != nil || verified.Gaps != 1 {
		t.Errorf("%+v, %v", verified, err)
	}
}

// TestExportAfterRetention tells of runs whose bodies are gone, and proves them by their hashes.
func TestExportAfterRetention(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	job := l.restless()
	for _, table := range []string{"snapshots", "polls", "transitions", "runs", "steps", "log_entries", "anomalies"} {
		sets := l.Lines(`SELECT string_agg(format('%1$I = %1$I - make_interval(days => 200)', column_name), ', ') FROM information_schema.columns
			WHERE table_schema = 'public' AND table_name = $1 AND data_type = 'timestamp with time zone'`, table)
		l.Exec(`SET tracker.rewrite = 'on'; UPDATE ` + table + ` SET ` + sets[0])
	}
	l.say("stores-eu", run("r6", "success", ""))
	l.seal()
	before := l.mustExport(evidence.Request{Job: job})
	old, err := l.store.OldRuns(t.Context(), 100*24*time.Hour)
	if err != nil || len(old) == 0 {
		t.Fatalf("nothing is old: %v", err)
	}
	now, err := l.store.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.store.TakeOldRuns(t.Context(), store.Author{Actor: "tester", At: now}, 100*24*time.Hour, old[0]); err != nil {
		t.Fatal(err)
	}
	l.seal()
	after, err := evidence.Verify(t.Context(), l.mustExport(evidence.Request{Job: job}), &l.key.Verifier)
	if err != nil || after.Snapshots != 12 || after.Bodies == 12 || after.Bodies == 0 {
		t.Errorf("after retention: %+v, %v", after, err)
	}
	if !slices.ContainsFunc(after.Notes, func(note string) bool { return bytes.Contains([]byte(note), []byte("taken by retention")) }) {
		t.Errorf("it says nothing of retention: %q", after.Notes)
	}
	for _, runNo := range []int{3, 6} { // which another has superseded, and the latest
		if one, err := evidence.Verify(t.Context(), l.mustExport(evidence.Request{Job: job, RunNo: runNo}), &l.key.Verifier); err != nil || one.Runs != 1 {
			t.Errorf("run %d after retention: %+v, %v", runNo, one, err)
		}
	}
	if whole, err := evidence.Verify(t.Context(), before, &l.key.Verifier); err != nil || whole.Bodies != 12 {
		t.Errorf("a pack from before: %+v, %v", whole, err)
	}
}

// TestExportWithoutAKey says that nobody has signed.
func TestExportWithoutAKey(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	verifier := l.key.Verifier
	l.key = nil
	job := l.follow("stores-eu", run("r1", "success", ""))
	l.seal()
	path := l.mustExport(evidence.Request{Job: job})
	if verified, err := evidence.Verify(t.Context(), path, nil); err != nil || verified.SignedBy != nil || len(verified.Notes) == 0 {
		t.Errorf("%+v, %v", verified, err)
	}
	if _, err := evidence.Verify(t.Context(), path, &verifier); !errors.Is(err, ledger.ErrSignature) {
		t.Errorf("by a key that has signed nothing: %v", err)
	}
}
