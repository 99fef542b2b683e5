package store_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"tracker/internal/testdb"
)

// stalledWorld is a source with jobs whose runs are made by seedRun. Job "old"
// has seven ended runs of 1 to 7 minutes, so that 95 % take up to 402 s.
func stalledWorld(t *testing.T) *pgx.Conn {
	t.Helper()
	conn := dial(t, testdb.New(t))
	mustExec(t, conn, `
		INSERT INTO sources (name, provider, base_url, credential, schedule, active_every, rate_every, rate_burst, registered_at)
			SELECT name, 'p', 'u', 'c', '@every 1m', '1 s', '1 s', 1, now() FROM unnest(ARRAY['here', 'there']) name;
		INSERT INTO budgets (source_id, next_slot_at) SELECT source_id, now() FROM sources;
		INSERT INTO jobs (source_id, name, target, labels, tracking, registered_at)
			SELECT source_id, job, '{}', '{}', 'active', now() FROM sources
			JOIN (VALUES ('old', 'here'), ('new', 'here'), ('far', 'there')) AS jobs (job, source) ON source = name;
		INSERT INTO cursors (job_id, source_id) SELECT job_id, source_id FROM jobs`)
	for no, took := range []string{"1 min", "2 min", "3 min", "4 min", "5 min", "6 min", "7 min"} {
		seedRun(t, conn, "old", no+1, "succeeded", "3 h", took)
	}
	return conn
}

// seedRun adds a run that reported when it began and, unless it is open, how
// long it took; the transitions into it and its end, a snapshot, and two steps.
func seedRun(t *testing.T, conn *pgx.Conn, job string, no int, state, ago, took string) {
	t.Helper()
	mustExec(t, conn, `
		WITH seen AS (
			SELECT job_id, $2::integer AS no, $3::text AS state, now() - $4::text::interval AS began, NULLIF($5::text, '')::interval AS took,
				$3 IN ('succeeded', 'failed') AS ended FROM jobs WHERE name = $1
		), run AS (
			INSERT INTO runs (job_id, run_no, run_id, status, state, started_at, ended_at, first_seen_at, ended_seen_at, last_changed_at,
				step_count, warnings, errors, unknown_words, shape)
			SELECT job_id, no, 'r' || no, 'x', state, began, CASE WHEN ended THEN began + took END, began + interval '5 s',
				CASE WHEN ended THEN began + took END, began, 2, 0, 0, '{}', '{}' FROM seen RETURNING *
		), step AS (
			INSERT INTO steps (job_id, run_no, step_no, name, status, state, reported, started_zone_assumed, ended_zone_assumed, first_seen_at, ended_seen_at)
			SELECT job_id, run_no, n, name, 'x', CASE WHEN n = 1 THEN 'succeeded' ELSE state END, true, false, false, first_seen_at,
				CASE WHEN n = 1 THEN first_seen_at ELSE ended_seen_at END
			FROM run, (VALUES (1, 'fetch'), (2, 'import')) AS steps (n, name)
		), snapshot AS (
			INSERT INTO snapshots (job_id, snapshot_no, polled_at, observed_at, not_before, previous_polls, run_no, status, state,
				body, body_is_text, sha256, interpretation, size)
			SELECT job_id, run_no, began, began, CASE WHEN run_no > 1 THEN began - interval '1 s' END, run_no - 1, run_no, 'x', run.state,
				'', true, sha256(''), 1, 0 FROM run JOIN seen USING (job_id)
		)
		INSERT INTO transitions (job_id, transition_no, run_no, to_state, to_status, happened_at, observed_at, snapshot_no)
		SELECT job_id, 10 * no, no, 'running', 'x', began, began + interval '5 s', no FROM seen
		UNION ALL SELECT job_id, 10 * no + 1, no, state, 'x', began + took, began + took, no FROM seen WHERE ended`, job, no, state, ago, took)
}

