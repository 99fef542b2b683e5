-- name: AnomalyInsert :execrows
INSERT INTO anomalies (job_id, anomaly_no, run_no, step_no, kind, was, now, count, observed_at, snapshot_no)
SELECT r.job_id, r.anomaly_no, r.run_no, NULLIF(r.step_no, 0), r.kind, NULLIF(r.was, '')::jsonb, NULLIF(r.now, '')::jsonb,
    r.count, r.observed_at, r.snapshot_no
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@anomaly_nos::integer[]) AS anomaly_no,
    unnest(@run_nos::integer[]) AS run_no, unnest(@step_nos::integer[]) AS step_no, unnest(@kinds::text[]) AS kind,
    unnest(@was::text[]) AS was, unnest(@now::text[]) AS now, unnest(@counts::integer[]) AS count,
    unnest(@observed_ats::timestamptz[]) AS observed_at, unnest(@snapshot_nos::integer[]) AS snapshot_no) r;

-- name: AnomalyUpsert :execrows
-- For rebuild alone, as the owner.
INSERT INTO anomalies (job_id, anomaly_no, run_no, step_no, kind, was, now, count, observed_at, snapshot_no)
SELECT r.job_id, r.anomaly_no, r.run_no, NULLIF(r.step_no, 0), r.kind, NULLIF(r.was, '')::jsonb, NULLIF(r.now, '')::jsonb,
    r.count, r.observed_at, r.snapshot_no
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@anomaly_nos::integer[]) AS anomaly_no,
    unnest(@run_nos::integer[]) AS run_no, unnest(@step_nos::integer[]) AS step_no, unnest(@kinds::text[]) AS kind,
    unnest(@was::text[]) AS was, unnest(@now::text[]) AS now, unnest(@counts::integer[]) AS count,
    unnest(@observed_ats::timestamptz[]) AS observed_at, unnest(@snapshot_nos::integer[]) AS snapshot_no) r
ON CONFLICT (job_id, anomaly_no) DO UPDATE SET run_no = excluded.run_no, step_no = excluded.step_no, kind = excluded.kind, was = excluded.was, now = excluded.now,
    count = excluded.count, observed_at = excluded.observed_at, snapshot_no = excluded.snapshot_no
WHERE (anomalies.run_no, anomalies.step_no, anomalies.kind, anomalies.was, anomalies.now, anomalies.count,
    anomalies.observed_at, anomalies.snapshot_no)
    IS DISTINCT FROM (excluded.run_no, excluded.step_no, excluded.kind, excluded.was, excluded.now, excluded.count,
    excluded.observed_at, excluded.snapshot_no);

-- name: AnomalyTrim :execrows
-- For rebuild alone, as the owner.
DELETE FROM anomalies x
WHERE x.job_id = @job_id AND NOT EXISTS (SELECT 1 FROM (SELECT unnest(@anomaly_nos::integer[]) AS anomaly_no) r WHERE r.anomaly_no = x.anomaly_no);

-- name: ReportAnomalyBy :one
-- Whether an anomaly of some kinds was observed of a job by a time.
SELECT EXISTS (SELECT 1 FROM report.anomalies WHERE job_id = @job_id AND kind = ANY(@kinds::text[]) AND observed_at <= @by::timestamptz);
