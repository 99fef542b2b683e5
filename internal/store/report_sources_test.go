package store_test

import (
	"fmt"
	"testing"

	"tracker/internal/testdb"
)

func TestReportSourcesPlanned(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	mustExec(t, conn, `
		INSERT INTO sources (name, provider, base_url, credential, schedule, active_every, rate_every, rate_burst, registered_at)
			VALUES ('s', 'p', 'u', 'c', '@every 5m', '10 s', '7200 ms', 1, now());
		INSERT INTO budgets (source_id, next_slot_at) SELECT source_id, now() FROM sources`)
	want := func(when, planned string) {
		t.Helper()
		got := value[string](t, conn, "SELECT concat_ws(' of ', coalesce(planned_per_hour::text, 'unknown'), attainable_per_hour) FROM report.sources")
		if got != planned+" of 500" {
			t.Errorf("%s: %s", when, got)
		}
	}
	job := func(no int, cursor string) {
		t.Helper()
		mustExec(t, conn, fmt.Sprintf(`WITH job AS (
				INSERT INTO jobs (source_id, name, target, labels, tracking, registered_at) SELECT source_id, 'j%d', '{}', '{}', 'active', now() FROM sources
				RETURNING job_id, source_id
			) INSERT INTO cursors (job_id, source_id, polled_at, planned_every, failures, next_poll_at)
			SELECT job_id, source_id, %s FROM job`, no, cursor))
	}
	want("no jobs", "0")
	job(1, "NULL, NULL, 0, now()")
	want("never polled", "unknown")
	job(2, "now(), '5 min', 0, now() + interval '5 min'")
	want("one of two was polled", "24")
	job(3, "now(), '10 s', 0, now() + interval '10 s'")
	want("an import runs", "558") // (12 + 360) for two, as much for the third
	job(4, "now(), '5 min', 3, now() + interval '1 hour'")
	want("one fails, and is asked once an hour", "497.3333333333333")
	cadence := func(when, want string) {
		t.Helper()
		got := value[string](t, conn, "SELECT concat_ws(', ', coalesce(attainable_every_running::text, 'none runs'), coalesce(attainable_every::text, 'as planned')) FROM report.sources")
		if got != want {
			t.Errorf("%s: %s, not %s", when, got, want)
		}
	}
	cadence("less is planned than can be had", "none runs, as planned")
	mustExec(t, conn, "UPDATE sources SET rate_every = '10 s'; UPDATE cursors SET planned_every = '10 s', failures = 0")
	cadence("1,440 of 360 are planned", "none runs, 00:00:40")
	mustExec(t, conn, "UPDATE cursors SET state = 'running' WHERE job_id = (SELECT job_id FROM jobs WHERE name = 'j3')")
	cadence("one that runs wants all, and gets 270", "00:00:13.333333, 00:02:00")
	mustExec(t, conn, "UPDATE cursors SET planned_every = CASE WHEN running THEN interval '1 min' ELSE '10 s' END")
	cadence("it gets no more than it wants", "00:01:00, 00:00:36")
	mustExec(t, conn, "UPDATE cursors SET planned_every = CASE WHEN running THEN interval '5 s' ELSE '4 min' END")
	cadence("it gets what the others leave", "00:00:11.428571, 00:04:00")
	mustExec(t, conn, "UPDATE sources SET rate_every = '7200 ms'; UPDATE cursors SET planned_every = NULL, state = NULL")
	mustExec(t, conn, "UPDATE jobs SET tracking = CASE name WHEN 'j2' THEN 'paused' WHEN 'j3' THEN 'finished' WHEN 'j4' THEN 'removed' ELSE tracking END")
	want("only the new one is left", "unknown")
	mustExec(t, conn, "UPDATE jobs SET tracking = 'finished'")
	want("none is active", "0")
}

// TestReportSourcesAllRun: where all imports run there is no other job, however the sum of
// what they want is rounded.
func TestReportSourcesAllRun(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	mustExec(t, conn, `
		INSERT INTO sources (name, provider, base_url, credential, schedule, active_every, rate_every, rate_burst, registered_at)
			VALUES ('s', 'p', 'u', 'c', '@every 5m', '10 s', '5 s', 1, now());
		INSERT INTO budgets (source_id, next_slot_at) SELECT source_id, now() FROM sources;
		INSERT INTO jobs (source_id, name, target, labels, tracking, registered_at)
			SELECT source_id, 'j' || i, '{}', '{}', 'active', now() FROM sources, generate_series(1, 59) i;
		INSERT INTO cursors (job_id, source_id, state, polled_at, planned_every, next_poll_at)
			SELECT job_id, source_id, 'running', now(), CASE WHEN row_number() OVER (ORDER BY job_id) <= 32 THEN interval '10 s' ELSE '20 s' END, now() FROM jobs`)
	equalLines(t, column[string](t, conn, "SELECT coalesce(attainable_every::text, 'no other job') FROM report.sources"), "no other job")
}
