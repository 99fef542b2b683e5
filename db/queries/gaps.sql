-- name: GapAppend :exec
-- Gaps that a change of the registry has ended.
INSERT INTO gaps (job_id, gap_no, gap_from, gap_to, reason)
SELECT r.job_id, coalesce((SELECT max(g.gap_no) FROM gaps g WHERE g.job_id = r.job_id), 0)
    + row_number() OVER (PARTITION BY r.job_id ORDER BY r.gap_from), r.gap_from, r.gap_to, r.reason
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@gap_froms::timestamptz[]) AS gap_from,
    unnest(@gap_tos::timestamptz[]) AS gap_to, unnest(@reasons::text[]) AS reason) r;

-- name: GapInsert :exec
-- Gaps that polls have ended, without what a change of the registry, such as a
-- pause, has told of meanwhile.
INSERT INTO gaps (job_id, gap_no, gap_from, gap_to, reason)
SELECT r.job_id, coalesce((SELECT max(g.gap_no) FROM gaps g WHERE g.job_id = r.job_id), 0)
    + row_number() OVER (PARTITION BY r.job_id ORDER BY r.gap_from, r.gap_to), greatest(r.gap_from, c.covered_until), r.gap_to, r.reason
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@gap_froms::timestamptz[]) AS gap_from, unnest(@gap_tos::timestamptz[]) AS gap_to, unnest(@reasons::text[]) AS reason) r
JOIN cursors c ON c.job_id = r.job_id
WHERE greatest(r.gap_from, c.covered_until) < r.gap_to;
