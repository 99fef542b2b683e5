package checkhistory

// derivedRules are about what is drawn from the snapshots, without drawing it again.
var derivedRules = []rule{
	{"transitions of a run or step follow on from each other", `
		SELECT job_id, format('transition %s leads from %s (%s) to %s (%s), after %s (%s)', transition_no, from_status, from_state, to_status, to_state,
			before_status, before_state)
		FROM (SELECT *, lag(to_state) OVER w AS before_state, lag(to_status) OVER w AS before_status FROM transitions
			WHERE job_id = ANY($1) WINDOW w AS (PARTITION BY job_id, run_no, step_no ORDER BY transition_no)) t
		WHERE (from_state, from_status) IS DISTINCT FROM (before_state, before_status)`},
	{"a transition changes something, or is the return of a run", `
		SELECT job_id, format('transition %s leads from %s (%s) to the same', transition_no, from_status, from_state) FROM transitions t
		WHERE job_id = ANY($1) AND (from_state, from_status) = (to_state, to_status) AND (step_no IS NOT NULL OR NOT EXISTS (
			SELECT 1 FROM snapshots b WHERE b.job_id = t.job_id AND b.snapshot_no = t.snapshot_no - 1 AND b.run_no <> t.run_no))`},
	{"the newest transition of a run is of the run that the newest snapshot tells of", `
		SELECT n.job_id, format('run %s, of run %s', t.run_no, n.run_no)
		FROM (SELECT DISTINCT ON (job_id) * FROM snapshots WHERE job_id = ANY($1) ORDER BY job_id, snapshot_no DESC) n
		LEFT JOIN (SELECT DISTINCT ON (job_id) * FROM transitions WHERE job_id = ANY($1) AND step_no IS NULL ORDER BY job_id, transition_no DESC) t
			ON t.job_id = n.job_id
		WHERE t.run_no IS DISTINCT FROM n.run_no`},
	{"a transition has the bounds of its snapshot, and one of a step those of what was erased before it, too", `
		SELECT t.job_id, format('transition %s: %s to %s, snapshot %s: %s to %s', t.transition_no, t.not_before, t.observed_at,
			t.snapshot_no, n.not_before, n.observed_at)
		FROM transitions t LEFT JOIN snapshots n ON n.job_id = t.job_id AND n.snapshot_no = t.snapshot_no
		WHERE t.job_id = ANY($1) AND (t.not_before, t.observed_at) IS DISTINCT FROM (n.not_before, n.observed_at)
			AND NOT (t.step_no IS NOT NULL AND t.observed_at = n.observed_at AND EXISTS (
				SELECT FROM erased_snapshots e JOIN snapshots b ON b.job_id = e.job_id AND b.snapshot_no = e.snapshot_no
				WHERE e.job_id = t.job_id AND e.run_no = t.run_no AND b.snapshot_no < t.snapshot_no AND b.not_before IS NOT DISTINCT FROM t.not_before))`},
	{"transitions and anomalies are numbered in the order of their snapshots", `
		SELECT job_id, format('%s %s after snapshot %s', what, no, before) FROM (
			SELECT job_id, 'transition' AS what, transition_no AS no, snapshot_no,
				lag(snapshot_no) OVER (PARTITION BY job_id ORDER BY transition_no) AS before FROM transitions WHERE job_id = ANY($1)
			UNION ALL
			SELECT job_id, 'anomaly', anomaly_no, snapshot_no,
				lag(snapshot_no) OVER (PARTITION BY job_id ORDER BY anomaly_no) FROM anomalies WHERE job_id = ANY($1)
		) x WHERE snapshot_no < before`},
	{"an anomaly is observed with its snapshot, in a run and step that there are", `
		SELECT a.job_id, format('anomaly %s (%s) at %s in run %s, step %s', a.anomaly_no, a.kind, a.observed_at, a.run_no, a.step_no) FROM anomalies a
		LEFT JOIN snapshots n ON n.job_id = a.job_id AND n.snapshot_no = a.snapshot_no
		WHERE a.job_id = ANY($1) AND (a.observed_at IS DISTINCT FROM n.observed_at
			OR NOT EXISTS (SELECT 1 FROM runs r WHERE r.job_id = a.job_id AND r.run_no = a.run_no)
			OR a.step_no IS NOT NULL AND NOT EXISTS (SELECT 1 FROM steps p WHERE p.job_id = a.job_id AND p.run_no = a.run_no AND p.step_no = a.step_no))`},
	{"an anomaly has one row for its kind, step and snapshot", `
		SELECT job_id, format('%s of them, %s in snapshot %s', count(*), kind, snapshot_no) FROM anomalies WHERE job_id = ANY($1)
		GROUP BY job_id, snapshot_no, run_no, step_no, kind HAVING count(*) > 1`},
	{"a run is where its transitions led, seen first and ended with them", `
		SELECT coalesce(r.job_id, t.job_id), format('run %s: %s (%s) from %s to %s, its transitions %s (%s) from %s to %s', coalesce(r.run_no, t.run_no),
			r.status, r.state, r.first_seen_at, r.ended_seen_at, t.status, t.state, t.first_seen_at, t.ended_seen_at)
		FROM (SELECT * FROM runs WHERE job_id = ANY($1)) r FULL JOIN (` + ledTo("step_no IS NULL") + `) t
			ON t.job_id = r.job_id AND t.run_no = r.run_no
		WHERE ` + differs("r") + ` OR coalesce(r.last_changed_at < r.ended_seen_at, false)`},
	{"a step is where its transitions led, seen first and ended with them", `
		SELECT coalesce(r.job_id, t.job_id), format('step %s of run %s: %s (%s) from %s to %s, its transitions %s (%s) from %s to %s',
			coalesce(r.step_no, t.step_no), coalesce(r.run_no, t.run_no), r.status, r.state, r.first_seen_at, r.ended_seen_at,
			t.status, t.state, t.first_seen_at, t.ended_seen_at)
		FROM (SELECT * FROM steps WHERE job_id = ANY($1)) r FULL JOIN (` + ledTo("step_no IS NOT NULL") + `) t
			ON t.job_id = r.job_id AND t.run_no = r.run_no AND t.step_no = r.step_no
		WHERE ` + differs("r")},
	{"only the run of the newest snapshot goes on", `
		SELECT r.job_id, format('run %s is %s', r.run_no, r.state) FROM runs r
		WHERE r.job_id = ANY($1) AND r.state IN ('queued', 'running')
			AND r.run_no <> (SELECT n.run_no FROM snapshots n WHERE n.job_id = r.job_id ORDER BY n.snapshot_no DESC LIMIT 1)`},
	{"a run was changed last by the last snapshot that tells of it, or that left it", `
		SELECT r.job_id, format('run %s: %s, not %s', r.run_no, r.last_changed_at, l.observed_at) FROM runs r
		CROSS JOIN LATERAL (SELECT max(x.observed_at) AS observed_at FROM (
			SELECT n.observed_at FROM snapshots n WHERE n.job_id = r.job_id AND n.run_no = r.run_no
			UNION ALL
			SELECT f.observed_at FROM snapshots n JOIN snapshots f ON f.job_id = n.job_id AND f.snapshot_no = n.snapshot_no + 1
			WHERE n.job_id = r.job_id AND n.run_no = r.run_no AND f.run_no <> r.run_no
				AND n.state NOT IN ('succeeded', 'partial', 'failed', 'canceled')) x) l
		WHERE r.job_id = ANY($1) AND r.last_changed_at IS DISTINCT FROM l.observed_at`},
	{"a run counts its steps that have not vanished, and its warnings and errors that are not withdrawn", `
		SELECT r.job_id, format('run %s: %s, not %s', r.run_no, (r.step_count, r.warnings, r.errors), (s.steps, e.warnings, e.errors)) FROM runs r
		CROSS JOIN LATERAL (SELECT count(*) AS steps FROM steps p WHERE p.job_id = r.job_id AND p.run_no = r.run_no AND p.vanished_at IS NULL) s
		CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE x.level = 'warning') AS warnings, count(*) FILTER (WHERE x.level = 'error') AS errors
			FROM log_entries x WHERE x.job_id = r.job_id AND x.run_no = r.run_no AND x.withdrawn_at IS NULL) e
		WHERE r.job_id = ANY($1) AND (r.step_count, r.warnings, r.errors) <> (s.steps, e.warnings, e.errors)`},
	{"an entry is of a step", `
		SELECT e.job_id, format('entry %s of step %s of run %s', e.entry_no, e.step_no, e.run_no) FROM log_entries e
		WHERE e.job_id = ANY($1) AND NOT EXISTS (SELECT 1 FROM steps p WHERE p.job_id = e.job_id AND p.run_no = e.run_no AND p.step_no = e.step_no)`},
	{"what a vanished step had logged is withdrawn, no later than it vanished", `
		SELECT e.job_id, format('entry %s of step %s of run %s', e.entry_no, e.step_no, e.run_no) FROM log_entries e
		JOIN steps p ON p.job_id = e.job_id AND p.run_no = e.run_no AND p.step_no = e.step_no
		WHERE e.job_id = ANY($1) AND p.vanished_at IS NOT NULL AND (e.withdrawn_at IS NULL OR e.withdrawn_at > p.vanished_at)`},
	{"what vanished or was withdrawn had been seen before", `
		SELECT job_id, format('step %s of run %s, %s', step_no, run_no, coalesce('entry ' || entry_no, 'itself')) FROM (
			SELECT job_id, run_no, step_no, NULL::integer AS entry_no, first_seen_at, vanished_at AS gone_at FROM steps
			UNION ALL
			SELECT job_id, run_no, step_no, entry_no, first_seen_at, withdrawn_at FROM log_entries
		) x WHERE job_id = ANY($1) AND gone_at <= first_seen_at`},
}

