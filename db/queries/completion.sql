-- name: JobNames :many
-- Names that begin with a text, and what helps to tell the jobs apart.
SELECT j.name, coalesce(c.state, j.tracking)::text AS state
FROM jobs j JOIN cursors c ON c.job_id = j.job_id
WHERE starts_with(j.name, sqlc.arg(prefix)::text) AND j.tracking <> 'removed'
ORDER BY j.name
LIMIT @rows;

-- name: SourceNames :many
SELECT name, provider FROM sources WHERE starts_with(name, sqlc.arg(prefix)::text) AND removed_at IS NULL ORDER BY name LIMIT @rows;

-- name: LabelNames :many
-- Labels of jobs, as a command takes them, and how many jobs have each.
SELECT (l.key || '=' || l.value)::text AS label, count(*) AS jobs
FROM jobs j CROSS JOIN LATERAL jsonb_each_text(j.labels) l
WHERE starts_with(l.key || '=' || l.value, sqlc.arg(prefix)::text) AND j.tracking <> 'removed'
GROUP BY 1
ORDER BY 1
LIMIT @rows;
