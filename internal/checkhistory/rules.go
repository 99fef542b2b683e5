package checkhistory

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ruleMost bounds how many examples of one broken rule are told.
const ruleMost = 5

// rule is a claim about the tables. Its query gives the rows that break it, of
// the jobs $1: their job_id (0: of none) and what is wrong.
type rule struct{ claim, query string }

// checkRules asks each rule's query.
func (c *check) checkRules(ctx context.Context) error {
	for _, r := range rules() {
		rows, err := c.conn.Query(ctx, r.query, c.ids)
		if err != nil {
			return fmt.Errorf("rule %q: %w", r.claim, err)
		}
		broken, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct {
			JobID int64
			What  string
		}])
		if err != nil {
			return fmt.Errorf("rule %q: %w", r.claim, err)
		}
		for _, b := range broken[:min(len(broken), ruleMost)] {
			c.violated(c.names[b.JobID], "%s, but: %s (%d cases)", r.claim, b.What, len(broken))
		}
	}
	return nil
}

func rules() []rule {
	all := []rule{
		numbered("snapshots", "snapshot_no"),
		numberedIn("(SELECT job_id, run_no FROM runs UNION ALL SELECT job_id, run_no FROM taken_runs) r", "runs", "run_no"),
		numbered("steps", "step_no", "run_no"),
		numbered("log_entries", "entry_no", "run_no", "step_no"),
		numbered("result_items", "item_no", "run_no"),
		numberedIn(untaken("transitions"), "transitions", "transition_no"),
		numberedIn(untaken("anomalies"), "anomalies", "anomaly_no"),
		numbered("gaps", "gap_no"),
	}
	all = append(all, pollRules...)
	all = append(all, snapshotRules...)
	all = append(all, derivedRules...)
	all = append(all, cursorRules...)
	return append(all, journalRules...)
}

// numbered claims that the rows of a table count from 1 without holes within their job
// and scope.
func numbered(table, number string, scope ...string) rule {
	return numberedIn(table, table, number, scope...)
}

// numberedIn claims it of rows that are called something.
func numberedIn(rows, called, number string, scope ...string) rule {
	within := strings.Join(append([]string{"job_id"}, scope...), ", ")
	return rule{
		fmt.Sprintf("%s count from 1 within %s", called, within),
		fmt.Sprintf(`SELECT job_id, format('number %%s in place %%s of (%%s)', no, place, concat_ws(', ', %[1]s)) FROM (
			SELECT %[1]s, %[2]s AS no, row_number() OVER (PARTITION BY %[1]s ORDER BY %[2]s) AS place FROM %[3]s WHERE job_id = ANY($1)
		) n WHERE no <> place`, within, number, rows),
	}
}

// untaken are the rows of a table of jobs of which no run was taken and no body erased.
func untaken(table string) string {
	return "(SELECT * FROM " + table + " x WHERE NOT EXISTS (SELECT FROM taken_runs t WHERE t.job_id = x.job_id) AND NOT EXISTS (SELECT FROM erased_snapshots e WHERE e.job_id = x.job_id)) u"
}

// takenUntil is when the last poll may have been sent that retention has taken.
const takenUntil = `(SELECT coalesce(max(range_to), '-infinity') FROM report.retention WHERE what = 'polls')`

