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
RETURNS TABLE (job text, source text, provider text, run_no integer, run_id text, state text, status text, since timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_memoize = off AS $$
#variable_conflict use_column
BEGIN
    IF as_of >= now() THEN as_of := 'infinity'; END IF;
    IF known_at >= now() THEN known_at := 'infinity'; END IF;
    RETURN QUERY
    SELECT j.name, s.name, s.provider, t.run_no, (SELECT r.run_id FROM public.runs r WHERE r.job_id = f.job_id AND r.run_no = t.run_no), t.to_state, t.to_status, t.since
    FROM public.snapshots f
    JOIN public.jobs j ON j.job_id = f.job_id
    JOIN public.sources s ON s.source_id = j.source_id
    CROSS JOIN LATERAL (
        SELECT n.transition_no, n.run_no, n.to_state, n.to_status, report.effective_at(n.happened_at, n.observed_at) AS since
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
COMMENT ON FUNCTION report.status_as_of(timestamptz, timestamptz) IS 'One row per job with its latest run as it was at as_of by what was known at known_at (now, unless given): of the run transitions observed by known_at and effective by as_of the one numbered highest; since is its effective time, the upstream''s where it gave one but never later than observed. Jobs without such a transition are absent, and so are those whose latest run retention has taken since.';

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
DROP FUNCTION report.status_as_of(timestamptz, timestamptz);
DROP VIEW report.stalled;
DROP VIEW report.jobs;