// ledTo gives where the transitions of each run, or of each step, led.
func ledTo(which string) string {
	return `SELECT DISTINCT ON (job_id, run_no, step_no) job_id, run_no, step_no, to_status AS status, to_state AS state,
			first_value(not_before) OVER w AS not_before, first_value(observed_at) OVER w AS first_seen_at,
			CASE WHEN to_state IN ('succeeded', 'partial', 'failed', 'canceled') THEN not_before END AS ended_not_before,
			CASE WHEN to_state IN ('succeeded', 'partial', 'failed', 'canceled') THEN observed_at END AS ended_seen_at
		FROM transitions WHERE job_id = ANY($1) AND (from_state, from_status) IS DISTINCT FROM (to_state, to_status) AND ` + which + `
		WINDOW w AS (PARTITION BY job_id, run_no, step_no ORDER BY transition_no)
		ORDER BY job_id, run_no, step_no, transition_no DESC`
}

// differs compares a run or step with where its transitions led.
func differs(row string) string {
	columns := func(of string) string {
		return "(" + of + ".status, " + of + ".state, " + of + ".not_before, " + of + ".first_seen_at, " + of + ".ended_not_before, " + of + ".ended_seen_at)"
	}
	return columns(row) + " IS DISTINCT FROM " + columns("t")
}

