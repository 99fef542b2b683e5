package store_test

import (
	"runtime"
	"testing"
	"time"

	"tracker/internal/history"
)

// The tests of this file are not parallel: what others hold would count.

// Folding takes the memory of a few bodies, however large they are and however
// small those before them were.
func TestFoldHoldsFewBodies(t *testing.T) {
	const small, all, size = 150, 162, 8 << 20
	f := uncheckedFeed(t)
	job := f.register(t, "woosmap", "a")[0]
	insertBodies(t, f, job.ID, 1, small, 10)
	insertBodies(t, f, job.ID, small+1, all, size)
	before, most, bodies := heap(), uint64(0), 0
	trail, err := f.store.Fold(t.Context(), job.ID, time.Time{}, func([]byte) (history.Answer, error) {
		if bodies++; bodies > small {
			most = max(most, heap())
		}
		return history.Answer{RunID: "r", Status: "x", State: history.StateRunning}, nil
	})
	if err != nil || trail.SnapshotNo != all || bodies != all {
		t.Fatalf("%d snapshots, %d bodies: %v", trail.SnapshotNo, bodies, err)
	}
	if most > before+4*size {
		t.Errorf("%d MiB are held for bodies of %d MiB", (most-before)>>20, size>>20)
	}
}

// insertBodies gives a job snapshots first to last with bodies of a size.
func insertBodies(t *testing.T, f *feed, jobID int64, first, last, size int) {
	t.Helper()
	mustExec(t, f.conn, "SET session_replication_role = replica") // past the guards
	mustExec(t, f.conn, `INSERT INTO snapshots (job_id, snapshot_no, polled_at, observed_at, not_before, previous_polls, run_no, status, state,
			body, body_is_text, sha256, interpretation, size)
		SELECT $1, n, at, at, CASE WHEN n > 1 THEN at - interval '1 minute' END, (n > 1)::integer, 1, 'x', 'running',
			convert_to(repeat('x', $4), 'UTF8'), true, sha256('x'), 1, $4
		FROM (SELECT n, '2024-06-07 10:00+00'::timestamptz + n * interval '1 minute' AS at FROM generate_series($2::integer, $3::integer) n) s`,
		jobID, first, last, size)
}

// heap gives how many bytes are in use.
func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
