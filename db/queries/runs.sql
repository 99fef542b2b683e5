-- name: RunUpsert :execrows
INSERT INTO runs (job_id, run_no, run_id, status, state, started_at, ended_at, not_before, first_seen_at,
    ended_not_before, ended_seen_at, last_changed_at, step_count, warnings, errors,
    error_summary, result_count, result_expires_at, result_expires_raw, unknown_words, shape, forgotten_before)
SELECT r.job_id, r.run_no, r.run_id, r.status, r.state,
    NULLIF(r.started_at, '0001-01-01 00:00:00+00'), NULLIF(r.ended_at, '0001-01-01 00:00:00+00'),
    NULLIF(r.not_before, '0001-01-01 00:00:00+00'), r.first_seen_at,
    NULLIF(r.ended_not_before, '0001-01-01 00:00:00+00'), NULLIF(r.ended_seen_at, '0001-01-01 00:00:00+00'),
    r.last_changed_at, r.step_count, r.warnings, r.errors,
    CASE WHEN r.has_error_summary THEN r.error_summary END, CASE WHEN r.has_result_count THEN r.result_count END,
    NULLIF(r.result_expires_at, '0001-01-01 00:00:00+00'), NULLIF(r.result_expires_raw, ''),
    CASE WHEN r.unknown_words = '[]' THEN '{}' ELSE ARRAY(SELECT jsonb_array_elements_text(r.unknown_words::jsonb)) END, r.shape::jsonb,
    NULLIF(r.forgotten_before, '0001-01-01 00:00:00+00')
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@run_nos::integer[]) AS run_no, unnest(@run_ids::text[]) AS run_id,
    unnest(@statuses::text[]) AS status, unnest(@states::text[]) AS state,
    unnest(@started_ats::timestamptz[]) AS started_at, unnest(@ended_ats::timestamptz[]) AS ended_at,
    unnest(@not_befores::timestamptz[]) AS not_before, unnest(@first_seen_ats::timestamptz[]) AS first_seen_at,
    unnest(@ended_not_befores::timestamptz[]) AS ended_not_before, unnest(@ended_seen_ats::timestamptz[]) AS ended_seen_at,
    unnest(@last_changed_ats::timestamptz[]) AS last_changed_at, unnest(@step_counts::integer[]) AS step_count,
    unnest(@warnings::integer[]) AS warnings, unnest(@errors::integer[]) AS errors,
    unnest(@has_error_summary::boolean[]) AS has_error_summary, unnest(@error_summaries::text[]) AS error_summary,
    unnest(@has_result_count::boolean[]) AS has_result_count, unnest(@result_counts::bigint[]) AS result_count,
    unnest(@result_expires_ats::timestamptz[]) AS result_expires_at, unnest(@result_expires_raws::text[]) AS result_expires_raw,
    unnest(@unknown_words::text[]) AS unknown_words, unnest(@shapes::text[]) AS shape,
    unnest(@forgotten_befores::timestamptz[]) AS forgotten_before) r
ON CONFLICT (job_id, run_no) DO UPDATE SET
    run_id = excluded.run_id, status = excluded.status, state = excluded.state, started_at = excluded.started_at, ended_at = excluded.ended_at,
    not_before = excluded.not_before, first_seen_at = excluded.first_seen_at,
    ended_not_before = excluded.ended_not_before, ended_seen_at = excluded.ended_seen_at, last_changed_at = excluded.last_changed_at,
    step_count = excluded.step_count, warnings = excluded.warnings, errors = excluded.errors,
    error_summary = excluded.error_summary, result_count = excluded.result_count,
    result_expires_at = excluded.result_expires_at, result_expires_raw = excluded.result_expires_raw,
    unknown_words = excluded.unknown_words, shape = excluded.shape, forgotten_before = excluded.forgotten_before
WHERE (runs.run_id, runs.status, runs.state, runs.started_at, runs.ended_at, runs.not_before, runs.first_seen_at,
    runs.ended_not_before, runs.ended_seen_at, runs.last_changed_at, runs.step_count, runs.warnings,
    runs.errors, runs.error_summary, runs.result_count, runs.result_expires_at, runs.result_expires_raw,
    runs.unknown_words, runs.shape, runs.forgotten_before)
    IS DISTINCT FROM (excluded.run_id, excluded.status, excluded.state, excluded.started_at, excluded.ended_at,
    excluded.not_before, excluded.first_seen_at, excluded.ended_not_before, excluded.ended_seen_at,
    excluded.last_changed_at, excluded.step_count, excluded.warnings, excluded.errors, excluded.error_summary,
    excluded.result_count, excluded.result_expires_at, excluded.result_expires_raw, excluded.unknown_words,
    excluded.shape, excluded.forgotten_before);

