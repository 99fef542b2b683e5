-- name: GapInsertUnseen :exec
-- The gaps in which nobody was to look at some jobs end now, by a decision.
INSERT INTO gaps (job_id, gap_no, gap_from, gap_to, reason)
SELECT c.job_id, coalesce((SELECT max(g.gap_no) FROM gaps g WHERE g.job_id = c.job_id), 0) + 1, c.polled_at, sqlc.arg(now)::timestamptz, c.unseen_reason
FROM cursors c
WHERE c.job_id = ANY(@job_ids::bigint[]) AND c.unseen_reason IS NOT NULL AND sqlc.arg(now)::timestamptz - c.polled_at > 2 * c.planned_every;

-- name: GapInsert :exec
-- Gaps that polls have ended, unless their claim is gone: then they are recorded already.
INSERT INTO gaps (job_id, gap_no, gap_from, gap_to, reason)
SELECT r.job_id, coalesce((SELECT max(g.gap_no) FROM gaps g WHERE g.job_id = r.job_id), 0)
    + row_number() OVER (PARTITION BY r.job_id ORDER BY r.gap_from, r.gap_to), r.gap_from, r.gap_to, r.reason
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@claimed_untils::timestamptz[]) AS claimed_until,
    unnest(@gap_froms::timestamptz[]) AS gap_from, unnest(@gap_tos::timestamptz[]) AS gap_to, unnest(@reasons::text[]) AS reason) r
JOIN cursors c ON c.job_id = r.job_id AND c.claimed_until = r.claimed_until;
