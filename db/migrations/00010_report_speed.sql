-- Reports stay quick with a million runs: what a report does not ask for is not
-- looked up, and what it leaves out is not looked at.

-- +goose Up

-- The run's id is looked up where it is asked for, by its key: as a join it was
-- read from all runs there are.
CREATE OR REPLACE VIEW report.jobs AS
SELECT j.name AS job, s.name AS source, s.provider, j.target, j.labels, j.tracking,
    coalesce(j.schedule, s.schedule) AS schedule,
    t.to_state AS state, t.to_status AS status, t.run_no,
    (SELECT r.run_id FROM runs r WHERE r.job_id = j.job_id AND r.run_no = t.run_no) AS run_id,
    least(coalesce(t.happened_at, t.observed_at), t.observed_at) AS state_since,
    c.polled_at AS last_polled_at, c.outcome AS last_outcome,
    CASE WHEN s.paused_at IS NULL AND j.tracking = 'active' AND c.next_poll_at IS NOT NULL
        THEN greatest(c.next_poll_at, b.held_until)
    END AS next_poll_at,
    c.failures, j.paused_reason, j.stall_after, j.registered_at
FROM jobs j
JOIN sources s ON s.source_id = j.source_id
JOIN cursors c ON c.job_id = j.job_id
JOIN budgets b ON b.source_id = j.source_id
LEFT JOIN LATERAL (
    SELECT * FROM transitions
    WHERE job_id = j.job_id AND step_no IS NULL
    ORDER BY transition_no DESC LIMIT 1
) t ON true;

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION report.status_as_of(as_of timestamptz, known_at timestamptz DEFAULT now())
RETURNS TABLE (job text, source text, provider text, run_no integer, run_id text, state text, status text, since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT j.name, s.name, s.provider, t.run_no, (SELECT r.run_id FROM public.runs r WHERE r.job_id = j.job_id AND r.run_no = t.run_no), t.to_state, t.to_status, t.since
    FROM public.jobs j
    JOIN public.sources s ON s.source_id = j.source_id
    CROSS JOIN LATERAL (
        SELECT n.run_no, n.to_state, n.to_status, least(coalesce(n.happened_at, n.observed_at), n.observed_at) AS since
        FROM public.transitions n
        WHERE n.job_id = j.job_id AND n.step_no IS NULL AND n.observed_at <= known_at
            AND least(coalesce(n.happened_at, n.observed_at), n.observed_at) <= as_of
        ORDER BY n.transition_no DESC LIMIT 1
    ) t
$$;
-- +goose StatementEnd

-- How long a job's runs took, without the runs themselves, over which the
-- job's rows are strewn. It grows with the end of a run only.
CREATE INDEX runs_usual_idx ON runs (job_id) INCLUDE (started_at, ended_at, not_before, first_seen_at, ended_not_before, ended_seen_at)
    WHERE state IN ('succeeded', 'partial', 'failed', 'canceled');

-- As before, by that index.
CREATE OR REPLACE VIEW report.stalled AS
WITH open AS MATERIALIZED (
    SELECT r.job_id, r.run_no, r.state, j.name AS job, s.name AS source, s.provider, j.stall_after,
        least(coalesce(r.started_at, r.first_seen_at), r.first_seen_at) AS began
    FROM runs r
    JOIN jobs j ON j.job_id = r.job_id
    JOIN sources s ON s.source_id = j.source_id
    WHERE r.state IN ('queued', 'running', 'unknown') AND j.tracking <> 'removed'
        AND r.run_no = coalesce(
            (SELECT n.run_no FROM snapshots n WHERE n.job_id = r.job_id ORDER BY n.snapshot_no DESC LIMIT 1),
            (SELECT max(x.run_no) FROM runs x WHERE x.job_id = r.job_id))
), own AS MATERIALIZED (
    SELECT o.*, u.ended, u.usual
    FROM open o
    CROSS JOIN LATERAL (
        SELECT count(*) AS ended, percentile_cont(0.95) WITHIN GROUP (ORDER BY d.duration) AS usual
        FROM report.runs d
        WHERE d.job = o.job AND d.state IN ('succeeded', 'partial', 'failed', 'canceled') AND d.duration IS NOT NULL AND (d.duration <> interval '0' OR d.duration_max IS NOT NULL)
    ) u
), shared AS MATERIALIZED (
    SELECT d.source, percentile_cont(0.95) WITHIN GROUP (ORDER BY d.duration) AS usual
    FROM report.runs d
    WHERE d.source IN (SELECT o.source FROM own o WHERE o.ended < 5)
        AND d.state IN ('succeeded', 'partial', 'failed', 'canceled')
        AND d.duration IS NOT NULL AND (d.duration <> interval '0' OR d.duration_max IS NOT NULL)
    GROUP BY d.source
), late AS MATERIALIZED (
    SELECT o.*, u.usual_duration, coalesce(o.stall_after, 3 * u.usual_duration) AS patience
    FROM own o
    LEFT JOIN shared h ON h.source = o.source
    CROSS JOIN LATERAL (SELECT CASE WHEN o.ended < 5 THEN h.usual ELSE o.usual END AS usual_duration) u
    WHERE now() - o.began > coalesce(o.stall_after, 3 * u.usual_duration)
), dated AS MATERIALIZED (
    SELECT l.*, coalesce((
        SELECT least(coalesce(t.happened_at, t.observed_at), t.observed_at)
        FROM transitions t
        WHERE t.job_id = l.job_id AND t.run_no = l.run_no AND t.step_no IS NULL AND t.transition_no > (
            SELECT max(e.transition_no) FROM transitions e
            WHERE e.job_id = l.job_id AND e.run_no = l.run_no AND e.step_no IS NULL
                AND e.to_state IN ('succeeded', 'partial', 'failed', 'canceled'))
        ORDER BY t.transition_no LIMIT 1
    ), l.began) AS since
    FROM late l
)
SELECT d.job, d.source, d.provider, d.run_no, p.name AS step, d.state, d.since, d.usual_duration
FROM dated d
LEFT JOIN LATERAL (
    SELECT x.name FROM steps x
    WHERE x.job_id = d.job_id AND x.run_no = d.run_no AND x.vanished_at IS NULL AND x.state IN ('queued', 'running', 'unknown')
    ORDER BY x.step_no DESC LIMIT 1
) p ON true
WHERE now() - d.since > d.patience;

-- How many of a job's polls failed is counted by these alone; the others pay nothing for it.
CREATE INDEX polls_failed_idx ON polls (job_id, polled_at) WHERE snapshot_no IS NULL;

-- A run is first seen about where its row lies: a range of times is found for next to nothing.
CREATE INDEX runs_seen_idx ON runs USING brin (first_seen_at) WITH (pages_per_range = 32, autosummarize = on);

-- As before, of some sources or jobs only where they are named: what is asked
-- of a function's rows from outside is answered after all of them are made.
DROP FUNCTION report.state_timeline(timestamptz, timestamptz);
-- +goose StatementBegin
CREATE FUNCTION report.state_timeline(from_time timestamptz, to_time timestamptz, sources text[] DEFAULT NULL, jobs text[] DEFAULT NULL)
RETURNS TABLE (job text, source text, provider text, run_no integer, state text, status text, starts_at timestamptz, ends_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT j.name, s.name, s.provider, i.run_no, i.to_state, i.to_status, greatest(i.since, from_time), least(i.until, to_time, now())
    FROM public.jobs j
    JOIN public.sources s ON s.source_id = j.source_id
    LEFT JOIN LATERAL (
        SELECT n.transition_no FROM public.transitions n
        WHERE n.job_id = j.job_id AND n.step_no IS NULL AND n.observed_at <= now()
            AND least(coalesce(n.happened_at, n.observed_at), n.observed_at) <= from_time
        ORDER BY n.transition_no DESC LIMIT 1
    ) before ON true
    CROSS JOIN LATERAL (
        SELECT e.*, min(e.since) OVER (ORDER BY e.transition_no DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS until
        FROM (
            SELECT t.transition_no, t.run_no, t.to_state, t.to_status, least(coalesce(t.happened_at, t.observed_at), t.observed_at) AS since
            FROM public.transitions t
            WHERE t.job_id = j.job_id AND t.step_no IS NULL AND t.observed_at <= now()
                AND t.transition_no >= coalesce(before.transition_no, 1)
        ) e
        WHERE e.since < to_time
    ) i
    WHERE (state_timeline.sources IS NULL OR s.name = ANY(state_timeline.sources))
        AND (state_timeline.jobs IS NULL OR j.name = ANY(state_timeline.jobs))
        AND greatest(i.since, from_time) < least(i.until, to_time, now())
    ORDER BY j.name, i.transition_no
$$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION report.state_timeline(timestamptz, timestamptz, text[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION report.state_timeline(timestamptz, timestamptz, text[], text[]) TO tracker_writer, tracker_reader;
COMMENT ON FUNCTION report.state_timeline(timestamptz, timestamptz, text[], text[]) IS 'The states of every job''s latest run between from_time and to_time, one row per interval [starts_at, ends_at), clipped to that window, and agreeing at each moment t with status_as_of(t, now()). One that began before the window is included; one still open ends at to_time or now, whichever is earlier; a terminal state lasts until the next run starts. With sources or jobs, arrays of names, only of those: much quicker than to leave out the others afterwards.';

-- +goose Down
DROP FUNCTION report.state_timeline(timestamptz, timestamptz, text[], text[]);
-- +goose StatementBegin
CREATE FUNCTION report.state_timeline(from_time timestamptz, to_time timestamptz)
RETURNS TABLE (job text, source text, provider text, run_no integer, state text, status text, starts_at timestamptz, ends_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT j.name, s.name, s.provider, i.run_no, i.to_state, i.to_status, greatest(i.since, from_time), least(i.until, to_time, now())
    FROM public.jobs j
    JOIN public.sources s ON s.source_id = j.source_id
    LEFT JOIN LATERAL (
        SELECT n.transition_no FROM public.transitions n
        WHERE n.job_id = j.job_id AND n.step_no IS NULL AND n.observed_at <= now()
            AND least(coalesce(n.happened_at, n.observed_at), n.observed_at) <= from_time
        ORDER BY n.transition_no DESC LIMIT 1
    ) before ON true
    CROSS JOIN LATERAL (
        SELECT e.*, min(e.since) OVER (ORDER BY e.transition_no DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS until
        FROM (
            SELECT t.transition_no, t.run_no, t.to_state, t.to_status, least(coalesce(t.happened_at, t.observed_at), t.observed_at) AS since
            FROM public.transitions t
            WHERE t.job_id = j.job_id AND t.step_no IS NULL AND t.observed_at <= now()
                AND t.transition_no >= coalesce(before.transition_no, 1)
        ) e
        WHERE e.since < to_time
    ) i
    WHERE greatest(i.since, from_time) < least(i.until, to_time, now())
    ORDER BY j.name, i.transition_no
$$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION report.state_timeline(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION report.state_timeline(timestamptz, timestamptz) TO tracker_writer, tracker_reader;
COMMENT ON FUNCTION report.state_timeline(timestamptz, timestamptz) IS 'The states of every job''s latest run between from_time and to_time, one row per interval [starts_at, ends_at), clipped to that window, and agreeing at each moment t with status_as_of(t, now()). One that began before the window is included; one still open ends at to_time or now, whichever is earlier; a terminal state lasts until the next run starts.';
DROP INDEX runs_seen_idx;
DROP INDEX polls_failed_idx;
CREATE OR REPLACE VIEW report.stalled AS
WITH open AS MATERIALIZED (
    SELECT r.job_id, r.run_no, r.state, j.name AS job, s.name AS source, s.provider, j.stall_after,
        least(coalesce(r.started_at, r.first_seen_at), r.first_seen_at) AS began
    FROM runs r
    JOIN jobs j ON j.job_id = r.job_id
    JOIN sources s ON s.source_id = j.source_id
    WHERE r.state IN ('queued', 'running', 'unknown') AND j.tracking <> 'removed'
        AND r.run_no = coalesce(
            (SELECT n.run_no FROM snapshots n WHERE n.job_id = r.job_id ORDER BY n.snapshot_no DESC LIMIT 1),
            (SELECT max(x.run_no) FROM runs x WHERE x.job_id = r.job_id))
), own AS MATERIALIZED (
    SELECT o.*, u.ended, u.usual
    FROM open o
    CROSS JOIN LATERAL (
        SELECT count(*) AS ended, percentile_cont(0.95) WITHIN GROUP (ORDER BY d.duration) AS usual
        FROM report.runs d
        WHERE d.job = o.job AND d.duration IS NOT NULL AND (d.duration <> interval '0' OR d.duration_max IS NOT NULL)
    ) u
), shared AS MATERIALIZED (
    SELECT d.source, percentile_cont(0.95) WITHIN GROUP (ORDER BY d.duration) AS usual
    FROM report.runs d
    WHERE d.source IN (SELECT o.source FROM own o WHERE o.ended < 5)
        AND d.duration IS NOT NULL AND (d.duration <> interval '0' OR d.duration_max IS NOT NULL)
    GROUP BY d.source
), late AS MATERIALIZED (
    SELECT o.*, u.usual_duration, coalesce(o.stall_after, 3 * u.usual_duration) AS patience
    FROM own o
    LEFT JOIN shared h ON h.source = o.source
    CROSS JOIN LATERAL (SELECT CASE WHEN o.ended < 5 THEN h.usual ELSE o.usual END AS usual_duration) u
    WHERE now() - o.began > coalesce(o.stall_after, 3 * u.usual_duration)
), dated AS MATERIALIZED (
    SELECT l.*, coalesce((
        SELECT least(coalesce(t.happened_at, t.observed_at), t.observed_at)
        FROM transitions t
        WHERE t.job_id = l.job_id AND t.run_no = l.run_no AND t.step_no IS NULL AND t.transition_no > (
            SELECT max(e.transition_no) FROM transitions e
            WHERE e.job_id = l.job_id AND e.run_no = l.run_no AND e.step_no IS NULL
                AND e.to_state IN ('succeeded', 'partial', 'failed', 'canceled'))
        ORDER BY t.transition_no LIMIT 1
    ), l.began) AS since
    FROM late l
)
SELECT d.job, d.source, d.provider, d.run_no, p.name AS step, d.state, d.since, d.usual_duration
FROM dated d
LEFT JOIN LATERAL (
    SELECT x.name FROM steps x
    WHERE x.job_id = d.job_id AND x.run_no = d.run_no AND x.vanished_at IS NULL AND x.state IN ('queued', 'running', 'unknown')
    ORDER BY x.step_no DESC LIMIT 1
) p ON true
WHERE now() - d.since > d.patience;
DROP INDEX runs_usual_idx;
CREATE OR REPLACE VIEW report.jobs AS
SELECT j.name AS job, s.name AS source, s.provider, j.target, j.labels, j.tracking,
    coalesce(j.schedule, s.schedule) AS schedule,
    t.to_state AS state, t.to_status AS status, t.run_no, r.run_id,
    least(coalesce(t.happened_at, t.observed_at), t.observed_at) AS state_since,
    c.polled_at AS last_polled_at, c.outcome AS last_outcome,
    CASE WHEN s.paused_at IS NULL AND j.tracking = 'active' AND c.next_poll_at IS NOT NULL
        THEN greatest(c.next_poll_at, b.held_until)
    END AS next_poll_at,
    c.failures, j.paused_reason, j.stall_after, j.registered_at
FROM jobs j
JOIN sources s ON s.source_id = j.source_id
JOIN cursors c ON c.job_id = j.job_id
JOIN budgets b ON b.source_id = j.source_id
LEFT JOIN LATERAL (
    SELECT * FROM transitions
    WHERE job_id = j.job_id AND step_no IS NULL
    ORDER BY transition_no DESC LIMIT 1
) t ON true
LEFT JOIN runs r ON r.job_id = j.job_id AND r.run_no = t.run_no;
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION report.status_as_of(as_of timestamptz, known_at timestamptz DEFAULT now())
RETURNS TABLE (job text, source text, provider text, run_no integer, run_id text, state text, status text, since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT j.name, s.name, s.provider, t.run_no, r.run_id, t.to_state, t.to_status, t.since
    FROM public.jobs j
    JOIN public.sources s ON s.source_id = j.source_id
    CROSS JOIN LATERAL (
        SELECT n.run_no, n.to_state, n.to_status, least(coalesce(n.happened_at, n.observed_at), n.observed_at) AS since
        FROM public.transitions n
        WHERE n.job_id = j.job_id AND n.step_no IS NULL AND n.observed_at <= known_at
            AND least(coalesce(n.happened_at, n.observed_at), n.observed_at) <= as_of
        ORDER BY n.transition_no DESC LIMIT 1
    ) t
    JOIN public.runs r ON r.job_id = j.job_id AND r.run_no = t.run_no
$$;
-- +goose StatementEnd