var pollRules = []rule{
	{"what is kept is of a registered job", `
		SELECT k.job_id, format('%s of job %s', k.what, k.job_id) FROM (
			SELECT DISTINCT job_id, 'polls' AS what FROM report.polls
			UNION ALL SELECT DISTINCT job_id, 'gaps' FROM gaps
			UNION ALL SELECT DISTINCT job_id, 'snapshots' FROM snapshots
			UNION ALL SELECT DISTINCT job_id, 'transitions' FROM transitions
			UNION ALL SELECT DISTINCT job_id, 'log entries' FROM log_entries
		) k
		WHERE $1::bigint[] IS NOT NULL AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.job_id = k.job_id)`},
	{"a poll has a snapshot exactly if it was answered", `
		SELECT job_id, format('%s poll at %s has snapshot %s', outcome, polled_at, snapshot_no) FROM report.polls
		WHERE job_id = ANY($1) AND (outcome IN ('changed', 'unchanged')) <> (snapshot_no IS NOT NULL)`},
	{"each snapshot was made by one changed poll, and each changed poll made one", `
		SELECT coalesce(n.job_id, p.job_id), format('snapshot %s, changed poll of %s at %s', n.snapshot_no, p.snapshot_no, coalesce(n.polled_at, p.polled_at))
		FROM (SELECT * FROM snapshots WHERE job_id = ANY($1)) n
		FULL JOIN (SELECT * FROM report.polls WHERE job_id = ANY($1) AND outcome = 'changed') p
			ON p.job_id = n.job_id AND p.snapshot_no = n.snapshot_no AND p.polled_at = n.polled_at
		WHERE n.job_id IS NULL OR p.job_id IS NULL AND n.polled_at >= ` + takenUntil},
	{"an unchanged poll confirms the newest snapshot of its time", `
		SELECT p.job_id, format('poll at %s confirms snapshot %s', p.polled_at, p.snapshot_no) FROM report.polls p
		LEFT JOIN snapshots n ON n.job_id = p.job_id AND n.snapshot_no = p.snapshot_no
		LEFT JOIN snapshots f ON f.job_id = p.job_id AND f.snapshot_no = p.snapshot_no + 1
		WHERE p.job_id = ANY($1) AND p.outcome = 'unchanged'
			AND (n.job_id IS NULL OR p.polled_at <= n.polled_at OR p.polled_at >= f.polled_at)`},
}

