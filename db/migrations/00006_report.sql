-- The reporting interface: views and functions with stable names and columns,
-- over which dashboards, scripts and the command line read. Columns may be
-- added, never renamed. They run with their owner's rights, so that a reader
-- needs nothing but them. What each column means stands in its comment, where
-- psql's \d+ and every other client finds it; docs/sql.md is made from these
-- texts. Times have an owner: the upstream reported them, or we observed them.
--
-- Here: what was seen of runs.

-- +goose Up
CREATE SCHEMA report;
COMMENT ON SCHEMA report IS 'The reporting interface: read-only views and functions over all that was observed, whose names and columns stay as they are; columns may be added at the end.';

-- When a change counts as done. A body that is parsed when the function is made
-- needs no search_path, and Postgres puts it in the place of the call.
CREATE FUNCTION report.effective_at(happened_at timestamptz, observed_at timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN least(happened_at, observed_at);
COMMENT ON FUNCTION report.effective_at(timestamptz, timestamptz) IS 'When a change that the upstream says happened at happened_at (null: it does not say) and that we observed at observed_at counts as done: at the upstream''s time, but never later than observed.';

-- Bounds of how long something took that has ended: exactly, where both times were
-- reported. An end that was only observed lies in (not_before, seen_at], and so
-- does a start; null: nothing bounds the start from below.
CREATE FUNCTION report.duration_least(started_at timestamptz, first_seen_at timestamptz, ended_at timestamptz, ended_not_before timestamptz) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN CASE
    WHEN started_at IS NOT NULL AND ended_at IS NOT NULL THEN ended_at - started_at
    ELSE greatest(coalesce(ended_at, ended_not_before) - coalesce(started_at, first_seen_at), interval '0')
END;
COMMENT ON FUNCTION report.duration_least(timestamptz, timestamptz, timestamptz, timestamptz) IS 'The least time that something took which has ended: exactly, where the upstream reported its start and its end (negative where it ends before it starts), else what we observed, never below zero.';
CREATE FUNCTION report.duration_most(started_at timestamptz, not_before timestamptz, ended_at timestamptz, ended_seen_at timestamptz) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN CASE
    WHEN started_at IS NOT NULL AND ended_at IS NOT NULL THEN ended_at - started_at
    WHEN coalesce(started_at, not_before) IS NULL THEN NULL
    ELSE greatest(coalesce(ended_at, ended_seen_at) - coalesce(started_at, not_before), interval '0')
END;
COMMENT ON FUNCTION report.duration_most(timestamptz, timestamptz, timestamptz, timestamptz) IS 'The most time that something took which has ended: exactly, where the upstream reported its start and its end, else what we observed; null: nothing bounds its start from below.';

CREATE FUNCTION report.patience(stall_after interval, ended bigint, own interval, shared interval) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN CASE WHEN stall_after IS NOT NULL THEN stall_after WHEN ended < 5 THEN 3 * shared ELSE 3 * own END;
COMMENT ON FUNCTION report.patience(interval, bigint, interval, interval) IS 'How long a run may go on before it is stalled: for its job''s stall_after, else for three times how long runs usually take, those of the job where at least five have ended (ended), else those of its source.';

-- How long the runs usually take that go on, and which of them are stalled. Of all
-- runs that have not ended only the one that the newest snapshot tells of can be:
-- any other was superseded.
--
-- usual_duration weighs recent runs: of a job's newest hundred that have ended, each
-- counts alike, and no older one does, so that a job whose imports have grown or
-- shrunk is soon judged by what they are now. It is robust since it is a rank, not
-- a mean: of a hundred the five longest may take however long, and the quick ones
-- (a failure at the start, an import of nothing) do not make it shorter until nearly
-- all are quick. Where fewer than five have ended, the source tells: a hundred runs
-- of its newest jobs, five of each at most, so that no job outweighs the others. A
-- run of which neither start nor end was seen (it had ended in the first snapshot,
-- and reports no times) tells nothing.
--
-- A run is stalled by what was seen: nobody knows what became of it since the last
-- poll that was answered. Since when it goes on is looked up for those alone that
-- have begun too long ago: one that came out of a terminal state has not been open
-- since its start.
--
-- What is asked of a job's own rows stands in one subquery, which Citus answers on
-- the nodes that have them. What few runs need to know stands in functions, which
-- are not run where an argument is null. What a source tells is asked of it once, whatever
-- number of its runs go on: the planner memoizes what costs much and is a subquery, and
-- expects enough of them, since CASE hides from it that few of all runs go on.
-- +goose StatementBegin
CREATE FUNCTION report.source_durations(source_id bigint, OUT usual interval, OUT median interval)
LANGUAGE plpgsql STABLE STRICT COST 10000 SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY d.took),
        coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY d.took) FILTER (WHERE d.state IN ('succeeded', 'partial')),
            percentile_cont(0.5) WITHIN GROUP (ORDER BY d.took))
    INTO usual, median
    FROM (
        SELECT n.state, n.took
        FROM public.snapshots f
        JOIN public.jobs k ON k.job_id = f.job_id
        CROSS JOIN LATERAL (
            SELECT x.state, report.duration_least(x.started_at, x.first_seen_at, x.ended_at, x.ended_not_before) AS took
            FROM public.runs x
            WHERE x.job_id = f.job_id AND x.state IN ('succeeded', 'partial', 'failed', 'canceled')
                AND (report.duration_least(x.started_at, x.first_seen_at, x.ended_at, x.ended_not_before) <> interval '0'
                    OR report.duration_most(x.started_at, x.not_before, x.ended_at, x.ended_seen_at) IS NOT NULL)
            ORDER BY x.run_no DESC LIMIT 5
        ) n
        WHERE f.snapshot_no = 1 AND k.source_id = source_durations.source_id
        ORDER BY k.job_id DESC LIMIT 100
    ) d;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.source_durations(bigint) IS 'The 95th percentile and the median of the durations of a hundred runs of a source''s newest jobs, five of each at most, as report.open_runs has them for a job of which fewer than five runs have ended.';