func TestReportStalled(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		seed func(*testing.T, *pgx.Conn)
		want []string
	}{
		"RunsThatHaveEndedAreNot": {func(*testing.T, *pgx.Conn) {}, nil},
		"LongerThanThreeTimesTheUsual": {func(t *testing.T, conn *pgx.Conn) {
			t.Helper()
			seedRun(t, conn, "old", 8, "running", "1207 s", "") // 3 × 402 s
		}, []string{"here p old 8 import running for 20 min, usually 00:06:42"}},
		"NotYetThreeTimesTheUsual": {func(t *testing.T, conn *pgx.Conn) {
			t.Helper()
			seedRun(t, conn, "old", 8, "running", "1150 s", "")
		}, nil},
		"AYoungJobIsJudgedByItsSource": {func(t *testing.T, conn *pgx.Conn) {
			t.Helper()
			for no := range 4 {
				seedRun(t, conn, "new", no+1, "succeeded", "2 h", "4 min")
			}
			seedRun(t, conn, "new", 5, "queued", "25 min", "") // of nine, five of them of the other job, 95 % take up to 6 min 36 s
		}, []string{"here p new 5 import queued for 25 min, usually 00:06:36"}},
		"OnlyTheNewestHundredCount": {func(t *testing.T, conn *pgx.Conn) {
			t.Helper()
			mustExec(t, conn, `INSERT INTO runs (job_id, run_no, run_id, status, state, started_at, ended_at, first_seen_at, ended_seen_at, last_changed_at,
					step_count, warnings, errors, unknown_words, shape)
				SELECT job_id, no, no, 'x', 'succeeded', now() - interval '3 h', now() - interval '3 h' + took, now(), now(), now(), 0, 0, 0, '{}', '{}'
				FROM jobs, generate_series(1, 200) no, LATERAL (SELECT CASE WHEN no <= 100 THEN interval '2 h' WHEN no > 196 THEN interval '9 h' ELSE interval '1 min' END) t (took)
				WHERE name = 'far'`) // it was slow once, and four outliers change nothing
			mustExec(t, conn, `INSERT INTO snapshots (job_id, snapshot_no, polled_at, observed_at, previous_polls, run_no, status, state, body, body_is_text, sha256, interpretation, size)
				SELECT job_id, 1, now() - interval '3 h', now() - interval '3 h', 0, 1, 'x', 'succeeded', '', true, sha256(''), 1, 0 FROM jobs WHERE name = 'far'`)
			seedRun(t, conn, "far", 201, "running", "4 min", "")
		}, []string{"there p far 201 import running for 4 min, usually 00:01:00"}},
		"BeforeItWasSeenThatLong": {func(t *testing.T, conn *pgx.Conn) {
			t.Helper()
			seedRun(t, conn, "old", 8, "running", "2 h", "")
			mustExec(t, conn, "UPDATE cursors SET confirmed_at = now() - interval '110 min'")
		}, nil},
		"FiveRunsAreEnough": {func(t *testing.T, conn *pgx.Conn) {
			t.Helper()
			for no := range 5 {
				seedRun(t, conn, "new", no+1, "failed", "2 h", "1 h")
			}
			seedRun(t, conn, "new", 6, "running", "25 min", "")
		}, nil},
		"NothingIsUsualAtASourceWithoutEndedRuns": {func(t *testing.T, conn *pgx.Conn) {
			t.Helper()
			seedRun(t, conn, "far", 1, "running", "9 d", "")
		}, nil},
		"StallAfterOverrules": {func(t *testing.T, conn *pgx.Conn) {
			t.Helper()
			mustExec(t, conn, "UPDATE jobs SET stall_after = '10 min' WHERE name = 'far'")
			mustExec(t, conn, "UPDATE jobs SET stall_after = '2 h' WHERE name = 'old'")
			seedRun(t, conn, "far", 1, "unknown", "11 min", "")
			seedRun(t, conn, "old", 8, "running", "90 min", "")
		}, []string{"there p far 1 import unknown for 11 min, usually unknown stalls after 00:10:00"}},
		"ASupersededRunIsNot": {func(t *testing.T, conn *pgx.Conn) {
			t.Helper()
			seedRun(t, conn, "old", 8, "unknown", "2 h", "")
			seedRun(t, conn, "old", 9, "running", "1 min", "")
		}, nil},
		"NorOneAfterWhichAnotherCameBack": {func(t *testing.T, conn *pgx.Conn) {
			t.Helper()
			seedRun(t, conn, "old", 8, "unknown", "2 h", "")
			mustExec(t, conn, `INSERT INTO snapshots (job_id, snapshot_no, polled_at, observed_at, not_before, previous_polls, run_no, status, state,
					body, body_is_text, sha256, interpretation, size)
				SELECT job_id, 9, now(), now(), now() - interval '1 min', 1, 7, 'x', 'succeeded', body, true, sha256, 1, size
				FROM snapshots WHERE snapshot_no = 8`) // run 7 again, which had ended: that adds no transition
		}, nil},
		"ARemovedJobIsNot": {func(t *testing.T, conn *pgx.Conn) {
			t.Helper()
			seedRun(t, conn, "old", 8, "running", "2 h", "")
			mustExec(t, conn, "UPDATE jobs SET tracking = 'removed'")
		}, nil},
		"AnEndTakenBackCountsFromThen": {
			func(t *testing.T, conn *pgx.Conn) { t.Helper(); seedTakenBack(t, conn, "40 min") },
			[]string{"here p old 8 import running for 40 min, usually 00:06:42"},
		},
		"AnEndTakenBackAMomentAgo": {func(t *testing.T, conn *pgx.Conn) { t.Helper(); seedTakenBack(t, conn, "10 min") }, nil},
		"RunsThatNobodySawTellNothing": {func(t *testing.T, conn *pgx.Conn) {
			t.Helper()
			for no := range 6 {
				seedRun(t, conn, "far", no+1, "succeeded", "2 h", "0 s")
			}
			mustExec(t, conn, "UPDATE runs SET started_at = NULL, ended_at = NULL FROM jobs WHERE jobs.job_id = runs.job_id AND name = 'far'")
			seedRun(t, conn, "far", 7, "running", "1 h", "")
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := stalledWorld(t)
			test.seed(t, conn)
			equalLines(t, column[string](t, conn, `SELECT coalesce(r.job, s.job) || ' is told of in two ways'
				FROM (SELECT * FROM report.runs WHERE stalled) r FULL JOIN report.stalled s ON s.job = r.job AND s.run_no = r.run_no
				WHERE r.job IS NULL OR s.job IS NULL OR r.usual_duration IS DISTINCT FROM s.usual_duration`))
			equalLines(t, column[string](t, conn, `SELECT concat_ws(' ', source, provider, job, run_no, step, state,
				'for', floor(extract(epoch FROM now() - since) / 60), 'min, usually', coalesce(usual_duration::text, 'unknown'), 'stalls after ' || stall_after) FROM report.stalled ORDER BY job`),
				test.want...)
		})
	}
}

