-- name: JobNames :many
-- Names that begin with a text, and what helps to tell the jobs apart.
SELECT j.name, coalesce(c.state, j.tracking)::text AS state
FROM jobs j JOIN cursors c ON c.job_id = j.job_id
WHERE starts_with(j.name, sqlc.arg(prefix)::text) AND j.tracking <> 'removed'
ORDER BY j.name
LIMIT @rows;

-- name: SourceNames :many
SELECT name, provider FROM sources WHERE starts_with(name, sqlc.arg(prefix)::text) ORDER BY name LIMIT @rows;
