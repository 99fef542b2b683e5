-- name: RollupState :one
SELECT rolled_up_to, swept_to FROM rollup;

-- name: RollupLock :one
-- Who gets the row writes counts. Others get no row.
SELECT rolled_up_to, swept_to FROM rollup FOR UPDATE SKIP LOCKED;

-- name: RollupAdvance :exec
UPDATE rollup SET rolled_up_to = greatest(rolled_up_to, sqlc.arg(rolled_up_to)::timestamptz), swept_to = sqlc.arg(swept_to)::timestamptz;

-- name: RollupStarts :many
-- The days of UTC on which any run began.
SELECT DISTINCT ((coalesce(r.started_at, r.first_seen_at) AT TIME ZONE 'UTC')::date)::date AS day FROM runs r ORDER BY day;

-- name: RollupTouched :many
-- The days on which runs began that were observed to change in a stretch of time.
SELECT DISTINCT ((coalesce(r.started_at, r.first_seen_at) AT TIME ZONE 'UTC')::date)::date AS day
FROM (
    SELECT n.job_id, n.run_no FROM snapshots n WHERE n.observed_at >= sqlc.arg(from_time)::timestamptz AND n.observed_at < sqlc.arg(to_time)::timestamptz
    UNION
    SELECT t.job_id, t.run_no FROM transitions t WHERE t.observed_at >= sqlc.arg(from_time)::timestamptz AND t.observed_at < sqlc.arg(to_time)::timestamptz
) c
JOIN runs r ON r.job_id = c.job_id AND r.run_no = c.run_no
ORDER BY day;

-- name: RecountInsert :execrows
-- A day that is there already is written again: RecountTake then waits for this
-- transaction, and counts what it has moved.
INSERT INTO recounts (job_id, day)
SELECT DISTINCT r.job_id, (r.day AT TIME ZONE 'UTC')::date FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@days::timestamptz[]) AS day) r ORDER BY 1, 2
ON CONFLICT (job_id, day) DO UPDATE SET day = excluded.day;

-- name: RecountDays :many
SELECT DISTINCT c.day FROM recounts c ORDER BY c.day;

-- name: RecountTake :exec
DELETE FROM recounts WHERE day = @day;

-- name: RunStartDays :many
-- The days of UTC on which a job's runs began.
SELECT DISTINCT ((coalesce(r.started_at, r.first_seen_at) AT TIME ZONE 'UTC')::date)::date AS day FROM runs r WHERE r.job_id = @job_id ORDER BY day;

-- name: RollupFrom :one
-- The first day, not before a given one, that has runs, or was counted.
SELECT coalesce(least(
    (SELECT (min(coalesce(r.started_at, r.first_seen_at)) AT TIME ZONE 'UTC')::date FROM runs r
        WHERE coalesce(r.started_at, r.first_seen_at) >= sqlc.arg(day)::date::timestamp AT TIME ZONE 'UTC'),
    (SELECT min(d.day) FROM daily d WHERE d.day >= sqlc.arg(day)::date)
), '0001-01-01')::date AS day;

-- name: RollupCounted :many
-- How many polls of each hour were counted.
SELECT p.hour, sum(p.polls)::bigint AS polls
FROM sources s
CROSS JOIN LATERAL (
    SELECT h.hour, h.polls FROM hourly h
    WHERE h.source_id = s.source_id AND h.hour >= sqlc.arg(from_hour)::timestamptz AND h.hour < sqlc.arg(to_hour)::timestamptz
) p
GROUP BY p.hour;

-- name: RollupPolls :many
-- Counts polls by hour and by their latency, cut to three digits: what there is of a part
-- adds up with what there is of others. (With date_trunc, which knows zones, it would take
-- longer.)
SELECT j.source_id, date_bin('1 hour', p.polled_at, '2000-01-01 00:00:00+00')::timestamptz AS hour, coalesce(p.outcome, 'unchanged')::text AS outcome,
    (CASE WHEN p.latency_us < 1000 THEN p.latency_us
        WHEN p.latency_us < 10000 THEN p.latency_us / 10 * 10 WHEN p.latency_us < 100000 THEN p.latency_us / 100 * 100
        WHEN p.latency_us < 1000000 THEN p.latency_us / 1000 * 1000 WHEN p.latency_us < 10000000 THEN p.latency_us / 10000 * 10000
        WHEN p.latency_us < 100000000 THEN p.latency_us / 100000 * 100000 ELSE p.latency_us / 1000000 * 1000000 END)::integer AS latency_us,
    count(*) AS polls