// seedTakenBack adds a run of job "old" that began two hours ago, ended a minute
// later, and was said to be running again some time ago.
func seedTakenBack(t *testing.T, conn *pgx.Conn, ago string) {
	t.Helper()
	seedRun(t, conn, "old", 8, "succeeded", "2 h", "1 min")
	mustExec(t, conn, "UPDATE runs SET state = 'running', ended_at = NULL, ended_seen_at = NULL WHERE run_no = 8")
	mustExec(t, conn, "UPDATE steps SET state = 'running', ended_seen_at = NULL WHERE run_no = 8 AND step_no = 2")
	mustExec(t, conn, `INSERT INTO transitions (job_id, transition_no, run_no, to_state, to_status, observed_at, snapshot_no)
		SELECT job_id, 82, 8, 'running', 'x', now() - $1::text::interval, 8 FROM runs WHERE run_no = 8`, ago)
}

// TestReportStalled_AsksASourceOnce has forty young jobs of a source whose runs go on.
func TestReportStalled_AsksASourceOnce(t *testing.T) {
	t.Parallel()
	conn := stalledWorld(t)
	mustExec(t, conn, `INSERT INTO jobs (source_id, name, target, labels, tracking, registered_at)
		SELECT source_id, 'young-' || n, '{}', '{}', 'active', now() FROM sources, generate_series(1, 40) n WHERE name = 'here'`)
	mustExec(t, conn, `INSERT INTO cursors (job_id, source_id, confirmed_at) SELECT job_id, source_id, now() FROM jobs WHERE name LIKE 'young-%'`)
	for n := range 40 {
		seedRun(t, conn, fmt.Sprintf("young-%d", n+1), 1, "running", "25 min", "")
	}
	mustExec(t, conn, "ANALYZE")
	plan := strings.Join(column[string](t, conn, "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT * FROM report.stalled"), "\n")
	asked := regexp.MustCompile(`Function Scan on source_durations .*loops=(\d+)`).FindStringSubmatch(plan)
	if len(asked) < 2 || asked[1] != "1" && asked[1] != "2" || !strings.Contains(plan, "(actual rows=40 loops=1)") {
		t.Errorf("of 40 jobs two sources are asked %v times:\n%s", asked, plan)
	}
}
