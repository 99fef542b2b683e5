-- name: PollInsert :execrows
INSERT INTO polls (job_id, polled_at, outcome, http_status, latency_us, snapshot_no, error)
SELECT r.job_id, r.polled_at, r.outcome, NULLIF(r.http_status, 0), r.latency_us, NULLIF(r.snapshot_no, 0), NULLIF(r.error, '')
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@polled_ats::timestamptz[]) AS polled_at,
    unnest(@outcomes::text[]) AS outcome, unnest(@http_statuses::smallint[]) AS http_status,
    unnest(@latencies_us::integer[]) AS latency_us, unnest(@snapshot_nos::integer[]) AS snapshot_no,
    unnest(@errors::text[]) AS error) r;

-- name: PollOutcome :one
SELECT outcome FROM polls WHERE job_id = @job_id AND polled_at = @polled_at;

-- name: PollInsertLate :exec
-- A poll whose job somebody else had taken over: that it was made.
INSERT INTO polls (job_id, polled_at, outcome, http_status, latency_us, error)
VALUES (@job_id, @polled_at, @outcome, sqlc.narg('http_status'), @latency_us, sqlc.narg('error'))
ON CONFLICT (job_id, polled_at) DO NOTHING;

-- name: PollPartitionsExtend :exec
SELECT polls_extend();
