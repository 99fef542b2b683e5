-- name: WatchClock :one
-- The clock, when a tracker last said that it serves, and until when that counts.
SELECT clock_timestamp()::timestamptz AS now, coalesce(max(r.seen_at), '0001-01-01 00:00:00+00')::timestamptz AS served_at,
    coalesce(max(r.runs_until), '0001-01-01 00:00:00+00')::timestamptz AS serves_until
FROM report.trackers r;

-- name: WatchClasses :many
-- How the watched jobs stand, class by class, and when any of a class is looked at next.
SELECT g.tracking, coalesce(g.state, '')::text AS state, g.failing::boolean AS failing, (s.paused_at IS NOT NULL)::boolean AS source_paused,
    sum(g.jobs)::bigint AS jobs, coalesce(min(greatest(g.next_poll_at, b.held_until)), '0001-01-01 00:00:00+00')::timestamptz AS next_poll_at
FROM (
    SELECT j.source_id, j.tracking, c.state, c.failures > 0 AS failing, count(*) AS jobs, min(c.next_poll_at) AS next_poll_at
    FROM cursors c
    JOIN jobs j ON j.job_id = c.job_id
    WHERE j.tracking <> 'removed' AND (cardinality(@job_ids::bigint[]) = 0 OR c.job_id = ANY(@job_ids::bigint[]))
    GROUP BY 1, 2, 3, 4
) g
JOIN sources s ON s.source_id = g.source_id
JOIN budgets b ON b.source_id = g.source_id
GROUP BY 1, 2, 3, 4;

-- name: WatchRuns :many
-- The latest runs of those jobs whose state is one of the given ones and has
-- changed since a time: in the order of that change (direction 1) or the newest
-- first (-1). With each the step that it is in, or failed in, and what it is
-- judged by while it goes on.
WITH head AS (
    SELECT c.job_id, c.snapshot_no, c.polled_at, c.confirmed_at, c.failures, c.changed_at, j.name, j.stall_after
    FROM cursors c JOIN jobs j ON j.job_id = c.job_id
    WHERE c.state = ANY(@states::text[]) AND c.changed_at >= sqlc.arg(since)::timestamptz AND (@removed::boolean OR j.tracking <> 'removed')
        AND (cardinality(@job_ids::bigint[]) = 0 OR c.job_id = ANY(@job_ids::bigint[]))
    ORDER BY extract(epoch FROM c.changed_at) * sqlc.arg(direction)::integer, c.job_id
    LIMIT @rows
)
SELECT h.job_id, sqlc.embed(r), coalesce(p.name, '')::text AS step, coalesce(p.state, '')::text AS step_state,
    h.polled_at, h.confirmed_at, h.failures, h.stall_after, o.median_duration
FROM head h
JOIN snapshots n ON n.job_id = h.job_id AND n.snapshot_no = h.snapshot_no
JOIN report.runs r ON r.job = h.name AND r.run_no = n.run_no
LEFT JOIN LATERAL (
    SELECT x.step_no, x.name, x.state FROM steps x
    WHERE x.job_id = h.job_id AND x.run_no = n.run_no AND x.vanished_at IS NULL
    ORDER BY x.state = r.state DESC, x.ended_seen_at IS NULL DESC, x.step_no DESC LIMIT 1
) p ON true
LEFT JOIN report.open_runs o ON o.job_id = h.job_id AND o.run_no = n.run_no
ORDER BY extract(epoch FROM h.changed_at) * sqlc.arg(direction)::integer, h.job_id;

