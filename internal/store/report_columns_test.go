package store_test

import (
	"slices"
	"strings"
	"testing"

	"tracker/internal/testdb"
)

// reportColumns are the views of the reporting interface with the columns that
// stay as they are, in their order. A "count" is an integer or a bigint, a
// "number" a smallint too; "any" leaves the type open.
var reportColumns = map[string]string{
	"jobs": `job text, source text, provider text, target jsonb, labels jsonb, tracking text, schedule text, state text, status text,
		run_no number, run_id text, state_since timestamptz, last_polled_at timestamptz, last_outcome text, next_poll_at timestamptz, failures count`,
	"runs": `job text, source text, provider text, labels jsonb, run_no number, run_id text, state text, status text,
		started_at timestamptz, ended_at timestamptz, reported boolean, duration interval, duration_max interval,
		first_seen_at timestamptz, last_changed_at timestamptz, steps count, warnings count, errors count,
		error_summary text, result_count count, result_expires_at timestamptz,
		why text, why_withdrawn boolean, failed_step text, superseded boolean, usual_duration interval, stalled boolean, held_at timestamptz`,
	"trackers": `tracker text, started_at timestamptz, seen_at timestamptz, ended_at timestamptz, runs_until timestamptz`,
	"open_runs": `job text, source text, provider text, run_no number, state text, usual_duration interval, median_duration interval,
		stall_after interval, stalled_since timestamptz, since_reported boolean, seen_at timestamptz, step text, job_id number`,
	"declared_sources": `source text, provider text, interpretation number, base_url text, credential text, schedule text, active_every interval, rate_every interval, rate_burst count,
		volatile text[], webhook_secret text, archive text, paused_at timestamptz, paused_reason text, registered_at timestamptz, removed_at timestamptz, source_id number`,
	"declared_jobs": `job text, source text, provider text, target jsonb, labels jsonb, schedule text, stall_after interval, tracking text, paused_reason text,
		registered_at timestamptz, job_id number`,
	"polling": `job text, source text, provider text, labels jsonb, tracking text, paused_reason text, stall_after interval,
		source_paused_at timestamptz, source_paused_reason text, held_until timestamptz, next_poll_at timestamptz, polled_at timestamptz, outcome text,
		failures count, snapshot_no number, state text, changed_at timestamptz, confirmed_at timestamptz, confirmations count,
		covered_until timestamptz, unseen_reason text, job_id number`,
	"steps": `job text, source text, provider text, run_no number, step_no number, step text, state text, status text,
		started_at timestamptz, ended_at timestamptz, reported boolean, duration interval, duration_max interval,
		started_raw text, ended_raw text, zone_assumed boolean`,
	"stored_bodies": `job text, source text, provider text, snapshot_no number, patches number, stored bytea, run_no number, observed_at timestamptz,
		not_before timestamptz, status text, state text, interpretation number, sha256 bytea, size number, is_text boolean, job_id number`,
	"stored_runs": `job text, run_no number, run_id text, status text, state text, started_at timestamptz, ended_at timestamptz, not_before timestamptz,
		first_seen_at timestamptz, ended_not_before timestamptz, ended_seen_at timestamptz, last_changed_at timestamptz, step_count count, warnings count,
		errors count, error_summary text, result_count count, result_expires_at timestamptz, result_expires_raw text, unknown_words text[], shape jsonb,
		forgotten_before timestamptz, job_id number`,
	"stored_steps": `job text, run_no number, step_no number, name text, status text, state text, reported boolean, started_at timestamptz, started_raw text,
		started_zone_assumed boolean, ended_at timestamptz, ended_raw text, ended_zone_assumed boolean, not_before timestamptz, first_seen_at timestamptz,
		ended_not_before timestamptz, ended_seen_at timestamptz, vanished_at timestamptz, job_id number`,
	"stored_log_entries": `job text, run_no number, step_no number, entry_no number, position number, created_at timestamptz, created_raw text,
		zone_assumed boolean, level text, detail text, not_before timestamptz, first_seen_at timestamptz, withdrawn_at timestamptz, job_id number`,
	"log_entries": `job text, source text, provider text, run_no number, step_no number, step text, entry_no number, created_at timestamptz,
		level text, detail text, first_seen_at timestamptz, withdrawn_at timestamptz, created_raw text, zone_assumed boolean`,
	"transitions": `job text, source text, provider text, transition_no number, run_no number, step_no number, step text,
		from_state text, to_state text, from_status text, to_status text,
		happened_at timestamptz, not_before timestamptz, observed_at timestamptz, snapshot_no number`,
	"polls": `job text, source text, provider text, polled_at timestamptz, outcome text, http_status number, latency interval, snapshot_no number, error text`,
	"snapshots": `job text, source text, provider text, snapshot_no number, run_no number, observed_at timestamptz, not_before timestamptz,
		confirmed_at timestamptz, polls count, status text, state text, sha256 bytea, size count, body bytea, body_text text, interpretation number`,
	"anomalies": `job text, source text, provider text, anomaly_no number, run_no number, step_no number, kind text, was jsonb, now jsonb,
		count count, observed_at timestamptz, snapshot_no number`,
	"result_items": `job text, source text, provider text, run_no number, item_no number, item_id text, url text, labels text[], output jsonb, metadata jsonb`,
	"sources": `source text, provider text, base_url text, paused_at timestamptz, paused_reason text, held_until timestamptz, jobs count,
		rate_every interval, rate_burst count, planned_per_hour any, attainable_per_hour any,
		attainable_every interval, attainable_every_running interval`,
	"providers": `provider text, interpretation number, definition text, sha256 bytea, origin text, since timestamptz`,
	"changes":   `change_no number, at timestamptz, actor text, action text, subject text, before jsonb, after jsonb`,
	"events": `entry_no number, at timestamptz, kind text, job text, source text, run_no number, step text, from_state text, to_state text,
		happened_at timestamptz, not_before timestamptz, observed_at timestamptz, anomaly text, detail text, event_no number, job_id number`,
	"journal":      `entry_no number, at timestamptz, kind text, job text, no number, job_id number`,
	"checkpoints":  `size count, sealed_at timestamptz, root bytea, origin text, verifier text, note text`,
	"ledger_tiles": `level number, tile_no number, hashes bytea`,
	"snapshot_leaves": `entry_no number, job text, source text, target jsonb, snapshot_no number, polled_at timestamptz, observed_at timestamptz, not_before timestamptz,
		previous_polls count, run_no number, status text, state text, interpretation number, sha256 bytea, body_gone boolean, job_id number`,
	"gap_leaves": `entry_no number, job text, gap_no number, gap_from timestamptz, gap_to timestamptz, reason text, job_id number`,
	"act_leaves": `entry_no number, act_no number, at timestamptz, actor text, kind text, what text, job text, run_no number, snapshot_no number, range_from timestamptz, range_to timestamptz, rows count,
		kept_for interval, reason text, interpretation number, job_id number`,
	"recorded_gaps": `job text, gap_no number, gap_from timestamptz, gap_to timestamptz, reason text, job_id number`,
	"change_leaves": `entry_no number, change_no number, at timestamptz, actor text, action text, subject text, before jsonb, after jsonb, job_id number`,
	"notify_rules": `rule text, version number, declared_at timestamptz, form text, address text, secret text, events text[], sources text[], jobs text[], labels jsonb,
		group_for interval, repeat_every interval, quiet text, rests_until timestamptz, failures count, current boolean`,
	"receipts": `at timestamptz, source text, job text, kind text, verified boolean, poll timestamptz, message_id text, job_id number`,
	"results":  `job text, source text, provider text, run_no number, place text, sha256 bytea, size count, fetched_at timestamptz, error text, job_id number`,
	"deliveries": `at timestamptz, rule text, event text, job text, state text, attempts count, delivered_at timestamptz, error text,
		source text, run_no number, line text, due_at timestamptz, next_at timestamptz, version number, form text, event_no number, job_id number`,
	"gaps":   `job text, source text, provider text, gap_from timestamptz, gap_to timestamptz, reason text`,
	"hourly": `hour timestamptz, source text, provider text, outcome text, polls count, p50_latency interval, p95_latency interval`,
	"daily": `day any, source text, provider text, runs count, succeeded count, failed count, p50_duration interval, p95_duration interval,
		polls count, failed_polls count`,
	"stalled": `job text, source text, provider text, run_no number, step text, state text, since timestamptz, usual_duration interval,
		reported boolean, stall_after interval, seen_at timestamptz, job_id number`,
	"broken": `job text, source text, provider text, labels jsonb, tracking text, run_no number, step text, failed_at timestamptz, why text, failures count,
		broken_since timestamptz, succeeded_at timestamptz, started_at timestamptz, job_id number`,
	"unended_runs":   `job text, source text, provider text, run_no number, state text, seen_at timestamptz, superseded boolean, job_id number`,
	"unseen":         `job text, source text, provider text, since timestamptz, reason text, job_id number`,
	"last_successes": `job text, source text, provider text, run_no number, ended_at timestamptz, reported boolean, job_id number`,
	"retention":      `at timestamptz, job text, what text, range_from timestamptz, range_to timestamptz, rows count, kept_for interval, actor text, job_id number`,
	"acts": `act_no number, at timestamptz, kind text, job text, what text, run_no number, snapshot_no number, range_from timestamptz, range_to timestamptz,
		rows count, kept_for interval, actor text, reason text, interpretation number, job_id number`,
	"erased_snapshots": `job text, source text, provider text, snapshot_no number, run_no number, run_id text, act_no number, transition_no number,
		anomaly_no number, steps_observed any, job_id number`,
	"taken_polls": `job text, source text, provider text, unanswered count, failed count, first_at timestamptz, last_at timestamptz, snapshot_no number,
		confirmations count, confirmed_at timestamptz, job_id number`,
	"taken_runs": `job text, source text, provider text, run_no number, run_id text, state text, started_at timestamptz, duration interval, shape jsonb,
		last_snapshot_no number, last_transition_no number, last_anomaly_no number, job_id number`,
}

