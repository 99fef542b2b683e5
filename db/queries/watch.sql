-- name: WatchClock :one
-- The clock, when a tracker last said that it serves, and until when that counts.
SELECT clock_timestamp()::timestamptz AS now, coalesce(max(r.seen_at), '0001-01-01 00:00:00+00')::timestamptz AS served_at,
    coalesce(max(r.runs_until), '0001-01-01 00:00:00+00')::timestamptz AS serves_until
FROM report.trackers r;

-- name: WatchClasses :many
-- How the watched jobs stand, class by class, and when any of a class is polled next.
SELECT c.tracking, coalesce(c.state, '')::text AS state, (c.failures > 0)::boolean AS failing, (c.source_paused_at IS NOT NULL)::boolean AS source_paused,
    count(*) AS jobs, coalesce(min(greatest(c.next_poll_at, c.held_until)) FILTER (WHERE c.next_poll_at IS NOT NULL), '0001-01-01 00:00:00+00')::timestamptz AS next_poll_at
FROM report.polling c
WHERE c.tracking <> 'removed' AND CASE WHEN cardinality(@job_ids::bigint[]) = 0 THEN true ELSE c.job_id = ANY(@job_ids::bigint[]) END
GROUP BY 1, 2, 3, 4;

-- name: WatchRuns :many
-- The latest runs of those jobs whose state is one of the given ones and has
-- changed since a time: in the order of that change (direction 1) or the newest
-- first (-1). With each the step that it is in, or failed in.
WITH latest AS (
    SELECT c.job_id, c.snapshot_no, c.polled_at, c.confirmed_at, c.failures, c.changed_at
    FROM report.polling c
    WHERE c.state = ANY(@states::text[]) AND c.changed_at >= sqlc.arg(since)::timestamptz AND (@removed::boolean OR c.tracking <> 'removed')
        AND CASE WHEN cardinality(@job_ids::bigint[]) = 0 THEN true ELSE c.job_id = ANY(@job_ids::bigint[]) END
    ORDER BY extract(epoch FROM c.changed_at) * sqlc.arg(direction)::integer, c.job_id
    LIMIT @rows
), head AS MATERIALIZED ( -- joined with the rest in one go it made the planner read all runs there are
    SELECT l.job_id, l.polled_at, l.confirmed_at, l.failures, l.changed_at, n.run_no
    FROM latest l
    JOIN report.snapshots n ON n.job_id = l.job_id AND n.snapshot_no = l.snapshot_no
)
SELECT h.job_id, r.run_no, coalesce(p.step, '')::text AS step, coalesce(p.state, '')::text AS step_state, h.polled_at, h.confirmed_at, h.failures, d.stall_after
FROM head h
JOIN report.declared_jobs d ON d.job_id = h.job_id
JOIN report.runs r ON r.job_id = h.job_id AND r.run_no = h.run_no
LEFT JOIN LATERAL (
    SELECT x.step, x.state FROM report.steps x
    WHERE x.job_id = r.job_id AND x.run_no = r.run_no AND x.vanished_at IS NULL
    ORDER BY x.state = r.state DESC, x.state IN ('queued', 'running', 'unknown') DESC, x.step_no DESC LIMIT 1
) p ON true
ORDER BY extract(epoch FROM h.changed_at) * sqlc.arg(direction)::integer, h.job_id;

-- name: WatchGoing :many
-- Those of the jobs whose run goes on, by their cursors, with what was said last.
SELECT c.job_id, c.snapshot_no FROM report.polling c
WHERE c.state IN ('queued', 'running', 'unknown') AND c.tracking <> 'removed'
    AND CASE WHEN cardinality(@job_ids::bigint[]) = 0 THEN true ELSE c.job_id = ANY(@job_ids::bigint[]) END;