var snapshotRules = []rule{
	{"a snapshot's hash is that of its body", `
		SELECT n.job_id, format('snapshot %s', n.snapshot_no) FROM snapshots n
		JOIN report.snapshots v ON v.job_id = n.job_id AND v.snapshot_no = n.snapshot_no
		WHERE n.job_id = ANY($1) AND n.body IS NOT NULL AND n.sha256 IS DISTINCT FROM sha256(v.body)`},
	{"a patch is of the body of the snapshot before, which is of the same run", `
		SELECT n.job_id, format('snapshot %s: %s patches', n.snapshot_no, n.patches) FROM snapshots n
		LEFT JOIN snapshots b ON b.job_id = n.job_id AND b.snapshot_no = n.snapshot_no - 1
		WHERE n.job_id = ANY($1) AND n.patches > 0 AND (b.run_no, b.patches) IS DISTINCT FROM (n.run_no, n.patches - 1)`},
	{"a snapshot's times are in order, and after those of the one before", `
		SELECT n.job_id, format('snapshot %s: %s, %s, %s', n.snapshot_no, n.not_before, n.polled_at, n.observed_at) FROM snapshots n
		LEFT JOIN snapshots b ON b.job_id = n.job_id AND b.snapshot_no = n.snapshot_no - 1
		WHERE n.job_id = ANY($1) AND (n.not_before >= n.polled_at OR n.polled_at > n.observed_at OR b.polled_at > n.not_before)`},
	{"not_before is when the last answered poll before was sent", `
		SELECT n.job_id, format('snapshot %s: %s, the poll before at %s', n.snapshot_no, n.not_before, l.polled_at) FROM snapshots n
		CROSS JOIN LATERAL (SELECT max(p.polled_at) AS polled_at FROM report.polls p
			WHERE p.job_id = n.job_id AND p.snapshot_no IS NOT NULL AND p.polled_at < n.polled_at) l
		WHERE n.job_id = ANY($1) AND n.not_before IS DISTINCT FROM l.polled_at AND NOT coalesce(l.polled_at IS NULL AND n.not_before < ` + takenUntil + `, false)`},
	{"previous_polls is how many polls saw the snapshot before", `
		SELECT n.job_id, format('snapshot %s: %s, not %s', n.snapshot_no, n.previous_polls, l.polls) FROM snapshots n
		LEFT JOIN snapshots b ON b.job_id = n.job_id AND b.snapshot_no = n.snapshot_no - 1
		LEFT JOIN taken_polls t ON t.job_id = b.job_id AND t.snapshot_no = b.snapshot_no
		CROSS JOIN LATERAL (SELECT count(*) + coalesce(t.confirmations, 0) AS polls FROM report.polls p WHERE p.job_id = n.job_id AND p.snapshot_no = n.snapshot_no - 1) l
		WHERE n.job_id = ANY($1) AND n.previous_polls <> l.polls
			AND (l.polls > n.previous_polls OR t.job_id IS NOT NULL OR coalesce(b.polled_at >= ` + takenUntil + `, true))`},
	{"report.snapshots tells how often and until when each was seen", `
		SELECT job_id, format('snapshot %s: %s polls until %s, not %s until %s', snapshot_no, polls, confirmed_at, kept_polls, kept_until)
		FROM (
			SELECT v.job_id, v.snapshot_no, v.polls, v.confirmed_at, v.polled_at, t.job_id IS NOT NULL AS taken,
				coalesce(l.polls, 0) + coalesce(t.confirmations, 0) AS kept_polls, greatest(l.confirmed_at, t.confirmed_at) AS kept_until
			FROM report.snapshots v
			LEFT JOIN taken_polls t ON t.job_id = v.job_id AND t.snapshot_no = v.snapshot_no
			LEFT JOIN (SELECT p.job_id, p.snapshot_no, count(*) AS polls, max(p.polled_at) AS confirmed_at FROM report.polls p
				WHERE p.job_id = ANY($1) GROUP BY p.job_id, p.snapshot_no) l ON l.job_id = v.job_id AND l.snapshot_no = v.snapshot_no
			WHERE v.job_id = ANY($1)
		) x
		WHERE (polls, confirmed_at) IS DISTINCT FROM (kept_polls, kept_until) AND (kept_polls > polls OR taken OR polled_at >= ` + takenUntil + `)`},
	{"a snapshot tells of a run in the state that its last transition by then led to, unless a later interpretation has derived that", `
		WITH derived AS MATERIALIZED (SELECT a.of_job, max(a.interpretation) AS interpretation FROM acts a WHERE a.of_job = ANY($1) GROUP BY a.of_job)
		SELECT n.job_id, format('snapshot %s: run %s %s (%s), its transitions %s (%s)', n.snapshot_no, n.run_no, n.status, n.state, t.to_status, t.to_state)
		FROM snapshots n LEFT JOIN LATERAL (SELECT * FROM transitions x
			WHERE x.job_id = n.job_id AND x.run_no = n.run_no AND x.step_no IS NULL AND x.snapshot_no <= n.snapshot_no
			ORDER BY x.transition_no DESC LIMIT 1) t ON true
		LEFT JOIN derived d ON d.of_job = n.job_id
		WHERE n.job_id = ANY($1) AND n.body IS NOT NULL AND (n.status, n.state) IS DISTINCT FROM (t.to_status, t.to_state)
			AND coalesce(d.interpretation <= n.interpretation, true)`},
	{"a body is gone exactly if its run was taken or it was erased, and all that belongs to the run exactly if that was taken", `
		SELECT n.job_id, format('snapshot %s of run %s', n.snapshot_no, n.run_no) FROM snapshots n
		LEFT JOIN taken_runs t ON t.job_id = n.job_id AND t.run_no = n.run_no
		LEFT JOIN erased_snapshots e ON e.job_id = n.job_id AND e.snapshot_no = n.snapshot_no AND e.run_no = n.run_no
		LEFT JOIN runs r ON r.job_id = n.job_id AND r.run_no = n.run_no
		WHERE n.job_id = ANY($1) AND ((n.body IS NULL) <> (t.job_id IS NOT NULL OR e.job_id IS NOT NULL)
			OR (t.job_id IS NOT NULL) = (r.job_id IS NOT NULL))`},
	{"what was erased an act tells", `
		SELECT e.job_id, format('snapshot %s: act %s', e.snapshot_no, e.act_no) FROM erased_snapshots e
		LEFT JOIN acts a ON a.act_no = e.act_no AND a.of_job = e.job_id AND a.kind = 'erasure' AND a.run_no = e.run_no
			AND coalesce(a.snapshot_no = e.snapshot_no, true)
		WHERE e.job_id = ANY($1) AND a.act_no IS NULL`},
}
