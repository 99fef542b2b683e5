-- The reporting interface: how each job's latest run is doing, how it was doing
-- at any moment, and what is stuck.

-- +goose Up
-- The latest run is looked up beside the job's first snapshot, not beside its row
-- of jobs, of which each node of a distributed database has a copy: Citus answers by
-- job where rows of the history are looked up beside another row of it. (So it is
-- wherever this schema begins with snapshot_no = 1: that row stays for ever.)
CREATE VIEW report.jobs AS
SELECT j.name AS job, s.name AS source, s.provider, j.target, j.labels, j.tracking,
    coalesce(j.schedule, s.schedule) AS schedule,
    t.to_state AS state, t.to_status AS status, t.run_no, t.run_id,
    report.effective_at(t.happened_at, t.observed_at) AS state_since,
    c.polled_at AS last_polled_at, c.outcome AS last_outcome,
    CASE WHEN s.paused_at IS NULL AND j.tracking = 'active' AND c.next_poll_at IS NOT NULL
        THEN greatest(c.next_poll_at, b.held_until)
    END AS next_poll_at,
    c.failures, j.paused_reason, j.stall_after, j.registered_at,
    coalesce(t.happened_at <= t.observed_at, false) AS state_since_reported, j.job_id
FROM jobs j
JOIN sources s ON s.source_id = j.source_id
JOIN cursors c ON c.job_id = j.job_id
JOIN budgets b ON b.source_id = j.source_id
LEFT JOIN (
    -- The run's id is looked up where it is asked for, by its key: as a join it was
    -- read from all runs there are.
    SELECT f.job_id, x.to_state, x.to_status, x.run_no, x.happened_at, x.observed_at,
        (SELECT r.run_id FROM runs r WHERE r.job_id = f.job_id AND r.run_no = x.run_no) AS run_id
    FROM snapshots f
    CROSS JOIN LATERAL (
        SELECT n.to_state, n.to_status, n.run_no, n.happened_at, n.observed_at FROM transitions n
        WHERE n.job_id = f.job_id AND n.step_no IS NULL
        ORDER BY n.transition_no DESC LIMIT 1
    ) x
    WHERE f.snapshot_no = 1
) t ON t.job_id = j.job_id;
COMMENT ON VIEW report.jobs IS 'One row per registered job, removed ones too: what is tracked, how its latest run is doing and how its polling goes.';
COMMENT ON COLUMN report.jobs.job IS 'Name of the job, unique among all jobs.';
COMMENT ON COLUMN report.jobs.source IS 'Name of the source (the account at an upstream API) that the job is polled at.';
COMMENT ON COLUMN report.jobs.provider IS 'Name of the API that the source speaks, such as woosmap or safetykit.';
COMMENT ON COLUMN report.jobs.target IS 'What is polled at the source, a JSON object of the fields that its provider asks for, such as dataset_id; it never changes.';
COMMENT ON COLUMN report.jobs.labels IS 'The user''s labels, a JSON object of strings, empty where there are none.';
COMMENT ON COLUMN report.jobs.tracking IS 'Whether the job is polled: active, paused, finished (its import has ended for good) or removed; its history stays in each case.';
COMMENT ON COLUMN report.jobs.schedule IS 'The cron expression that holds for the job: its own, else its source''s; in UTC unless it names a zone by CRON_TZ.';
COMMENT ON COLUMN report.jobs.state IS 'State of the latest run in our words: queued, running, succeeded, partial, failed, canceled or unknown; null: no run was ever seen.';
COMMENT ON COLUMN report.jobs.status IS 'Status of the latest run in the upstream''s own word; null: no run was ever seen.';
COMMENT ON COLUMN report.jobs.run_no IS 'Number of the latest run within the job, from 1; null: no run was ever seen.';
COMMENT ON COLUMN report.jobs.run_id IS 'The upstream''s id of the latest run; null: no run was ever seen.';
COMMENT ON COLUMN report.jobs.state_since IS 'Effective time of the transition into state and status: the upstream''s time where it gave one, but never later than when we observed it; null: no run was ever seen.';
COMMENT ON COLUMN report.jobs.last_polled_at IS 'When the request of the last poll was sent, whatever came of it (our time); null: never polled.';
COMMENT ON COLUMN report.jobs.last_outcome IS 'Outcome of the last poll, one of those of report.polls; null: never polled.';
COMMENT ON COLUMN report.jobs.next_poll_at IS 'When the job is next due: the later of its own time and its source''s hold, and in the past where it is overdue; null: it is not polled by schedule, since it is not active or its source is paused.';
COMMENT ON COLUMN report.jobs.failures IS 'Count of failed polls in a row up to the last one; 0 after an answer.';
COMMENT ON COLUMN report.jobs.paused_reason IS 'Why the job itself is paused; null: it is not, or no reason was given.';
COMMENT ON COLUMN report.jobs.stall_after IS 'How long a run may go on before it counts as stalled (see report.stalled), as set by the user; null: not set.';
COMMENT ON COLUMN report.jobs.registered_at IS 'When the job was first registered (our time).';
COMMENT ON COLUMN report.jobs.state_since_reported IS 'True if state_since is the upstream''s time, false if it is ours, when the state had been seen: it began by then.';
COMMENT ON COLUMN report.jobs.job_id IS 'Number of the job, by which views are joined.';

