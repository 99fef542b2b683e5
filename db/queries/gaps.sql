-- name: GapInsert :exec
-- Gaps that polls or a change of the registry have ended, without what another change,
-- such as a pause, has told of meanwhile.
WITH ended AS MATERIALIZED (
    SELECT r.job_id, greatest(r.gap_from, c.covered_until) AS gap_from, r.gap_to, r.reason,
        row_number() OVER (PARTITION BY r.job_id ORDER BY r.gap_from, r.gap_to) AS place
    FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@gap_froms::timestamptz[]) AS gap_from, unnest(@gap_tos::timestamptz[]) AS gap_to, unnest(@reasons::text[]) AS reason) r
    JOIN cursors c ON c.job_id = r.job_id
    WHERE greatest(r.gap_from, c.covered_until) < r.gap_to
), last AS MATERIALIZED (
    SELECT f.job_id, n.gap_no FROM gaps f
    CROSS JOIN LATERAL (SELECT g.gap_no FROM gaps g WHERE g.job_id = f.job_id ORDER BY g.gap_no DESC LIMIT 1) n
    WHERE f.job_id = ANY(@job_ids::bigint[]) AND f.gap_no = 1
)
INSERT INTO gaps (job_id, gap_no, gap_from, gap_to, reason)
SELECT e.job_id, coalesce(l.gap_no, 0) + e.place, e.gap_from, e.gap_to, e.reason
FROM ended e LEFT JOIN last l ON l.job_id = e.job_id;
