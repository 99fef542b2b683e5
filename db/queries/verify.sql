-- name: JobSizes :many
-- About how many snapshots each job has.
SELECT job_id, snapshot_no FROM report.polling ORDER BY job_id;

-- name: RowsAsTheyCome :exec
-- Until the transaction ends: each row is read once, and none is remembered. A server
-- before 14 does not know of it.
SELECT set_config(name, 'off', true) FROM pg_catalog.pg_settings WHERE name = 'enable_memoize';

-- name: StoredTakenRuns :many
-- Of jobs whose numbers lie between two, as are the rows below.
SELECT * FROM report.taken_runs WHERE job_id BETWEEN @from_job AND @to_job ORDER BY job_id, run_no;

-- name: StoredErased :many
SELECT * FROM report.erased_snapshots WHERE job_id BETWEEN @from_job AND @to_job ORDER BY job_id, snapshot_no;

-- name: ReportUnjournaled :many
-- Jobs with more snapshots or gaps than the journal has, of which the last is not of just
-- now: whoever appends has had the time.
SELECT n.kind::text AS kind, j.job, n.rows::bigint AS rows, coalesce(e.rows, 0)::bigint AS journaled, n.last_at::timestamptz AS last_at
FROM (
    SELECT 'snapshot' AS kind, s.job_id, count(*) AS rows, max(s.polled_at) AS last_at FROM report.snapshots s GROUP BY s.job_id
    UNION ALL SELECT 'gap', g.job_id, count(*), max(g.gap_to) FROM report.recorded_gaps g GROUP BY g.job_id
) n
LEFT JOIN (SELECT x.job_id, x.kind, count(*) AS rows FROM report.journal x WHERE x.kind IN ('snapshot', 'gap') GROUP BY x.job_id, x.kind) e
    ON e.job_id = n.job_id AND e.kind = n.kind
LEFT JOIN report.declared_jobs j ON j.job_id = n.job_id
WHERE n.rows > coalesce(e.rows, 0) AND n.last_at NOT BETWEEN now() - interval '1 min' AND now() + interval '1 min'
ORDER BY j.job, n.kind;

-- name: ReportUnjournaledRows :many
-- Changes and acts that the journal does not have, likewise.
SELECT n.kind::text AS kind, n.no::bigint AS no, n.at::timestamptz AS at
FROM (
    SELECT 'change' AS kind, c.change_no AS no, c.at FROM report.changes c
    UNION ALL SELECT 'act', a.act_no, a.at FROM report.acts a
) n
LEFT JOIN report.journal e ON e.kind = n.kind AND e.no = n.no
WHERE e.entry_no IS NULL AND n.at NOT BETWEEN now() - interval '1 min' AND now() + interval '1 min'
ORDER BY n.kind, n.no;

-- name: ReportOtherThanRegistered :many
-- Jobs with another source or target than they were registered with, sources with another
-- provider, and of both those whose registration no change tells: none of it ever changes.
SELECT 'job' AS kind, j.job AS name, j.registered_at,
    (CASE WHEN c.change_no IS NULL THEN '' WHEN c.after ->> 'source' IS DISTINCT FROM j.source THEN 'source' ELSE 'target' END)::text AS what
FROM report.declared_jobs j
LEFT JOIN report.changes c ON c.subject = 'job ' || j.job AND c.action = 'register'
WHERE c.after ->> 'source' IS DISTINCT FROM j.source OR c.after -> 'target' IS DISTINCT FROM j.target
UNION ALL
SELECT 'source', s.source, s.registered_at, CASE WHEN c.change_no IS NULL THEN '' ELSE 'provider' END
FROM report.declared_sources s
LEFT JOIN report.changes c ON c.subject = 'source ' || s.source AND c.action = 'register'
WHERE c.after ->> 'provider' IS DISTINCT FROM s.provider
ORDER BY kind, name;

-- name: StoredDerivations :many
-- By which interpretations the rows of jobs whose numbers lie between two were derived
-- again, and when that was done last, by acts that the journal has.
SELECT job_id::bigint AS job_id, interpretation::integer AS interpretation, max(at)::timestamptz AS at FROM report.act_leaves
WHERE interpretation IS NOT NULL AND job_id BETWEEN @from_job::bigint AND @to_job::bigint
GROUP BY job_id, interpretation ORDER BY job_id, interpretation;

-- name: DerivedBefore :one
-- Whether an act tells already that a job's rows were derived by an interpretation.
SELECT EXISTS (SELECT 1 FROM acts WHERE of_job = @job_id::bigint AND interpretation = @interpretation::integer);