CREATE VIEW report.stalled AS
SELECT o.job, o.source, o.provider, o.run_no, o.step, o.state, o.stalled_since AS since, o.usual_duration,
    o.since_reported AS reported, o.stall_after, o.seen_at, o.job_id
FROM report.open_runs o
WHERE o.stalled_since IS NOT NULL;
COMMENT ON VIEW report.stalled IS 'One row per job, unless it is removed, whose latest run was seen to go on for longer than the job''s stall_after or, where it has none, for longer than three times usual_duration. A run that another one has superseded is never in it.';
COMMENT ON COLUMN report.stalled.job IS 'Name of the job.';
COMMENT ON COLUMN report.stalled.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.stalled.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.stalled.run_no IS 'Number of the run within its job.';
COMMENT ON COLUMN report.stalled.step IS 'Name of the last of the run''s steps that have not ended; null: there is none.';
COMMENT ON COLUMN report.stalled.state IS 'State of the run in our words: queued, running or unknown.';
COMMENT ON COLUMN report.stalled.since IS 'Since when the run has not ended: its start, or when it came out of a terminal state; the upstream''s time where it gave one, but never later than when we observed it.';
COMMENT ON COLUMN report.stalled.usual_duration IS 'How long nearly all runs take: see report.open_runs; null: nothing is known.';
COMMENT ON COLUMN report.stalled.reported IS 'True if since is the upstream''s time, false if it is ours, when the run had been seen: it began by then.';
COMMENT ON COLUMN report.stalled.stall_after IS 'The job''s stall_after, which decides that the run is stalled; null: it has none, and three times usual_duration does.';
COMMENT ON COLUMN report.stalled.seen_at IS 'When somebody last saw the run go on (our time): nobody knows what became of it since.';
COMMENT ON COLUMN report.stalled.job_id IS 'Number of the job, by which views are joined.';

