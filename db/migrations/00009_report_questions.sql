-- The reporting interface: the questions that are asked most, each as a
-- function, which `tracker report` prints and docs/sql.md lists. What it takes
-- has defaults, so that it can be asked without any: since when it looks back
-- (one that has no since tells of now), of which sources (null: all), and of jobs
-- with which labels. Each can be asked about the past, too: how things stood at
-- as_of, and by what was known at known_at. They read the views of this schema, as
-- whoever asks may, and give their rows in order.
--
-- In PL/pgSQL, which a database that is distributed by job_id takes: a function
-- in SQL it puts in the place of the call, with arguments that it cannot send on.
-- Each call is planned for its own values: with one plan for any, which a session
-- comes to take from the sixth call on, some took ten times as long.

-- +goose Up
-- What stands for a view in the text of a question, whose parameters are since, sources,
-- labels, as_of, known_at and told, in this order.
-- +goose StatementBegin
CREATE FUNCTION report.of_then(asked text, as_of timestamptz, known_at timestamptz) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $of_then$
BEGIN
    IF as_of >= now() AND known_at >= now() THEN
        RETURN 'report.' || asked;
    END IF;
    RETURN CASE asked
    WHEN 'runs' THEN '(
        SELECT u.job, u.source, u.provider, u.labels, u.run_no, u.state, u.started_at, u.ended_at, u.reported, u.duration, u.duration_max,
            u.first_seen_at, u.failed_step, u.why, u.job_id
        FROM report.runs u WHERE u.last_changed_at <= least($4, $5)
        UNION ALL
        SELECT c.job, c.source, c.provider, c.labels, c.run_no, c.state, c.started_at, c.ended_at, c.reported, c.duration, c.duration_max,
            c.first_seen_at, c.failed_step, c.why, c.job_id
        FROM report.changed_runs($4, $5, $6) c)'
    WHEN 'steps' THEN '(
        SELECT u.job, u.source, u.run_no, u.step_no, u.step, u.state, u.started_at, u.reported, u.duration, u.duration_max, u.vanished_at, u.job_id
        FROM report.steps u JOIN report.runs r ON r.job_id = u.job_id AND r.run_no = u.run_no WHERE r.last_changed_at <= least($4, $5)
        UNION ALL
        SELECT c.job, c.source, c.run_no, c.step_no, c.step, c.state, c.started_at, c.reported, c.duration, c.duration_max, c.vanished_at, c.job_id
        FROM report.changed_steps($4, $5, $6) c)'
    WHEN 'last_successes' THEN '(
        SELECT DISTINCT ON (g.job_id) g.job_id, g.run_no, g.ended_at, g.reported
        FROM ' || report.of_then('runs', as_of, known_at) || ' g WHERE g.state = ''succeeded'' ORDER BY g.job_id, g.run_no DESC)'
    WHEN 'stalled' THEN 'report.stalled_at($4, $5, $6)'
    ELSE 'report.jobs_at($4, $5)'
    END;
END $of_then$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.of_then(text, timestamptz, timestamptz) IS 'What the functions that answer questions read in the place of a view of this schema, as SQL: of now that view, of the past what stands for it. $4 is as_of, $5 known_at, $6 told.';

-- +goose StatementBegin
CREATE FUNCTION report.failed_imports(since timestamptz DEFAULT now() - interval '7 days', sources text[] DEFAULT NULL, labels jsonb DEFAULT '{}',
    as_of timestamptz DEFAULT now(), known_at timestamptz DEFAULT now(), told jsonb DEFAULT NULL)