func TestReportColumns(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	for view, want := range reportColumns {
		have := column[string](t, conn, `SELECT format('%s %s', attname, CASE format_type(atttypid, atttypmod)
				WHEN 'timestamp with time zone' THEN 'timestamptz' ELSE format_type(atttypid, atttypmod) END)
			FROM pg_attribute WHERE attrelid = to_regclass('report.' || $1) AND attnum > 0 ORDER BY attnum`, view)
		for fixed := range strings.SplitSeq(want, ",") {
			at := slices.IndexFunc(have, func(column string) bool { return sameColumn(strings.TrimSpace(fixed), column) })
			if at < 0 {
				t.Errorf("report.%s: no %q, in its place, among %q", view, strings.TrimSpace(fixed), have)
				break
			}
			have = have[at+1:] // the next one comes after it
		}
	}
}

func TestReportViewsAreAllFixed(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	for _, view := range relations(t, conn, "report") {
		if _, known := reportColumns[strings.TrimPrefix(view, "report.")]; !known {
			t.Errorf("%s has no fixed columns", view)
		}
	}
}

func TestReportIsCommented(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	if bare := column[string](t, conn, `
		SELECT nspname::text FROM pg_namespace WHERE nspname = 'report' AND obj_description(oid, 'pg_namespace') IS NULL
		UNION ALL SELECT c.oid::regclass::text FROM pg_class c
			WHERE relnamespace = 'report'::regnamespace AND relkind IN ('v', 'm') AND obj_description(c.oid, 'pg_class') IS NULL
		UNION ALL SELECT c.oid::regclass || '.' || attname FROM pg_class c JOIN pg_attribute ON attrelid = c.oid
			WHERE relnamespace = 'report'::regnamespace AND relkind IN ('v', 'm') AND attnum > 0 AND col_description(c.oid, attnum) IS NULL
		UNION ALL SELECT oid::regprocedure::text FROM pg_proc
			WHERE pronamespace = 'report'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL`); len(bare) > 0 {
		t.Errorf("without a comment: %q", bare)
	}
}

// Of the views about a job the last column is the one by which they are joined.
func TestReportViewsAboutAJobEndWithItsNumber(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	equalLines(t, column[string](t, conn, `SELECT relname::text FROM pg_class c
		WHERE relnamespace = 'report'::regnamespace AND relkind = 'v'
			AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'job')
			AND (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.oid ORDER BY a.attnum DESC LIMIT 1) <> 'job_id'`))
}

// sameColumn compares a fixed column with one that a view has.
func sameColumn(fixed, have string) bool {
	name, kind, _ := strings.Cut(fixed, " ")
	switch haveName, haveKind, _ := strings.Cut(have, " "); {
	case haveName != name:
		return false
	case kind == "any":
		return true
	case kind == "count":
		return haveKind == "integer" || haveKind == "bigint"
	case kind == "number":
		return slices.Contains([]string{"smallint", "integer", "bigint"}, haveKind)
	default:
		return haveKind == kind
	}
}
