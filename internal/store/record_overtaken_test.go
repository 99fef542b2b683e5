package store_test

import (
	"testing"

	"tracker/internal/store"
)

// TestRecordOvertakenWhileItWaits: a batch waits behind a lock (as CREATE INDEX
// or VACUUM FULL takes one) past its claim. Meanwhile the job is claimed anew,
// and the service, behind a load balancer, says what it had said before.
func TestRecordOvertakenWhileItWaits(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := f.register(t, "woosmap", "a")[0]
	running, done := woosmapBody("r", "in_progress"), woosmapBody("r", "success")
	f.round(t, said{job: job, body: running})

	slow := f.take(t, said{job: job, body: done})
	f.compare(t, slow)
	lock, err := dial(t, f.url).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mustExec(t, lock.Conn(), "LOCK TABLE snapshots IN SHARE MODE")
	results := make(chan []store.RecordResult, 1)
	go func() { results <- f.record(t, slow) }()
	awaitLockWaiters(t, f, 1)

	quick := f.take(t, said{job: job, body: running}) // a minute later: the claim has run out
	f.compare(t, quick)
	f.record(t, quick)
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if overtaken := <-results; !overtaken[0].Late {
		t.Errorf("the slow batch's result is %v", overtaken)
	}
	for range 3 {
		f.round(t, said{job: job, body: running})
	}
	equalLines(t, column[string](t, f.conn, "SELECT state FROM report.jobs"), "running")
	equalLines(t, column[string](t, f.conn, "SELECT concat_ws(' ', outcome, snapshot_no) FROM report.polls ORDER BY polled_at"),
		"changed 1", "superseded", "unchanged 1", "unchanged 1", "unchanged 1", "unchanged 1")
}

// awaitLockWaiters returns when so many sessions of the feed's database wait for a lock.
func awaitLockWaiters(t *testing.T, f *feed, sessions int64) {
	t.Helper()
	const waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
	for value[int64](t, f.conn, waiting) < sessions {
		if t.Context().Err() != nil {
			t.Fatal("nobody waits for the lock")
		}
	}
}