-- However the statement is planned that asks it of many runs, it is not planned anew for
-- each: that takes four times as long as to answer.
-- +goose StatementBegin
CREATE FUNCTION report.goes_on_since(job_id bigint, run_no integer) RETURNS timestamptz
LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = auto AS $$
BEGIN
    RETURN (SELECT report.effective_at(t.happened_at, t.observed_at)
        FROM public.transitions t
        WHERE t.job_id = goes_on_since.job_id AND t.run_no = goes_on_since.run_no AND t.step_no IS NULL AND t.transition_no > (
            SELECT CASE WHEN l.to_state IN ('succeeded', 'partial', 'failed', 'canceled') THEN l.transition_no END
            FROM (
                SELECT e.to_state, e.transition_no FROM public.transitions e
                WHERE e.job_id = goes_on_since.job_id AND e.run_no = goes_on_since.run_no AND e.step_no IS NULL
                    AND (e.to_state IN ('succeeded', 'partial', 'failed', 'canceled')
                        OR e.observed_at <= (SELECT r.first_seen_at FROM public.runs r WHERE r.job_id = goes_on_since.job_id AND r.run_no = goes_on_since.run_no))
                ORDER BY e.transition_no DESC LIMIT 1
            ) l)
        ORDER BY t.transition_no LIMIT 1);
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.goes_on_since(bigint, integer) IS 'When a run came out of its last terminal state: the upstream''s time where it gave one, but never later than when we observed it; null: it was in none, or is in it.';

CREATE VIEW report.open_runs AS
SELECT j.name AS job, s.name AS source, s.provider, r.run_no, r.state,
    CASE WHEN r.ended < 5 THEN shared.usual ELSE r.usual END AS usual_duration,
    CASE WHEN r.ended < 5 THEN shared.median ELSE r.median END AS median_duration,
    j.stall_after,
    CASE WHEN late.seen_at - coalesce(back.since, late.began) > late.patience THEN coalesce(back.since, late.began) END AS stalled_since,
    back.since IS NULL AND coalesce(r.started_at <= r.first_seen_at, false) AS since_reported,
    late.seen_at, r.step, c.job_id
FROM cursors c
JOIN jobs j ON j.job_id = c.job_id
JOIN sources s ON s.source_id = j.source_id
LEFT JOIN ( -- to the left for Citus' sake: it answers that in one go
    SELECT o.job_id, o.run_no, o.state, o.started_at, o.first_seen_at, own.ended, own.usual, own.median, (
            SELECT x.name FROM steps x
            WHERE x.job_id = o.job_id AND x.run_no = o.run_no AND x.vanished_at IS NULL AND x.state IN ('queued', 'running', 'unknown')
            ORDER BY x.step_no DESC LIMIT 1) AS step
    FROM snapshots f
    CROSS JOIN LATERAL (SELECT n.run_no FROM snapshots n WHERE n.job_id = f.job_id ORDER BY n.snapshot_no DESC LIMIT 1) l
    JOIN runs o ON o.job_id = f.job_id AND o.run_no = l.run_no
    CROSS JOIN LATERAL (
        SELECT count(*) AS ended, percentile_cont(0.95) WITHIN GROUP (ORDER BY d.took) AS usual,
            coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY d.took) FILTER (WHERE d.state IN ('succeeded', 'partial')),
                percentile_cont(0.5) WITHIN GROUP (ORDER BY d.took)) AS median
        FROM (
            SELECT x.state, report.duration_least(x.started_at, x.first_seen_at, x.ended_at, x.ended_not_before) AS took
            FROM runs x
            WHERE x.job_id = o.job_id AND x.state IN ('succeeded', 'partial', 'failed', 'canceled')
                AND (report.duration_least(x.started_at, x.first_seen_at, x.ended_at, x.ended_not_before) <> interval '0'
                    OR report.duration_most(x.started_at, x.not_before, x.ended_at, x.ended_seen_at) IS NOT NULL)
            ORDER BY x.run_no DESC LIMIT 100
        ) d
    ) own
    WHERE f.snapshot_no = 1 AND CASE WHEN o.state IN ('queued', 'running', 'unknown') THEN true END
) r ON r.job_id = c.job_id
LEFT JOIN sources few ON few.source_id = j.source_id AND r.ended < 5
CROSS JOIN LATERAL (SELECT max(d.usual) AS usual, max(d.median) AS median FROM report.source_durations(few.source_id) d) shared
CROSS JOIN LATERAL (
    SELECT report.effective_at(r.started_at, r.first_seen_at) AS began, least(c.confirmed_at, now()) AS seen_at,
        report.patience(j.stall_after, r.ended, r.usual, shared.usual) AS patience
) late
LEFT JOIN LATERAL report.goes_on_since(CASE WHEN late.seen_at - late.began > late.patience THEN r.job_id END, r.run_no) back (since) ON true
WHERE r.job_id IS NOT NULL AND j.tracking <> 'removed';
COMMENT ON VIEW report.open_runs IS 'One row per job, unless it is removed, whose latest run has not ended: how long such a run usually takes, and whether it is stalled. It is stalled if it was seen to go on for longer than the job''s stall_after or, where it has none, for longer than three times usual_duration. A run that another one has superseded is never in it.';
COMMENT ON COLUMN report.open_runs.job IS 'Name of the job.';
COMMENT ON COLUMN report.open_runs.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.open_runs.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.open_runs.run_no IS 'Number of the run within its job.';
COMMENT ON COLUMN report.open_runs.state IS 'State of the run in our words: queued, running or unknown.';
COMMENT ON COLUMN report.open_runs.usual_duration IS 'The 95th percentile of the durations (report.runs.duration) of the newest hundred of the job''s ended runs or, where fewer than five have ended, of a hundred of its source''s newest jobs, five of each at most; runs of which neither start nor end was seen or reported do not count; null: there is none.';
COMMENT ON COLUMN report.open_runs.median_duration IS 'The median of the durations of those of the same runs that succeeded, at least in part, else of all; null: there is none.';
COMMENT ON COLUMN report.open_runs.stall_after IS 'The job''s stall_after; null: it has none, and three times usual_duration decides what is stalled.';
COMMENT ON COLUMN report.open_runs.stalled_since IS 'Since when the run goes on, if it is stalled: its start, or when it came out of a terminal state; the upstream''s time where it gave one, but never later than when we observed it; null: it is not stalled.';
COMMENT ON COLUMN report.open_runs.since_reported IS 'True if stalled_since is the upstream''s time.';
COMMENT ON COLUMN report.open_runs.seen_at IS 'When somebody last saw the run go on (our time): since then nobody has looked, or looking failed, and nothing counts towards stalled.';
COMMENT ON COLUMN report.open_runs.step IS 'Name of the last of the run''s steps that have not ended; null: there is none.';
COMMENT ON COLUMN report.open_runs.job_id IS 'Number of the job, by which views are joined.';

