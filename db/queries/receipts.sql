-- name: ReceiptLock :exec
-- Whoever keeps the same webhook waits until it is kept.
SELECT pg_advisory_xact_lock(hashtextextended(format('receipt %s %s', @source_id::bigint, @message_id::text), 0));

-- name: ReceiptInsert :many
-- One that came before is not there a second time, for whatever jobs; gives those of one that is new.
INSERT INTO receipts (source_id, of_job, at, message_id, kind, verified)
SELECT @source_id, r.of_job, sqlc.arg(at)::timestamptz, @message_id, @kind, @verified
FROM (SELECT unnest(@of_jobs::bigint[]) AS of_job) r
WHERE NOT EXISTS (SELECT 1 FROM receipts b WHERE b.source_id = @source_id AND b.message_id = @message_id)
ON CONFLICT (source_id, message_id, of_job) DO NOTHING
RETURNING of_job;

-- name: CursorHasten :exec
-- Jobs that are polled by schedule are due now; those that are being polled, once more;
-- those that are overdue, since then: a gap is judged by it.
-- Their rows are locked in the order in which those that record polls lock them.
WITH locked AS (
    SELECT c.job_id FROM cursors c
    WHERE c.job_id = ANY(@job_ids::bigint[]) AND c.next_poll_at IS NOT NULL
        AND (c.next_poll_at > @due_at::timestamptz OR c.claimed_until > @due_at::timestamptz)
    ORDER BY c.job_id FOR NO KEY UPDATE
)
UPDATE cursors c SET next_poll_at = @due_at::timestamptz FROM locked l WHERE c.job_id = l.job_id;

-- name: ReportJobsOfSource :many
-- The jobs of a source that are polled by schedule, and whether an import goes on.
SELECT d.job_id, d.target, coalesce(p.state IS NULL OR p.state IN ('queued', 'running', 'unknown'), true)::boolean AS going
FROM report.declared_jobs d JOIN report.polling p ON p.job_id = d.job_id
WHERE d.source = @source AND d.tracking = 'active' ORDER BY d.job_id;

-- name: ReceiptForget :exec
DELETE FROM receipts WHERE at < @before;
