-- name: ActInsert :one
-- As the owner; who does it, registry_author tells.
INSERT INTO acts (done_at, kind, of_job, what, run_no, snapshot_no, range_from, range_to, rows_changed, actor, reason,
    interpretation)
SELECT clock_timestamp(), @kind, @job_id::bigint, @what, sqlc.narg('run_no'), sqlc.narg('snapshot_no'), @range_from, @range_to, @rows, a.actor, sqlc.narg('reason'),
    sqlc.narg('interpretation')
FROM registry_author() a
RETURNING act_no;

-- name: ErasedSnapshotUpsert :exec
INSERT INTO erased_snapshots AS e (job_id, act_no, snapshot_no, run_no, transition_no, anomaly_no, steps_observed, run_id)
SELECT @job_id, @act_no, r.snapshot_no, r.run_no, r.transition_no, r.anomaly_no, r.steps_observed, r.run_id
FROM (SELECT unnest(@snapshot_nos::integer[]) AS snapshot_no, unnest(@run_nos::integer[]) AS run_no,
    unnest(@transition_nos::integer[]) AS transition_no, unnest(@anomaly_nos::integer[]) AS anomaly_no,
    unnest(@steps_observed::boolean[]) AS steps_observed, unnest(@run_ids::text[]) AS run_id) r
ON CONFLICT (job_id, snapshot_no) DO UPDATE SET transition_no = excluded.transition_no, anomaly_no = excluded.anomaly_no;

-- name: SnapshotErase :exec
UPDATE snapshots SET body = NULL, patches = 0 WHERE job_id = @job_id AND snapshot_no = ANY(@snapshot_nos::integer[]);

-- name: SnapshotRestore :exec
-- Stores a body whole that stood as a patch of one that goes.
UPDATE snapshots SET body = @body, patches = 0 WHERE job_id = @job_id AND snapshot_no = @snapshot_no;

-- name: SnapshotRepatch :exec
-- Patches that are now so many after a whole body.
UPDATE snapshots s SET patches = r.patches
FROM (SELECT unnest(@snapshot_nos::integer[]) AS snapshot_no, unnest(@patches::smallint[]) AS patches) r
WHERE s.job_id = @job_id AND s.snapshot_no = r.snapshot_no;

-- name: ReportErasedSnapshots :many
SELECT * FROM report.erased_snapshots WHERE job_id = @job_id ORDER BY snapshot_no;

-- name: ReportErasures :many
-- The erasures of a job, the oldest first.
SELECT * FROM report.acts WHERE job_id = @job_id::bigint AND kind = 'erasure' ORDER BY act_no;

-- name: ErasedBy :one
-- The act that erased a snapshot whose run is there still.
SELECT e.act_no FROM report.erased_snapshots e
WHERE e.job = @job AND e.snapshot_no = @snapshot_no AND NOT EXISTS (SELECT 1 FROM report.taken_runs t WHERE t.job_id = e.job_id AND t.run_no = e.run_no);
