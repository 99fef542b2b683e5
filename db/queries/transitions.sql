-- name: TransitionInsert :execrows
INSERT INTO transitions (job_id, transition_no, run_no, step_no, from_state, to_state, from_status, to_status,
    happened_at, not_before, observed_at, snapshot_no)
SELECT r.job_id, r.transition_no, r.run_no, NULLIF(r.step_no, 0),
    NULLIF(r.from_state, ''), r.to_state, CASE WHEN r.from_state <> '' THEN r.from_status END, r.to_status,
    NULLIF(r.happened_at, '0001-01-01 00:00:00+00'), NULLIF(r.not_before, '0001-01-01 00:00:00+00'), r.observed_at, r.snapshot_no
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@transition_nos::integer[]) AS transition_no,
    unnest(@run_nos::integer[]) AS run_no, unnest(@step_nos::integer[]) AS step_no,
    unnest(@from_states::text[]) AS from_state, unnest(@to_states::text[]) AS to_state,
    unnest(@from_statuses::text[]) AS from_status, unnest(@to_statuses::text[]) AS to_status,
    unnest(@happened_ats::timestamptz[]) AS happened_at, unnest(@not_befores::timestamptz[]) AS not_before,
    unnest(@observed_ats::timestamptz[]) AS observed_at, unnest(@snapshot_nos::integer[]) AS snapshot_no) r;

-- name: TransitionUpsert :execrows
-- For rebuild alone, as the owner.
INSERT INTO transitions (job_id, transition_no, run_no, step_no, from_state, to_state, from_status, to_status,
    happened_at, not_before, observed_at, snapshot_no)
SELECT r.job_id, r.transition_no, r.run_no, NULLIF(r.step_no, 0),
    NULLIF(r.from_state, ''), r.to_state, CASE WHEN r.from_state <> '' THEN r.from_status END, r.to_status,
    NULLIF(r.happened_at, '0001-01-01 00:00:00+00'), NULLIF(r.not_before, '0001-01-01 00:00:00+00'), r.observed_at, r.snapshot_no
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@transition_nos::integer[]) AS transition_no,
    unnest(@run_nos::integer[]) AS run_no, unnest(@step_nos::integer[]) AS step_no,
    unnest(@from_states::text[]) AS from_state, unnest(@to_states::text[]) AS to_state,
    unnest(@from_statuses::text[]) AS from_status, unnest(@to_statuses::text[]) AS to_status,
    unnest(@happened_ats::timestamptz[]) AS happened_at, unnest(@not_befores::timestamptz[]) AS not_before,
    unnest(@observed_ats::timestamptz[]) AS observed_at, unnest(@snapshot_nos::integer[]) AS snapshot_no) r
ON CONFLICT (job_id, transition_no) DO UPDATE SET run_no = excluded.run_no, step_no = excluded.step_no, from_state = excluded.from_state, to_state = excluded.to_state, from_status = excluded.from_status,
    to_status = excluded.to_status, happened_at = excluded.happened_at, not_before = excluded.not_before, observed_at = excluded.observed_at, snapshot_no = excluded.snapshot_no
WHERE (transitions.run_no, transitions.step_no, transitions.from_state, transitions.to_state, transitions.from_status, transitions.to_status,
    transitions.happened_at, transitions.not_before, transitions.observed_at, transitions.snapshot_no)
    IS DISTINCT FROM (excluded.run_no, excluded.step_no, excluded.from_state, excluded.to_state, excluded.from_status, excluded.to_status,
    excluded.happened_at, excluded.not_before, excluded.observed_at, excluded.snapshot_no);

-- name: TransitionTrim :execrows
-- For rebuild alone, as the owner.
DELETE FROM transitions x
WHERE x.job_id = @job_id AND NOT EXISTS (SELECT 1 FROM (SELECT unnest(@transition_nos::integer[]) AS transition_no) r WHERE r.transition_no = x.transition_no);
