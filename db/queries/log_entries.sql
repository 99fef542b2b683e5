-- name: LogEntryUpsert :execrows
-- Of a known entry only withdrawn_at changes; rebuild may correct the rest.
INSERT INTO log_entries (job_id, run_no, step_no, entry_no, position, created_at, created_raw, zone_assumed, level, detail,
    not_before, first_seen_at, withdrawn_at)
SELECT r.job_id, r.run_no, r.step_no, r.entry_no, r.position, r.created_at, NULLIF(r.created_raw, report.usual_time(r.created_at, r.zone_assumed)),
    r.zone_assumed, r.level, r.detail, NULLIF(r.not_before, '0001-01-01 00:00:00+00'), r.first_seen_at,
    NULLIF(r.withdrawn_at, '0001-01-01 00:00:00+00')
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@run_nos::integer[]) AS run_no, unnest(@step_nos::integer[]) AS step_no,
    unnest(@entry_nos::integer[]) AS entry_no, unnest(@positions::integer[]) AS position,
    NULLIF(unnest(@created_ats::timestamptz[]), '0001-01-01 00:00:00+00') AS created_at, unnest(@created_raws::text[]) AS created_raw,
    unnest(@zones_assumed::boolean[]) AS zone_assumed, unnest(@levels::text[]) AS level, unnest(@details::text[]) AS detail,
    unnest(@not_befores::timestamptz[]) AS not_before, unnest(@first_seen_ats::timestamptz[]) AS first_seen_at,
    unnest(@withdrawn_ats::timestamptz[]) AS withdrawn_at) r
ON CONFLICT (job_id, run_no, step_no, entry_no) DO UPDATE SET
    position = excluded.position, created_at = excluded.created_at, created_raw = excluded.created_raw,
    zone_assumed = excluded.zone_assumed, level = excluded.level, detail = excluded.detail,
    not_before = excluded.not_before, first_seen_at = excluded.first_seen_at, withdrawn_at = excluded.withdrawn_at
WHERE (log_entries.position, log_entries.created_at, log_entries.created_raw, log_entries.zone_assumed,
    log_entries.level, log_entries.detail, log_entries.not_before, log_entries.first_seen_at,
    log_entries.withdrawn_at)
    IS DISTINCT FROM (excluded.position, excluded.created_at, excluded.created_raw, excluded.zone_assumed, excluded.level,
    excluded.detail, excluded.not_before, excluded.first_seen_at, excluded.withdrawn_at);

-- name: LogEntryListByRuns :many
-- The log entries of runs, without those that comparing has forgotten.
SELECT sqlc.embed(e), coalesce(e.created_raw, report.usual_time(e.created_at, e.zone_assumed))::text AS created FROM log_entries e
JOIN (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@run_nos::integer[]) AS run_no,
    unnest(@forgotten_befores::timestamptz[]) AS forgotten_before) w ON e.job_id = w.job_id AND e.run_no = w.run_no
WHERE coalesce(e.withdrawn_at >= w.forgotten_before, true)
ORDER BY e.job_id, e.run_no, e.step_no, e.entry_no;

-- name: LogEntryTrim :execrows
-- For rebuild alone, as the owner: entries beyond those of each step, or of no step.
DELETE FROM log_entries e
WHERE e.job_id = @job_id AND NOT EXISTS (
    SELECT 1 FROM (SELECT unnest(@run_nos::integer[]) AS run_no, unnest(@step_nos::integer[]) AS step_no,
        unnest(@entry_counts::integer[]) AS entries) r WHERE r.run_no = e.run_no AND r.step_no = e.step_no AND e.entry_no <= r.entries
);