-- Of a job whose latest run was, then, one that retention has taken since, nothing is
-- told: another run's state would be wrong. A run that was taken came, with all of its
-- transitions, after one of a lower number or before it.
-- As of now nothing is left out that was observed later than now: the
-- database's clock was set back. In PL/pgSQL, since Citus plans no function with
-- arguments whose text is put in the place of the call. Each job is asked for once:
-- what is memoized is never read again.
-- +goose StatementBegin
CREATE FUNCTION report.status_as_of(as_of timestamptz, known_at timestamptz DEFAULT now())
RETURNS TABLE (job text, source text, provider text, run_no integer, run_id text, state text, status text, since timestamptz, reported boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_memoize = off AS $$
#variable_conflict use_column
BEGIN
    IF as_of >= now() THEN as_of := 'infinity'; END IF;
    IF known_at >= now() THEN known_at := 'infinity'; END IF;
    RETURN QUERY
    SELECT j.name, s.name, s.provider, t.run_no, (SELECT r.run_id FROM public.runs r WHERE r.job_id = f.job_id AND r.run_no = t.run_no), t.to_state, t.to_status, t.since, t.reported
    FROM public.snapshots f
    JOIN public.jobs j ON j.job_id = f.job_id
    JOIN public.sources s ON s.source_id = j.source_id
    CROSS JOIN LATERAL (
        SELECT n.transition_no, n.run_no, n.to_state, n.to_status, report.effective_at(n.happened_at, n.observed_at) AS since,
            coalesce(n.happened_at <= n.observed_at, false) AS reported
        FROM public.transitions n
        WHERE n.job_id = f.job_id AND n.step_no IS NULL AND n.observed_at <= known_at
            AND report.effective_at(n.happened_at, n.observed_at) <= as_of
        ORDER BY n.transition_no DESC LIMIT 1
    ) t
    WHERE f.snapshot_no = 1 AND NOT EXISTS (
        SELECT 1 FROM public.taken_runs k
        WHERE k.job_id = f.job_id AND k.run_no > t.run_no AND k.last_transition_no > t.transition_no
            AND k.changed_from <= as_of AND k.first_seen_at <= known_at
    );
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.status_as_of(timestamptz, timestamptz) IS 'One row per job with its latest run as it was at as_of by what was known at known_at (now, unless given): of the run transitions observed by known_at and effective by as_of the one numbered highest; since is its effective time, the upstream''s where it gave one (reported) but never later than observed. Jobs without such a transition are absent, and so are those whose latest run retention has taken since.';

-- Runs and steps as they were at a moment. A row is written over with each snapshot that
-- tells of its run: one that none has told of since then is as it was. The others are
-- made anew: their states from transitions and their log from when each line was first
-- seen, which nobody writes over. Over the rest of them, starts, ends, names, summaries
-- and what was withdrawn, a service may have written since: who knows what it said by
-- known_at, since he has read the snapshots again (as the tracker's reports do), says so
-- in told; else they are as they are known now. What has left since the state that it
-- was in ended when it came into that.
--
-- What had been seen by known_at was done by then.
-- +goose StatementBegin
CREATE FUNCTION report.changed_steps(as_of timestamptz, known_at timestamptz, told jsonb DEFAULT NULL)
RETURNS TABLE (job text, source text, run_no integer, step_no integer, step text, state text, started_at timestamptz, ended_at timestamptz,
    reported boolean, duration interval, duration_max interval, vanished_at timestamptz, job_id bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    settled timestamptz;
BEGIN
    IF known_at >= now() THEN known_at := 'infinity'; END IF;
    settled := least(as_of, known_at);
    IF as_of >= known_at THEN as_of := 'infinity'; END IF;
    RETURN QUERY
    SELECT j.name, s.name, b.run_no, b.step_no, b.name, b.state, coalesce(b.started_at, b.first_seen_at), coalesce(e.ended_at, e.seen_at),
        b.started_at IS NOT NULL AND ((e.seen_at IS NULL AND e.ended_raw IS NULL) OR e.ended_at IS NOT NULL),
        CASE WHEN coalesce(e.ended_at, e.seen_at) IS NOT NULL THEN report.duration_least(b.started_at, b.first_seen_at, e.ended_at, e.ended_not_before) END,
        CASE WHEN coalesce(e.ended_at, e.seen_at) IS NOT NULL THEN report.duration_most(b.started_at, b.not_before, e.ended_at, e.seen_at) END,
        CASE WHEN b.vanished_at <= settled THEN b.vanished_at END, b.job_id
    FROM (
        SELECT DISTINCT ON (p.job_id, p.run_no, p.step_no) p.job_id, p.run_no, p.step_no, p.first_seen_at, p.not_before, t.transition_no, t.to_state AS state,
            t.happened_at, t.observed_at, t.not_before AS ended_not_before, o.step_no IS NOT NULL AS is_told,
            CASE WHEN o.step_no IS NULL THEN p.name ELSE o.step END AS name,
            CASE WHEN o.step_no IS NULL THEN p.started_at ELSE o.started_at END AS started_at,
            CASE WHEN o.step_no IS NULL THEN p.ended_at ELSE o.ended_at END AS ended_at,
            CASE WHEN o.step_no IS NULL THEN p.ended_raw ELSE o.ended_raw END AS ended_raw,
            CASE WHEN o.step_no IS NULL THEN p.vanished_at ELSE o.vanished_at END AS vanished_at
        FROM public.runs r
        JOIN public.steps p ON p.job_id = r.job_id AND p.run_no = r.run_no
        JOIN public.transitions t ON t.job_id = p.job_id AND t.run_no = p.run_no AND t.step_no = p.step_no
        LEFT JOIN jsonb_to_recordset(coalesce(changed_steps.told -> 'steps', '[]')) o (job_id bigint, run_no integer, step_no integer, step text,
            started_at timestamptz, ended_at timestamptz, ended_raw text, vanished_at timestamptz)
            ON o.job_id = p.job_id AND o.run_no = p.run_no AND o.step_no = p.step_no
        WHERE r.first_seen_at <= known_at AND r.last_changed_at > settled AND p.first_seen_at <= known_at
            AND t.observed_at <= known_at AND report.effective_at(t.happened_at, t.observed_at) <= as_of
        ORDER BY p.job_id, p.run_no, p.step_no, t.transition_no DESC
    ) b
    CROSS JOIN LATERAL ( -- an end that is told of what has not ended is that of later, where that is known
        SELECT CASE WHEN d.ended THEN b.observed_at END AS seen_at, CASE WHEN d.ended THEN b.ended_not_before END AS ended_not_before, CASE
                WHEN d.ended AND EXISTS (
                    SELECT 1 FROM public.transitions l
                    WHERE l.job_id = b.job_id AND l.run_no = b.run_no AND l.step_no = b.step_no AND l.transition_no > b.transition_no
                        AND (l.observed_at <= known_at OR NOT b.is_told)
                ) THEN b.happened_at
                WHEN d.ended OR as_of = 'infinity' THEN b.ended_at
            END AS ended_at, CASE WHEN d.ended OR as_of = 'infinity' THEN b.ended_raw END AS ended_raw
        FROM (SELECT b.state IN ('succeeded', 'partial', 'failed', 'canceled') AS ended) d
    ) e
    JOIN public.jobs j ON j.job_id = b.job_id
    JOIN public.sources s ON s.source_id = j.source_id;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.changed_steps(timestamptz, timestamptz, jsonb) IS 'The steps, as they were at as_of by what was known at known_at, of runs of which more was learned since; those of all other runs are as report.steps has them. told: what the snapshots told by known_at, over which the service has written since (null: what is known now).';

-- +goose StatementBegin
CREATE FUNCTION report.changed_runs(as_of timestamptz, known_at timestamptz, told jsonb DEFAULT NULL)
RETURNS TABLE (job text, source text, provider text, labels jsonb, run_no integer, state text, started_at timestamptz, ended_at timestamptz, reported boolean,
    duration interval, duration_max interval, first_seen_at timestamptz, failed_step text, why text, job_id bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    settled timestamptz;
BEGIN
    IF known_at >= now() THEN known_at := 'infinity'; END IF;
    settled := least(as_of, known_at);
    IF as_of >= known_at THEN as_of := 'infinity'; END IF;
    RETURN QUERY
    WITH base AS MATERIALIZED (
        SELECT DISTINCT ON (r.job_id, r.run_no) r.job_id, r.run_no, r.first_seen_at, r.not_before, t.transition_no, t.to_state AS state, o.run_no IS NOT NULL AS is_told,
            CASE WHEN o.run_no IS NULL THEN r.started_at ELSE o.started_at END AS started_at,
            CASE WHEN o.run_no IS NULL THEN r.ended_at ELSE o.ended_at END AS ended_at,
            CASE WHEN o.run_no IS NULL THEN r.error_summary ELSE o.error_summary END AS error_summary
        FROM public.runs r
        LEFT JOIN jsonb_to_recordset(coalesce(changed_runs.told -> 'runs', '[]')) o (job_id bigint, run_no integer, started_at timestamptz,
            ended_at timestamptz, error_summary text) ON o.job_id = r.job_id AND o.run_no = r.run_no
        JOIN public.transitions t ON t.job_id = r.job_id AND t.run_no = r.run_no AND t.step_no IS NULL
        WHERE r.first_seen_at <= known_at AND r.last_changed_at > settled
            AND t.observed_at <= known_at AND report.effective_at(t.happened_at, t.observed_at) <= as_of
        ORDER BY r.job_id, r.run_no, t.transition_no DESC
    ), failed AS (
        SELECT DISTINCT ON (p.job_id, p.run_no) p.job_id, p.run_no, p.step_no, p.step
        FROM report.changed_steps(as_of, known_at, changed_runs.told) p
        WHERE p.state = 'failed' AND p.vanished_at IS NULL
        ORDER BY p.job_id, p.run_no, p.step_no DESC
    ), said AS (
        SELECT e.job_id, e.run_no, (array_agg(e.detail ORDER BY e.step_no DESC, e.entry_no DESC) FILTER (WHERE e.listed AND e.in_failed))[1] AS in_failed,
            (array_agg(e.detail ORDER BY e.step_no DESC, e.entry_no DESC) FILTER (WHERE e.listed))[1] AS listed,
            (array_agg(e.detail ORDER BY e.step_no DESC, e.entry_no DESC))[1] AS ever
        FROM (
            SELECT e.job_id, e.run_no, e.step_no, e.entry_no, e.detail, e.step_no = f.step_no AS in_failed,
                coalesce(CASE WHEN b.is_told THEN w.withdrawn_at ELSE e.withdrawn_at END > settled, true) AS listed
            FROM base b
            JOIN public.log_entries e ON e.job_id = b.job_id AND e.run_no = b.run_no
            LEFT JOIN failed f ON f.job_id = e.job_id AND f.run_no = e.run_no
            LEFT JOIN jsonb_to_recordset(coalesce(changed_runs.told -> 'withdrawn', '[]')) w (job_id bigint, run_no integer, step_no integer, entry_no integer,
                withdrawn_at timestamptz) ON w.job_id = e.job_id AND w.run_no = e.run_no AND w.step_no = e.step_no AND w.entry_no = e.entry_no
            WHERE b.state IN ('failed', 'partial', 'canceled') AND e.level = 'error' AND e.first_seen_at <= known_at
                AND report.effective_at(e.created_at, e.first_seen_at) <= as_of
        ) e
        GROUP BY e.job_id, e.run_no
    )
    SELECT j.name, s.name, s.provider, j.labels, b.run_no, b.state, coalesce(b.started_at, b.first_seen_at), coalesce(e.ended_at, e.seen_at),
        b.started_at IS NOT NULL AND (e.seen_at IS NULL OR e.ended_at IS NOT NULL),
        CASE WHEN e.seen_at IS NOT NULL THEN report.duration_least(b.started_at, b.first_seen_at, e.ended_at, e.not_before) END,
        CASE WHEN e.seen_at IS NOT NULL THEN report.duration_most(b.started_at, b.not_before, e.ended_at, e.seen_at) END,
        b.first_seen_at, CASE WHEN b.state = 'failed' THEN f.step END,
        CASE WHEN b.state IN ('failed', 'partial', 'canceled') THEN coalesce(w.in_failed, w.listed, b.error_summary, w.ever) END, b.job_id
    FROM base b
    JOIN public.jobs j ON j.job_id = b.job_id
    JOIN public.sources s ON s.source_id = j.source_id
    LEFT JOIN failed f ON f.job_id = b.job_id AND f.run_no = b.run_no
    LEFT JOIN said w ON w.job_id = b.job_id AND w.run_no = b.run_no
    LEFT JOIN LATERAL (
        SELECT n.observed_at AS seen_at, n.not_before, CASE WHEN EXISTS (
                SELECT 1 FROM public.transitions l
                WHERE l.job_id = b.job_id AND l.run_no = b.run_no AND l.step_no IS NULL AND l.transition_no > b.transition_no
                    AND (l.observed_at <= known_at OR NOT b.is_told) AND (l.from_state, l.from_status) IS DISTINCT FROM (l.to_state, l.to_status)
            ) THEN n.happened_at ELSE b.ended_at END AS ended_at
        FROM public.transitions n
        WHERE n.job_id = b.job_id AND n.run_no = b.run_no AND n.step_no IS NULL AND n.observed_at <= known_at
            AND report.effective_at(n.happened_at, n.observed_at) <= as_of AND (n.from_state, n.from_status) IS DISTINCT FROM (n.to_state, n.to_status)
        ORDER BY n.transition_no DESC LIMIT 1
    ) e ON b.state IN ('succeeded', 'partial', 'failed', 'canceled');
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.changed_runs(timestamptz, timestamptz, jsonb) IS 'The runs, as they were at as_of by what was known at known_at, of which more was learned since; all others that were seen by then are as report.runs has them. told: what the snapshots told by known_at, over which the service has written since (null: what is known now).';

-- What was declared stands in the changes: labels choose jobs as they are now.
-- +goose StatementBegin
CREATE FUNCTION report.jobs_at(as_of timestamptz, known_at timestamptz DEFAULT now())
RETURNS TABLE (job text, source text, provider text, labels jsonb, tracking text, stall_after interval, run_no integer, state text, status text,
    state_since timestamptz, state_since_reported boolean, job_id bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT j.job, j.source, j.provider, j.labels, coalesce(d.tracking, 'active'), CASE WHEN d.stated THEN d.stall_after::interval ELSE j.stall_after END,
        t.run_no, t.state, t.status, t.since, coalesce(t.reported, false), j.job_id
    FROM report.declared_jobs j
    LEFT JOIN report.status_as_of(jobs_at.as_of, jobs_at.known_at) t ON t.job = j.job
    LEFT JOIN (
        SELECT c.subject, (array_agg(c.after ->> 'tracking' ORDER BY c.change_no DESC) FILTER (WHERE c.after ? 'tracking'))[1] AS tracking,
            (array_agg(c.after ->> 'stall_after' ORDER BY c.change_no DESC) FILTER (WHERE c.action IN ('register', 'change')))[1] AS stall_after,
            bool_or(c.action IN ('register', 'change')) AS stated
        FROM report.changes c
        WHERE c.subject LIKE 'job %' AND c.at <= least(jobs_at.as_of, jobs_at.known_at)
        GROUP BY c.subject
    ) d ON d.subject = 'job ' || j.job
    WHERE j.registered_at <= least(jobs_at.as_of, jobs_at.known_at);
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.jobs_at(timestamptz, timestamptz) IS 'One row per job that was registered by then, removed ones too: its tracking and its stall_after as they were declared then, its labels as they are now, and its latest run as report.status_as_of has it (null: it tells of none).';

-- An interval ends no later than any later one begins, so that all before the
-- last one that began before the window ended before it, too: of each job only
-- what bears on the window is read. A run that retention has taken ends the interval
-- before it, and has none of its own. The least time of all that follow is taken
-- from the end, once: from the front it is looked for anew at each row. sources
-- and jobs are arguments since what is asked of a function's rows from outside
-- is answered after all of them are made.
-- +goose StatementBegin
CREATE FUNCTION report.state_timeline(from_time timestamptz, to_time timestamptz, sources text[] DEFAULT NULL, jobs text[] DEFAULT NULL,
    known_at timestamptz DEFAULT now())
RETURNS TABLE (job text, source text, provider text, run_no integer, state text, status text, starts_at timestamptz, ends_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_memoize = off AS $$
#variable_conflict use_column
BEGIN
    IF known_at >= now() THEN known_at := 'infinity'; END IF;
    RETURN QUERY
    SELECT j.name, s.name, s.provider, i.run_no, i.to_state, i.to_status, greatest(i.since, from_time), least(i.until, to_time, now())
    FROM public.snapshots f
    JOIN public.jobs j ON j.job_id = f.job_id
    JOIN public.sources s ON s.source_id = j.source_id
    LEFT JOIN LATERAL (
        SELECT n.transition_no, n.run_no FROM public.transitions n
        WHERE n.job_id = f.job_id AND n.step_no IS NULL AND n.observed_at <= known_at
            AND report.effective_at(n.happened_at, n.observed_at) <= from_time
        ORDER BY n.transition_no DESC LIMIT 1
    ) before ON true
    CROSS JOIN LATERAL (
        SELECT e.*, min(e.since) OVER (PARTITION BY e.job_id ORDER BY e.transition_no DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS until
        FROM (
            SELECT t.job_id, t.transition_no, t.run_no, t.to_state, t.to_status, report.effective_at(t.happened_at, t.observed_at) AS since
            FROM public.transitions t
            WHERE t.job_id = f.job_id AND t.step_no IS NULL AND t.observed_at <= known_at
                AND t.transition_no >= coalesce(before.transition_no, 1)
            UNION ALL
            SELECT k.job_id, k.last_transition_no, k.run_no, NULL, NULL, k.changed_from
            FROM public.taken_runs k
            WHERE k.job_id = f.job_id AND k.run_no > coalesce(before.run_no, 0)
                AND k.last_transition_no > coalesce(before.transition_no, 0) AND k.first_seen_at <= known_at
        ) e
        WHERE e.since < to_time
    ) i
    WHERE f.snapshot_no = 1 AND i.to_state IS NOT NULL
        AND (state_timeline.sources IS NULL OR s.name = ANY(state_timeline.sources))
        AND (state_timeline.jobs IS NULL OR j.name = ANY(state_timeline.jobs))
        AND greatest(i.since, from_time) < least(i.until, to_time, now())
    ORDER BY j.name, i.transition_no;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.state_timeline(timestamptz, timestamptz, text[], text[], timestamptz) IS 'The states of every job''s latest run between from_time and to_time, one row per interval [starts_at, ends_at), clipped to that window, and agreeing at each moment t with status_as_of(t, known_at), by what was known at known_at (now, unless given). One that began before the window is included; one still open ends at to_time or now, whichever is earlier; a terminal state lasts until the next run starts. Where the latest run was one that retention has taken since there is no interval. With sources or jobs, arrays of names, only of those: much quicker than to leave out the others afterwards.';

-- +goose Down
DROP FUNCTION report.state_timeline(timestamptz, timestamptz, text[], text[], timestamptz);
DROP FUNCTION report.jobs_at(timestamptz, timestamptz);
DROP FUNCTION report.changed_runs(timestamptz, timestamptz, jsonb);
DROP FUNCTION report.changed_steps(timestamptz, timestamptz, jsonb);
DROP FUNCTION report.status_as_of(timestamptz, timestamptz);
DROP VIEW report.stalled;
DROP VIEW report.jobs;
