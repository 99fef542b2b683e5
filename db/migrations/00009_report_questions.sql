-- The reporting interface: the questions that are asked most, each as a
-- function, which `tracker report` prints and docs/sql.md lists. What it takes
-- has defaults, so that it can be asked without any: since when it looks back
-- (one that has no since tells of now), of which sources (null: all), and of jobs
-- with which labels. Some can be asked about the past, too: how things stood at
-- as_of, and by what was known at known_at. The others tell of runs and steps as the
-- newest answers have left them, over whose times a service may have written since;
-- what was known of a run then its snapshots tell alone (tracker history). They read the views of this schema, as whoever asks may, and
-- give their rows in order.
--
-- In PL/pgSQL, which a database that is distributed by job_id takes: a function
-- in SQL it puts in the place of the call, with arguments that it cannot send on.
-- Each call is planned for its own values: with one plan for any, which a session
-- comes to take from the sixth call on, some took ten times as long.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION report.failed_imports(since timestamptz DEFAULT now() - interval '7 days', sources text[] DEFAULT NULL, labels jsonb DEFAULT '{}')
RETURNS TABLE (job text, source text, run_no integer, ended_at timestamptz, duration interval, step text, why text, duration_max interval, reported boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
    SELECT r.job, r.source, r.run_no, r.ended_at, r.duration, r.failed_step, r.why, r.duration_max, r.reported
    FROM report.runs r
    WHERE r.state = 'failed' AND r.ended_at >= failed_imports.since
        AND (failed_imports.sources IS NULL OR r.source = ANY(failed_imports.sources)) AND r.labels @> failed_imports.labels
    ORDER BY r.ended_at DESC, r.job;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.failed_imports(timestamptz, text[], jsonb) IS 'Which imports failed lately, and why? One row per run that failed since then, the latest first. The reason is the last error that the service logged where the import failed, else its summary (see report.runs.why). Where reported is false the import had ended by ended_at, and took from duration to duration_max (null: nothing bounds it).';

-- +goose StatementBegin
CREATE FUNCTION report.stalled(sources text[] DEFAULT NULL, labels jsonb DEFAULT '{}')
RETURNS TABLE (job text, source text, run_no integer, step text, state text, since timestamptz, seen_at timestamptz, usual_duration interval,
    stall_after interval, reported boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
    SELECT t.job, t.source, t.run_no, t.step, t.state, t.since, t.seen_at, t.usual_duration, t.stall_after, t.reported
    FROM report.stalled t
    WHERE (stalled.sources IS NULL OR t.source = ANY(stalled.sources))
        AND (stalled.labels = '{}' OR t.job IN (SELECT j.job FROM report.declared_jobs j WHERE j.labels @> stalled.labels))
    ORDER BY t.since, t.job;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.stalled(text[], jsonb) IS 'What is stuck now? The rows of the view report.stalled, the longest first. A run is stalled that goes on for longer than its job''s stall_after; where that is null, than three times usual_duration. It was last seen so at seen_at: nothing is known since.';

-- +goose StatementBegin
CREATE FUNCTION report.gaps(since timestamptz DEFAULT now() - interval '7 days', sources text[] DEFAULT NULL, labels jsonb DEFAULT '{}',
    as_of timestamptz DEFAULT now())
RETURNS TABLE (job text, source text, gap_from timestamptz, gap_to timestamptz, lasted interval, reason text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
    SELECT g.job, g.source, g.gap_from, o.gap_to, coalesce(o.gap_to, least(gaps.as_of, now())) - g.gap_from, g.reason
    FROM report.gaps g
    CROSS JOIN LATERAL (SELECT CASE WHEN g.gap_to <= gaps.as_of OR gaps.as_of >= now() THEN g.gap_to END AS gap_to) o
    WHERE (g.gap_from <= gaps.as_of OR gaps.as_of >= now()) AND (o.gap_to IS NULL OR o.gap_to >= gaps.since) AND (gaps.sources IS NULL OR g.source = ANY(gaps.sources))
        AND (gaps.labels = '{}' OR g.job IN (SELECT j.job FROM report.declared_jobs j WHERE j.labels @> gaps.labels))
    ORDER BY g.gap_from DESC, g.job;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.gaps(timestamptz, text[], jsonb, timestamptz) IS 'When did we not look? The gaps of the view report.gaps that ended since then or are open, whose end is null, and how long each has lasted, the latest first. As of as_of those are open that ended later.';

-- What is new is so at its source, whichever jobs are asked for.
-- +goose StatementBegin
CREATE FUNCTION report.new_errors(since timestamptz DEFAULT now() - interval '7 days', sources text[] DEFAULT NULL, labels jsonb DEFAULT '{}',
    as_of timestamptz DEFAULT now(), known_at timestamptz DEFAULT now())
RETURNS TABLE (source text, line text, first_seen_at timestamptz, times bigint, jobs bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
    SELECT n.source, n.line, min(n.first_seen_at), count(*) FILTER (WHERE n.asked), count(DISTINCT n.job) FILTER (WHERE n.asked)
    FROM (
        SELECT e.source, regexp_replace(e.detail, '[0-9]+', 'N', 'g') AS line, e.first_seen_at, e.job,
            new_errors.labels = '{}' OR e.job IN (SELECT j.job FROM report.declared_jobs j WHERE j.labels @> new_errors.labels) AS asked
        FROM report.log_entries e
        WHERE e.level = 'error'
            AND (new_errors.known_at >= now() OR e.first_seen_at <= new_errors.known_at)
            AND (new_errors.as_of >= now() OR report.effective_at(e.created_at, e.first_seen_at) <= new_errors.as_of)
            AND (new_errors.sources IS NULL OR e.source = ANY(new_errors.sources))
    ) n
    GROUP BY n.source, n.line
    HAVING min(n.first_seen_at) >= new_errors.since AND bool_or(n.asked)
    ORDER BY min(n.first_seen_at) DESC, n.source, n.line;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.new_errors(timestamptz, text[], jsonb, timestamptz, timestamptz) IS 'Which error lines are new? One row per line that a source had never logged before then, whichever of its jobs logged it, the latest first; times and jobs count those that are asked for. Lines that differ in their numbers only count as one. Of the past it counts what was logged by as_of and seen by known_at.';

-- +goose StatementBegin
CREATE FUNCTION report.step_durations(since timestamptz DEFAULT now() - interval '56 days', sources text[] DEFAULT NULL, labels jsonb DEFAULT '{}')
RETURNS TABLE (week timestamptz, source text, step text, runs bigint, p50_duration interval, p95_duration interval,
    p50_duration_max interval, p95_duration_max interval, reported boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
    SELECT date_bin('7 days', p.started_at, date_trunc('day', now(), 'UTC') + interval '1 day') AS begins, p.source, p.step, count(*),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY p.duration),
        percentile_cont(0.95) WITHIN GROUP (ORDER BY p.duration),
        CASE WHEN count(p.duration_max) = count(*) THEN percentile_cont(0.5) WITHIN GROUP (ORDER BY p.duration_max) END,
        CASE WHEN count(p.duration_max) = count(*) THEN percentile_cont(0.95) WITHIN GROUP (ORDER BY p.duration_max) END,
        bool_and(p.reported)
    FROM report.steps p
    WHERE p.started_at >= step_durations.since AND p.duration IS NOT NULL
        AND (step_durations.sources IS NULL OR p.source = ANY(step_durations.sources))
        AND (step_durations.labels = '{}' OR p.job IN (SELECT j.job FROM report.declared_jobs j WHERE j.labels @> step_durations.labels))
    GROUP BY begins, p.source, p.step
    ORDER BY begins DESC, p.source, p.step;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.step_durations(timestamptz, text[], jsonb) IS 'How long does each step take, by week? One row per week, source and step of which one began since then and has ended, the latest first. Weeks are stretches of seven days, of which the last ends tonight. Where not all times were reported the percentiles are between those of the lower bounds and those of the upper ones.';

-- +goose StatementBegin
CREATE FUNCTION report.time_in_state(since timestamptz DEFAULT now() - interval '7 days', sources text[] DEFAULT NULL, labels jsonb DEFAULT '{}',
    as_of timestamptz DEFAULT now(), known_at timestamptz DEFAULT now())
RETURNS TABLE (job text, source text, run_no integer, state text, spent interval)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
    SELECT l.job, l.source, l.run_no, l.state, sum(l.ends_at - l.starts_at)
    FROM report.state_timeline(time_in_state.since, time_in_state.as_of, time_in_state.sources, CASE WHEN time_in_state.labels <> '{}'
        THEN ARRAY(SELECT j.job FROM report.declared_jobs j WHERE j.labels @> time_in_state.labels) END, time_in_state.known_at) l
    WHERE l.state IN ('queued', 'running', 'unknown')
    GROUP BY l.job, l.source, l.run_no, l.state
    ORDER BY l.job, l.run_no, min(l.starts_at);
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.time_in_state(timestamptz, text[], jsonb, timestamptz, timestamptz) IS 'How long was each run in each state? One row per run and state that is not terminal. Only time since then counts; once a run has ended, it is in that state until the next one begins. Of the past it counts the time until as_of, by what was known at known_at.';

-- From the runs: report.daily knows no labels.
-- +goose StatementBegin
CREATE FUNCTION report.runs_per_day(since timestamptz DEFAULT now() - interval '14 days', sources text[] DEFAULT NULL, labels jsonb DEFAULT '{}')
RETURNS TABLE (day date, source text, provider text, runs bigint, succeeded bigint, failed bigint, p50_duration interval, p95_duration interval,
    p50_duration_max interval, p95_duration_max interval, reported boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
    SELECT (r.started_at AT TIME ZONE 'UTC')::date AS began, r.source, r.provider, count(*),
        count(*) FILTER (WHERE r.state = 'succeeded'), count(*) FILTER (WHERE r.state = 'failed'),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY r.duration),
        percentile_cont(0.95) WITHIN GROUP (ORDER BY r.duration),
        CASE WHEN count(r.duration_max) = count(r.duration) THEN percentile_cont(0.5) WITHIN GROUP (ORDER BY r.duration_max) END,
        CASE WHEN count(r.duration_max) = count(r.duration) THEN percentile_cont(0.95) WITHIN GROUP (ORDER BY r.duration_max) END,
        bool_and(r.reported)
    FROM report.runs r
    WHERE r.started_at >= date_trunc('day', runs_per_day.since, 'UTC')
        AND (runs_per_day.sources IS NULL OR r.source = ANY(runs_per_day.sources)) AND r.labels @> runs_per_day.labels
    GROUP BY began, r.source, r.provider
    ORDER BY began DESC, r.source;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.runs_per_day(timestamptz, text[], jsonb) IS 'How many imports ran per day and source? One row per day of UTC, from that of since, and source on which a run began, the latest first. report.daily has the counts, and the lower bounds of the durations, sooner, but of all jobs. The percentiles are as in report.step_durations.';

-- +goose StatementBegin
CREATE FUNCTION report.broken_streaks(since timestamptz DEFAULT now() - interval '7 days', sources text[] DEFAULT NULL, labels jsonb DEFAULT '{}')
RETURNS TABLE (job text, source text, run_no integer, ended_at timestamptz, successes bigint, reported boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
    WITH ended AS (
        SELECT r.job_id, r.job, r.source, r.run_no, r.state, r.ended_at, r.reported,
            count(*) FILTER (WHERE r.state <> 'succeeded') OVER (PARTITION BY r.job_id ORDER BY r.run_no) - (r.state <> 'succeeded')::integer AS streak
        FROM report.runs r
        WHERE r.ended_at IS NOT NULL AND r.job_id IN (
            SELECT f.job_id FROM report.runs f
            WHERE f.state = 'failed' AND f.ended_at >= broken_streaks.since
                AND (broken_streaks.sources IS NULL OR f.source = ANY(broken_streaks.sources)) AND f.labels @> broken_streaks.labels)
    ), counted AS (
        SELECT n.*, count(*) FILTER (WHERE n.state = 'succeeded') OVER (PARTITION BY n.job_id, n.streak) AS successes FROM ended n
    )
    SELECT c.job, c.source, c.run_no, c.ended_at, c.successes, c.reported
    FROM counted c
    WHERE c.state = 'failed' AND c.successes >= 5 AND c.ended_at >= broken_streaks.since
    ORDER BY c.ended_at DESC, c.job;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.broken_streaks(timestamptz, text[], jsonb) IS 'Which failed after a row of successes? One row per run that failed since then, after at least five of its job had succeeded one after the other, the latest first.';

-- +goose StatementBegin
CREATE FUNCTION report.unusual_durations(since timestamptz DEFAULT now() - interval '7 days', sources text[] DEFAULT NULL, labels jsonb DEFAULT '{}')
RETURNS TABLE (job text, source text, run_no integer, state text, started_at timestamptz, duration interval, usual_duration interval,
    duration_max interval, reported boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
    WITH usual AS (
        SELECT u.job_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY u.duration) AS took
        FROM report.runs u
        WHERE u.state = 'succeeded' AND u.ended_at < unusual_durations.since
            AND (unusual_durations.sources IS NULL OR u.source = ANY(unusual_durations.sources)) AND u.labels @> unusual_durations.labels
        GROUP BY u.job_id
        HAVING count(*) >= 5
    )
    SELECT r.job, r.source, r.run_no, r.state, r.started_at, r.duration, u.took, r.duration_max, r.reported
    FROM report.runs r
    JOIN usual u ON u.job_id = r.job_id
    WHERE r.ended_at >= unusual_durations.since AND (r.duration > 2 * u.took OR r.duration_max < u.took / 2)
    ORDER BY r.started_at DESC, r.job;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.unusual_durations(timestamptz, text[], jsonb) IS 'What took far longer or less than usual? One row per run that ended since then and took, for certain, over twice, or under half, as long as usual_duration: here the median of the job''s successes before then, of which there must be five. The latest first.';

-- Looked up beside a job's first snapshot: a distributed database takes that, and no
-- lookup beside the row of a table that is not distributed by job_id.
CREATE VIEW report.last_successes AS
SELECT j.name AS job, s.name AS source, s.provider, l.run_no, l.ended_at, l.reported, f.job_id
FROM snapshots f
JOIN jobs j ON j.job_id = f.job_id
JOIN sources s ON s.source_id = j.source_id
CROSS JOIN LATERAL (
    SELECT r.run_no, r.ended_at, r.reported FROM report.runs r
    WHERE r.job_id = f.job_id AND r.state = 'succeeded'
    ORDER BY r.run_no DESC LIMIT 1
) l
WHERE f.snapshot_no = 1;
COMMENT ON VIEW report.last_successes IS 'One row per job, removed ones too, of which a run ever succeeded: the last one that did.';
COMMENT ON COLUMN report.last_successes.job IS 'Name of the job.';
COMMENT ON COLUMN report.last_successes.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.last_successes.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.last_successes.run_no IS 'Number of the run within its job.';
COMMENT ON COLUMN report.last_successes.ended_at IS 'End of the run, as in report.runs.';
COMMENT ON COLUMN report.last_successes.reported IS 'True if the start and the end of the run are the upstream''s times, as in report.runs.';
COMMENT ON COLUMN report.last_successes.job_id IS 'Number of the job, by which views are joined.';

-- +goose StatementBegin
CREATE FUNCTION report.no_recent_success(since timestamptz DEFAULT now() - interval '7 days', sources text[] DEFAULT NULL, labels jsonb DEFAULT '{}')
RETURNS TABLE (job text, source text, state text, state_since timestamptz, last_success_no integer, last_success_at timestamptz,
    state_since_reported boolean, reported boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
    SELECT j.job, j.source, j.state, j.state_since, l.run_no, l.ended_at, j.state_since_reported, coalesce(l.reported, false)
    FROM report.jobs j
    LEFT JOIN report.last_successes l ON l.job_id = j.job_id
    WHERE j.tracking IN ('active', 'paused') AND (l.ended_at IS NULL OR l.ended_at < no_recent_success.since)
        AND (no_recent_success.sources IS NULL OR j.source = ANY(no_recent_success.sources)) AND j.labels @> no_recent_success.labels
    ORDER BY l.ended_at NULLS FIRST, j.job;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.no_recent_success(timestamptz, text[], jsonb) IS 'Which jobs have not succeeded lately? One row per job that is tracked on and has had no success since then, the longest first; one whose last_success_at is null never had any.';

-- +goose StatementBegin
CREATE FUNCTION report.job_summary(since timestamptz DEFAULT now() - interval '30 days', sources text[] DEFAULT NULL, labels jsonb DEFAULT '{}')
RETURNS TABLE (job text, source text, runs bigint, ended bigint, succeeded bigint, percent double precision, p50_duration interval, p95_duration interval,
    last_success_no integer, last_success_at timestamptz, p50_duration_max interval, p95_duration_max interval, reported boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
    SELECT j.job, j.source, coalesce(r.begun, 0), coalesce(r.done, 0), coalesce(r.well, 0),
        round(100.0 * r.well / NULLIF(r.done, 0), 1)::double precision, r.p50, r.p95, l.run_no, l.ended_at,
        CASE WHEN r.bounded = r.done THEN r.p50_max END, CASE WHEN r.bounded = r.done THEN r.p95_max END, coalesce(l.reported, false)
    FROM report.declared_jobs j
    LEFT JOIN (
        SELECT n.job_id, count(*) AS begun, count(n.ended_at) AS done, count(*) FILTER (WHERE n.state = 'succeeded') AS well,
            count(n.duration_max) AS bounded,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY n.duration) AS p50,
            percentile_cont(0.95) WITHIN GROUP (ORDER BY n.duration) AS p95,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY n.duration_max) AS p50_max,
            percentile_cont(0.95) WITHIN GROUP (ORDER BY n.duration_max) AS p95_max
        FROM report.runs n
        WHERE n.started_at >= job_summary.since
            AND (job_summary.sources IS NULL OR n.source = ANY(job_summary.sources)) AND n.labels @> job_summary.labels
        GROUP BY n.job_id
    ) r ON r.job_id = j.job_id
    LEFT JOIN report.last_successes l ON l.job_id = j.job_id
    WHERE j.tracking <> 'removed' AND (job_summary.sources IS NULL OR j.source = ANY(job_summary.sources)) AND j.labels @> job_summary.labels
    ORDER BY j.job;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.job_summary(timestamptz, text[], jsonb) IS 'How reliable and quick is each job? One row per job that is not removed, with its runs that began since then, if there are any; percent is of those that have ended, the last success whenever it was. The percentiles are as in report.step_durations.';

-- +goose Down
DROP FUNCTION report.job_summary(timestamptz, text[], jsonb);
DROP FUNCTION report.no_recent_success(timestamptz, text[], jsonb);
DROP VIEW report.last_successes;
DROP FUNCTION report.unusual_durations(timestamptz, text[], jsonb);
DROP FUNCTION report.broken_streaks(timestamptz, text[], jsonb);
DROP FUNCTION report.runs_per_day(timestamptz, text[], jsonb);
DROP FUNCTION report.time_in_state(timestamptz, text[], jsonb, timestamptz, timestamptz);
DROP FUNCTION report.step_durations(timestamptz, text[], jsonb);
DROP FUNCTION report.new_errors(timestamptz, text[], jsonb, timestamptz, timestamptz);
DROP FUNCTION report.gaps(timestamptz, text[], jsonb, timestamptz);
DROP FUNCTION report.stalled(text[], jsonb);
DROP FUNCTION report.failed_imports(timestamptz, text[], jsonb);
