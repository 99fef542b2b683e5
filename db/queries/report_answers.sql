-- name: AnswerTracked :one
-- How far anybody looked at the jobs that an answer is about.
SELECT count(*) AS jobs, count(j.last_polled_at) AS polled, count(n.observed_at) AS answered,
    count(*) FILTER (WHERE n.observed_at IS NOT NULL AND j.failures > 0 AND j.tracking IN ('active', 'paused')) AS failing,
    coalesce(min(j.registered_at), '0001-01-01 00:00:00+00')::timestamptz AS registered_at,
    coalesce(max(j.last_polled_at), '0001-01-01 00:00:00+00')::timestamptz AS polled_at,
    coalesce(min(n.observed_at), '0001-01-01 00:00:00+00')::timestamptz AS first_answer_at
FROM report.jobs j
LEFT JOIN report.transitions n ON n.job = j.job AND n.transition_no = 1
WHERE (sqlc.arg(source)::text = '' OR j.source = sqlc.arg(source)::text) AND j.labels @> sqlc.arg(labels)::text::jsonb;

-- name: AnswerFailedImports :many
SELECT r.job, r.source, r.run_no, coalesce(r.ended_at, r.first_seen_at)::timestamptz AS ended_at, coalesce(extract(epoch FROM r.duration), 0)::double precision AS duration,
    r.failed_step AS step, r.why,
    r.reported, coalesce(extract(epoch FROM r.duration_max), 0)::double precision AS duration_max, (r.duration_max IS NOT NULL)::boolean AS has_max
FROM report.runs r
WHERE r.state = 'failed' AND r.ended_at >= sqlc.arg(since)::timestamptz
    AND (sqlc.arg(source)::text = '' OR r.source = sqlc.arg(source)::text) AND r.labels @> sqlc.arg(labels)::text::jsonb
ORDER BY r.ended_at DESC, r.job;

-- name: AnswerStalled :many
SELECT t.* FROM report.stalled t
WHERE (sqlc.arg(source)::text = '' OR t.source = sqlc.arg(source)::text)
    AND (sqlc.arg(labels)::text = '{}' OR t.job IN (SELECT j.job FROM report.jobs j WHERE j.labels @> sqlc.arg(labels)::text::jsonb))
ORDER BY t.since, t.job;

-- name: AnswerGaps :many
SELECT g.job, g.source, g.gap_from, g.gap_to, (extract(epoch FROM coalesce(g.gap_to, now()) - g.gap_from))::double precision AS lasted, g.reason
FROM report.gaps g
WHERE (g.gap_to IS NULL OR g.gap_to >= sqlc.arg(since)::timestamptz) AND (sqlc.arg(source)::text = '' OR g.source = sqlc.arg(source)::text)
    AND (sqlc.arg(labels)::text = '{}' OR g.job IN (SELECT j.job FROM report.jobs j WHERE j.labels @> sqlc.arg(labels)::text::jsonb))
ORDER BY g.gap_from DESC, g.job;

-- name: AnswerNewErrors :many
-- What is new is so at its source, whichever jobs are asked for.
SELECT n.source, n.line, (min(n.first_seen_at))::timestamptz AS first_seen_at, count(*) FILTER (WHERE n.asked) AS times,
    count(DISTINCT n.job) FILTER (WHERE n.asked) AS jobs
FROM (
    SELECT e.source, regexp_replace(e.detail, '[0-9]+', 'N', 'g')::text AS line, e.first_seen_at, e.job,
        (sqlc.arg(labels)::text = '{}' OR e.job IN (SELECT j.job FROM report.jobs j WHERE j.labels @> sqlc.arg(labels)::text::jsonb))::boolean AS asked
    FROM report.log_entries e
    WHERE e.level = 'error' AND (sqlc.arg(source)::text = '' OR e.source = sqlc.arg(source)::text)
) n
GROUP BY n.source, n.line
HAVING min(n.first_seen_at) >= sqlc.arg(since)::timestamptz AND bool_or(n.asked)
ORDER BY min(n.first_seen_at) DESC, n.source, n.line;

-- name: AnswerStepDurations :many
SELECT (date_bin('7 days', p.started_at, date_trunc('day', sqlc.arg(now)::timestamptz, 'UTC') + interval '1 day'))::timestamptz AS week,
    p.source, p.step, count(*) AS runs,
    (percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM p.duration)))::double precision AS p50_duration,
    (percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM p.duration)))::double precision AS p95_duration,
    bool_and(p.reported)::boolean AS reported, (count(p.duration_max) = count(*))::boolean AS has_max,
    coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM p.duration_max)), 0)::double precision AS p50_duration_max,
    coalesce(percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM p.duration_max)), 0)::double precision AS p95_duration_max
