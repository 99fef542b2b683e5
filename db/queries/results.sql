-- name: ResultUpsert :exec
-- A file that is kept stays, whoever fails to fetch it again.
INSERT INTO results AS r (of_job, run_no, place, sha256, size, fetched_at, error)
VALUES (@of_job, @run_no, @place, @sha256, sqlc.narg('size'), @fetched_at, sqlc.narg('error'))
ON CONFLICT (of_job, run_no) DO UPDATE SET place = excluded.place, sha256 = excluded.sha256, size = excluded.size, fetched_at = excluded.fetched_at, error = excluded.error
WHERE r.sha256 IS NULL;

-- name: ReportResultPlace :one
-- Where the file of a run is kept; empty: nowhere.
SELECT coalesce((SELECT place FROM report.results WHERE job_id = @job_id AND run_no = @run_no AND sha256 IS NOT NULL), '')::text;

-- name: ResultBegin :exec
-- It waits to be fetched from now on; what failed before stays so until it is fetched.
INSERT INTO results (of_job, run_no, place, fetched_at) VALUES (@of_job, @run_no, @place, @fetched_at)
ON CONFLICT (of_job, run_no) DO NOTHING;

-- name: ReportResultsLeft :many
-- Jobs whose latest run has a file that is not fetched, although that has begun before a
-- time, or has failed of a run that changed since another.
SELECT DISTINCT r.job::text AS job
FROM report.results r
JOIN report.jobs j ON j.job_id = r.job_id AND j.run_no = r.run_no
JOIN report.runs n ON n.job_id = r.job_id AND n.run_no = r.run_no
WHERE r.sha256 IS NULL AND r.fetched_at <= @before AND j.tracking IN ('active', 'finished')
    AND (r.error IS NULL OR n.last_changed_at > sqlc.arg(changed_since)::timestamptz)
ORDER BY 1;
