package store_test

import (
	"runtime"
	"testing"
	"time"

	"tracker/internal/history"
)

// Folding takes the memory of a few bodies, however large they are and however
// small those before them were. Not parallel: what others hold would count.
func TestFoldHoldsFewBodies(t *testing.T) {
	const small, large, size = 150, 12, 8 << 20
	f := uncheckedFeed(t)
	job := f.register(t, "woosmap", "a")[0]
	mustExec(t, f.conn, "SET session_replication_role = replica") // past the guards
	mustExec(t, f.conn, `INSERT INTO snapshots (job_id, snapshot_no, polled_at, observed_at, not_before, previous_polls, run_no, status, state,
			body, body_is_text, sha256, interpretation)
		SELECT $1, n, at, at, CASE WHEN n > 1 THEN at - interval '1 minute' END, (n > 1)::integer, 1, 'x', 'running',
			convert_to(repeat('x', CASE WHEN n > $2 THEN $3 ELSE 10 END), 'UTF8'), true, sha256('x'), 1
		FROM (SELECT n, '2024-06-07 10:00+00'::timestamptz + n * interval '1 minute' AS at FROM generate_series(1, $2::integer + $4::integer) n) s`,
		job.ID, small, size, large)
	before, most, bodies := heap(), uint64(0), 0
	trail, err := f.store.Fold(t.Context(), job.ID, time.Time{}, func(body []byte) (history.Answer, error) {
		if bodies++; bodies > small {
			most = max(most, heap())
		}
		runtime.KeepAlive(body)
		return history.Answer{RunID: "r", Status: "x", State: history.StateRunning}, nil
	})
	if err != nil || trail.SnapshotNo != small+large || bodies != small+large {
		t.Fatalf("%d snapshots, %d bodies: %v", trail.SnapshotNo, bodies, err)
	}
	if most > before+4*size {
		t.Errorf("%d MiB are held for bodies of %d MiB", (most-before)>>20, size>>20)
	}
}

// heap gives how many bytes are in use.
func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