-- name: WatchFailing :many
-- Jobs whose polls get no answer, by source and outcome, with that of them
-- which was asked last, and the names of the first few.
SELECT s.name AS source, f.outcome, f.jobs, f.names::text[] AS names, f.since, j.name AS job, coalesce(p.error, '')::text AS error
FROM (
    SELECT c.source_id, coalesce(c.outcome, '')::text AS outcome, count(*) AS jobs, (array_agg(x.name ORDER BY x.name))[1:20] AS names,
        min(coalesce(c.accounted_at, c.polled_at))::timestamptz AS since,
        ((array_agg(c.job_id ORDER BY c.polled_at DESC))[1])::bigint AS job_id
    FROM cursors c
    JOIN jobs x ON x.job_id = c.job_id
    WHERE c.failures > 0 AND x.tracking = 'active' AND (cardinality(@job_ids::bigint[]) = 0 OR c.job_id = ANY(@job_ids::bigint[]))
    GROUP BY 1, 2
) f
JOIN sources s ON s.source_id = f.source_id
JOIN jobs j ON j.job_id = f.job_id
JOIN cursors c ON c.job_id = f.job_id
LEFT JOIN polls p ON p.job_id = c.job_id AND p.polled_at = c.polled_at
WHERE s.paused_at IS NULL
ORDER BY f.since, s.name, f.outcome;

-- name: WatchPausedJobs :many
-- Jobs that are not to be looked at, by source and reason.
SELECT s.name AS source, coalesce(j.paused_reason, '')::text AS reason, count(*) AS jobs, ((array_agg(j.name ORDER BY j.name))[1:20])::text[] AS names,
    coalesce(max(c.polled_at), '0001-01-01 00:00:00+00')::timestamptz AS polled_at
FROM jobs j
JOIN sources s ON s.source_id = j.source_id
JOIN cursors c ON c.job_id = j.job_id
WHERE j.tracking = 'paused' AND (cardinality(@job_ids::bigint[]) = 0 OR j.job_id = ANY(@job_ids::bigint[]))
GROUP BY 1, 2
ORDER BY polled_at DESC, s.name;

-- name: WatchSources :many
-- Sources of watched jobs that are not to be asked now.
SELECT s.name AS source, s.paused_at, coalesce(s.paused_reason, '')::text AS reason, b.held_until, n.jobs, n.names::text[] AS names
FROM sources s
JOIN budgets b ON b.source_id = s.source_id
CROSS JOIN LATERAL (
    SELECT count(*) AS jobs, (array_agg(j.name ORDER BY j.name))[1:20] AS names FROM jobs j
    WHERE j.source_id = s.source_id AND j.tracking = 'active' AND (cardinality(@job_ids::bigint[]) = 0 OR j.job_id = ANY(@job_ids::bigint[]))
) n
WHERE (s.paused_at IS NOT NULL OR b.held_until > sqlc.arg(now)::timestamptz) AND n.jobs > 0
ORDER BY s.paused_at, s.name;

-- name: WatchHeads :many
-- What is cheap to compare of each watched job.
SELECT c.job_id, j.name AS job, c.snapshot_no, c.failures, coalesce(c.outcome, '')::text AS outcome
FROM cursors c JOIN jobs j ON j.job_id = c.job_id
WHERE j.tracking <> 'removed' AND (cardinality(@job_ids::bigint[]) = 0 OR c.job_id = ANY(@job_ids::bigint[]))
ORDER BY c.job_id;

-- name: WatchTransitions :many
-- What became of the runs of jobs after a snapshot of each.
SELECT w.job_id::bigint AS job_id, sqlc.embed(t)
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@snapshot_nos::integer[]) AS snapshot_no) w
JOIN jobs j ON j.job_id = w.job_id
JOIN report.transitions t ON t.job = j.name
WHERE t.step_no IS NULL AND t.snapshot_no > w.snapshot_no
ORDER BY t.observed_at, j.name, t.transition_no;

-- name: WatchErrors :many
-- What the last polls of jobs were told.
SELECT c.job_id, coalesce(p.error, '')::text AS error
FROM cursors c LEFT JOIN polls p ON p.job_id = c.job_id AND p.polled_at = c.polled_at
WHERE c.job_id = ANY(@job_ids::bigint[]);
