-- name: ReportJobs :many
SELECT * FROM report.jobs ORDER BY job;

-- name: ReportJob :one
SELECT * FROM report.jobs WHERE job = @job;

-- name: ReportSources :many
SELECT * FROM report.sources ORDER BY source;

-- name: ReportChanges :many
-- What was done since a time to a source or job, or to any, the newest last.
SELECT * FROM report.changes
WHERE (sqlc.narg('name')::text IS NULL OR subject IN ('source ' || sqlc.narg('name'), 'job ' || sqlc.narg('name'))) AND at >= @since
ORDER BY change_no;

-- name: ReportTrackingChanges :many
-- When a job was to be polled no more, or again: by what was done to it or to its
-- source since a time.
SELECT * FROM report.changes
WHERE subject = ANY(@subjects::text[]) AND action IN ('pause', 'resume', 'remove', 'revive') AND at >= @since
ORDER BY change_no;

-- name: ReportRuns :many
-- The newest runs of a job, or one of them.
SELECT * FROM report.runs
WHERE job = @job AND (sqlc.narg('run_no')::integer IS NULL OR run_no = sqlc.narg('run_no'))
ORDER BY run_no DESC
LIMIT @rows;

-- name: ReportRunsByKey :many
-- Runs by their keys, but for what those that go on are judged by, which report.runs asks
-- for anew for each of its columns: see ReportPaces.
SELECT r.job, r.source, r.provider, r.labels, r.run_no, r.run_id, r.state, r.status, r.started_at, r.ended_at, r.reported, r.duration, r.duration_max,
    r.first_seen_at, r.last_changed_at, r.steps, r.warnings, r.errors, r.error_summary, r.result_count, r.result_expires_at, r.why, r.why_withdrawn,
    r.failed_step, r.superseded, NULL::interval AS usual_duration, NULL::boolean AS stalled, r.held_at, r.job_id
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@run_nos::integer[]) AS run_no) k
JOIN report.runs r ON r.job_id = k.job_id AND r.run_no = k.run_no;

-- name: ReportPaces :many
-- What the runs of jobs are judged by that go on, and which of them are stalled.
SELECT job_id, run_no, usual_duration, median_duration, stalled_since FROM report.open_runs WHERE job_id = ANY(@job_ids::bigint[]);

-- name: ReportRunsLeft :many
-- When those of some runs of a job were last seen that another has superseded.
SELECT run_no, coalesce(seen_at, '0001-01-01 00:00:00+00')::timestamptz AS seen_at FROM report.unended_runs WHERE job = @job AND run_no = ANY(@run_nos::integer[]) AND superseded;

-- name: ReportHasRun :one
SELECT EXISTS (SELECT 1 FROM report.runs WHERE job = @job AND run_no = @run_no);

-- name: ReportOpenRun :one
-- What the latest run of a job is judged by, if it goes on.
SELECT * FROM report.open_runs WHERE job = @job;

-- name: ReportSteps :many
SELECT * FROM report.steps WHERE job = @job AND run_no = ANY(@run_nos::integer[]) ORDER BY run_no, step_no;

-- name: ReportTransitions :many
SELECT * FROM report.transitions WHERE job = @job AND run_no = ANY(@run_nos::integer[]) ORDER BY transition_no;

-- name: ReportAnomalies :many
SELECT * FROM report.anomalies WHERE job = @job AND run_no = ANY(@run_nos::integer[]) ORDER BY anomaly_no;

-- name: ReportLogEntries :many
-- The log of some runs of a job, from given levels (none: all), in the order of its steps.
SELECT * FROM report.log_entries
WHERE job = @job AND run_no = ANY(@run_nos::integer[]) AND (cardinality(@levels::text[]) = 0 OR level = ANY(@levels::text[]))
ORDER BY run_no, step_no, entry_no;

-- name: ReportSnapshot :one
-- A snapshot of a job, or its newest.
SELECT * FROM report.snapshots
WHERE job = @job AND (sqlc.narg('snapshot_no')::integer IS NULL OR snapshot_no = sqlc.narg('snapshot_no'))
ORDER BY snapshot_no DESC
LIMIT 1;

-- name: ReportPollsAnswered :one
-- What the snapshots that a job had by a time tell of its polls, by their keys
-- alone: how many saw one that another has followed (polls), and the newest,
-- beside the one that the cursor knows. A clock that was set back makes numbers
-- and times disagree.
SELECT n.polls, n.snapshot_no, n.first_at, n.newest_at, c.snapshot_no AS known_no, c.confirmations,
    coalesce(c.confirmed_at, '0001-01-01 00:00:00+00')::timestamptz AS confirmed_at,
    (coalesce(c.unseen_reason = 'clock', false) OR EXISTS (SELECT 1 FROM report.gaps g WHERE g.job_id = @job_id AND g.reason = 'clock'))::boolean AS set_back
