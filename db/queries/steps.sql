-- name: StepUpsert :execrows
INSERT INTO steps (job_id, run_no, step_no, name, status, state, reported, started_at, started_raw, started_zone_assumed,
    ended_at, ended_raw, ended_zone_assumed, not_before, first_seen_at, ended_not_before, ended_seen_at, vanished_at)
SELECT r.job_id, r.run_no, r.step_no, r.name, r.status, r.state, r.reported,
    NULLIF(r.started_at, '0001-01-01 00:00:00+00'), NULLIF(r.started_raw, ''), r.started_zone_assumed,
    NULLIF(r.ended_at, '0001-01-01 00:00:00+00'), NULLIF(r.ended_raw, ''), r.ended_zone_assumed,
    NULLIF(r.not_before, '0001-01-01 00:00:00+00'), r.first_seen_at,
    NULLIF(r.ended_not_before, '0001-01-01 00:00:00+00'), NULLIF(r.ended_seen_at, '0001-01-01 00:00:00+00'),
    NULLIF(r.vanished_at, '0001-01-01 00:00:00+00')
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@run_nos::integer[]) AS run_no, unnest(@step_nos::integer[]) AS step_no,
    unnest(@names::text[]) AS name, unnest(@statuses::text[]) AS status, unnest(@states::text[]) AS state,
    unnest(@reported::boolean[]) AS reported,
    unnest(@started_ats::timestamptz[]) AS started_at, unnest(@started_raws::text[]) AS started_raw,
    unnest(@started_zones_assumed::boolean[]) AS started_zone_assumed,
    unnest(@ended_ats::timestamptz[]) AS ended_at, unnest(@ended_raws::text[]) AS ended_raw,
    unnest(@ended_zones_assumed::boolean[]) AS ended_zone_assumed,
    unnest(@not_befores::timestamptz[]) AS not_before, unnest(@first_seen_ats::timestamptz[]) AS first_seen_at,
    unnest(@ended_not_befores::timestamptz[]) AS ended_not_before, unnest(@ended_seen_ats::timestamptz[]) AS ended_seen_at,
    unnest(@vanished_ats::timestamptz[]) AS vanished_at) r
ON CONFLICT (job_id, run_no, step_no) DO UPDATE SET
    name = excluded.name, status = excluded.status, state = excluded.state, reported = excluded.reported,
    started_at = excluded.started_at, started_raw = excluded.started_raw, started_zone_assumed = excluded.started_zone_assumed,
    ended_at = excluded.ended_at, ended_raw = excluded.ended_raw, ended_zone_assumed = excluded.ended_zone_assumed,
    not_before = excluded.not_before, first_seen_at = excluded.first_seen_at,
    ended_not_before = excluded.ended_not_before, ended_seen_at = excluded.ended_seen_at, vanished_at = excluded.vanished_at
WHERE (steps.name, steps.status, steps.state, steps.reported, steps.started_at, steps.started_raw,
    steps.started_zone_assumed, steps.ended_at, steps.ended_raw, steps.ended_zone_assumed, steps.not_before,
    steps.first_seen_at, steps.ended_not_before, steps.ended_seen_at, steps.vanished_at)
    IS DISTINCT FROM (excluded.name, excluded.status, excluded.state, excluded.reported, excluded.started_at,
    excluded.started_raw, excluded.started_zone_assumed, excluded.ended_at, excluded.ended_raw,
    excluded.ended_zone_assumed, excluded.not_before, excluded.first_seen_at, excluded.ended_not_before,
    excluded.ended_seen_at, excluded.vanished_at);

-- name: StepListByRuns :many
-- The steps of runs, without those that comparing has forgotten: observed steps that ended before, others that vanished before.
SELECT sqlc.embed(s), coalesce((SELECT max(x.entry_no) FROM log_entries x
    WHERE x.job_id = s.job_id AND x.run_no = s.run_no AND x.step_no = s.step_no), 0)::integer AS last_entry_no
FROM steps s
JOIN (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@run_nos::integer[]) AS run_no,
    unnest(@forgotten_befores::timestamptz[]) AS forgotten_before) w ON s.job_id = w.job_id AND s.run_no = w.run_no
WHERE coalesce(CASE WHEN s.reported THEN s.vanished_at ELSE s.ended_seen_at END >= w.forgotten_before, true)
ORDER BY s.job_id, s.run_no, s.step_no;

-- name: StepTrim :execrows
-- For rebuild alone, as the owner: steps beyond those of each run, or of no run.
DELETE FROM steps s
WHERE s.job_id = @job_id AND NOT EXISTS (
    SELECT 1 FROM (SELECT unnest(@run_nos::integer[]) AS run_no, unnest(@step_counts::integer[]) AS steps) r
    WHERE r.run_no = s.run_no AND s.step_no <= r.steps
);
