-- name: JobInsert :one
INSERT INTO jobs (source_id, name, target, labels, schedule, stall_after, tracking, registered_at)
VALUES (@source_id, @name, @target, @labels, sqlc.narg('schedule'), sqlc.narg('stall_after'), 'active', @registered_at)
RETURNING *;

-- name: JobUpdate :one
UPDATE jobs SET labels = @labels, schedule = sqlc.narg('schedule'), stall_after = sqlc.narg('stall_after')
WHERE job_id = @job_id
RETURNING *;

-- name: JobTrack :one
UPDATE jobs SET tracking = @tracking, paused_reason = sqlc.narg('paused_reason') WHERE job_id = @job_id RETURNING *;

-- name: JobByName :one
SELECT sqlc.embed(j), sqlc.embed(s) FROM jobs j JOIN sources s ON s.source_id = j.source_id WHERE j.name = @name;

-- name: JobList :many
SELECT sqlc.embed(j), sqlc.embed(s) FROM jobs j JOIN sources s ON s.source_id = j.source_id ORDER BY j.name;

-- name: JobNamesBySource :many
-- The jobs of a source that are not removed.
SELECT name FROM jobs WHERE source_id = @source_id AND tracking <> 'removed' ORDER BY name;

-- name: JobListByIDs :many
SELECT sqlc.embed(j), sqlc.embed(s) FROM jobs j JOIN sources s ON s.source_id = j.source_id WHERE j.job_id = ANY(@job_ids::bigint[]);
