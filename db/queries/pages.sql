-- What the pages show beside the lists and the history.

-- name: JobsFound :many
-- A page of the jobs that fit. position finds any text, a pattern some. Planned for what
-- it is asked, it sorts by nothing but the name where that is all, which has an index.
SELECT c.job_id
FROM report.declared_jobs d
JOIN report.polling c ON c.job_id = d.job_id
WHERE (@removed::boolean OR d.tracking <> 'removed')
    AND (@part::text = '' OR position(lower(@part::text) IN d.job) > 0)
    AND (sqlc.arg(source)::text = '' OR d.source = sqlc.arg(source)::text)
    AND (sqlc.arg(state)::text = '' OR c.state = sqlc.arg(state)::text)
    AND (sqlc.arg(labels)::text = '{}' OR d.labels @> sqlc.arg(labels)::text::jsonb)
ORDER BY
    CASE WHEN @sort::text = 'state' THEN array_position(ARRAY['failed', 'unknown', 'partial', 'canceled', 'running', 'queued', 'succeeded'], c.state) END,
    CASE WHEN @sort::text = 'since' THEN c.changed_at END DESC NULLS LAST,
    CASE WHEN @sort::text = 'look' THEN c.polled_at END NULLS FIRST,
    CASE WHEN @sort::text = 'source' THEN d.source END,
    d.job
LIMIT @rows OFFSET @skipped;

-- name: JobsFoundCount :one
-- How many jobs fit.
SELECT count(*)
FROM report.declared_jobs d
WHERE (@removed::boolean OR d.tracking <> 'removed')
    AND (@part::text = '' OR position(lower(@part::text) IN d.job) > 0)
    AND (sqlc.arg(source)::text = '' OR d.source = sqlc.arg(source)::text)
    AND (sqlc.arg(state)::text = '' OR d.job_id IN (SELECT c.job_id FROM report.polling c WHERE c.state = sqlc.arg(state)::text))
    AND (sqlc.arg(labels)::text = '{}' OR d.labels @> sqlc.arg(labels)::text::jsonb);

-- name: ReportJobsByID :many
SELECT * FROM report.jobs WHERE job_id = ANY(@job_ids::bigint[]);

-- name: RunStrips :many
-- The newest runs of jobs that have ended, so many of each: an index alone has them.
SELECT f.job_id, x.run_no, x.state, x.duration
FROM snapshots f
CROSS JOIN LATERAL (
    SELECT r.run_no, r.state, r.duration FROM report.runs r
    WHERE r.job_id = f.job_id AND r.state IN ('succeeded', 'partial', 'failed', 'canceled')
    ORDER BY r.run_no DESC LIMIT @most
) x
WHERE f.job_id = ANY(@job_ids::bigint[]) AND f.snapshot_no = 1;

-- name: RunStripsOpen :many
-- Likewise those that have not.
SELECT f.job_id, x.run_no, x.state
FROM snapshots f
CROSS JOIN LATERAL (
    SELECT r.run_no, r.state FROM report.runs r
    WHERE r.job_id = f.job_id AND r.state IN ('queued', 'running', 'unknown')
    ORDER BY r.run_no DESC LIMIT @most
) x
WHERE f.job_id = ANY(@job_ids::bigint[]) AND f.snapshot_no = 1;

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

-- name: ReportHourly :many
SELECT hour, outcome, polls, p50_latency::interval AS p50_latency, p95_latency::interval AS p95_latency
FROM report.hourly WHERE source = @source AND hour >= @since ORDER BY hour, outcome;

-- name: QuestionDefinition :one
-- How the database answers a question: the text of a function of the schema report.
SELECT pg_get_functiondef(p.oid)::text AS definition
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'report' AND p.proname = @function::text
ORDER BY p.pronargs DESC
LIMIT 1;

-- name: EventsOfJob :many
-- The events of a job that fit, before one, the newest first.
SELECT * FROM report.events
WHERE job_id = (SELECT d.job_id FROM report.declared_jobs d WHERE d.job = sqlc.arg(job)::text)
    AND entry_no <= sqlc.arg(no)::bigint AND (entry_no < sqlc.arg(no)::bigint OR kind > sqlc.arg(name)::text OR kind = sqlc.arg(name)::text AND event_no < sqlc.arg(sub)::bigint)
    AND (sqlc.arg(kind)::text = '' OR kind = sqlc.arg(kind)::text)
    AND (sqlc.arg(source)::text = '' OR source = sqlc.arg(source)::text)
    AND (sqlc.arg(state)::text = '' OR to_state = sqlc.arg(state)::text)
ORDER BY entry_no DESC, kind, event_no DESC
LIMIT sqlc.arg(rows);

-- name: EventsAmong :many
-- Of some entries of the journal the events that fit, before one, the newest first.
SELECT * FROM report.events
WHERE entry_no > sqlc.arg(after)::bigint AND entry_no <= sqlc.arg(no)::bigint
    AND (entry_no < sqlc.arg(no)::bigint OR kind > sqlc.arg(name)::text OR kind = sqlc.arg(name)::text AND event_no < sqlc.arg(sub)::bigint)
    AND (sqlc.arg(kind)::text = '' OR kind = sqlc.arg(kind)::text)
    AND (sqlc.arg(source)::text = '' OR source = sqlc.arg(source)::text)
    AND (sqlc.arg(state)::text = '' OR to_state = sqlc.arg(state)::text)
ORDER BY entry_no DESC, kind, event_no DESC
LIMIT sqlc.arg(rows);
