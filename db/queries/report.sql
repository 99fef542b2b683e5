-- name: ReportJobs :many
SELECT * FROM report.jobs ORDER BY job;

-- name: ReportJob :one
SELECT * FROM report.jobs WHERE job = @job;

-- name: ReportSources :many
SELECT * FROM report.sources ORDER BY source;

-- name: ReportChanges :many
-- What was done since a time to a source or job, or to any, the newest last.
SELECT * FROM report.changes
WHERE (sqlc.narg('name')::text IS NULL OR subject IN ('source ' || sqlc.narg('name'), 'job ' || sqlc.narg('name'))) AND at >= @since
ORDER BY change_no;

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
WHERE job = @job AND snapshot_no = coalesce(sqlc.narg('snapshot_no')::integer,
    (SELECT max(n.snapshot_no) FROM snapshots n WHERE n.job_id = (SELECT j.job_id FROM jobs j WHERE j.name = @job)));

-- name: ReportLooked :one
-- How often somebody looked at a job, and when. To count the polls takes their
-- keys alone, and an index of those that failed. The job is given by its id:
-- partitions are planned for one by one, and several times as fast for a constant.
SELECT count(*) AS polls,
    (SELECT count(*) FROM polls f WHERE f.job_id = @job_id AND f.polled_at <= @known_at AND f.outcome NOT IN ('changed', 'unchanged', 'superseded')) AS failed,
    coalesce(min(p.polled_at), '0001-01-01 00:00:00+00')::timestamptz AS first_at,
    coalesce(max(p.polled_at), '0001-01-01 00:00:00+00')::timestamptz AS last_at,
    coalesce((SELECT l.outcome FROM polls l WHERE l.job_id = @job_id AND l.polled_at <= @known_at ORDER BY l.polled_at DESC LIMIT 1), '')::text AS last_outcome
FROM polls p
WHERE p.job_id = @job_id AND p.polled_at <= @known_at;

-- name: ReportAnswered :one
-- When the last poll was sent that a job answered. The cursor may be behind,
-- and polls may be gone.
SELECT coalesce(greatest(c.confirmed_at, (
    SELECT p.polled_at FROM polls p WHERE p.job_id = @job_id AND p.snapshot_no IS NOT NULL ORDER BY p.polled_at DESC LIMIT 1
)), '0001-01-01 00:00:00+00')::timestamptz AS answered_at
FROM cursors c
WHERE c.job_id = @job_id;

-- name: ReportGaps :many
-- The gaps of a job that ended after a time, or are open.
SELECT * FROM report.gaps WHERE job = @job AND (gap_to IS NULL OR gap_to > @since) ORDER BY gap_from;