FROM report.polling c
CROSS JOIN (
    SELECT coalesce(sum(x.previous_polls), 0)::bigint AS polls, coalesce(max(x.snapshot_no), 0)::integer AS snapshot_no,
        coalesce(min(x.polled_at), '0001-01-01 00:00:00+00')::timestamptz AS first_at,
        coalesce(max(x.polled_at), '0001-01-01 00:00:00+00')::timestamptz AS newest_at
    FROM report.snapshots x
    WHERE x.job_id = @job_id AND x.polled_at <= @known_at
) n
WHERE c.job_id = @job_id;

-- name: ReportPollsConfirmed :one
-- The polls that saw a snapshot, since its first, by a time. All is given as constants,
-- which leave most partitions of polls out before they are planned for.
SELECT count(*) AS polls, coalesce(max(p.polled_at), @since)::timestamptz AS last_at
FROM report.polls p
WHERE p.job_id = @job_id AND p.polled_at >= @since AND p.polled_at <= @known_at AND p.snapshot_no = @snapshot_no::integer;

-- name: ReportPollsUnanswered :one
-- The polls of a job that got no answer, or one that counts for nothing.
SELECT count(*) AS polls, count(*) FILTER (WHERE p.outcome <> 'superseded') AS failed,
    coalesce(min(p.polled_at), '0001-01-01 00:00:00+00')::timestamptz AS first_at,
    coalesce(max(p.polled_at), '0001-01-01 00:00:00+00')::timestamptz AS last_at
FROM report.polls p
WHERE p.job_id = @job_id AND p.polled_at <= @known_at AND p.snapshot_no IS NULL;

-- name: ReportTakenPolls :one
-- What is known of a job's polls that retention has taken.
SELECT * FROM report.taken_polls WHERE job_id = @job_id;

-- name: ReportRetention :many
-- What retention has taken of a job, and of all jobs since a time.
SELECT * FROM report.retention WHERE job_id = @job_id OR job_id IS NULL AND range_to > @since ORDER BY at, range_from;

-- name: ReportPollsCounted :one
-- How often a job was polled, and when, poll by poll.
SELECT count(*) AS polls, count(*) FILTER (WHERE p.outcome NOT IN ('changed', 'unchanged', 'superseded')) AS failed,
    coalesce(min(p.polled_at), '0001-01-01 00:00:00+00')::timestamptz AS first_at,
    coalesce(max(p.polled_at), '0001-01-01 00:00:00+00')::timestamptz AS last_at,
    coalesce(max(p.polled_at) FILTER (WHERE p.snapshot_no IS NOT NULL), '0001-01-01 00:00:00+00')::timestamptz AS answered_at
FROM report.polls p
WHERE p.job_id = @job_id AND p.polled_at <= @known_at;

-- name: ReportPollOutcome :one
SELECT outcome FROM report.polls WHERE job_id = @job_id AND polled_at = @polled_at;

-- name: ReportGaps :many
-- The gaps of a job that ended after a time, or are open.
SELECT * FROM report.gaps WHERE job = @job AND (gap_to IS NULL OR gap_to > @since) ORDER BY gap_from;

-- name: ReportTracked :one
-- How far the jobs were polled that an answer is about.
SELECT count(*) AS jobs, count(c.polled_at) AS polled, count(n.observed_at) AS answered,
    count(*) FILTER (WHERE n.observed_at IS NOT NULL AND c.failures > 0 AND c.tracking IN ('active', 'paused')) AS failing,
    coalesce(min(j.registered_at), '0001-01-01 00:00:00+00')::timestamptz AS registered_at,
    coalesce(max(c.polled_at), '0001-01-01 00:00:00+00')::timestamptz AS polled_at,
    coalesce(min(n.observed_at), '0001-01-01 00:00:00+00')::timestamptz AS first_answer_at
FROM report.polling c
JOIN report.declared_jobs j ON j.job_id = c.job_id
LEFT JOIN report.snapshots n ON n.job_id = c.job_id AND n.snapshot_no = 1
WHERE (sqlc.arg(source)::text = '' OR c.source = sqlc.arg(source)::text) AND c.labels @> sqlc.arg(labels)::text::jsonb;

-- name: DeclaredJob :one
SELECT sqlc.embed(j), sqlc.embed(s) FROM report.declared_jobs j JOIN report.declared_sources s ON s.source = j.source WHERE j.job = @job;

-- name: DeclaredJobs :many
SELECT sqlc.embed(j), sqlc.embed(s) FROM report.declared_jobs j JOIN report.declared_sources s ON s.source = j.source ORDER BY j.job;

-- name: DeclaredSource :one
SELECT * FROM report.declared_sources WHERE source = @source;

-- name: DeclaredSources :many
SELECT * FROM report.declared_sources ORDER BY source;