// cursorRules are about the cache and what hangs on it.
var cursorRules = []rule{
	{"a job has a cursor of its source, and its source a budget", `
		SELECT j.job_id, format('cursor of source %s, budget of source %s', c.source_id, b.source_id) FROM jobs j
		LEFT JOIN cursors c ON c.job_id = j.job_id AND c.source_id = j.source_id LEFT JOIN budgets b ON b.source_id = j.source_id
		WHERE j.job_id = ANY($1) AND (c.job_id IS NULL OR b.source_id IS NULL)`},
	{"a budget and a cursor have what their source and job have", `
		SELECT j.job_id, format('%s, not %s', (c.tracking, b.rate_every, b.rate_burst, b.paused), (j.tracking, s.rate_every, s.rate_burst, s.paused_at IS NOT NULL))
		FROM jobs j JOIN sources s ON s.source_id = j.source_id JOIN cursors c ON c.job_id = j.job_id JOIN budgets b ON b.source_id = j.source_id
		WHERE j.job_id = ANY($1) AND (c.tracking, b.rate_every, b.rate_burst, b.paused)
			IS DISTINCT FROM (j.tracking, s.rate_every, s.rate_burst, s.paused_at IS NOT NULL)`},
	{"the gaps of a job do not overlap, and are in their order", `
		SELECT job_id, format('gap %s begins at %s, the one before ends at %s', gap_no, gap_from, before) FROM (
			SELECT *, lag(gap_to) OVER (PARTITION BY job_id ORDER BY gap_no) AS before FROM gaps WHERE job_id = ANY($1)) g
		WHERE gap_from < before`},
	{"no answer came in a gap", `
		SELECT g.job_id, format('%s from %s to %s, a poll at %s was answered', g.reason, g.gap_from, g.gap_to, p.polled_at)
		FROM gaps g JOIN report.polls p ON p.job_id = g.job_id AND p.polled_at > g.gap_from AND p.polled_at < g.gap_to AND p.snapshot_no IS NOT NULL
		WHERE g.job_id = ANY($1)`},
	{"an active job has a next poll", `
		SELECT j.job_id, 'it has none' FROM jobs j JOIN cursors c ON c.job_id = j.job_id
		WHERE j.job_id = ANY($1) AND j.tracking = 'active' AND c.claimed_until IS NULL AND c.next_poll_at IS NULL`},
	{"a job that is not active has no next poll", `
		SELECT j.job_id, format('it is %s and has one', j.tracking) FROM jobs j JOIN cursors c ON c.job_id = j.job_id
		WHERE j.job_id = ANY($1) AND j.tracking <> 'active' AND c.claimed_until IS NULL AND c.next_poll_at IS NOT NULL`},
	{"a cursor knows the truth", `
		SELECT c.job_id, format('it has %s, the truth is %s', cached, truth) FROM (
			SELECT c.job_id, jsonb_build_object('polled_at', c.polled_at, 'outcome', c.outcome, 'failing', c.failures > 0, 'snapshot_no', c.snapshot_no,
					'state', c.state, 'changed_at', c.changed_at, 'confirmed_at', c.confirmed_at, 'confirmations', c.confirmations) AS cached,
				CASE WHEN p.job_id IS NULL AND c.polled_at < ` + takenUntil + ` THEN jsonb_build_object('polled_at', c.polled_at, 'outcome', c.outcome, 'failing', c.failures > 0)
					ELSE jsonb_build_object('polled_at', p.polled_at, 'outcome', p.outcome, 'failing', coalesce(p.snapshot_no IS NULL AND p.job_id IS NOT NULL, false)) END
				|| jsonb_build_object('snapshot_no', coalesce(n.snapshot_no, 0), 'state', coalesce(r.state, n.state), 'changed_at', n.observed_at,
					'confirmed_at', greatest(k.confirmed_at, t.confirmed_at),
					'confirmations', coalesce(k.polls, 0) + coalesce(t.confirmations, 0)) AS truth
			FROM cursors c
			LEFT JOIN taken_polls t ON t.job_id = c.job_id AND t.snapshot_no = c.snapshot_no
			LEFT JOIN (SELECT DISTINCT ON (job_id) * FROM report.polls WHERE job_id = ANY($1) AND outcome <> 'superseded' ORDER BY job_id, polled_at DESC) p ON p.job_id = c.job_id
			LEFT JOIN (SELECT DISTINCT ON (job_id) * FROM snapshots WHERE job_id = ANY($1) ORDER BY job_id, snapshot_no DESC) n ON n.job_id = c.job_id
			LEFT JOIN runs r ON r.job_id = n.job_id AND r.run_no = n.run_no
			LEFT JOIN (SELECT job_id, snapshot_no, max(polled_at) AS confirmed_at, count(*) AS polls FROM report.polls
				WHERE job_id = ANY($1) AND snapshot_no IS NOT NULL GROUP BY job_id, snapshot_no) k ON k.job_id = n.job_id AND k.snapshot_no = n.snapshot_no
			WHERE c.job_id = ANY($1)
		) c WHERE cached <> truth`},
	{"report.jobs shows the state that status_as_of gives for now", `
		SELECT j.job_id, format('%s, not %s', (v.run_no, v.run_id, v.state, v.status, v.state_since), (a.run_no, a.run_id, a.state, a.status, a.since))
		FROM report.jobs v JOIN jobs j ON j.name = v.job LEFT JOIN report.status_as_of(now()) a ON a.job = v.job
		WHERE j.job_id = ANY($1) AND (v.run_no, v.run_id, v.state, v.status, v.state_since) IS DISTINCT FROM (a.run_no, a.run_id, a.state, a.status, a.since)`},
	{"every job is in report.jobs", `
		SELECT j.job_id, 'it is not' FROM jobs j WHERE j.job_id = ANY($1) AND NOT EXISTS (SELECT 1 FROM report.jobs v WHERE v.job = j.name)`},
}
