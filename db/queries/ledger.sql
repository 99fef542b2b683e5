-- name: LedgerLock :one
-- The log's name where no key gives it one; no row: somebody else is sealing.
SELECT origin FROM ledger FOR UPDATE SKIP LOCKED;

-- name: LedgerTileUpsert :exec
INSERT INTO ledger_tiles AS t (level, tile_no, hashes)
SELECT r.level, r.tile_no, r.hashes
FROM (SELECT unnest(@levels::integer[]) AS level, unnest(@tile_nos::bigint[]) AS tile_no, unnest(@hashes::bytea[]) AS hashes) r
ON CONFLICT (level, tile_no) DO UPDATE SET hashes = excluded.hashes;

-- name: CheckpointInsert :exec
INSERT INTO checkpoints (size, sealed_at, root, origin, verifier, note)
VALUES (@size, @sealed_at, @root, @origin, sqlc.narg('verifier'), @note);

-- name: ReportTile :one
SELECT hashes FROM report.ledger_tiles WHERE level = @level AND tile_no = @tile_no;

-- name: ReportCheckpointLast :one
SELECT * FROM report.checkpoints ORDER BY size DESC LIMIT 1;

-- name: ReportCheckpoints :many
-- Those of logs that are longer, the shortest first.
SELECT * FROM report.checkpoints WHERE size > @beyond ORDER BY size LIMIT @most;

-- name: ReportJournal :many
SELECT * FROM report.journal WHERE entry_no > @beyond ORDER BY entry_no LIMIT @most;

-- name: ReportJournalLast :one
SELECT coalesce(max(entry_no), 0)::bigint FROM report.journal;

-- name: ReportSnapshotLeaves :many
SELECT * FROM report.snapshot_leaves WHERE entry_no BETWEEN @from_entry AND @to_entry ORDER BY entry_no;

-- name: ReportGapLeaves :many
SELECT * FROM report.gap_leaves WHERE entry_no BETWEEN @from_entry AND @to_entry ORDER BY entry_no;

-- name: ReportChangeLeaves :many
SELECT * FROM report.change_leaves WHERE entry_no BETWEEN @from_entry AND @to_entry ORDER BY entry_no;

-- name: ReportActLeaves :many
SELECT * FROM report.act_leaves WHERE entry_no BETWEEN @from_entry AND @to_entry ORDER BY entry_no;

-- name: ReportDayPolls :many
-- Polls of jobs on a day, by job and time, beyond one.
SELECT job_id, polled_at, outcome, snapshot_no, http_status, latency::interval AS latency FROM report.polls
WHERE job_id = ANY(@job_ids::bigint[]) AND polled_at >= @from_time AND polled_at < @to_time
    AND (job_id, polled_at) > (@beyond_job::bigint, @beyond_time::timestamptz)
ORDER BY job_id, polled_at LIMIT @most;

-- name: ReportJobNames :many
-- The jobs beyond one, by number.
SELECT job_id, job FROM report.declared_jobs WHERE job_id > @beyond ORDER BY job_id LIMIT @most;