FROM polls p
JOIN jobs j ON j.job_id = p.job_id
WHERE p.polled_at >= sqlc.arg(from_time)::timestamptz AND p.polled_at < sqlc.arg(to_time)::timestamptz
GROUP BY 1, 2, 3, 4;

-- name: RollupHours :exec
-- Where an hour has fewer polls than were counted before (retention), the earlier count
-- stays.
INSERT INTO hourly (source_id, hour, outcome, polls, p50_latency_us, p95_latency_us)
SELECT unnest(@source_ids::bigint[]), unnest(@hours::timestamptz[]), unnest(@outcomes::text[]),
    unnest(@polls::bigint[]), unnest(@p50_us::integer[]), unnest(@p95_us::integer[])
ON CONFLICT (source_id, hour, outcome) DO UPDATE SET
    polls = excluded.polls, p50_latency_us = excluded.p50_latency_us, p95_latency_us = excluded.p95_latency_us
WHERE excluded.polls > hourly.polls;

-- name: RollupDay :exec
-- Counts a day's runs, and its polls by the hours.
INSERT INTO daily (source_id, day, runs, succeeded, failed, p50_duration, p95_duration, polls, failed_polls)
SELECT s.source_id, sqlc.arg(day)::date, coalesce(r.runs, 0), coalesce(r.succeeded, 0), coalesce(r.failed, 0), r.p50, r.p95,
    coalesce(p.polls, 0), coalesce(p.failed, 0)
FROM sources s
LEFT JOIN (
    SELECT x.source, count(*) AS runs, count(*) FILTER (WHERE x.state = 'succeeded') AS succeeded, count(*) FILTER (WHERE x.state = 'failed') AS failed,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY x.duration) AS p50, percentile_cont(0.95) WITHIN GROUP (ORDER BY x.duration) AS p95
    FROM (
        SELECT u.source, u.state, u.started_at, u.duration FROM report.runs u
        UNION ALL
        SELECT t.source, t.state, t.started_at, t.duration FROM report.taken_runs t
    ) x
    WHERE x.started_at >= sqlc.arg(day)::date::timestamp AT TIME ZONE 'UTC' AND x.started_at < (sqlc.arg(day)::date + 1)::timestamp AT TIME ZONE 'UTC'
    GROUP BY x.source
) r ON r.source = s.name
CROSS JOIN LATERAL (
    SELECT sum(h.polls)::bigint AS polls, (sum(h.polls) FILTER (WHERE h.outcome NOT IN ('changed', 'unchanged', 'superseded')))::bigint AS failed
    FROM hourly h
    WHERE h.source_id = s.source_id
        AND h.hour >= sqlc.arg(day)::date::timestamp AT TIME ZONE 'UTC' AND h.hour < (sqlc.arg(day)::date + 1)::timestamp AT TIME ZONE 'UTC'
) p
WHERE r.runs > 0 OR p.polls > 0 OR EXISTS (SELECT 1 FROM daily d WHERE d.source_id = s.source_id AND d.day = sqlc.arg(day)::date)
ON CONFLICT (source_id, day) DO UPDATE SET
    runs = excluded.runs, succeeded = excluded.succeeded, failed = excluded.failed,
    p50_duration = excluded.p50_duration, p95_duration = excluded.p95_duration,
    polls = excluded.polls, failed_polls = excluded.failed_polls
WHERE (daily.runs, daily.succeeded, daily.failed, daily.p50_duration, daily.p95_duration, daily.polls, daily.failed_polls)
    IS DISTINCT FROM (excluded.runs, excluded.succeeded, excluded.failed, excluded.p50_duration, excluded.p95_duration,
    excluded.polls, excluded.failed_polls);
