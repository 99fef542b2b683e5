-- name: SourceInsert :one
INSERT INTO sources (name, provider, interpretation, base_url, credential, schedule, active_every, rate_every, rate_burst, volatile, webhook_secret, archive, registered_at)
VALUES (@name, @provider, sqlc.narg('interpretation'), @base_url, @credential, @schedule, @active_every, @rate_every, @rate_burst, @volatile, sqlc.narg('webhook_secret'), sqlc.narg('archive'), @registered_at)
RETURNING *;

-- name: SourceUpdate :one
UPDATE sources SET base_url = @base_url, credential = @credential, schedule = @schedule, active_every = @active_every,
    rate_every = @rate_every, rate_burst = @rate_burst, volatile = @volatile,
    webhook_secret = sqlc.narg('webhook_secret'), archive = sqlc.narg('archive')
WHERE source_id = @source_id
RETURNING *;

-- name: SourceByName :one
SELECT * FROM sources WHERE name = @name;

-- name: SourceList :many
SELECT * FROM sources ORDER BY name;

-- name: SourceTrack :one
UPDATE sources SET removed_at = sqlc.narg('removed_at') WHERE source_id = @source_id RETURNING *;

-- name: SourcePause :one
UPDATE sources SET paused_at = @paused_at::timestamptz, paused_reason = @paused_reason::text, paused_for_credential = @for_credential::boolean WHERE source_id = @source_id RETURNING *;

-- name: SourceResume :one
UPDATE sources SET paused_at = NULL, paused_reason = NULL, paused_for_credential = false WHERE source_id = @source_id RETURNING *;

-- name: SourceCounts :one
-- How many of the sources that are not removed nobody may ask now.
SELECT count(*) FILTER (WHERE s.paused_at IS NOT NULL) AS paused, count(*) FILTER (WHERE b.held_until > sqlc.arg(now)::timestamptz) AS held
FROM sources s JOIN budgets b ON b.source_id = s.source_id
WHERE s.removed_at IS NULL;
