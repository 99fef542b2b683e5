-- name: ProviderNewest :one
SELECT * FROM providers WHERE name = @name ORDER BY interpretation DESC LIMIT 1;

-- name: ProviderWasPreset :one
-- Whether a preset was used before.
SELECT EXISTS (SELECT 1 FROM providers WHERE name = @name AND definition = @definition AND origin = 'preset');

-- name: ProviderInsert :exec
INSERT INTO providers (name, interpretation, definition, sha256, origin, since)
VALUES (@name, @interpretation, @definition, @sha256, @origin, @since);

-- name: ProviderUse :exec
-- All sources of the provider are read by that definition from now on.
UPDATE sources SET interpretation = @interpretation::integer WHERE provider = @name;

-- name: Definition :one
SELECT definition FROM report.providers WHERE provider = @provider AND interpretation = @interpretation;

-- name: Definitions :many
SELECT * FROM report.providers ORDER BY provider, interpretation;
