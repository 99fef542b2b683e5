-- name: SnapshotInsert :execrows
INSERT INTO snapshots (job_id, snapshot_no, polled_at, observed_at, not_before, previous_polls, run_no, size, interpretation,
    patches, body_is_text, status, state, sha256, body)
SELECT r.job_id, r.snapshot_no, r.polled_at, r.observed_at, NULLIF(r.not_before, '0001-01-01 00:00:00+00'), r.previous_polls,
    r.run_no, r.size, r.interpretation, r.patches, r.body_is_text, r.status, r.state, r.sha256, r.body
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@snapshot_nos::integer[]) AS snapshot_no,
    unnest(@polled_ats::timestamptz[]) AS polled_at, unnest(@observed_ats::timestamptz[]) AS observed_at,
    unnest(@not_befores::timestamptz[]) AS not_before, unnest(@previous_polls::integer[]) AS previous_polls,
    unnest(@run_nos::integer[]) AS run_no, unnest(@sizes::integer[]) AS size,
    unnest(@interpretations::integer[]) AS interpretation, unnest(@patches::smallint[]) AS patches, unnest(@bodies_are_text::boolean[]) AS body_is_text,
    unnest(@statuses::text[]) AS status, unnest(@states::text[]) AS state,
    unnest(@sha256s::bytea[]) AS sha256, unnest(@bodies::bytea[]) AS body) r;

-- name: SnapshotBody :one
SELECT body FROM report.snapshots WHERE job_id = @job_id AND snapshot_no = @snapshot_no;

-- name: SnapshotLastBy :one
-- The last snapshot that was observed by a time (0: none). Those before it were there by
-- then too, also where the clock, set back since, told a later time of them.
SELECT coalesce((
    SELECT n.snapshot_no FROM report.stored_bodies n WHERE n.job_id = @job_id AND n.observed_at <= @known_at ORDER BY n.snapshot_no DESC LIMIT 1
), 0)::integer;

-- name: SnapshotList :many
-- The next snapshots of a job to fold, up to a last one, with their bodies as they are
-- stored: as many as those are no larger than @most bytes together, and at least one.
SELECT job_id, snapshot_no, observed_at, not_before, run_no, patches, status, state, interpretation, sha256, size, is_text, stored AS body
FROM (
    SELECT b.*, (sum(coalesce(octet_length(b.stored), 0)) OVER (ORDER BY b.snapshot_no))::bigint AS total
    FROM report.stored_bodies b
    WHERE b.job_id = @job_id AND b.snapshot_no > @after AND b.snapshot_no <= @last
    ORDER BY b.snapshot_no
    LIMIT @rows
) n
WHERE n.total <= @most::bigint OR n.total = coalesce(octet_length(n.stored), 0)
ORDER BY snapshot_no;

-- name: SnapshotParts :many
-- What is stored of the bodies of snapshots: whole ones, and the patches that follow.
SELECT p.job_id, p.patches, p.body
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@snapshot_nos::integer[]) AS snapshot_no) w
JOIN snapshots n ON n.job_id = w.job_id AND n.snapshot_no = w.snapshot_no AND n.job_id = ANY(@job_ids::bigint[])
JOIN snapshots p ON p.job_id = n.job_id AND p.snapshot_no BETWEEN n.snapshot_no - n.patches AND n.snapshot_no
ORDER BY p.job_id, p.snapshot_no;

-- name: ReportSnapshotRun :one
SELECT run_no FROM report.snapshots WHERE job_id = @job_id AND snapshot_no = @snapshot_no;
