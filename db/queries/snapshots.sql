-- name: SnapshotInsert :execrows
INSERT INTO snapshots (job_id, snapshot_no, polled_at, observed_at, not_before, previous_polls, run_no, status, state,
    body, body_is_text, sha256, interpretation)
SELECT r.job_id, r.snapshot_no, r.polled_at, r.observed_at, NULLIF(r.not_before, '0001-01-01 00:00:00+00'), r.previous_polls,
    r.run_no, r.status, r.state, r.body, r.body_is_text, r.sha256, r.interpretation
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@snapshot_nos::integer[]) AS snapshot_no,
    unnest(@polled_ats::timestamptz[]) AS polled_at, unnest(@observed_ats::timestamptz[]) AS observed_at,
    unnest(@not_befores::timestamptz[]) AS not_before, unnest(@previous_polls::integer[]) AS previous_polls,
    unnest(@run_nos::integer[]) AS run_no, unnest(@statuses::text[]) AS status, unnest(@states::text[]) AS state,
    unnest(@bodies::bytea[]) AS body, unnest(@bodies_are_text::boolean[]) AS body_is_text,
    unnest(@sha256s::bytea[]) AS sha256, unnest(@interpretations::integer[]) AS interpretation) r;

-- name: SnapshotBody :one
SELECT body FROM snapshots WHERE job_id = @job_id AND snapshot_no = @snapshot_no;

-- name: SnapshotList :many
-- The next snapshots of a job to fold: as many as are no larger than @most bytes
-- together, and at least one. The sum does not read the bodies.
SELECT snapshot_no, observed_at, not_before, run_no, status, state, body
FROM (
    SELECT s.snapshot_no, s.observed_at, s.not_before, s.run_no, s.status, s.state, s.body,
        (sum(coalesce(s.size, 0)) OVER (ORDER BY s.snapshot_no))::bigint AS total
    FROM report.snapshots s
    WHERE s.job_id = @job_id AND s.snapshot_no > @after AND s.observed_at <= @known_at
    ORDER BY s.snapshot_no
    LIMIT @rows
) n
WHERE n.total <= @most::bigint OR n.total = coalesce(octet_length(n.body), 0)
ORDER BY snapshot_no;
