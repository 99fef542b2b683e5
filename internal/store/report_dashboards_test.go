package store_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"tracker/internal/testdb"
)

// A job is broken until an import of it succeeds, whatever goes on meanwhile.
func TestReportBroken(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		seed func(*testing.T, *pgx.Conn)
		want []string
	}{
		"SinceItsFirstFailureInARow": {func(t *testing.T, conn *pgx.Conn) {
			t.Helper()
			seedRun(t, conn, "old", 8, "failed", "2 h", "1 min")
			seedRun(t, conn, "old", 9, "failed", "1 h", "1 min")
		}, []string{"old 9 fails for the 2 time since 119 min"}},
		"WhileARerunGoesOn": {func(t *testing.T, conn *pgx.Conn) {
			t.Helper()
			seedRun(t, conn, "old", 8, "failed", "2 h", "1 min")
			seedRun(t, conn, "old", 9, "running", "1 min", "")
		}, []string{"old 8 fails for the 1 time since 119 min"}},
		"UntilAnImportSucceeds": {func(t *testing.T, conn *pgx.Conn) {
			t.Helper()
			seedRun(t, conn, "old", 8, "failed", "2 h", "1 min")
			seedRun(t, conn, "old", 9, "succeeded", "1 h", "1 min")
		}, nil},
		"ThoughItNeverSucceeded": {func(t *testing.T, conn *pgx.Conn) {
			t.Helper()
			seedRun(t, conn, "far", 1, "failed", "2 h", "1 min")
		}, []string{"far 1 fails for the 1 time since 119 min"}},
		"NotOnceItIsRemoved": {func(t *testing.T, conn *pgx.Conn) {
			t.Helper()
			seedRun(t, conn, "far", 1, "failed", "2 h", "1 min")
			mustExec(t, conn, "UPDATE jobs SET tracking = 'removed'")
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := stalledWorld(t)
			test.seed(t, conn)
			equalLines(t, column[string](t, conn, `SELECT concat_ws(' ', job, run_no, 'fails for the', failures, 'time since',
				round(extract(epoch FROM now() - broken_since) / 60), 'min') FROM report.broken ORDER BY job`), test.want...)
		})
	}
}

// A stalled row says when the run was last seen, beyond which nothing counts.
func TestReportStalledTellsWhenItWasSeen(t *testing.T) {
	t.Parallel()
	conn := stalledWorld(t)
	seedRun(t, conn, "old", 8, "running", "3 h", "")
	mustExec(t, conn, "UPDATE cursors SET confirmed_at = now() - interval '2 h'")
	equalLines(t, column[string](t, conn, `SELECT concat_ws(' ', job, 'seen for', date_trunc('minute', seen_at - since), 'until', date_trunc('minute', now() - seen_at), 'ago') FROM report.stalled`),
		"old seen for 01:00:00 until 02:00:00 ago")
}

// TestReportUnseenStretches has a source with four jobs, so that three make a
// stretch, and a window of 500 minutes, of which one is the least that is shown.
func TestReportUnseenStretches(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		gaps string
		want []string
	}{
		"HalfOfTheJobsIsNotMost": {"('a', 100, 200, 'rate_budget'), ('b', 100, 200, 'rate_budget')", nil},
		"MostAre": {
			"('a', 100, 200, 'rate_budget'), ('b', 110, 180, 'timeout'), ('c', 120, 150, 'timeout'), ('d', 125, 130, 'timeout')",
			[]string{"here from 120 to 150 min, 4 of 4 jobs: timeout"},
		},
		"AcrossOneJobsGaps": {
			"('a', 100, 120, 'timeout'), ('a', 120, 200, 'not_running'), ('b', 100, 200, 'not_running'), ('c', 90, 200, 'not_running')",
			[]string{"here from 100 to 200 min, 3 of 4 jobs: not_running"},
		},
		"NearStretchesAreOne": {
			"('a', 100, 110, 'timeout'), ('b', 100, 110, 'timeout'), ('c', 100, 110, 'timeout'), ('a', 110.5, 120, 'timeout'), ('b', 110.5, 120, 'timeout'), ('c', 110.5, 120, 'timeout')",
			[]string{"here from 100 to 120 min, 3 of 4 jobs: timeout"},
		},
		"ShortOnesAreLeftOut":      {"('a', 100, 100.9, 'timeout'), ('b', 100, 100.9, 'timeout'), ('c', 100, 100.9, 'timeout')", nil},
		"WhatIsPausedDoesNotCount": {"('a', 100, 200, 'paused'), ('b', 100, 200, 'paused'), ('c', 100, 200, 'paused')", nil},
		"ClippedToTheWindow": {
			"('a', -50, 20, 'timeout'), ('b', -60, 20, 'timeout'), ('c', -70, 20, 'timeout'), ('a', 490, 600, 'timeout'), ('b', 490, 600, 'timeout'), ('c', 490, 600, 'timeout')",
			[]string{"here from 0 to 20 min, 3 of 4 jobs: timeout", "here from 490 to 500 min, 3 of 4 jobs: timeout"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := dial(t, testdb.New(t))
			mustExec(t, conn, `
				INSERT INTO sources (name, provider, base_url, credential, schedule, active_every, rate_every, rate_burst, registered_at)
					VALUES ('here', 'p', 'u', 'c', '@every 1m', '1 s', '1 s', 1, now());
				INSERT INTO budgets (source_id, next_slot_at) SELECT source_id, now() FROM sources;
				INSERT INTO jobs (source_id, name, target, labels, tracking, registered_at)
					SELECT source_id, job, '{}', '{}', 'active', now() FROM sources, unnest(ARRAY['a', 'b', 'c', 'd']) job;
				INSERT INTO cursors (job_id, source_id) SELECT job_id, source_id FROM jobs;
				INSERT INTO gaps (job_id, gap_no, gap_from, gap_to, reason)
					SELECT job_id, row_number() OVER (PARTITION BY job_id ORDER BY since), '2026-01-01Z'::timestamptz + since * interval '1 min', '2026-01-01Z'::timestamptz + until * interval '1 min', reason
					FROM (VALUES `+test.gaps+`) AS told (job, since, until, reason) JOIN jobs ON name = job`)
			equalLines(t, column[string](t, conn, `SELECT format('%s from %s to %s min, %s of %s jobs: %s', source, round(extract(epoch FROM starts_at - '2026-01-01Z') / 60),
					round(extract(epoch FROM ends_at - '2026-01-01Z') / 60), jobs, of_jobs, reason)
				FROM report.unseen_stretches('2026-01-01Z', '2026-01-01Z'::timestamptz + interval '500 min')`), test.want...)
		})
	}
}