FROM report.steps p
WHERE p.started_at >= sqlc.arg(since)::timestamptz AND p.duration IS NOT NULL AND (sqlc.arg(source)::text = '' OR p.source = sqlc.arg(source)::text)
    AND (sqlc.arg(labels)::text = '{}' OR p.job IN (SELECT j.job FROM report.jobs j WHERE j.labels @> sqlc.arg(labels)::text::jsonb))
GROUP BY 1, 2, 3
ORDER BY 1 DESC, 2, 3;

-- name: AnswerTimeInState :many
SELECT l.job::text AS job, l.source::text AS source, l.run_no::integer AS run_no, l.state::text AS state, (extract(epoch FROM sum(l.ends_at - l.starts_at)))::double precision AS spent
FROM report.state_timeline(sqlc.arg(since)::timestamptz, sqlc.arg(now)::timestamptz,
    CASE WHEN sqlc.arg(source)::text <> '' THEN ARRAY[sqlc.arg(source)::text] END,
    CASE WHEN sqlc.arg(labels)::text <> '{}' THEN ARRAY(SELECT j.job FROM report.jobs j WHERE j.labels @> sqlc.arg(labels)::text::jsonb) END) l
WHERE l.state IN ('queued', 'running', 'unknown')
GROUP BY l.job, l.source, l.run_no, l.state
ORDER BY l.job, l.run_no, min(l.starts_at);

-- name: AnswerRunsPerDay :many
-- From the runs: report.daily knows no labels.
SELECT ((r.started_at AT TIME ZONE 'UTC')::date)::date AS day, r.source, r.provider, count(*) AS runs,
    count(*) FILTER (WHERE r.state = 'succeeded') AS succeeded, count(*) FILTER (WHERE r.state = 'failed') AS failed, count(r.duration) AS ended,
    coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.duration)), 0)::double precision AS p50_duration,
    coalesce(percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM r.duration)), 0)::double precision AS p95_duration,
    bool_and(r.reported)::boolean AS reported, (count(r.duration_max) = count(r.duration))::boolean AS has_max,
    coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.duration_max)), 0)::double precision AS p50_duration_max,
    coalesce(percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM r.duration_max)), 0)::double precision AS p95_duration_max
FROM report.runs r
WHERE r.started_at >= date_trunc('day', sqlc.arg(since)::timestamptz, 'UTC')
    AND (sqlc.arg(source)::text = '' OR r.source = sqlc.arg(source)::text) AND r.labels @> sqlc.arg(labels)::text::jsonb
GROUP BY 1, 2, 3
ORDER BY 1 DESC, 2;

-- name: AnswerBrokenStreaks :many
WITH ended AS (
    SELECT r.job, r.source, r.run_no, r.state, r.ended_at, r.reported,
        count(*) FILTER (WHERE r.state <> 'succeeded') OVER (PARTITION BY r.job ORDER BY r.run_no) - (r.state <> 'succeeded')::integer AS streak
    FROM report.runs r
    WHERE r.ended_at IS NOT NULL AND r.job IN (
        SELECT f.job FROM report.runs f
        WHERE f.state = 'failed' AND f.ended_at >= sqlc.arg(since)::timestamptz
            AND (sqlc.arg(source)::text = '' OR f.source = sqlc.arg(source)::text) AND f.labels @> sqlc.arg(labels)::text::jsonb)
), counted AS (
    SELECT n.job, n.source, n.run_no, n.state, n.ended_at, n.reported, count(*) FILTER (WHERE n.state = 'succeeded') OVER (PARTITION BY n.job, n.streak) AS successes
    FROM ended n
)
SELECT c.job, c.source, c.run_no, (c.ended_at)::timestamptz AS ended_at, c.successes::bigint AS successes, (c.reported)::boolean AS reported
FROM counted c
WHERE c.state = 'failed' AND c.successes >= 5 AND c.ended_at >= sqlc.arg(since)::timestamptz
ORDER BY c.ended_at DESC, c.job;

