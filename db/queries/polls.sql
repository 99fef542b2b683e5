-- name: PollInsert :execrows
INSERT INTO polls (job_id, polled_at, outcome, http_status, latency_us, snapshot_no, error, error_body)
SELECT r.job_id, r.polled_at, NULLIF(r.outcome, 'unchanged'), NULLIF(r.http_status, CASE WHEN r.snapshot_no > 0 THEN 200 ELSE 0 END), r.latency_us,
    NULLIF(r.snapshot_no, 0), NULLIF(r.error, ''), NULLIF(r.error_body, '')
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@polled_ats::timestamptz[]) AS polled_at,
    unnest(@outcomes::text[]) AS outcome, unnest(@http_statuses::smallint[]) AS http_status,
    unnest(@latencies_us::integer[]) AS latency_us, unnest(@snapshot_nos::integer[]) AS snapshot_no,
    unnest(@errors::text[]) AS error, unnest(@error_bodies::text[]) AS error_body) r;

-- name: PollInsertLate :exec
-- A poll whose job somebody else had taken over.
INSERT INTO polls (job_id, polled_at, outcome, http_status, latency_us, error, error_body)
VALUES (@job_id, @polled_at, @outcome::text, sqlc.narg('http_status'), @latency_us, sqlc.narg('error'), sqlc.narg('error_body'))
ON CONFLICT (job_id, polled_at) DO NOTHING;

-- name: PollPartitionsExtend :exec
SELECT polls_extend();
