-- name: JobInsertAll :many
INSERT INTO jobs (source_id, name, target, labels, schedule, stall_after, tracking, registered_at)
SELECT r.source_id, r.name, r.target::jsonb, r.labels::jsonb, NULLIF(r.schedule, ''), NULLIF(r.stall_after, interval '0'), 'active', sqlc.arg(registered_at)::timestamptz
FROM (SELECT unnest(@source_ids::bigint[]) AS source_id, unnest(@names::text[]) AS name, unnest(@targets::text[]) AS target,
    unnest(@labels::text[]) AS labels, unnest(@schedules::text[]) AS schedule, unnest(@stall_afters::interval[]) AS stall_after) r
RETURNING job_id, name;

-- name: JobUpdate :one
UPDATE jobs SET labels = @labels, schedule = sqlc.narg('schedule'), stall_after = sqlc.narg('stall_after')
WHERE job_id = @job_id
RETURNING *;

-- name: JobTrack :one
UPDATE jobs SET tracking = @tracking, paused_reason = sqlc.narg('paused_reason') WHERE job_id = @job_id RETURNING *;

-- name: JobByName :one
SELECT sqlc.embed(j), sqlc.embed(s) FROM jobs j JOIN sources s ON s.source_id = j.source_id WHERE j.name = @name;

-- name: JobListByNames :many
SELECT sqlc.embed(j), sqlc.embed(s) FROM jobs j JOIN sources s ON s.source_id = j.source_id WHERE j.name = ANY(@names::text[]);

-- name: JobList :many
SELECT sqlc.embed(j), sqlc.embed(s) FROM jobs j JOIN sources s ON s.source_id = j.source_id ORDER BY j.name;

-- name: JobNamesBySource :many
-- The jobs of a source that are not removed.
SELECT name FROM jobs WHERE source_id = @source_id AND tracking <> 'removed' ORDER BY name;

-- name: JobListByIDs :many
SELECT sqlc.embed(j), sqlc.embed(s) FROM jobs j JOIN sources s ON s.source_id = j.source_id WHERE j.job_id = ANY(@job_ids::bigint[]);