-- name: RunLoad :many
-- The runs that comparing needs: of each job the run of the newest snapshot and the
-- run of the answer, with the job's highest numbers.
SELECT sqlc.embed(r), n.snapshot_no AS head_snapshot_no, n.run_no AS head_run_no, (r.run_id = w.run_id)::boolean AS told,
    lr.no::integer AS last_run_no,
    coalesce((SELECT max(x.step_no) FROM steps x WHERE x.job_id = r.job_id AND x.run_no = r.run_no), 0)::integer AS last_step_no,
    coalesce(greatest(lt.no, le.transition_no), 0)::integer AS last_transition_no, coalesce(greatest(la.no, lk.no, le.anomaly_no), 0)::integer AS last_anomaly_no,
    (b.snapshot_no IS NOT NULL)::boolean AS blind, b.not_before AS blind_from
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@run_ids::text[]) AS run_id) w
JOIN snapshots f ON f.job_id = w.job_id AND f.snapshot_no = 1 AND f.job_id = ANY(@job_ids::bigint[])
CROSS JOIN LATERAL (
    SELECT s.snapshot_no, s.run_no FROM snapshots s WHERE s.job_id = f.job_id ORDER BY s.snapshot_no DESC LIMIT 1
) n
CROSS JOIN LATERAL (SELECT max(x.run_no) AS no FROM runs x WHERE x.job_id = f.job_id) lr
CROSS JOIN LATERAL (SELECT max(x.transition_no) AS no FROM transitions x WHERE x.job_id = f.job_id) lt
CROSS JOIN LATERAL (SELECT max(x.anomaly_no) AS no FROM anomalies x WHERE x.job_id = f.job_id) la
CROSS JOIN LATERAL (SELECT max(x.last_anomaly_no) AS no FROM taken_runs x WHERE x.job_id = f.job_id) lk
CROSS JOIN LATERAL (
    SELECT max(x.transition_no) AS transition_no, max(x.anomaly_no) AS anomaly_no FROM erased_snapshots x WHERE x.job_id = f.job_id
) le
JOIN runs r ON r.job_id = f.job_id AND (r.run_no = n.run_no OR r.run_id = w.run_id)
LEFT JOIN LATERAL ( -- the first of the erased snapshots at the run's end
    SELECT e.snapshot_no, s.not_before FROM erased_snapshots e
    JOIN snapshots s ON s.job_id = e.job_id AND s.snapshot_no = e.snapshot_no
    WHERE e.job_id = r.job_id AND e.run_no = r.run_no AND NOT EXISTS (
        SELECT 1 FROM snapshots k WHERE k.job_id = e.job_id AND k.snapshot_no > e.snapshot_no AND k.run_no = e.run_no AND k.body IS NOT NULL)
    ORDER BY e.snapshot_no LIMIT 1
) b ON true;

-- name: RunVacate :exec
-- For rebuild alone: takes a run id from the wrong run, so that the right one can have it.
UPDATE runs r SET run_id = E'\x01' || r.run_no
FROM (SELECT unnest(@run_nos::integer[]) AS run_no, unnest(@run_ids::text[]) AS run_id) w
WHERE r.job_id = @job_id AND r.run_no = w.run_no AND r.run_id <> w.run_id;

-- name: RunTrim :execrows
-- For rebuild alone, as the owner.
DELETE FROM runs WHERE job_id = @job_id AND run_no > @last;

-- name: RunListToldSince :many
-- The runs that were seen by a time and told of after it, with the number of the first
-- snapshot of each: by job, the one that was seen first before the others.
SELECT r.job, r.job_id, r.run_no, r.run_id,
    (SELECT coalesce(min(n.snapshot_no), 1) FROM report.snapshots n WHERE n.job_id = r.job_id AND n.run_no = r.run_no)::integer AS from_no
FROM report.runs r
WHERE r.first_seen_at <= @known_at AND r.last_changed_at > @known_at AND (@source::text = '' OR r.source = @source)
ORDER BY r.job_id, r.run_no;
