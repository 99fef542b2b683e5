-- name: RunHold :one
SELECT run_hold(@job_id, @run_no, sqlc.narg('reason'));

-- name: RunRelease :one
SELECT run_release(@job_id, @run_no);

-- name: PollsOld :many
-- The months of polls that are older.
SELECT o.range_from::timestamptz AS range_from, o.range_to::timestamptz AS range_to, o.rows_old::bigint AS rows FROM polls_old(@keep) o;

-- name: PollsTake :many
-- Takes the oldest of them: no row where there is none.
SELECT o.range_from::timestamptz AS range_from, o.range_to::timestamptz AS range_to, o.rows_taken::bigint AS rows FROM polls_take(@keep) o;

-- name: ScheduleList :many
-- The schedules by which jobs are polled.
SELECT DISTINCT coalesce(j.schedule, s.schedule)::text AS schedule FROM jobs j JOIN sources s ON s.source_id = j.source_id WHERE j.tracking = 'active' ORDER BY 1;
