-- name: RunHold :one
SELECT run_hold(@job_id, @run_no, sqlc.narg('reason'));

-- name: RunRelease :one
SELECT run_release(@job_id, @run_no);
