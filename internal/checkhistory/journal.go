package checkhistory

// journalRules claim that the journal tells of everything once, in order: also of what is of
// no job, whichever jobs are asked for.
var journalRules = []rule{
	{"each snapshot has one entry in the journal", `
		SELECT n.job_id, format('snapshot %s has %s', n.snapshot_no, count(e.entry_no)) FROM snapshots n
		LEFT JOIN journal e ON e.kind IS NULL AND e.job_id = n.job_id AND e.no = n.snapshot_no AND e.at = n.observed_at
		WHERE n.job_id = ANY($1) GROUP BY n.job_id, n.snapshot_no HAVING count(e.entry_no) <> 1`},
	{"each gap has one entry in the journal", `
		SELECT g.job_id, format('gap %s has %s', g.gap_no, count(e.entry_no)) FROM gaps g
		LEFT JOIN journal e ON e.kind = 'gap' AND e.job_id = g.job_id AND e.no = g.gap_no AND e.at = g.gap_to
		WHERE g.job_id = ANY($1) GROUP BY g.job_id, g.gap_no HAVING count(e.entry_no) <> 1`},
	{"each change has one entry in the journal", `
		SELECT coalesce(j.job_id, 0), format('change %s has %s', c.change_no, count(e.entry_no)) FROM changes c
		LEFT JOIN jobs j ON c.subject = 'job ' || j.name
		LEFT JOIN journal e ON e.kind = 'change' AND e.no = c.change_no AND e.job_id IS NOT DISTINCT FROM j.job_id AND e.at = c.changed_at
		WHERE j.job_id IS NULL OR j.job_id = ANY($1) GROUP BY j.job_id, c.change_no HAVING count(e.entry_no) <> 1`},
	{"each act has one entry in the journal", `
		SELECT coalesce(a.of_job, 0), format('act %s has %s', a.act_no, count(e.entry_no)) FROM acts a
		LEFT JOIN journal e ON e.kind = 'act' AND e.no = a.act_no AND e.job_id IS NOT DISTINCT FROM a.of_job AND e.at = a.done_at
		WHERE a.of_job IS NULL OR a.of_job = ANY($1) GROUP BY a.of_job, a.act_no HAVING count(e.entry_no) <> 1`},
	{"the journal tells of nothing else", `
		WITH facts AS MATERIALIZED (
			SELECT n.job_id, 'snapshot' AS kind, n.snapshot_no AS no FROM snapshots n WHERE n.job_id = ANY($1)
			UNION ALL SELECT g.job_id, 'gap', g.gap_no FROM gaps g WHERE g.job_id = ANY($1)
		), acted AS (
			SELECT 'change' AS kind, c.change_no AS no FROM changes c
			UNION ALL SELECT 'act', a.act_no FROM acts a
		)
		SELECT coalesce(e.job_id, 0), format('entry %s: %s %s', e.entry_no, e.kind, e.no) FROM report.journal e
		LEFT JOIN facts f ON f.job_id = e.job_id AND f.kind = e.kind AND f.no = e.no
		LEFT JOIN acted d ON d.kind = e.kind AND d.no = e.no
		WHERE (e.job_id IS NULL AND e.kind <> 'polls' OR e.job_id = ANY($1)) AND f.no IS NULL AND d.no IS NULL`},
	{"the journal tells of a job's snapshots, and of its gaps, in their order", `
		SELECT o.job_id, format('entry %s: %s %s after %s', o.entry_no, o.kind, o.no, o.before) FROM (
			SELECT e.*, lag(e.no) OVER (PARTITION BY e.job_id, e.kind ORDER BY e.entry_no) AS before FROM report.journal e
			WHERE e.job_id = ANY($1) AND e.kind IN ('snapshot', 'gap')
		) o WHERE o.no <> coalesce(o.before, 0) + 1`},
	{"the entries of the journal count from 1 without holes", `
		SELECT coalesce(e.job_id, 0), format('entry %s in place %s', e.entry_no, e.place) FROM (
			SELECT x.job_id, x.entry_no, row_number() OVER (ORDER BY x.entry_no) AS place FROM journal x
		) e WHERE (e.job_id IS NULL OR e.job_id = ANY($1)) AND e.entry_no <> e.place`},
	{"report.events tells each transition, anomaly, gap and change once", `
		WITH events AS MATERIALIZED (
			SELECT v.job_id, v.kind, v.event_no FROM report.events v WHERE v.job_id IS NULL OR v.job_id = ANY($1)
		), facts AS (
			SELECT t.job_id, 'transition' AS kind, t.transition_no::bigint AS event_no FROM transitions t WHERE t.job_id = ANY($1)
			UNION ALL SELECT a.job_id, 'anomaly', a.anomaly_no FROM anomalies a WHERE a.job_id = ANY($1)
			UNION ALL SELECT g.job_id, 'gap', g.gap_no FROM gaps g WHERE g.job_id = ANY($1)
			UNION ALL SELECT j.job_id, 'change', c.change_no FROM changes c LEFT JOIN jobs j ON c.subject = 'job ' || j.name WHERE j.job_id IS NULL OR j.job_id = ANY($1)
		)
		(SELECT coalesce(f.job_id, 0), format('%s %s is not there', f.kind, f.event_no) FROM (TABLE facts EXCEPT ALL TABLE events) f)
		UNION ALL
		(SELECT coalesce(e.job_id, 0), format('%s %s is there too often', e.kind, e.event_no) FROM (TABLE events EXCEPT ALL TABLE facts) e)`},
}
