package store_test

import (
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
)

// TestRecordBatch: polls of many jobs, with every kind of outcome, land together.
func TestRecordBatch(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	jobs := append(f.register(t, "woosmap", "w1", "w2", "w3"), f.register(t, "safetykit", "s1", "s2")...)
	running := woosmapBody("r1", "in_progress", woosmapStep("fetch", "in_progress", "09:50:00", ""))
	f.round(t, said{job: jobs[0], body: running}, said{job: jobs[1], body: running}, said{job: jobs[2], failure: history.OutcomeTimeout},
		said{job: jobs[3], body: safetykitBody("q", "queued")}, said{job: jobs[4], body: "<html>"})
	f.round(t, said{job: jobs[0], body: running}, said{job: jobs[1], body: woosmapBody("r1", "success", woosmapStep("fetch", "success", "09:50:00", "10:01:30"))},
		said{job: jobs[2], body: running}, said{job: jobs[3], body: safetykitBody("q", "succeeded", safetykitItem("i", "null"))},
		said{job: jobs[4], failure: history.OutcomeUpstreamError})
	got := column[string](t, f.conn, "SELECT job || ' ' || string_agg(outcome || coalesce(' ' || snapshot_no, ''), ', ' ORDER BY polled_at) FROM report.polls GROUP BY job ORDER BY job")
	equalLines(t, got,
		"s1 changed 1, changed 2",
		"s2 malformed, upstream_error",
		"w1 changed 1, unchanged 1",
		"w2 changed 1, changed 2",
		"w3 timeout, changed 1")
}

// TestRecordLatency: a process that was frozen tells of any latency.
func TestRecordLatency(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := f.register(t, "woosmap", "a")[0]
	for _, latency := range []time.Duration{time.Hour, -time.Second} {
		takes := f.take(t, said{job: job, failure: history.OutcomeTimeout})
		takes[0].poll.Latency = latency
		f.record(t, takes)
		late := takes[0].poll
		late.PolledAt = late.PolledAt.Add(-time.Second)
		if err := f.store.RecordLate(t.Context(), late); err != nil {
			t.Error(err)
		}
	}
	equalLines(t, column[string](t, f.conn, "SELECT latency_us::text FROM polls ORDER BY polled_at"), "2147483647", "2147483647", "0", "0")
}

// TestRecordLateWriter: of whoever lost the claim, or the race for the snapshot's
// number, it is kept that it looked, and the rest of the batch lands.
func TestRecordLateWriter(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	for name, overtake := range map[string]func(*feed, store.Job){
		"ClaimTakenOver": func(f *feed, job store.Job) { f.round(t, said{job: job, body: woosmapBody("r1", "failed")}) },
		"ClaimReleased": func(f *feed, job store.Job) {
			mustExec(t, f.conn, "UPDATE cursors SET claimed_until = NULL WHERE job_id = $1", job.ID)
		},
		"SnapshotNumberTaken": func(f *feed, job store.Job) {
			claim := value[time.Time](t, f.conn, "SELECT claimed_until FROM cursors WHERE job_id = $1", job.ID)
			f.round(t, said{job: job, body: woosmapBody("r1", "failed")})
			mustExec(t, f.conn, "UPDATE cursors SET claimed_until = $2 WHERE job_id = $1", job.ID, claim)
		},
	} {
		f := f.at(name)
		jobs := f.register(t, "woosmap", "contended-"+f.account, "other-"+f.account)
		takes := f.take(t, said{job: jobs[0], body: woosmapBody("r1", "success")}, said{job: jobs[1], body: woosmapBody("r2", "success")})
		f.compare(t, takes)
		overtake(f, jobs[0])
		results := f.record(t, takes)
		if !results[0].Late || results[1] != (store.RecordResult{}) {
			t.Errorf("%s: results %v", name, results)
		}
		for range 2 { // the second time as after a commit that nobody heard of
			late := column[string](t, f.conn, "SELECT concat_ws(' ', outcome, http_status, snapshot_no) FROM polls WHERE job_id = $1 AND polled_at = $2", jobs[0].ID, takes[0].poll.PolledAt)
			equalLines(t, late, "superseded 200")
			if again := f.record(t, takes[:1]); !again[0].Late {
				t.Errorf("%s: results %v", name, again)
			}
		}
		equalLines(t, column[string](t, f.conn, "SELECT state FROM report.jobs WHERE job = $1", jobs[1].Name), "succeeded")
	}
}

// TestRecordAgain: after a commit that nobody heard of, the same polls are
// recorded again, and are recognised.
func TestRecordAgain(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	jobs := f.register(t, "woosmap", "new", "known", "failing", "poisoned")
	f.round(t, said{job: jobs[1], body: woosmapBody("r1", "success")})
	takes := f.take(t, said{job: jobs[0], body: woosmapBody("r1", "success")}, said{job: jobs[1], body: woosmapBody("r1", "success")},
		said{job: jobs[2], failure: history.OutcomeTimeout}, said{job: jobs[3], body: woosmapBody("r1", "success")})
	f.compare(t, takes)
	takes[3].poll.Finding.Change.Runs[0].Status = "\x00"
	polls := pollsOf(takes)
	want := []store.RecordResult{{}, {}, {}, {Refused: "SQLSTATE 22021"}}
	for range 2 {
		results, err := f.store.Record(t.Context(), polls)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if results[i] != want[i] {
				t.Errorf("%s: result %v, not %v", jobs[i].Name, results[i], want[i])
			}
		}
	}
	if polls := value[int64](t, f.conn, "SELECT count(*) FROM polls"); polls != 4 {
		t.Errorf("%d polls", polls)
	}
}

// TestRecordUnknownError: what is no fault of a row records nothing.
func TestRecordUnknownError(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	jobs := f.register(t, "woosmap", "a", "b")
	takes := f.take(t, said{job: jobs[0], body: woosmapBody("r1", "success")}, said{job: jobs[1], failure: history.OutcomeTimeout})
	f.compare(t, takes)
	mustExec(t, f.conn, "ALTER TABLE anomalies RENAME TO hidden")
	takes[0].poll.Finding.Change.Anomalies = []history.Anomaly{{No: 1, RunNo: 1, Kind: history.KindClockSkew, Count: 1, ObservedAt: f.now, SnapshotNo: 1}}
	results, err := f.store.Record(t.Context(), pollsOf(takes))
	if codeOf(err) != "42P01" || results != nil {
		t.Errorf("it gives %v, %v", results, err)
	}
	for _, table := range []string{"polls", "snapshots", "runs", "transitions"} {
		if rows := value[int64](t, f.conn, "SELECT count(*) FROM "+table); rows != 0 {
			t.Errorf("%d rows in %s", rows, table)
		}
	}
	mustExec(t, f.conn, "ALTER TABLE hidden RENAME TO anomalies")
	takes[0].poll.Finding.Change.Anomalies = nil
	f.record(t, takes)
}

// TestRecordNothing: an empty batch is no error.
func TestRecordNothing(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	if results, err := f.store.Record(t.Context(), nil); err != nil || len(results) != 0 {
		t.Errorf("it gives %v, %v", results, err)
	}
	if err := f.store.AdvanceCursors(t.Context(), nil); err != nil {
		t.Error(err)
	}
}