-- name: WatchFailing :many
-- Jobs whose polls get no answer, by source and outcome, with that of them
-- which was asked last, and the names of the first few.
WITH f AS MATERIALIZED (
    SELECT c.source, coalesce(c.outcome, '')::text AS outcome, count(*) AS jobs, (array_agg(c.job ORDER BY c.job))[1:20] AS names,
        min(coalesce(c.covered_until, c.polled_at))::timestamptz AS since, max(c.polled_at)::timestamptz AS polled_at,
        (array_agg(c.job ORDER BY c.polled_at DESC, c.job_id))[1] AS job, ((array_agg(c.job_id ORDER BY c.polled_at DESC, c.job_id))[1])::bigint AS job_id
    FROM report.polling c
    WHERE c.failures > 0 AND c.tracking = 'active' AND c.source_paused_at IS NULL AND CASE WHEN cardinality(@job_ids::bigint[]) = 0 THEN true ELSE c.job_id = ANY(@job_ids::bigint[]) END
    GROUP BY 1, 2
)
SELECT f.source, f.outcome, f.jobs, f.names::text[] AS names, f.since, f.job::text AS job, coalesce(e.error, '')::text AS error
FROM f
LEFT JOIN (
    SELECT p.job_id, p.error FROM report.polls p JOIN f x ON x.job_id = p.job_id AND x.polled_at = p.polled_at
) e ON e.job_id = f.job_id
ORDER BY f.since, f.source, f.outcome;

-- name: WatchPausedJobs :many
-- Jobs that are not to be polled, by source and reason.
SELECT c.source, coalesce(c.paused_reason, '')::text AS reason, count(*) AS jobs, ((array_agg(c.job ORDER BY c.job))[1:20])::text[] AS names,
    coalesce(max(c.polled_at), '0001-01-01 00:00:00+00')::timestamptz AS polled_at
FROM report.polling c
WHERE c.tracking = 'paused' AND CASE WHEN cardinality(@job_ids::bigint[]) = 0 THEN true ELSE c.job_id = ANY(@job_ids::bigint[]) END
GROUP BY 1, 2
ORDER BY polled_at DESC, c.source;

-- name: WatchSources :many
-- Sources of watched jobs that are not to be asked now.
SELECT c.source, c.source_paused_at AS paused_at, coalesce(c.source_paused_reason, '')::text AS reason, c.held_until, count(*) AS jobs,
    ((array_agg(c.job ORDER BY c.job))[1:20])::text[] AS names
FROM report.polling c
WHERE (c.source_paused_at IS NOT NULL OR c.held_until > sqlc.arg(now)::timestamptz) AND c.tracking = 'active'
    AND CASE WHEN cardinality(@job_ids::bigint[]) = 0 THEN true ELSE c.job_id = ANY(@job_ids::bigint[]) END
GROUP BY 1, 2, 3, 4
ORDER BY 2, 1;

-- name: WatchHeads :many
-- What is cheap to compare of each watched job.
SELECT c.job_id, c.job, c.snapshot_no, c.failures, coalesce(c.outcome, '')::text AS outcome, c.polled_at, c.held_until
FROM report.polling c
WHERE c.tracking <> 'removed' AND CASE WHEN cardinality(@job_ids::bigint[]) = 0 THEN true ELSE c.job_id = ANY(@job_ids::bigint[]) END
ORDER BY c.job_id;

-- name: WatchTransitions :many
-- What became of the runs of jobs after a snapshot of each.
SELECT w.job_id::bigint AS job_id, sqlc.embed(t)
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@snapshot_nos::integer[]) AS snapshot_no) w
JOIN report.transitions t ON t.job_id = w.job_id
WHERE t.step_no IS NULL AND t.snapshot_no > w.snapshot_no
ORDER BY t.observed_at, t.job, t.transition_no;

-- name: WatchErrors :many
-- What the last polls of jobs were told.
SELECT c.job_id, coalesce(p.error, '')::text AS error
FROM report.polls p
JOIN (SELECT x.job_id, x.polled_at FROM report.polling x WHERE x.job_id = ANY(@job_ids::bigint[])) c ON c.job_id = p.job_id AND c.polled_at = p.polled_at;
