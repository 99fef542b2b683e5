-- name: JobNames :many
-- Names that begin with a text, and what helps to tell the jobs apart.
SELECT c.job AS name, coalesce(c.state, c.tracking)::text AS state
FROM report.polling c
WHERE starts_with(c.job, sqlc.arg(prefix)::text) AND c.tracking <> 'removed'
ORDER BY c.job
LIMIT @rows;

-- name: SourceNames :many
SELECT s.source AS name, s.provider FROM report.declared_sources s
WHERE starts_with(s.source, sqlc.arg(prefix)::text) AND s.removed_at IS NULL ORDER BY s.source LIMIT @rows;

-- name: LabelNames :many
-- Labels of jobs, as a command takes them, and how many jobs have each.
SELECT (l.key || '=' || l.value)::text AS label, count(*) AS jobs
FROM report.declared_jobs j CROSS JOIN LATERAL jsonb_each_text(j.labels) l
WHERE starts_with(l.key || '=' || l.value, sqlc.arg(prefix)::text) AND j.tracking <> 'removed'
GROUP BY 1
ORDER BY 1
LIMIT @rows;

-- name: RuleNames :many
SELECT rule AS name, form FROM report.notify_rules WHERE starts_with(rule, sqlc.arg(prefix)::text) AND current ORDER BY rule LIMIT @rows;
