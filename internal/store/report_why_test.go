package store_test

import (
	"strings"
	"testing"
)

// TestReportRunsWhy: one run of a failed job tells why, whatever else it logged.
func TestReportRunsWhy(t *testing.T) {
	t.Parallel()
	const entries = `INSERT INTO log_entries (job_id, run_no, step_no, entry_no, position, created_raw, zone_assumed, level, detail, first_seen_at, withdrawn_at)
		SELECT job_id, 8, step, entry, entry, '', false, level, detail, now(), CASE WHEN gone THEN now() END
		FROM jobs, (VALUES %s) AS e (step, entry, level, detail, gone) WHERE name = 'old';
		UPDATE runs SET errors = (SELECT count(*) FROM log_entries e WHERE e.job_id = runs.job_id AND level = 'error' AND withdrawn_at IS NULL) WHERE run_no = 8;`
	logged := func(rows string) string { return strings.Replace(entries, "%s", rows, 1) }
	for name, test := range map[string]struct {
		state, sql string
		want       string
	}{
		"NothingWasSaid":          {"failed", "", "-, false, import, false"},
		"TheLastErrorLogged":      {"failed", logged(`(2, 1, 'error', 'first', false), (2, 2, 'error', 'last', false), (2, 3, 'info', 'bye', false)`), "last, false, import, false"},
		"OfTheStepThatFailed":     {"failed", logged(`(1, 1, 'error', 'there', false)`) + " UPDATE steps SET state = CASE step_no WHEN 1 THEN 'failed' ELSE 'succeeded' END WHERE run_no = 8; " + logged(`(2, 1, 'error', 'elsewhere', false)`), "there, false, fetch, false"},
		"ElseOfAnyStep":           {"failed", logged(`(1, 1, 'error', 'elsewhere', false)`), "elsewhere, false, import, false"},
		"ElseTheSummary":          {"failed", logged(`(2, 1, 'error', 'gone', true)`) + " UPDATE runs SET error_summary = 'summary' WHERE run_no = 8", "summary, false, import, false"},
		"ElseWhatIsWithdrawn":     {"failed", logged(`(2, 1, 'error', 'gone', true)`), "gone, true, import, false"},
		"AVanishedStepDidNotFail": {"failed", "UPDATE steps SET vanished_at = now() WHERE run_no = 8", "-, false, -, false"},
		"ASuccessNeedsNoReason":   {"succeeded", logged(`(2, 1, 'error', 'passing', false)`) + " UPDATE runs SET error_summary = 'summary' WHERE run_no = 8", "-, false, -, false"},
		"NorDoesWhatGoesOn":       {"running", logged(`(2, 1, 'error', 'passing', false)`), "-, false, -, false"},
		"UnknownIsNotSuperseded":  {"unknown", "", "-, false, -, false"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := stalledWorld(t)
			seedRun(t, conn, "old", 8, test.state, "1 h", "1 min")
			if test.sql != "" {
				mustExec(t, conn, test.sql)
			}
			equalLines(t, column[string](t, conn, `SELECT concat_ws(', ', coalesce(why, '-'), why_withdrawn::text, coalesce(failed_step, '-'), superseded::text)
				FROM report.runs WHERE run_no = 8`), test.want)
		})
	}
}

// TestReportRunsSuperseded: the run before an unknown one is, unless it ended.
func TestReportRunsSuperseded(t *testing.T) {
	t.Parallel()
	conn := stalledWorld(t)
	seedRun(t, conn, "old", 8, "unknown", "2 h", "")
	seedRun(t, conn, "old", 9, "unknown", "1 h", "")
	equalLines(t, column[string](t, conn, `SELECT job || ' ' || run_no FROM report.runs WHERE superseded`), "old 8")
}