-- What open_runs tells of one run. In PL/pgSQL, so that who reads runs plans for
-- this only where a run goes on, and once: it takes longer than to read a job's runs.
-- A node of a distributed database (one that has Citus' table of nodes) has some
-- runs, but not what they are judged by: it tells neither.
-- +goose StatementBegin
CREATE FUNCTION report.usual_duration(job_id bigint, run_no integer) RETURNS interval
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF to_regclass('pg_catalog.pg_dist_node') IS NOT NULL THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT o.usual_duration FROM report.open_runs o WHERE o.job_id = usual_duration.job_id AND o.run_no = usual_duration.run_no);
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.usual_duration(bigint, integer) IS 'usual_duration of report.open_runs for one run; null: it is not there, or the database is distributed.';
-- +goose StatementBegin
CREATE FUNCTION report.is_stalled(job_id bigint, run_no integer) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF to_regclass('pg_catalog.pg_dist_node') IS NOT NULL THEN
        RETURN NULL;
    END IF;
    RETURN EXISTS (SELECT 1 FROM report.open_runs o
        WHERE o.job_id = is_stalled.job_id AND o.run_no = is_stalled.run_no AND o.stalled_since IS NOT NULL);
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.is_stalled(bigint, integer) IS 'Whether report.open_runs has a run as stalled; null: the database is distributed.';

-- Why a run has not succeeded is looked up where it is asked for, by key, the
-- last first: the last error of the step that failed tells more than one of
-- another step, and each more than the summary, which counts errors mostly.
CREATE VIEW report.runs AS
SELECT j.name AS job, s.name AS source, s.provider, j.labels, r.run_no, r.run_id, r.state, r.status,
    coalesce(r.started_at, r.first_seen_at) AS started_at,
    coalesce(r.ended_at, r.ended_seen_at) AS ended_at,
    r.started_at IS NOT NULL AND (r.ended_seen_at IS NULL OR r.ended_at IS NOT NULL) AS reported,
    CASE WHEN r.ended_seen_at IS NOT NULL THEN report.duration_least(r.started_at, r.first_seen_at, r.ended_at, r.ended_not_before) END AS duration,
    CASE WHEN r.ended_seen_at IS NOT NULL THEN report.duration_most(r.started_at, r.not_before, r.ended_at, r.ended_seen_at) END AS duration_max,
    r.first_seen_at, r.last_changed_at, r.step_count AS steps, r.warnings, r.errors,
    r.error_summary,
    CASE WHEN r.ended_seen_at IS NOT NULL OR r.result_count > 0 THEN r.result_count END AS result_count, r.result_expires_at,
    CASE WHEN r.state IN ('failed', 'partial', 'canceled') THEN coalesce(
        CASE WHEN r.errors > 0 THEN coalesce(
            (SELECT e.detail FROM log_entries e
                WHERE e.job_id = r.job_id AND e.run_no = r.run_no AND e.level = 'error' AND e.withdrawn_at IS NULL AND e.step_no = (
                    SELECT max(f.step_no) FROM steps f WHERE f.job_id = r.job_id AND f.run_no = r.run_no AND f.state = 'failed' AND f.vanished_at IS NULL)
                ORDER BY e.entry_no DESC LIMIT 1),
            (SELECT e.detail FROM log_entries e
                WHERE e.job_id = r.job_id AND e.run_no = r.run_no AND e.level = 'error' AND e.withdrawn_at IS NULL
                ORDER BY e.step_no DESC, e.entry_no DESC LIMIT 1)) END,
        r.error_summary,
        (SELECT e.detail FROM log_entries e
            WHERE e.job_id = r.job_id AND e.run_no = r.run_no AND e.level = 'error'
            ORDER BY e.step_no DESC, e.entry_no DESC LIMIT 1)) END AS why,
    r.state IN ('failed', 'partial', 'canceled') AND r.errors = 0 AND r.error_summary IS NULL AND EXISTS (
        SELECT 1 FROM log_entries e WHERE e.job_id = r.job_id AND e.run_no = r.run_no AND e.level = 'error') AS why_withdrawn,
    CASE WHEN r.state = 'failed' THEN (
        SELECT f.name FROM steps f
        WHERE f.job_id = r.job_id AND f.run_no = r.run_no AND f.state = 'failed' AND f.vanished_at IS NULL
        ORDER BY f.step_no DESC LIMIT 1) END AS failed_step,
    r.state = 'unknown' AND r.run_no <> (
        SELECT n.run_no FROM snapshots n WHERE n.job_id = r.job_id ORDER BY n.snapshot_no DESC LIMIT 1) AS superseded,
    CASE WHEN r.state IN ('queued', 'running', 'unknown') THEN report.usual_duration(r.job_id, r.run_no) END AS usual_duration,
    r.state IN ('queued', 'running', 'unknown') AND report.is_stalled(r.job_id, r.run_no) AS stalled,
    (SELECT h.held_at FROM holds h WHERE h.job_id = r.job_id AND h.run_no = r.run_no) AS held_at, r.job_id
