-- name: GapInsertUnseen :exec
-- The gaps in which nobody was to look at some jobs end now, by a decision.
INSERT INTO gaps (job_id, gap_no, gap_from, gap_to, reason)
SELECT c.job_id, coalesce((SELECT max(g.gap_no) FROM gaps g WHERE g.job_id = c.job_id), 0) + 1, c.polled_at, sqlc.arg(now)::timestamptz, c.unseen_reason
FROM cursors c
WHERE c.job_id = ANY(@job_ids::bigint[]) AND c.unseen_reason IS NOT NULL AND sqlc.arg(now)::timestamptz - c.polled_at > 2 * c.planned_every;

-- name: GapInsert :exec
-- A gap that a poll has ended, unless its claim is gone: then it is recorded already.
INSERT INTO gaps (job_id, gap_no, gap_from, gap_to, reason)
SELECT @job_id, coalesce((SELECT max(g.gap_no) FROM gaps g WHERE g.job_id = @job_id), 0) + 1, @gap_from, @gap_to, @reason
WHERE EXISTS (SELECT FROM cursors c WHERE c.job_id = @job_id AND c.claimed_until = @claimed_until::timestamptz);
