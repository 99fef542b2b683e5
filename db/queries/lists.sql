-- Lists that are read page by page. A page begins beyond the key of the last row of the
-- one before, so that what arrives meanwhile moves nothing. Keys never change, but for
-- when a run began, which the upstream may report late.

-- name: ListJobs :many
SELECT job_id FROM report.jobs
WHERE job > @name::text AND (@source::text = '' OR source = @source::text) AND (@state::text = '' OR state = @state::text)
    AND CASE WHEN @tracking::text = '' THEN tracking <> 'removed' ELSE tracking = @tracking::text END
    AND labels @> sqlc.arg(labels)::text::jsonb AND strpos(lower(job), lower(@query::text)) > 0
ORDER BY job LIMIT @rows;

-- name: ListStatus :many
SELECT s.job::text AS job, s.source::text AS source, s.provider::text AS provider, s.run_no::integer AS run_no, s.run_id::text AS run_id,
    s.state::text AS state, s.status::text AS status, s.since::timestamptz AS since
FROM report.status_as_of(sqlc.arg(as_of)::timestamptz, sqlc.arg(known_at)::timestamptz) s
WHERE s.job > sqlc.arg(name)::text AND (sqlc.arg(source)::text = '' OR s.source = sqlc.arg(source)::text) AND (sqlc.arg(state)::text = '' OR s.state = sqlc.arg(state)::text)
ORDER BY s.job LIMIT sqlc.arg(rows);

-- name: ListStalled :many
SELECT * FROM report.stalled
WHERE job > @name::text AND (@source::text = '' OR source = @source::text) AND since >= sqlc.arg(since)::timestamptz
ORDER BY job LIMIT @rows;

-- name: ListRuns :many
-- The newest first.
SELECT job_id, run_no FROM report.runs
WHERE (started_at, job_id, run_no) < (@at::timestamptz, @job_id::bigint, @no::integer) AND started_at >= @since::timestamptz
    AND (@source::text = '' OR source = @source::text) AND (@state::text = '' OR state = @state::text) AND labels @> sqlc.arg(labels)::text::jsonb
ORDER BY started_at DESC, job_id DESC, run_no DESC LIMIT @rows;

-- name: ListRunsOfJob :many
-- The newest first.
SELECT job_id, run_no FROM report.runs
WHERE job = @job AND run_no < @no::integer AND (@state::text = '' OR state = @state::text)
ORDER BY run_no DESC LIMIT @rows;

-- name: ListSteps :many
SELECT * FROM report.steps WHERE job = @job AND run_no = @run_no AND step_no > @no::integer ORDER BY step_no LIMIT @rows;

-- name: ListLogEntries :many
SELECT * FROM report.log_entries
WHERE job = @job AND run_no = @run_no AND (step_no, entry_no) > (@no::integer, @sub::integer) AND (@level::text = '' OR level = @level::text)
ORDER BY step_no, entry_no LIMIT @rows;

-- name: ListTransitionsOfRun :many
SELECT * FROM report.transitions WHERE job = @job AND run_no = @run_no AND transition_no > @no::integer ORDER BY transition_no LIMIT @rows;

-- name: ListTransitions :many
-- The newest first.
SELECT * FROM report.transitions
WHERE (observed_at, job_id, transition_no) < (@at::timestamptz, @job_id::bigint, @no::integer) AND observed_at >= @since::timestamptz
    AND (@source::text = '' OR source = @source::text) AND (@state::text = '' OR to_state = @state::text)
ORDER BY observed_at DESC, job_id DESC, transition_no DESC LIMIT @rows;

-- name: ListAnomaliesOfRun :many
SELECT * FROM report.anomalies WHERE job = @job AND run_no = @run_no AND anomaly_no > @no::integer ORDER BY anomaly_no LIMIT @rows;

-- name: ListAnomalies :many
-- The newest first.
SELECT * FROM report.anomalies
WHERE (observed_at, job_id, anomaly_no) < (@at::timestamptz, @job_id::bigint, @no::integer) AND observed_at >= @since::timestamptz
    AND (@source::text = '' OR source = @source::text) AND (@kind::text = '' OR kind = @kind::text)
ORDER BY observed_at DESC, job_id DESC, anomaly_no DESC LIMIT @rows;

