-- What the pages show beside the lists and the history.

-- name: JobsFound :many
-- A page of the jobs that fit, and how many do. position finds any text, a pattern some.
SELECT c.job_id, count(*) OVER () AS jobs
FROM report.polling c
WHERE (@removed::boolean OR c.tracking <> 'removed')
    AND (@part::text = '' OR position(lower(@part::text) IN c.job) > 0)
    AND (sqlc.arg(source)::text = '' OR c.source = sqlc.arg(source)::text)
    AND (sqlc.arg(state)::text = '' OR c.state = sqlc.arg(state)::text)
    AND c.labels @> sqlc.arg(labels)::text::jsonb
ORDER BY
    CASE WHEN @sort::text = 'state' THEN array_position(ARRAY['failed', 'unknown', 'partial', 'canceled', 'running', 'queued', 'succeeded'], c.state) END,
    CASE WHEN @sort::text = 'since' THEN c.changed_at END DESC NULLS LAST,
    CASE WHEN @sort::text = 'look' THEN c.polled_at END NULLS FIRST,
    CASE WHEN @sort::text = 'source' THEN c.source END,
    c.job
LIMIT @rows OFFSET @skipped;

-- name: ReportJobsByID :many
SELECT * FROM report.jobs WHERE job_id = ANY(@job_ids::bigint[]);

-- name: RunStrips :many
-- The newest runs of jobs, so many of each.
SELECT j.job_id::bigint AS job_id, x.run_no, x.state, x.duration
FROM unnest(@job_ids::bigint[]) j (job_id)
CROSS JOIN LATERAL (
    SELECT r.run_no, r.state, r.duration FROM report.runs r WHERE r.job_id = j.job_id ORDER BY r.run_no DESC LIMIT @most
) x
ORDER BY 1, x.run_no;

-- name: ReportPollsBetween :many
-- The polls of a job in a stretch of time, the newest first. All is given as constants,
-- which leave most partitions of polls out before they are planned for.
SELECT p.polled_at, p.outcome, p.http_status, p.latency::interval AS latency, p.snapshot_no, p.error
FROM report.polls p
WHERE p.job_id = @job_id AND p.polled_at >= @since AND p.polled_at <= @until
ORDER BY p.polled_at DESC
LIMIT @most;

-- name: PollBuckets :many
-- How often a job was polled in each stretch of some width, and with what outcome.
SELECT date_bin(@width::interval, p.polled_at, @since)::timestamptz AS at, p.outcome, count(*) AS polls
FROM report.polls p
WHERE p.job_id = @job_id AND p.polled_at >= @since AND p.polled_at <= @until
GROUP BY 1, 2
ORDER BY 1, 2;

-- name: StepPaces :many
-- How long the steps of a job's newest runs took that have ended, in the order in which they usually come.
SELECT p.step, count(*) AS runs,
    (percentile_cont(0.5) WITHIN GROUP (ORDER BY p.duration))::interval AS p50_duration,
    (percentile_cont(0.95) WITHIN GROUP (ORDER BY p.duration))::interval AS p95_duration
FROM report.steps p
WHERE p.job_id = @job_id AND p.run_no > @beyond AND p.state = 'succeeded' AND p.duration IS NOT NULL
GROUP BY p.step
ORDER BY avg(p.step_no), p.step
LIMIT 50;

-- name: ReportSnapshotsOfRun :many
-- The answers that tell of a run, without their bodies.
SELECT n.job, n.source, n.provider, n.snapshot_no, n.run_no, n.observed_at, n.not_before, n.confirmed_at, n.polls, n.status, n.state, n.sha256, n.size, n.interpretation
FROM report.snapshots n
WHERE n.job_id = @job_id AND n.run_no = @run_no AND n.observed_at <= @known_at
ORDER BY n.snapshot_no;

-- name: ReportResultItemsOfRun :many
SELECT run_no, item_no, item_id, url, labels, output, metadata FROM report.result_items
WHERE job_id = @job_id AND run_no = @run_no AND item_no > @beyond
ORDER BY item_no
LIMIT @most;

-- name: ReportHourly :many
SELECT * FROM report.hourly WHERE source = @source AND hour >= @since ORDER BY hour, outcome;

-- name: QuestionDefinition :one
-- How the database answers a question: the text of a function of the schema report.
SELECT pg_get_functiondef(p.oid)::text AS definition
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'report' AND p.proname = @function::text
ORDER BY p.pronargs DESC
LIMIT 1;