FROM runs r
LEFT JOIN jobs j ON j.job_id = r.job_id
LEFT JOIN sources s ON s.source_id = j.source_id;
COMMENT ON VIEW report.runs IS 'One row per run (an import as the upstream counts them), as the newest snapshot that told of it left it.';
COMMENT ON COLUMN report.runs.job IS 'Name of the job.';
COMMENT ON COLUMN report.runs.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.runs.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.runs.labels IS 'The job''s labels as they are now, a JSON object of strings.';
COMMENT ON COLUMN report.runs.run_no IS 'Number of the run within its job, from 1, in order of discovery.';
COMMENT ON COLUMN report.runs.run_id IS 'The upstream''s id of the run, unique within the job.';
COMMENT ON COLUMN report.runs.state IS 'State in our words: queued, running, succeeded, partial, failed, canceled or unknown; of these succeeded, partial, failed and canceled are terminal.';
COMMENT ON COLUMN report.runs.status IS 'Status in the upstream''s own word.';
COMMENT ON COLUMN report.runs.started_at IS 'Start of the run: the start of the first of its steps that have not vanished, as the upstream reported it, else first_seen_at, when we first saw the run.';
COMMENT ON COLUMN report.runs.ended_at IS 'End of the run: as the upstream reported it for the run, else the end of the last of its steps that have not vanished, as the upstream reported it, else when we observed the terminal state; null: the state is not terminal.';
COMMENT ON COLUMN report.runs.reported IS 'True if every time shown in started_at and ended_at is the upstream''s, false if one of them is ours.';
COMMENT ON COLUMN report.runs.duration IS 'How long the run took: exactly, by the upstream''s clock, where it reported both times (negative where its end is before its start), else the lower bound by what was observed, never below zero; null: not ended.';
COMMENT ON COLUMN report.runs.duration_max IS 'The upper bound of how long the run took, equal to duration where the upstream reported both times; null: not ended, or nothing bounds its start from below.';
COMMENT ON COLUMN report.runs.first_seen_at IS 'When we had read the first answer that told of the run (our time).';
COMMENT ON COLUMN report.runs.last_changed_at IS 'When we had read the newest snapshot that changed or closed the run (our time).';
COMMENT ON COLUMN report.runs.steps IS 'Count of the run''s steps that have not vanished.';
COMMENT ON COLUMN report.runs.warnings IS 'Count of the run''s log entries of level warning that are not withdrawn.';
COMMENT ON COLUMN report.runs.errors IS 'Count of the run''s log entries of level error that are not withdrawn.';
COMMENT ON COLUMN report.runs.error_summary IS 'The upstream''s summary of what went wrong, which changes no state and may stand beside succeeded; null: the newest answer has none.';
COMMENT ON COLUMN report.runs.result_count IS 'Count of the run''s results by the newest answer: its data_count, else the items in its data; null: it tells of none, or of 0 before the run has ended.';
COMMENT ON COLUMN report.runs.result_expires_at IS 'When the upstream''s link to the results ends (the upstream''s time, as the newest snapshot about the run has it); null: there is no such link, or the time is unreadable.';
COMMENT ON COLUMN report.runs.why IS 'Why a run failed, was canceled or succeeded only in part, in the upstream''s words: the last error that it logged in the last step that failed, else in any; else its summary; else the last error that it has withdrawn; null: it gives no reason, or the run is in another state.';
COMMENT ON COLUMN report.runs.why_withdrawn IS 'True if why is an error that the upstream has withdrawn.';
COMMENT ON COLUMN report.runs.failed_step IS 'Name of the last of the steps in which the run failed; null: no step did that the upstream still lists, or the run has not failed.';
COMMENT ON COLUMN report.runs.superseded IS 'True if another run took the place of this one before anybody saw how it ended.';
COMMENT ON COLUMN report.runs.usual_duration IS 'How long nearly all runs take (see report.open_runs), while the run goes on; null: it has ended, was superseded or is of a removed job, or nothing is known; in a distributed database null always: ask report.open_runs.';
COMMENT ON COLUMN report.runs.stalled IS 'True if the run was seen to go on for longer than the job''s stall_after or, where it has none, than three times usual_duration (see report.stalled); in a distributed database null while it goes on: ask report.open_runs.';
COMMENT ON COLUMN report.runs.held_at IS 'Since when the run is on hold (our time), so that retention leaves it alone; null: it is not.';
COMMENT ON COLUMN report.runs.job_id IS 'Number of the job, by which views are joined.';

CREATE VIEW report.steps AS
SELECT j.name AS job, s.name AS source, s.provider, p.run_no, p.step_no, p.name AS step, p.state, p.status,
    coalesce(p.started_at, p.first_seen_at) AS started_at,
    coalesce(p.ended_at, p.ended_seen_at) AS ended_at,
    p.started_at IS NOT NULL AND ((p.ended_seen_at IS NULL AND p.ended_raw IS NULL) OR p.ended_at IS NOT NULL) AS reported,
    CASE WHEN coalesce(p.ended_at, p.ended_seen_at) IS NOT NULL
        THEN report.duration_least(p.started_at, p.first_seen_at, p.ended_at, p.ended_not_before) END AS duration,
    CASE WHEN coalesce(p.ended_at, p.ended_seen_at) IS NOT NULL
        THEN report.duration_most(p.started_at, p.not_before, p.ended_at, p.ended_seen_at) END AS duration_max,
    p.started_raw, p.ended_raw, p.started_zone_assumed OR p.ended_zone_assumed AS zone_assumed,
    p.first_seen_at, p.vanished_at, p.job_id
FROM steps p
LEFT JOIN jobs j ON j.job_id = p.job_id
LEFT JOIN sources s ON s.source_id = j.source_id;
COMMENT ON VIEW report.steps IS 'One row per step of a run: reported by the upstream, or, where it reports none, the non-terminal statuses that were seen.';
COMMENT ON COLUMN report.steps.job IS 'Name of the job.';
COMMENT ON COLUMN report.steps.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.steps.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.steps.run_no IS 'Number of the run within its job.';
COMMENT ON COLUMN report.steps.step_no IS 'Number of the step within its run, from 1, in order of discovery.';
COMMENT ON COLUMN report.steps.step IS 'Name of the step in the newest answer that lists it: the upstream''s, or the status that it stands for.';
COMMENT ON COLUMN report.steps.state IS 'State in our words: queued, running, succeeded, partial, failed, canceled or unknown.';
COMMENT ON COLUMN report.steps.status IS 'Status in the upstream''s own word; for an observed step that has ended, succeeded or failed.';
COMMENT ON COLUMN report.steps.started_at IS 'Start of the step as the upstream reported it, else first_seen_at, when we first saw the step.';
COMMENT ON COLUMN report.steps.ended_at IS 'End of the step as the upstream reported it, else when we observed the terminal state; null: not ended.';
COMMENT ON COLUMN report.steps.reported IS 'True if every time shown in started_at and ended_at is the upstream''s; false if one of them is ours, or the upstream gave an end that is unreadable.';
COMMENT ON COLUMN report.steps.duration IS 'How long the step took: exactly, by the upstream''s clock, where it reported both times (negative where its end is before its start), else the lower bound by what was observed, never below zero; null: not ended.';
COMMENT ON COLUMN report.steps.duration_max IS 'The upper bound of how long the step took, equal to duration where the upstream reported both times; null: not ended, or nothing bounds its start from below.';
COMMENT ON COLUMN report.steps.started_raw IS 'The start as the upstream wrote it; null: it gave none.';
COMMENT ON COLUMN report.steps.ended_raw IS 'The end as the upstream wrote it; null: it gave none.';
COMMENT ON COLUMN report.steps.zone_assumed IS 'True if the upstream wrote the start or the end without a time zone and it was read as UTC.';
COMMENT ON COLUMN report.steps.first_seen_at IS 'When we had read the first answer that told of the step (our time).';
COMMENT ON COLUMN report.steps.vanished_at IS 'When we had read the answer that listed the step no longer (our time); null: the newest answer about its run lists it, or the step is an observed one.';
COMMENT ON COLUMN report.steps.job_id IS 'Number of the job, by which views are joined.';

