-- name: ResultUpsert :exec
-- A file that is kept stays, whoever fails to fetch it again.
INSERT INTO results AS r (of_job, run_no, place, sha256, size, fetched_at, error)
VALUES (@of_job, @run_no, @place, @sha256, sqlc.narg('size'), @fetched_at, sqlc.narg('error'))
ON CONFLICT (of_job, run_no) DO UPDATE SET place = excluded.place, sha256 = excluded.sha256, size = excluded.size, fetched_at = excluded.fetched_at, error = excluded.error
WHERE r.sha256 IS NULL;

-- name: ReportResultKept :one
SELECT EXISTS (SELECT 1 FROM report.results WHERE job_id = @job_id AND run_no = @run_no AND sha256 IS NOT NULL);