-- name: ListResultItems :many
SELECT * FROM report.result_items WHERE job = @job AND run_no = @run_no AND item_no > @no::integer ORDER BY item_no LIMIT @rows;

-- name: ListSnapshots :many
-- Without their bodies.
SELECT job, source, provider, snapshot_no, run_no, observed_at, not_before, confirmed_at, polls, status, state, sha256, size, interpretation
FROM report.snapshots WHERE job = @job AND run_no = @run_no AND snapshot_no > @no::integer ORDER BY snapshot_no LIMIT @rows;

-- name: ListPolls :many
-- The newest first.
SELECT * FROM report.polls
WHERE job_id = @job_id AND polled_at < @at::timestamptz AND polled_at >= @since::timestamptz AND polled_at <= @until::timestamptz
ORDER BY polled_at DESC LIMIT @rows;

-- name: ListGapsOfJob :many
-- Those that ended after a time, or are open, and began by another; the newest first.
SELECT * FROM report.gaps
WHERE job = @job AND (gap_from, reason) < (@at::timestamptz, @name::text) AND gap_from <= @until::timestamptz AND (gap_to IS NULL OR gap_to > @since::timestamptz)
ORDER BY gap_from DESC, reason DESC LIMIT @rows;

-- name: ListGaps :many
-- Those that ended after a time, or are open; the newest first.
SELECT * FROM report.gaps
WHERE (gap_from, job_id, reason) < (@at::timestamptz, @job_id::bigint, @name::text) AND (gap_to IS NULL OR gap_to > @since::timestamptz)
    AND (@source::text = '' OR source = @source::text) AND (@kind::text = '' OR reason = @kind::text)
ORDER BY gap_from DESC, job_id DESC, reason DESC LIMIT @rows;

-- name: ListEvents :many
-- In the journal's order, of entries before one: without that bound all events are read.
SELECT * FROM report.events
WHERE entry_no >= @no::bigint AND entry_no < @until::bigint AND (entry_no > @no::bigint OR (kind < @name::text OR kind = @name::text AND event_no > @sub::bigint)) AND at >= @since::timestamptz
    AND (@source::text = '' OR source = @source::text) AND (@kind::text = '' OR kind = @kind::text)
ORDER BY entry_no, kind DESC, event_no LIMIT @rows;

-- name: ListEventsOfEntries :many
-- Likewise of the entries that are named, which are found by their keys. A filter that may be left
-- out is a CASE: else the plan that is kept expects one source, and looks the entries up for each.
SELECT * FROM report.events
WHERE entry_no = ANY(@nos::bigint[]) AND (entry_no > @no::bigint OR (kind < @name::text OR kind = @name::text AND event_no > @sub::bigint)) AND at >= @since::timestamptz
    AND CASE WHEN @source::text = '' THEN true ELSE source = @source::text END AND CASE WHEN @kind::text = '' THEN true ELSE kind = @kind::text END
ORDER BY entry_no, kind DESC, event_no LIMIT @rows;

-- name: ListEventsOfJob :many
-- Likewise of a job, whose entries are found by it.
SELECT * FROM report.events
WHERE job_id = (SELECT d.job_id FROM report.declared_jobs d WHERE d.job = @job::text)
    AND entry_no >= @no::bigint AND (entry_no > @no::bigint OR (kind < @name::text OR kind = @name::text AND event_no > @sub::bigint)) AND at >= @since::timestamptz
    AND CASE WHEN @source::text = '' THEN true ELSE source = @source::text END AND CASE WHEN @kind::text = '' THEN true ELSE kind = @kind::text END
ORDER BY entry_no, kind DESC, event_no LIMIT @rows;

-- name: ListEventsBetween :many
-- All events of some entries of the journal, in its order.
SELECT * FROM report.events WHERE entry_no > @after::bigint AND entry_no <= @until::bigint ORDER BY entry_no, kind DESC, event_no;

-- name: ListJournalBetween :many
-- Some entries of the journal, with the names of their jobs and of these jobs' sources.
SELECT e.entry_no, e.at, e.kind, d.job, d.source
FROM report.journal e
LEFT JOIN report.declared_jobs d ON d.job_id = e.job_id
WHERE e.entry_no > @after::bigint AND e.entry_no <= @until::bigint ORDER BY e.entry_no;