-- Most entries' times come in one form, which need not be kept beside the time itself.
CREATE FUNCTION report.usual_time(at timestamptz, zone_assumed boolean) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE RETURN to_char(at AT TIME ZONE 'UTC', CASE WHEN zone_assumed THEN 'YYYY-MM-DD"T"HH24:MI:SS.US' ELSE 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"' END);
COMMENT ON FUNCTION report.usual_time(timestamptz, boolean) IS 'A time as most upstreams write it: in UTC with six digits of a second, and a Z, unless the upstream gave no zone.';

CREATE VIEW report.log_entries AS
SELECT j.name AS job, s.name AS source, s.provider, e.run_no, e.step_no, coalesce(p.name, '') AS step, e.entry_no, e.created_at,
    e.level, e.detail, e.first_seen_at, e.withdrawn_at, coalesce(e.created_raw, report.usual_time(e.created_at, e.zone_assumed)) AS created_raw,
    e.zone_assumed, e.job_id
FROM log_entries e
LEFT JOIN steps p ON p.job_id = e.job_id AND p.run_no = e.run_no AND p.step_no = e.step_no
LEFT JOIN jobs j ON j.job_id = e.job_id
LEFT JOIN sources s ON s.source_id = j.source_id;
COMMENT ON VIEW report.log_entries IS 'One row per line that the upstream logged in a step; a line that it lists twice is two entries, and one that it withdraws stays.';
COMMENT ON COLUMN report.log_entries.job IS 'Name of the job.';
COMMENT ON COLUMN report.log_entries.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.log_entries.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.log_entries.run_no IS 'Number of the run within its job.';
COMMENT ON COLUMN report.log_entries.step_no IS 'Number of the step within its run.';
COMMENT ON COLUMN report.log_entries.step IS 'Name of the step.';
COMMENT ON COLUMN report.log_entries.entry_no IS 'Number of the entry within its step, from 1, in order of discovery.';
COMMENT ON COLUMN report.log_entries.created_at IS 'When the upstream says that it logged the line; null: it wrote a time that is unreadable (see created_raw).';
COMMENT ON COLUMN report.log_entries.level IS 'Level in the upstream''s own word: info, warning, error, or one that nobody knows.';
COMMENT ON COLUMN report.log_entries.detail IS 'Text of the line after redaction.';
COMMENT ON COLUMN report.log_entries.first_seen_at IS 'When we had read the first answer that lists the entry (our time).';
COMMENT ON COLUMN report.log_entries.withdrawn_at IS 'When we had read the answer that listed the entry, or its step, no longer (our time); null: it is still listed, or it came back.';
COMMENT ON COLUMN report.log_entries.created_raw IS 'The time of the entry as the upstream wrote it.';
COMMENT ON COLUMN report.log_entries.zone_assumed IS 'True if the upstream wrote the time without a time zone and it was read as UTC.';
COMMENT ON COLUMN report.log_entries.job_id IS 'Number of the job, by which views are joined.';

CREATE VIEW report.transitions AS
SELECT j.name AS job, s.name AS source, s.provider, t.transition_no, t.run_no, t.step_no, p.name AS step,
    t.from_state, t.to_state, t.from_status, t.to_status, t.happened_at, t.not_before, t.observed_at, t.snapshot_no, t.job_id
FROM transitions t
LEFT JOIN jobs j ON j.job_id = t.job_id
LEFT JOIN sources s ON s.source_id = j.source_id
LEFT JOIN steps p ON p.job_id = t.job_id AND p.run_no = t.run_no AND p.step_no = t.step_no;
COMMENT ON VIEW report.transitions IS 'One row per change of the status of a run or a step, the first sighting included, and per return of a run that another one had superseded; a row never changes, and goes with its run alone, where retention takes that (report.retention), or with the bodies that told of it, which somebody erases (report.acts).';
COMMENT ON COLUMN report.transitions.job IS 'Name of the job.';
COMMENT ON COLUMN report.transitions.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.transitions.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.transitions.transition_no IS 'Number of the transition within its job, from 1, in order of discovery.';
COMMENT ON COLUMN report.transitions.run_no IS 'Number of the run within its job.';
COMMENT ON COLUMN report.transitions.step_no IS 'Number of the step within its run; null: the transition is the run''s own.';
COMMENT ON COLUMN report.transitions.step IS 'Name of the step; null: the transition is the run''s own.';
COMMENT ON COLUMN report.transitions.from_state IS 'State before, in our words; null: this is the first sighting; the same as to_state, with the same status: a run has come back as it was known.';
COMMENT ON COLUMN report.transitions.to_state IS 'State after, in our words; unknown, with an unchanged status, where a run was superseded before anybody saw how it ended.';
COMMENT ON COLUMN report.transitions.from_status IS 'Status before, in the upstream''s own word; null: this is the first sighting.';
COMMENT ON COLUMN report.transitions.to_status IS 'Status after, in the upstream''s own word; for an observed step that has ended, succeeded or failed.';
COMMENT ON COLUMN report.transitions.happened_at IS 'When the upstream says it happened: the end for a transition into a terminal state, the start for a first sighting; null: any other transition, the return of a run (unless it ended after not_before), or the upstream reports no readable time.';
COMMENT ON COLUMN report.transitions.not_before IS 'When the last answered poll before was sent (our time); the change came later than that; null: it stood in the job''s first snapshot, so nothing bounds it from below.';
COMMENT ON COLUMN report.transitions.observed_at IS 'When we had read the answer that shows the change (our time); it came no later.';
COMMENT ON COLUMN report.transitions.snapshot_no IS 'Number, within the job, of the snapshot that shows the change.';
COMMENT ON COLUMN report.transitions.job_id IS 'Number of the job, by which views are joined.';

-- A patch is a line of numbers, in threes, and then new bytes. The first three: with how
-- many bytes of the body before this one begins, with how many it ends, and how many new
-- bytes follow on the first. Any further three: how many bytes of the body before are
-- passed over (less than none: how many to go back), how many after them come next, and
-- how many new ones after those. What is no patch, since somebody has changed it, gives
-- no body.
-- +goose StatementBegin
CREATE FUNCTION report.body_of(parts bytea[]) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    body bytea := parts[1];
    line text;
    n integer[];
BEGIN
    FOR i IN 2 .. cardinality(parts) LOOP
        line := encode(substring(parts[i] FOR greatest(position('\x0a'::bytea IN parts[i]) - 1, 0)), 'escape');
        IF body IS NULL OR line IS NULL OR line !~ '^\d{1,9} \d{1,9} \d{1,9}( -?\d{1,9} \d{1,9} \d{1,9})*$' THEN
            RETURN NULL;
        END IF;
        n := string_to_array(line, ' ');
        body := substring(body FOR n[1]) || substring(parts[i] FROM length(line) + 2 FOR n[3]) || (
            SELECT coalesce(string_agg(substring(body FROM x.kept_from FOR n[x.at + 1]) || substring(parts[i] FROM x.put_from FOR n[x.at + 2]), '' ORDER BY x.at), '')
            FROM (
                SELECT g.at, (1 + n[1] + sum(n[g.at] + n[g.at + 1]) OVER before - n[g.at + 1])::integer AS kept_from,
                    (2 + length(line) + n[3] + sum(n[g.at + 2]) OVER before - n[g.at + 2])::integer AS put_from
                FROM generate_series(4, cardinality(n), 3) g (at)
                WINDOW before AS (ORDER BY g.at)
            ) x) || substring(body FROM length(body) - n[2] + 1);
    END LOOP;
    RETURN body;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.body_of(bytea[]) IS 'The body of a snapshot from what is stored of it: a whole body, and the patches that make it the next one, and so on. docs/sql.md (How bodies are stored) tells how to do it by hand.';

-- How long and how often a snapshot was confirmed stands in the one after it,
-- and of the newest in the cursor, which polls move on with them. (Counting all of
-- its polls would cost more, and miss those that retention took.) What is joined to the left is
-- left out where neither is asked for.
CREATE VIEW report.snapshots AS
SELECT j.name AS job, s.name AS source, s.provider, n.snapshot_no, n.run_no, n.observed_at, n.not_before,
    coalesce(f.not_before, c.confirmed_at)::timestamptz AS confirmed_at, coalesce(f.previous_polls, c.confirmations)::bigint AS polls,
    n.status, n.state, n.sha256, CASE WHEN n.body IS NOT NULL THEN n.size END::bigint AS size,
    report.body_of((SELECT array_agg(p.body ORDER BY p.snapshot_no) FROM snapshots p
        WHERE p.job_id = n.job_id AND p.snapshot_no BETWEEN n.snapshot_no - n.patches AND n.snapshot_no)) AS body,
    CASE WHEN n.body_is_text THEN convert_from(report.body_of((SELECT array_agg(p.body ORDER BY p.snapshot_no) FROM snapshots p
        WHERE p.job_id = n.job_id AND p.snapshot_no BETWEEN n.snapshot_no - n.patches AND n.snapshot_no)), 'UTF8') END AS body_text,
    n.interpretation, n.polled_at, n.previous_polls, n.job_id
FROM snapshots n
LEFT JOIN jobs j ON j.job_id = n.job_id
LEFT JOIN sources s ON s.source_id = j.source_id
LEFT JOIN cursors c ON c.job_id = n.job_id
LEFT JOIN snapshots f ON f.job_id = n.job_id AND f.snapshot_no = n.snapshot_no + 1;
COMMENT ON VIEW report.snapshots IS 'One row per answer that differs from the one before it, with the body as proof; a row never changes, and loses its body alone, where retention takes its run or somebody erases it (report.acts).';
COMMENT ON COLUMN report.snapshots.job IS 'Name of the job.';
COMMENT ON COLUMN report.snapshots.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.snapshots.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.snapshots.snapshot_no IS 'Number of the snapshot within its job, from 1.';
COMMENT ON COLUMN report.snapshots.run_no IS 'Number, within the job, of the run that the answer tells of.';
COMMENT ON COLUMN report.snapshots.observed_at IS 'When the body had been read (our time); the answer became this one no later.';
COMMENT ON COLUMN report.snapshots.not_before IS 'When the last poll that saw the snapshot before was sent (our time); the answer became this one later than that; null: it is the job''s first, so nothing bounds it from below.';
COMMENT ON COLUMN report.snapshots.confirmed_at IS 'When the last poll that saw this snapshot was sent (our time).';
COMMENT ON COLUMN report.snapshots.polls IS 'Count of the polls that saw this snapshot, the first included.';
COMMENT ON COLUMN report.snapshots.status IS 'Status of the run in the upstream''s own word, as read when the snapshot was recorded.';
COMMENT ON COLUMN report.snapshots.state IS 'State of the run in our words, as read when the snapshot was recorded.';
COMMENT ON COLUMN report.snapshots.sha256 IS 'SHA-256 of body, 32 bytes; it stays when the body goes.';
COMMENT ON COLUMN report.snapshots.size IS 'Size of body in bytes; null: the body is gone.';
COMMENT ON COLUMN report.snapshots.body IS 'The answer''s body as stored: after redaction, in UTF-8 without a byte order mark whatever encoding it came in, and otherwise byte by byte as it came; null: retention took it, or somebody has erased it (report.erased_snapshots).';
COMMENT ON COLUMN report.snapshots.body_text IS 'The body as text; null: it is not valid UTF-8 or holds a NUL, or the body is gone.';
COMMENT ON COLUMN report.snapshots.interpretation IS 'Version of the provider''s interpretation by which the snapshot was recorded.';
COMMENT ON COLUMN report.snapshots.polled_at IS 'When the request of the first poll that saw it was sent (our time).';
COMMENT ON COLUMN report.snapshots.previous_polls IS 'Count of the polls that saw the snapshot before; 0 for the job''s first.';
COMMENT ON COLUMN report.snapshots.job_id IS 'Number of the job, by which views are joined.';

CREATE VIEW report.stored_bodies AS
SELECT j.name AS job, s.name AS source, s.provider, n.snapshot_no, n.patches, n.body AS stored, n.run_no, n.observed_at, n.not_before,
    n.status, n.state, n.interpretation, n.sha256, n.size::bigint AS size, n.body_is_text AS is_text, n.job_id
FROM snapshots n
LEFT JOIN jobs j ON j.job_id = n.job_id -- left, as sources: who asks for neither reads snapshots alone
LEFT JOIN sources s ON s.source_id = j.source_id;
COMMENT ON VIEW report.stored_bodies IS 'One row per snapshot: what is stored of its body, of which report.snapshots makes the body that it shows.';
COMMENT ON COLUMN report.stored_bodies.job IS 'Name of the job.';
COMMENT ON COLUMN report.stored_bodies.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.stored_bodies.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.stored_bodies.snapshot_no IS 'Number of the snapshot within its job.';
COMMENT ON COLUMN report.stored_bodies.patches IS 'Count of the snapshots, this one the last, of which a patch is stored; 0: the whole body is.';
COMMENT ON COLUMN report.stored_bodies.stored IS 'The body, or a patch of the body of the snapshot before; null: retention took it.';
COMMENT ON COLUMN report.stored_bodies.run_no IS 'Number of its run within the job.';
COMMENT ON COLUMN report.stored_bodies.observed_at IS 'When its body had been read (our time).';
COMMENT ON COLUMN report.stored_bodies.not_before IS 'When the last answered poll before was sent (our time); null: it is the job''s first.';
COMMENT ON COLUMN report.stored_bodies.status IS 'Status of the run in the upstream''s own word.';
COMMENT ON COLUMN report.stored_bodies.state IS 'State of the run in our words.';
COMMENT ON COLUMN report.stored_bodies.interpretation IS 'Version of the interpretation that read it.';
COMMENT ON COLUMN report.stored_bodies.sha256 IS 'SHA-256 of the body.';
COMMENT ON COLUMN report.stored_bodies.size IS 'Length of the whole body in bytes, as it was recorded.';
COMMENT ON COLUMN report.stored_bodies.is_text IS 'Whether the whole body is UTF-8 text without NUL, which report.snapshots shows as body_text.';
COMMENT ON COLUMN report.stored_bodies.job_id IS 'Number of the job, by which views are joined.';

-- What is compared with what the snapshots give: each column as it is stored.
CREATE VIEW report.stored_runs AS
SELECT j.name AS job,
    r.run_no, r.run_id, r.status, r.state, r.started_at, r.ended_at, r.not_before, r.first_seen_at,
    r.ended_not_before, r.ended_seen_at, r.last_changed_at, r.step_count, r.warnings, r.errors, r.error_summary,
    r.result_count, r.result_expires_at, r.result_expires_raw, r.unknown_words, r.shape, r.forgotten_before, r.job_id
FROM runs r
LEFT JOIN jobs j ON j.job_id = r.job_id; -- left: who does not ask for its name reads runs alone
COMMENT ON VIEW report.stored_runs IS 'One row per run, as it is stored: what tracker verify compares with what the snapshots give, and report.runs is made of.';
COMMENT ON COLUMN report.stored_runs.job IS 'Name of the job.';
COMMENT ON COLUMN report.stored_runs.run_no IS 'Number of the run within its job.';
COMMENT ON COLUMN report.stored_runs.run_id IS 'The upstream''s id of the run.';
COMMENT ON COLUMN report.stored_runs.status IS 'Status in the upstream''s own word.';
COMMENT ON COLUMN report.stored_runs.state IS 'State in our words.';
COMMENT ON COLUMN report.stored_runs.started_at IS 'Start as the upstream reported it; null: it reported none that can be read.';
COMMENT ON COLUMN report.stored_runs.ended_at IS 'End as the upstream reported it; null: it reported none that can be read, or the run goes on.';
COMMENT ON COLUMN report.stored_runs.not_before IS 'When the last answered poll before the one that found the run was sent (our time); null: it stood in the job''s first snapshot.';
COMMENT ON COLUMN report.stored_runs.first_seen_at IS 'When we had read the first answer that told of the run (our time).';
COMMENT ON COLUMN report.stored_runs.ended_not_before IS 'When the last answered poll before the one that saw the end was sent (our time); null: it goes on, or had ended in the job''s first snapshot.';
COMMENT ON COLUMN report.stored_runs.ended_seen_at IS 'When we had read the answer that told of the end (our time); null: the state is not terminal.';
COMMENT ON COLUMN report.stored_runs.last_changed_at IS 'When we had read the newest snapshot that changed or closed the run (our time).';
COMMENT ON COLUMN report.stored_runs.step_count IS 'Count of the run''s steps that have not vanished.';
COMMENT ON COLUMN report.stored_runs.warnings IS 'Count of its log entries of level warning that are not withdrawn.';
COMMENT ON COLUMN report.stored_runs.errors IS 'Likewise of level error.';
COMMENT ON COLUMN report.stored_runs.error_summary IS 'The upstream''s summary of what went wrong; null: the newest answer has none.';
COMMENT ON COLUMN report.stored_runs.result_count IS 'Count of the run''s results by the newest answer; null: it tells of none.';
COMMENT ON COLUMN report.stored_runs.result_expires_at IS 'When the upstream''s link to the results ends; null: there is none, or the time is unreadable.';
COMMENT ON COLUMN report.stored_runs.result_expires_raw IS 'The same as the upstream wrote it; null: it gave none.';
COMMENT ON COLUMN report.stored_runs.unknown_words IS 'Statuses and levels that nobody knows, of which an anomaly tells already.';
COMMENT ON COLUMN report.stored_runs.shape IS 'Names outside the provider''s contract, by the place where they stood, after its last snapshot: a JSON object of lists.';
COMMENT ON COLUMN report.stored_runs.forgotten_before IS 'Steps and entries that were taken back before it are looked for in answers no more; null: all are.';
COMMENT ON COLUMN report.stored_runs.job_id IS 'Number of the job, by which views are joined.';

CREATE VIEW report.stored_steps AS
SELECT j.name AS job,
    p.run_no, p.step_no, p.name, p.status, p.state, p.reported, p.started_at, p.started_raw, p.started_zone_assumed,
    p.ended_at, p.ended_raw, p.ended_zone_assumed, p.not_before, p.first_seen_at, p.ended_not_before, p.ended_seen_at,
    p.vanished_at, p.job_id
FROM steps p
LEFT JOIN jobs j ON j.job_id = p.job_id; -- left: who does not ask for its name reads steps alone
COMMENT ON VIEW report.stored_steps IS 'One row per step, as it is stored: what tracker verify compares with what the snapshots give, and report.steps is made of.';
COMMENT ON COLUMN report.stored_steps.job IS 'Name of the job.';
COMMENT ON COLUMN report.stored_steps.run_no IS 'Number of the run within its job.';
COMMENT ON COLUMN report.stored_steps.step_no IS 'Number of the step within its run.';
COMMENT ON COLUMN report.stored_steps.name IS 'Name of the step in the newest answer that lists it.';
COMMENT ON COLUMN report.stored_steps.status IS 'Status in the upstream''s own word.';
COMMENT ON COLUMN report.stored_steps.state IS 'State in our words.';
COMMENT ON COLUMN report.stored_steps.reported IS 'Whether the upstream reported the step; else it was observed.';
COMMENT ON COLUMN report.stored_steps.started_at IS 'Start as the upstream reported it; null: none that can be read.';
COMMENT ON COLUMN report.stored_steps.started_raw IS 'The same as the upstream wrote it; null: it gave none.';
COMMENT ON COLUMN report.stored_steps.started_zone_assumed IS 'Whether it was written without a time zone, and read as UTC.';
COMMENT ON COLUMN report.stored_steps.ended_at IS 'End as the upstream reported it; null: none that can be read.';
COMMENT ON COLUMN report.stored_steps.ended_raw IS 'The same as the upstream wrote it; null: it gave none.';
COMMENT ON COLUMN report.stored_steps.ended_zone_assumed IS 'Whether it was written without a time zone, and read as UTC.';
COMMENT ON COLUMN report.stored_steps.not_before IS 'When the last answered poll before the one that found the step was sent (our time); null: it stood in the job''s first snapshot.';
COMMENT ON COLUMN report.stored_steps.first_seen_at IS 'When we had read the first answer that told of the step (our time).';
COMMENT ON COLUMN report.stored_steps.ended_not_before IS 'When the last answered poll before the one that saw the end was sent (our time); null: it goes on, or had ended in the job''s first snapshot.';
COMMENT ON COLUMN report.stored_steps.ended_seen_at IS 'When we had read the answer that told of the end (our time); null: the state is not terminal.';
COMMENT ON COLUMN report.stored_steps.vanished_at IS 'When we had read the answer that listed the step no longer (our time); null: none did.';
COMMENT ON COLUMN report.stored_steps.job_id IS 'Number of the job, by which views are joined.';

CREATE VIEW report.stored_log_entries AS
SELECT j.name AS job,
    e.run_no, e.step_no, e.entry_no, e.position, e.created_at, e.created_raw, e.zone_assumed, e.level, e.detail,
    e.not_before, e.first_seen_at, e.withdrawn_at, e.job_id
FROM log_entries e
LEFT JOIN jobs j ON j.job_id = e.job_id; -- left: who does not ask for its name reads log_entries alone
COMMENT ON VIEW report.stored_log_entries IS 'One row per log entry, as it is stored: what tracker verify compares with what the snapshots give, and report.log_entries is made of.';
COMMENT ON COLUMN report.stored_log_entries.job IS 'Name of the job.';
COMMENT ON COLUMN report.stored_log_entries.run_no IS 'Number of the run within its job.';
COMMENT ON COLUMN report.stored_log_entries.step_no IS 'Number of the step within its run.';
COMMENT ON COLUMN report.stored_log_entries.entry_no IS 'Number of the entry within its step.';
COMMENT ON COLUMN report.stored_log_entries.position IS 'Its place in the upstream''s list when it was first seen, from 1.';
COMMENT ON COLUMN report.stored_log_entries.created_at IS 'When the upstream says that it was logged; null: the time is unreadable.';
COMMENT ON COLUMN report.stored_log_entries.created_raw IS 'The same as the upstream wrote it; null: as report.usual_time writes created_at.';
COMMENT ON COLUMN report.stored_log_entries.zone_assumed IS 'Whether it was written without a time zone, and read as UTC.';
COMMENT ON COLUMN report.stored_log_entries.level IS 'Level in the upstream''s own word.';
COMMENT ON COLUMN report.stored_log_entries.detail IS 'The text.';
COMMENT ON COLUMN report.stored_log_entries.not_before IS 'When the last answered poll before the one that found the entry was sent (our time); null: it stood in the job''s first snapshot.';
COMMENT ON COLUMN report.stored_log_entries.first_seen_at IS 'When we had read the first answer that listed the entry (our time).';
COMMENT ON COLUMN report.stored_log_entries.withdrawn_at IS 'When we had read the answer that listed it no longer (our time); null: the newest one lists it.';
COMMENT ON COLUMN report.stored_log_entries.job_id IS 'Number of the job, by which views are joined.';

CREATE VIEW report.anomalies AS
SELECT j.name AS job, s.name AS source, s.provider, a.anomaly_no, a.run_no, a.step_no, a.kind, a.was, a.now, a.count,
    a.observed_at, a.snapshot_no, a.job_id
FROM anomalies a
LEFT JOIN jobs j ON j.job_id = a.job_id
LEFT JOIN sources s ON s.source_id = j.source_id;
COMMENT ON VIEW report.anomalies IS 'One row per kind, step and snapshot in which the upstream contradicted what it said before or spoke words that nobody knows; a row never changes, and goes with its run alone, where retention takes that (report.retention), or with the bodies that told of it, which somebody erases (report.acts).';
COMMENT ON COLUMN report.anomalies.job IS 'Name of the job.';
COMMENT ON COLUMN report.anomalies.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.anomalies.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.anomalies.anomaly_no IS 'Number of the anomaly within its job, from 1, in order of discovery.';
COMMENT ON COLUMN report.anomalies.run_no IS 'Number of the run within its job.';
COMMENT ON COLUMN report.anomalies.step_no IS 'Number of the step within its run; null: it concerns the run itself.';
COMMENT ON COLUMN report.anomalies.kind IS 'What was found: unknown_status, unknown_level, status_regressed, outcome_unseen, run_returned, step_vanished, step_changed, entry_withdrawn, time_reversed, clock_skew or shape_changed.';
COMMENT ON COLUMN report.anomalies.was IS 'What the upstream said before, in the first example, as JSON; null: this kind compares with nothing, or there was nothing.';
COMMENT ON COLUMN report.anomalies.now IS 'What the upstream says now, in the first example, as JSON; null: there is nothing any more.';
COMMENT ON COLUMN report.anomalies.count IS 'Count of such findings in the snapshot, at least 1; was and now show the first.';
COMMENT ON COLUMN report.anomalies.observed_at IS 'When we had read the answer that shows it (our time).';
COMMENT ON COLUMN report.anomalies.snapshot_no IS 'Number, within the job, of the snapshot that shows it.';
COMMENT ON COLUMN report.anomalies.job_id IS 'Number of the job, by which views are joined.';

CREATE VIEW report.result_items AS
SELECT j.name AS job, s.name AS source, s.provider, i.run_no, i.item_no, i.item_id, i.url, i.labels, i.output, i.metadata, i.job_id
FROM result_items i
LEFT JOIN jobs j ON j.job_id = i.job_id
LEFT JOIN sources s ON s.source_id = j.source_id;
COMMENT ON VIEW report.result_items IS 'One row per result that the newest answer to list a run''s results has in its body; results behind a link are not fetched.';
COMMENT ON COLUMN report.result_items.job IS 'Name of the job.';
COMMENT ON COLUMN report.result_items.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.result_items.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.result_items.run_no IS 'Number of the run within its job.';
COMMENT ON COLUMN report.result_items.item_no IS 'Place of the item in the upstream''s list, from 1.';
COMMENT ON COLUMN report.result_items.item_id IS 'The upstream''s id of the item.';
COMMENT ON COLUMN report.result_items.url IS 'The item''s link after redaction.';
COMMENT ON COLUMN report.result_items.labels IS 'The labels that the upstream gave the item, in its order; empty where there are none.';
COMMENT ON COLUMN report.result_items.output IS 'The item''s whole output, a JSON object after redaction; a text stands for what jsonb cannot hold.';
COMMENT ON COLUMN report.result_items.metadata IS 'The item''s metadata, JSON after redaction; a text stands for what jsonb cannot hold; null: it has none.';
COMMENT ON COLUMN report.result_items.job_id IS 'Number of the job, by which views are joined.';

-- +goose Down
DROP SCHEMA report CASCADE;