-- name: AnswerUnusualDurations :many
WITH usual AS (
    SELECT u.job, (percentile_cont(0.5) WITHIN GROUP (ORDER BY u.duration))::interval AS usual_duration
    FROM report.runs u
    WHERE u.state = 'succeeded' AND u.ended_at < sqlc.arg(since)::timestamptz
        AND (sqlc.arg(source)::text = '' OR u.source = sqlc.arg(source)::text) AND u.labels @> sqlc.arg(labels)::text::jsonb
    GROUP BY u.job
    HAVING count(*) >= 5
)
SELECT r.job, r.source, r.run_no, r.state, r.started_at, (extract(epoch FROM r.duration))::double precision AS duration,
    (extract(epoch FROM u.usual_duration))::double precision AS usual_duration,
    r.reported, coalesce(extract(epoch FROM r.duration_max), 0)::double precision AS duration_max, (r.duration_max IS NOT NULL)::boolean AS has_max
FROM report.runs r
JOIN usual u ON u.job = r.job
WHERE r.ended_at >= sqlc.arg(since)::timestamptz AND (r.duration > 2 * u.usual_duration OR r.duration_max < u.usual_duration / 2)
ORDER BY r.started_at DESC, r.job;

-- name: AnswerNoRecentSuccess :many
SELECT j.job, j.source, j.state, j.state_since, coalesce(l.run_no, 0)::integer AS last_success_no,
    coalesce(l.ended_at, '0001-01-01 00:00:00+00')::timestamptz AS last_success_at,
    j.state_since_reported::boolean AS state_since_reported, coalesce(l.reported, false)::boolean AS reported
FROM report.jobs j
LEFT JOIN LATERAL (
    SELECT r.run_no, r.ended_at, r.reported FROM report.runs r
    WHERE r.job = j.job AND r.state = 'succeeded'
    ORDER BY r.run_no DESC LIMIT 1
) l ON true
WHERE j.tracking IN ('active', 'paused') AND (l.ended_at IS NULL OR l.ended_at < sqlc.arg(since)::timestamptz)
    AND (sqlc.arg(source)::text = '' OR j.source = sqlc.arg(source)::text) AND j.labels @> sqlc.arg(labels)::text::jsonb
ORDER BY l.ended_at NULLS FIRST, j.job;

-- name: AnswerJobSummary :many
-- The last success counts whenever it was.
SELECT j.job, j.source, coalesce(r.runs, 0)::bigint AS runs, coalesce(r.ended, 0)::bigint AS ended, coalesce(r.succeeded, 0)::bigint AS succeeded,
    coalesce(round(100.0 * r.succeeded / NULLIF(r.ended, 0), 1), 0)::double precision AS percent,
    coalesce(r.p50_duration, 0)::double precision AS p50_duration, coalesce(r.p95_duration, 0)::double precision AS p95_duration,
    coalesce(l.run_no, 0)::integer AS last_success_no, coalesce(l.ended_at, '0001-01-01 00:00:00+00')::timestamptz AS last_success_at,
    coalesce(r.bounded = r.ended, false)::boolean AS has_max,
    coalesce(r.p50_duration_max, 0)::double precision AS p50_duration_max, coalesce(r.p95_duration_max, 0)::double precision AS p95_duration_max,
    coalesce(l.reported, false)::boolean AS reported
FROM report.jobs j
LEFT JOIN (
    SELECT n.job, count(*) AS runs, count(n.ended_at) AS ended, count(*) FILTER (WHERE n.state = 'succeeded') AS succeeded, count(n.duration_max) AS bounded,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM n.duration)) AS p50_duration,
        percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM n.duration)) AS p95_duration,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM n.duration_max)) AS p50_duration_max,
        percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM n.duration_max)) AS p95_duration_max
    FROM report.runs n
    WHERE n.started_at >= sqlc.arg(since)::timestamptz AND (sqlc.arg(source)::text = '' OR n.source = sqlc.arg(source)::text)
        AND n.labels @> sqlc.arg(labels)::text::jsonb
    GROUP BY n.job
) r ON r.job = j.job
LEFT JOIN LATERAL (
    SELECT s.run_no, s.ended_at, s.reported FROM report.runs s
    WHERE s.job = j.job AND s.state = 'succeeded'
    ORDER BY s.run_no DESC LIMIT 1
) l ON true
WHERE j.tracking <> 'removed' AND (sqlc.arg(source)::text = '' OR j.source = sqlc.arg(source)::text) AND j.labels @> sqlc.arg(labels)::text::jsonb
ORDER BY j.job;
