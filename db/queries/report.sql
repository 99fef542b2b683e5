-- name: ReportJobs :many
SELECT * FROM report.jobs ORDER BY job;

-- name: ReportJob :one
SELECT * FROM report.jobs WHERE job = @job;

-- name: ReportSources :many
SELECT * FROM report.sources ORDER BY source;

-- name: ReportRuns :many
-- The newest runs of a job, or one of them.
SELECT * FROM report.runs
WHERE job = @job AND (sqlc.narg('run_no')::integer IS NULL OR run_no = sqlc.narg('run_no'))
ORDER BY run_no DESC
LIMIT @rows;

-- name: ReportSteps :many
SELECT * FROM report.steps WHERE job = @job AND run_no = ANY(@run_nos::integer[]) ORDER BY run_no, step_no;

-- name: ReportTransitions :many
SELECT * FROM report.transitions WHERE job = @job AND run_no = ANY(@run_nos::integer[]) ORDER BY transition_no;

-- name: ReportAnomalies :many
SELECT * FROM report.anomalies WHERE job = @job AND run_no = ANY(@run_nos::integer[]) ORDER BY anomaly_no;

-- name: ReportLogEntries :many
-- The log of some runs of a job, from given levels (none: all), in the order of its steps.
SELECT * FROM report.log_entries
WHERE job = @job AND run_no = ANY(@run_nos::integer[]) AND (cardinality(@levels::text[]) = 0 OR level = ANY(@levels::text[]))
ORDER BY run_no, step_no, entry_no;

-- name: ReportSnapshot :one
-- A snapshot of a job, or its newest.
SELECT * FROM report.snapshots
WHERE job = @job AND (sqlc.narg('snapshot_no')::integer IS NULL OR snapshot_no = sqlc.narg('snapshot_no'))
ORDER BY snapshot_no DESC
LIMIT 1;

-- name: ReportLooked :one
-- How often somebody looked at a job, and when.
SELECT count(*) AS polls, count(*) FILTER (WHERE p.outcome NOT IN ('changed', 'unchanged')) AS failed,
    coalesce(min(p.polled_at), '0001-01-01 00:00:00+00')::timestamptz AS first_at,
    coalesce(max(p.polled_at), '0001-01-01 00:00:00+00')::timestamptz AS last_at,
    coalesce((array_agg(p.outcome ORDER BY p.polled_at DESC))[1], '')::text AS last_outcome
FROM polls p JOIN jobs j ON j.job_id = p.job_id
WHERE j.name = @job AND p.polled_at <= @known_at;

-- name: ReportGaps :many
-- The gaps of a job that ended after a time, or are open.
SELECT * FROM report.gaps WHERE job = @job AND (gap_to IS NULL OR gap_to > @since) ORDER BY gap_from;