RETURNS TABLE (job text, source text, run_no integer, ended_at timestamptz, duration interval, step text, why text, duration_max interval, reported boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY EXECUTE format($q$
    SELECT r.job, r.source, r.run_no, r.ended_at, r.duration, r.failed_step, r.why, r.duration_max, r.reported
    FROM %1$s r
    WHERE r.state = 'failed' AND r.ended_at >= $1
        AND ($2 IS NULL OR r.source = ANY($2)) AND r.labels @> $3
    ORDER BY r.ended_at DESC, r.job$q$, report.of_then('runs', as_of, known_at))
    USING since, sources, labels, as_of, known_at, told;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.failed_imports(timestamptz, text[], jsonb, timestamptz, timestamptz, jsonb) IS 'Which imports failed lately, and why? One row per run that failed since then, the latest first. The reason is the last error that the service logged where the import failed, else its summary (see report.runs.why). Where reported is false the import had ended by ended_at, and took from duration to duration_max (null: nothing bounds it).';

-- The view report.stalled, as it was. What was seen by known_at is told by the polls, or,
-- where retention has taken those, by the snapshots.
-- +goose StatementBegin
CREATE FUNCTION report.stalled_at(as_of timestamptz, known_at timestamptz DEFAULT now(), told jsonb DEFAULT NULL)
RETURNS TABLE (job text, source text, provider text, run_no integer, step text, state text, since timestamptz, usual_duration interval,
    reported boolean, stall_after interval, seen_at timestamptz, job_id bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY EXECUTE format($q$
    WITH open AS MATERIALIZED (
        SELECT j.job, j.source, j.provider, j.run_no, j.state, j.stall_after, j.job_id, least(r.started_at, r.first_seen_at) AS began,
            r.reported AND r.started_at <= r.first_seen_at AS began_reported,
            least($4, greatest((
                SELECT p.polled_at FROM report.polls p
                WHERE p.job_id = j.job_id AND p.polled_at <= $5 AND p.polled_at + p.latency <= $5 AND p.snapshot_no IS NOT NULL
                ORDER BY p.polled_at DESC LIMIT 1), (
                SELECT max(n.polled_at) FROM report.snapshots n WHERE n.job_id = j.job_id AND n.observed_at <= $5))) AS seen_at, (
                SELECT report.effective_at(t.happened_at, t.observed_at) FROM report.transitions t
                WHERE t.job_id = j.job_id AND t.run_no = j.run_no AND t.step_no IS NULL AND t.observed_at <= $5
                    AND report.effective_at(t.happened_at, t.observed_at) <= $4 AND t.transition_no > (
                        SELECT max(e.transition_no) FROM report.transitions e
                        WHERE e.job_id = j.job_id AND e.run_no = j.run_no AND e.step_no IS NULL AND e.observed_at <= $5
                            AND report.effective_at(e.happened_at, e.observed_at) <= $4 AND e.to_state IN ('succeeded', 'partial', 'failed', 'canceled'))
                ORDER BY t.transition_no LIMIT 1) AS back_since
        FROM report.jobs_at($4, $5) j
        JOIN %1$s r ON r.job_id = j.job_id AND r.run_no = j.run_no
        WHERE j.tracking <> 'removed' AND j.state IN ('queued', 'running', 'unknown')
    ), own AS MATERIALIZED (
        SELECT o.job_id, o.source, count(d.took) AS ended, percentile_cont(0.95) WITHIN GROUP (ORDER BY d.took) AS usual
        FROM open o
        LEFT JOIN (
            SELECT r.job_id, r.duration AS took, row_number() OVER (PARTITION BY r.job_id ORDER BY r.run_no DESC) AS no
            FROM %1$s r
            WHERE r.job_id IN (SELECT n.job_id FROM open n) AND r.state IN ('succeeded', 'partial', 'failed', 'canceled')
                AND (r.duration <> interval '0' OR r.duration_max IS NOT NULL)
        ) d ON d.job_id = o.job_id AND d.no <= 100
        GROUP BY o.job_id, o.source
    ), shared AS (
        SELECT d.source, percentile_cont(0.95) WITHIN GROUP (ORDER BY d.took) AS usual
        FROM (
            SELECT n.source, n.took, row_number() OVER (PARTITION BY n.source ORDER BY n.job_id DESC, n.no) AS no
            FROM (
                SELECT r.source, r.job_id, r.duration AS took, row_number() OVER (PARTITION BY r.job_id ORDER BY r.run_no DESC) AS no
                FROM %1$s r
                WHERE r.source IN (SELECT w.source FROM own w WHERE w.ended < 5) AND r.state IN ('succeeded', 'partial', 'failed', 'canceled')
                    AND (r.duration <> interval '0' OR r.duration_max IS NOT NULL)
            ) n
            WHERE n.no <= 5
        ) d
        WHERE d.no <= 100
        GROUP BY d.source
    ), step AS (
        SELECT DISTINCT ON (p.job_id, p.run_no) p.job_id, p.run_no, p.step
        FROM %2$s p
        WHERE p.job_id IN (SELECT n.job_id FROM open n) AND p.vanished_at IS NULL AND p.state IN ('queued', 'running', 'unknown')
        ORDER BY p.job_id, p.run_no, p.step_no DESC
    )
    SELECT o.job, o.source, o.provider, o.run_no, p.step, o.state, coalesce(o.back_since, o.began), CASE WHEN w.ended < 5 THEN h.usual ELSE w.usual END,
        o.back_since IS NULL AND o.began_reported, o.stall_after, o.seen_at, o.job_id
    FROM open o
    JOIN own w ON w.job_id = o.job_id
    LEFT JOIN shared h ON h.source = o.source
    LEFT JOIN step p ON p.job_id = o.job_id AND p.run_no = o.run_no
    WHERE o.seen_at - coalesce(o.back_since, o.began) > report.patience(o.stall_after, w.ended, w.usual, h.usual)$q$,
        report.of_then('runs', as_of, known_at), report.of_then('steps', as_of, known_at))
    USING NULL::timestamptz, NULL::text[], NULL::jsonb, as_of, known_at, told;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.stalled_at(timestamptz, timestamptz, jsonb) IS 'The rows of the view report.stalled as they were at as_of by what was known at known_at.';

-- +goose StatementBegin
CREATE FUNCTION report.stalled(sources text[] DEFAULT NULL, labels jsonb DEFAULT '{}',
    as_of timestamptz DEFAULT now(), known_at timestamptz DEFAULT now(), told jsonb DEFAULT NULL)
RETURNS TABLE (job text, source text, run_no integer, step text, state text, since timestamptz, seen_at timestamptz, usual_duration interval,
    stall_after interval, reported boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY EXECUTE format($q$
    SELECT t.job, t.source, t.run_no, t.step, t.state, t.since, t.seen_at, t.usual_duration, t.stall_after, t.reported
    FROM %1$s t
    WHERE ($2 IS NULL OR t.source = ANY($2)) AND ($3 = '{}' OR t.job IN (SELECT j.job FROM report.declared_jobs j WHERE j.labels @> $3))
    ORDER BY t.since, t.job$q$, report.of_then('stalled', as_of, known_at))
    USING NULL::timestamptz, sources, labels, as_of, known_at, told;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.stalled(text[], jsonb, timestamptz, timestamptz, jsonb) IS 'What is stuck now? The rows of the view report.stalled, or of report.stalled_at, the longest first. A run is stalled that goes on for longer than its job''s stall_after; where that is null, than three times usual_duration. It was last seen so at seen_at: nothing is known since.';

-- +goose StatementBegin
CREATE FUNCTION report.gaps(since timestamptz DEFAULT now() - interval '7 days', sources text[] DEFAULT NULL, labels jsonb DEFAULT '{}',
    as_of timestamptz DEFAULT now(), known_at timestamptz DEFAULT now())
RETURNS TABLE (job text, source text, gap_from timestamptz, gap_to timestamptz, lasted interval, reason text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    settled timestamptz := CASE WHEN least(as_of, known_at) < now() THEN least(as_of, known_at) ELSE 'infinity' END;
BEGIN
    RETURN QUERY
    SELECT g.job, g.source, g.gap_from, o.gap_to, coalesce(o.gap_to, least(settled, now())) - g.gap_from, g.reason
    FROM report.gaps g
    CROSS JOIN LATERAL (SELECT CASE WHEN g.gap_to <= settled THEN g.gap_to END AS gap_to) o
    WHERE g.gap_from <= settled AND (o.gap_to IS NULL OR o.gap_to >= gaps.since) AND (gaps.sources IS NULL OR g.source = ANY(gaps.sources))
        AND (gaps.labels = '{}' OR g.job IN (SELECT j.job FROM report.declared_jobs j WHERE j.labels @> gaps.labels))
    ORDER BY g.gap_from DESC, g.job;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.gaps(timestamptz, text[], jsonb, timestamptz, timestamptz) IS 'When did we not look? The gaps of the view report.gaps that ended since then or are open, whose end is null, and how long each has lasted, the latest first. Of the past those are open that ended later: when nobody looked is known at once, and what ended it when it does, so that as_of and known_at are the same here, the earlier one holds, and a gap is there from its beginning on with the reason that it was recorded with.';

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
CREATE FUNCTION report.step_durations(since timestamptz DEFAULT now() - interval '56 days', sources text[] DEFAULT NULL, labels jsonb DEFAULT '{}',
    as_of timestamptz DEFAULT now(), known_at timestamptz DEFAULT now(), told jsonb DEFAULT NULL)
RETURNS TABLE (week timestamptz, source text, step text, runs bigint, p50_duration interval, p95_duration interval,
    p50_duration_max interval, p95_duration_max interval, reported boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY EXECUTE format($q$
    SELECT date_bin('7 days', p.started_at, date_trunc('day', least($4, $5, now()), 'UTC') + interval '1 day') AS begins, p.source, p.step, count(*),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY p.duration),
        percentile_cont(0.95) WITHIN GROUP (ORDER BY p.duration),
        CASE WHEN count(p.duration_max) = count(*) THEN percentile_cont(0.5) WITHIN GROUP (ORDER BY p.duration_max) END,
        CASE WHEN count(p.duration_max) = count(*) THEN percentile_cont(0.95) WITHIN GROUP (ORDER BY p.duration_max) END,
        bool_and(p.reported)
    FROM %1$s p
    WHERE p.started_at >= $1 AND p.duration IS NOT NULL
        AND ($2 IS NULL OR p.source = ANY($2))
        AND ($3 = '{}' OR p.job IN (SELECT j.job FROM report.declared_jobs j WHERE j.labels @> $3))
    GROUP BY begins, p.source, p.step
    ORDER BY begins DESC, p.source, p.step$q$, report.of_then('steps', as_of, known_at))
    USING since, sources, labels, as_of, known_at, told;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.step_durations(timestamptz, text[], jsonb, timestamptz, timestamptz, jsonb) IS 'How long does each step take, by week? One row per week, source and step of which one began since then and has ended, the latest first. Weeks are stretches of seven days, of which the last ends tonight. Where not all times were reported the percentiles are between those of the lower bounds and those of the upper ones.';

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
CREATE FUNCTION report.runs_per_day(since timestamptz DEFAULT now() - interval '14 days', sources text[] DEFAULT NULL, labels jsonb DEFAULT '{}',
    as_of timestamptz DEFAULT now(), known_at timestamptz DEFAULT now(), told jsonb DEFAULT NULL)
RETURNS TABLE (day date, source text, provider text, runs bigint, succeeded bigint, failed bigint, p50_duration interval, p95_duration interval,
    p50_duration_max interval, p95_duration_max interval, reported boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY EXECUTE format($q$
    SELECT (r.started_at AT TIME ZONE 'UTC')::date AS began, r.source, r.provider, count(*),
        count(*) FILTER (WHERE r.state = 'succeeded'), count(*) FILTER (WHERE r.state = 'failed'),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY r.duration),
        percentile_cont(0.95) WITHIN GROUP (ORDER BY r.duration),
        CASE WHEN count(r.duration_max) = count(r.duration) THEN percentile_cont(0.5) WITHIN GROUP (ORDER BY r.duration_max) END,
        CASE WHEN count(r.duration_max) = count(r.duration) THEN percentile_cont(0.95) WITHIN GROUP (ORDER BY r.duration_max) END,
        bool_and(r.reported)
    FROM %1$s r
    WHERE r.started_at >= date_trunc('day', $1, 'UTC')
        AND ($2 IS NULL OR r.source = ANY($2)) AND r.labels @> $3
    GROUP BY began, r.source, r.provider
    ORDER BY began DESC, r.source$q$, report.of_then('runs', as_of, known_at))
    USING since, sources, labels, as_of, known_at, told;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.runs_per_day(timestamptz, text[], jsonb, timestamptz, timestamptz, jsonb) IS 'How many imports ran per day and source? One row per day of UTC, from that of since, and source on which a run began, the latest first. report.daily has the counts, and the lower bounds of the durations, sooner, but of all jobs. The percentiles are as in report.step_durations.';

-- +goose StatementBegin
CREATE FUNCTION report.broken_streaks(since timestamptz DEFAULT now() - interval '7 days', sources text[] DEFAULT NULL, labels jsonb DEFAULT '{}',
    as_of timestamptz DEFAULT now(), known_at timestamptz DEFAULT now(), told jsonb DEFAULT NULL)
RETURNS TABLE (job text, source text, run_no integer, ended_at timestamptz, successes bigint, reported boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY EXECUTE format($q$
    WITH ended AS (
        SELECT r.job_id, r.job, r.source, r.run_no, r.state, r.ended_at, r.reported,
            count(*) FILTER (WHERE r.state <> 'succeeded') OVER (PARTITION BY r.job_id ORDER BY r.run_no) - (r.state <> 'succeeded')::integer AS streak
        FROM %1$s r
        WHERE r.ended_at IS NOT NULL AND r.job_id IN (
            SELECT f.job_id FROM %1$s f
            WHERE f.state = 'failed' AND f.ended_at >= $1
                AND ($2 IS NULL OR f.source = ANY($2)) AND f.labels @> $3)
    ), counted AS (
        SELECT n.*, count(*) FILTER (WHERE n.state = 'succeeded') OVER (PARTITION BY n.job_id, n.streak) AS successes FROM ended n
    )
    SELECT c.job, c.source, c.run_no, c.ended_at, c.successes, c.reported
    FROM counted c
    WHERE c.state = 'failed' AND c.successes >= 5 AND c.ended_at >= $1
    ORDER BY c.ended_at DESC, c.job$q$, report.of_then('runs', as_of, known_at))
    USING since, sources, labels, as_of, known_at, told;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.broken_streaks(timestamptz, text[], jsonb, timestamptz, timestamptz, jsonb) IS 'Which failed after a row of successes? One row per run that failed since then, after at least five of its job had succeeded one after the other, the latest first.';

-- +goose StatementBegin
CREATE FUNCTION report.unusual_durations(since timestamptz DEFAULT now() - interval '7 days', sources text[] DEFAULT NULL, labels jsonb DEFAULT '{}',
    as_of timestamptz DEFAULT now(), known_at timestamptz DEFAULT now(), told jsonb DEFAULT NULL)
RETURNS TABLE (job text, source text, run_no integer, state text, started_at timestamptz, duration interval, usual_duration interval,
    duration_max interval, reported boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY EXECUTE format($q$
    WITH usual AS (
        SELECT u.job_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY u.duration) AS took
        FROM %1$s u
        WHERE u.state = 'succeeded' AND u.ended_at < $1
            AND ($2 IS NULL OR u.source = ANY($2)) AND u.labels @> $3
        GROUP BY u.job_id
        HAVING count(*) >= 5
    )
    SELECT r.job, r.source, r.run_no, r.state, r.started_at, r.duration, u.took, r.duration_max, r.reported
    FROM %1$s r
    JOIN usual u ON u.job_id = r.job_id
    WHERE r.ended_at >= $1 AND (r.duration > 2 * u.took OR r.duration_max < u.took / 2)
    ORDER BY r.started_at DESC, r.job$q$, report.of_then('runs', as_of, known_at))
    USING since, sources, labels, as_of, known_at, told;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.unusual_durations(timestamptz, text[], jsonb, timestamptz, timestamptz, jsonb) IS 'What took far longer or less than usual? One row per run that ended since then and took, for certain, over twice, or under half, as long as usual_duration: here the median of the job''s successes before then, of which there must be five. The latest first.';

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
CREATE FUNCTION report.no_recent_success(since timestamptz DEFAULT now() - interval '7 days', sources text[] DEFAULT NULL, labels jsonb DEFAULT '{}',
    as_of timestamptz DEFAULT now(), known_at timestamptz DEFAULT now(), told jsonb DEFAULT NULL)
RETURNS TABLE (job text, source text, state text, state_since timestamptz, last_success_no integer, last_success_at timestamptz,
    state_since_reported boolean, reported boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY EXECUTE format($q$
    SELECT j.job, j.source, j.state, j.state_since, l.run_no, l.ended_at, j.state_since_reported, coalesce(l.reported, false)
    FROM %1$s j
    LEFT JOIN %2$s l ON l.job_id = j.job_id
    WHERE j.tracking IN ('active', 'paused') AND (l.ended_at IS NULL OR l.ended_at < $1)
        AND ($2 IS NULL OR j.source = ANY($2)) AND j.labels @> $3
    ORDER BY l.ended_at NULLS FIRST, j.job$q$, report.of_then('jobs', as_of, known_at), report.of_then('last_successes', as_of, known_at))
    USING since, sources, labels, as_of, known_at, told;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.no_recent_success(timestamptz, text[], jsonb, timestamptz, timestamptz, jsonb) IS 'Which jobs have not succeeded lately? One row per job that is tracked on and has had no success since then, the longest first; one whose last_success_at is null never had any.';

-- +goose StatementBegin
CREATE FUNCTION report.job_summary(since timestamptz DEFAULT now() - interval '30 days', sources text[] DEFAULT NULL, labels jsonb DEFAULT '{}',
    as_of timestamptz DEFAULT now(), known_at timestamptz DEFAULT now(), told jsonb DEFAULT NULL)
RETURNS TABLE (job text, source text, runs bigint, ended bigint, succeeded bigint, percent double precision, p50_duration interval, p95_duration interval,
    last_success_no integer, last_success_at timestamptz, p50_duration_max interval, p95_duration_max interval, reported boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY EXECUTE format($q$
    SELECT j.job, j.source, coalesce(r.begun, 0), coalesce(r.done, 0), coalesce(r.well, 0),
        round(100.0 * r.well / NULLIF(r.done, 0), 1)::double precision, r.p50, r.p95, l.run_no, l.ended_at,
        CASE WHEN r.bounded = r.done THEN r.p50_max END, CASE WHEN r.bounded = r.done THEN r.p95_max END, coalesce(l.reported, false)
    FROM %1$s j
    LEFT JOIN (
        SELECT n.job_id, count(*) AS begun, count(n.ended_at) AS done, count(*) FILTER (WHERE n.state = 'succeeded') AS well,
            count(n.duration_max) AS bounded,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY n.duration) AS p50,
            percentile_cont(0.95) WITHIN GROUP (ORDER BY n.duration) AS p95,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY n.duration_max) AS p50_max,
            percentile_cont(0.95) WITHIN GROUP (ORDER BY n.duration_max) AS p95_max
        FROM %2$s n
        WHERE n.started_at >= $1
            AND ($2 IS NULL OR n.source = ANY($2)) AND n.labels @> $3
        GROUP BY n.job_id
    ) r ON r.job_id = j.job_id
    LEFT JOIN %3$s l ON l.job_id = j.job_id
    WHERE j.tracking <> 'removed' AND ($2 IS NULL OR j.source = ANY($2)) AND j.labels @> $3
    ORDER BY j.job$q$, report.of_then('declared_jobs', as_of, known_at), report.of_then('runs', as_of, known_at), report.of_then('last_successes', as_of, known_at))
    USING since, sources, labels, as_of, known_at, told;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.job_summary(timestamptz, text[], jsonb, timestamptz, timestamptz, jsonb) IS 'How reliable and quick is each job? One row per job that is not removed, with its runs that began since then, if there are any; percent is of those that have ended, the last success whenever it was. The percentiles are as in report.step_durations.';

-- +goose Down
DROP FUNCTION report.job_summary(timestamptz, text[], jsonb, timestamptz, timestamptz, jsonb);
DROP FUNCTION report.no_recent_success(timestamptz, text[], jsonb, timestamptz, timestamptz, jsonb);
DROP VIEW report.last_successes;
DROP FUNCTION report.unusual_durations(timestamptz, text[], jsonb, timestamptz, timestamptz, jsonb);
DROP FUNCTION report.broken_streaks(timestamptz, text[], jsonb, timestamptz, timestamptz, jsonb);
DROP FUNCTION report.runs_per_day(timestamptz, text[], jsonb, timestamptz, timestamptz, jsonb);
DROP FUNCTION report.time_in_state(timestamptz, text[], jsonb, timestamptz, timestamptz);
DROP FUNCTION report.step_durations(timestamptz, text[], jsonb, timestamptz, timestamptz, jsonb);
DROP FUNCTION report.new_errors(timestamptz, text[], jsonb, timestamptz, timestamptz);
DROP FUNCTION report.gaps(timestamptz, text[], jsonb, timestamptz, timestamptz);
DROP FUNCTION report.stalled(text[], jsonb, timestamptz, timestamptz, jsonb);
DROP FUNCTION report.stalled_at(timestamptz, timestamptz, jsonb);
DROP FUNCTION report.failed_imports(timestamptz, text[], jsonb, timestamptz, timestamptz, jsonb);
DROP FUNCTION report.of_then(text, timestamptz, timestamptz);
