-- name: RunHold :one
SELECT run_hold(@job_id, @run_no, sqlc.narg('reason'));

-- name: RunRelease :one
SELECT run_release(@job_id, @run_no);

-- name: PollsOld :many
-- The months of polls that are older.
SELECT o.range_from::timestamptz AS range_from, o.range_to::timestamptz AS range_to, o.rows_old::bigint AS rows FROM polls_old(@keep, NULL) o;

-- name: PollsTake :many
-- Takes the oldest of them: no row where there is none.
SELECT o.range_from::timestamptz AS range_from, o.range_to::timestamptz AS range_to, o.rows_taken::bigint AS rows FROM polls_take(@keep) o;

-- name: ScheduleList :many
-- The schedules by which jobs are polled.
SELECT DISTINCT coalesce(j.schedule, s.schedule)::text AS schedule FROM jobs j JOIN sources s ON s.source_id = j.source_id WHERE j.tracking = 'active' ORDER BY 1;

-- name: RunsOpenSince :one
-- Of the jobs that are polled, the latest runs that were first seen before a time and go
-- on: how many there are, and the oldest.
SELECT count(*)::bigint AS runs, coalesce((array_agg(o.job ORDER BY o.first_seen_at))[1], '')::text AS job,
    coalesce((array_agg(o.run_no ORDER BY o.first_seen_at))[1], 0)::integer AS run_no, coalesce(min(o.first_seen_at), 'epoch')::timestamptz AS first_seen_at
FROM (
    SELECT j.name AS job, r.run_no, r.first_seen_at
    FROM runs r JOIN jobs j ON j.job_id = r.job_id
    WHERE r.state IN ('queued', 'running', 'unknown') AND r.first_seen_at < @before AND j.tracking = 'active'
        AND r.run_no = (SELECT n.run_no FROM snapshots n WHERE n.job_id = r.job_id ORDER BY n.snapshot_no DESC LIMIT 1)
) o;

-- name: RunHoldFailed :exec
-- RunHold for a pipeline.
SELECT run_hold(@job_id, @run_no, @reason);

-- name: RunsOld :many
-- The jobs of which runs are older.
SELECT o.of_job::bigint AS job_id, o.job::text AS job, o.range_from::timestamptz AS range_from, o.range_to::timestamptz AS range_to,
    o.runs::bigint AS runs, o.bodies::bigint AS bodies
FROM runs_old(@keep) o;

-- name: PollsOldAny :one
-- Whether a month of polls is older.
SELECT EXISTS (SELECT 1 FROM polls_old(@keep, 1));

-- name: RunsOldAny :one
SELECT runs_old_any(@keep)::boolean;

-- name: RunsTake :many
-- Takes some of a job's: no row where there is none.
SELECT o.range_from::timestamptz AS range_from, o.range_to::timestamptz AS range_to, o.runs::bigint AS runs, o.bodies::bigint AS bodies
FROM runs_take(@keep, @job_id) o;

-- name: RunTaken :one
-- Whether retention has taken a run.
SELECT EXISTS (SELECT 1 FROM report.taken_runs t WHERE t.job = @job AND t.run_no = @run_no);

-- name: RunsTakenBefore :one
-- How many runs retention has taken that have lower numbers.
SELECT count(*)::bigint FROM report.taken_runs t WHERE t.job = @job AND t.run_no < @run_no;

-- name: ReportTakenRuns :many
-- What is left of a job's runs that were taken.
SELECT * FROM report.taken_runs WHERE job_id = @job_id ORDER BY run_no;
