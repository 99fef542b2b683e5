-- name: JobSizes :many
-- About how many snapshots each job has.
SELECT job_id, snapshot_no FROM report.polling ORDER BY job_id;

-- name: RowsAsTheyCome :exec
-- Until the transaction ends: each row is read once, and none is remembered. A server
-- before 14 does not know of it.
SELECT set_config(name, 'off', true) FROM pg_catalog.pg_settings WHERE name = 'enable_memoize';

-- name: StoredRuns :many
-- Runs, from one number to another, of jobs whose numbers lie between two, as are the
-- rows below.
SELECT job_id, run_no, run_id, state, status, started_at, ended_at, reported, duration, duration_max, first_seen_at, last_changed_at,
    steps, warnings, errors, error_summary, result_count, result_expires_at
FROM report.runs
WHERE job_id BETWEEN @from_job AND @to_job AND run_no BETWEEN @from_run AND @to_run ORDER BY job_id, run_no;

-- name: StoredSteps :many
SELECT job_id, run_no, step_no, step, state, status, started_at, ended_at, reported, duration, duration_max, started_raw, ended_raw,
    zone_assumed, first_seen_at, vanished_at
FROM report.steps
WHERE job_id BETWEEN @from_job AND @to_job AND run_no BETWEEN @from_run AND @to_run ORDER BY job_id, run_no, step_no;

-- name: StoredTransitions :many
SELECT job_id, transition_no, run_no, step_no, from_state, to_state, from_status, to_status, happened_at, not_before, observed_at, snapshot_no
FROM report.transitions
WHERE job_id BETWEEN @from_job AND @to_job AND run_no BETWEEN @from_run AND @to_run ORDER BY job_id, transition_no;

-- name: StoredAnomalies :many
SELECT job_id, anomaly_no, run_no, step_no, kind, was, now, count, observed_at, snapshot_no
FROM report.anomalies
WHERE job_id BETWEEN @from_job AND @to_job AND run_no BETWEEN @from_run AND @to_run ORDER BY job_id, anomaly_no;

-- name: StoredLogEntries :many
SELECT job_id, run_no, step_no, entry_no, created_at, level, detail, first_seen_at, withdrawn_at, created_raw, zone_assumed
FROM report.log_entries
WHERE job_id BETWEEN @from_job AND @to_job AND run_no BETWEEN @from_run AND @to_run ORDER BY job_id, run_no, step_no, entry_no;

-- name: StoredItems :many
SELECT job_id, run_no, item_no, item_id, url, labels, output, metadata FROM report.result_items
WHERE job_id BETWEEN @from_job AND @to_job AND run_no BETWEEN @from_run AND @to_run ORDER BY job_id, run_no, item_no;

-- name: StoredTakenRuns :many
SELECT * FROM report.taken_runs WHERE job_id BETWEEN @from_job AND @to_job ORDER BY job_id, run_no;

-- name: StoredErased :many
SELECT * FROM report.erased_snapshots WHERE job_id BETWEEN @from_job AND @to_job ORDER BY job_id, snapshot_no;
