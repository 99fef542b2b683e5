-- The reporting interface: what needs somebody, and what charts show of it.

-- +goose Up
-- Runs that were canceled, or whose end nobody saw, tell nothing of whether
-- imports work; one that goes on does not yet.
CREATE VIEW report.broken AS
SELECT r.job, r.source, r.provider, r.labels, d.tracking, r.run_no, r.failed_step AS step, r.ended_at AS failed_at, r.why,
    streak.failures, streak.broken_since, good.succeeded_at, r.started_at, r.job_id
FROM snapshots f
JOIN report.declared_jobs d ON d.job_id = f.job_id
CROSS JOIN LATERAL (
    SELECT x.run_no, x.state FROM report.runs x
    WHERE x.job_id = f.job_id AND x.state IN ('succeeded', 'partial', 'failed')
    ORDER BY x.run_no DESC LIMIT 1
) newest
JOIN report.runs r ON r.job_id = f.job_id AND r.run_no = newest.run_no
LEFT JOIN LATERAL (
    SELECT x.run_no, x.ended_at AS succeeded_at FROM report.runs x
    WHERE x.job_id = f.job_id AND x.state IN ('succeeded', 'partial')
    ORDER BY x.run_no DESC LIMIT 1
) good ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS failures, min(x.ended_at) AS broken_since FROM report.runs x
    WHERE x.job_id = f.job_id AND x.state = 'failed' AND x.run_no > coalesce(good.run_no, 0)
) streak
WHERE f.snapshot_no = 1 AND newest.state = 'failed' AND d.tracking <> 'removed';
COMMENT ON VIEW report.broken IS 'One row per job, unless it is removed, whose imports fail: of its runs that succeeded, at least in part, or failed the newest has failed. A run that goes on after it changes nothing until it has ended.';
COMMENT ON COLUMN report.broken.job IS 'Name of the job.';
COMMENT ON COLUMN report.broken.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.broken.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.broken.labels IS 'The job''s labels as they are now, a JSON object of strings.';
COMMENT ON COLUMN report.broken.tracking IS 'Whether the job is polled: active, paused or finished.';
COMMENT ON COLUMN report.broken.run_no IS 'Number, within the job, of the newest run that failed.';
COMMENT ON COLUMN report.broken.step IS 'Name of the step that failed in that run, the last of several; null: none did.';
COMMENT ON COLUMN report.broken.failed_at IS 'End of that run as the upstream reported it, else when we observed the terminal state.';
COMMENT ON COLUMN report.broken.why IS 'Why that run failed: see report.runs.';
COMMENT ON COLUMN report.broken.failures IS 'Count of the runs that have failed since the last that succeeded, at least in part; 1: it has just broken.';
COMMENT ON COLUMN report.broken.broken_since IS 'End of the first of them.';
COMMENT ON COLUMN report.broken.succeeded_at IS 'End of the last run that succeeded, at least in part; null: none did.';
COMMENT ON COLUMN report.broken.started_at IS 'Start of the newest run that failed.';
COMMENT ON COLUMN report.broken.job_id IS 'Number of the job, by which views are joined.';

-- The last answer that told of a run which goes on is confirmed by each look since; of one
-- that was superseded the answer that first told of another tells of the look before, which
-- still saw it.
CREATE VIEW report.unended_runs AS
SELECT j.name AS job, s.name AS source, s.provider, r.run_no, r.state,
    CASE WHEN l.run_no = r.run_no THEN least(c.confirmed_at, now()) ELSE (
        SELECT n.not_before FROM snapshots n
        WHERE n.job_id = r.job_id AND n.run_no <> r.run_no AND n.snapshot_no >= (
            SELECT max(t.snapshot_no) FROM transitions t WHERE t.job_id = r.job_id AND t.run_no = r.run_no AND t.step_no IS NULL)
        ORDER BY n.snapshot_no LIMIT 1) END AS seen_at,
    l.run_no <> r.run_no AS superseded, r.job_id
FROM runs r
LEFT JOIN LATERAL (SELECT n.run_no FROM snapshots n WHERE n.job_id = r.job_id ORDER BY n.snapshot_no DESC LIMIT 1) l ON true
LEFT JOIN jobs j ON j.job_id = r.job_id
LEFT JOIN sources s ON s.source_id = j.source_id
LEFT JOIN cursors c ON c.job_id = r.job_id
WHERE r.state IN ('queued', 'running', 'unknown');
COMMENT ON VIEW report.unended_runs IS 'One row per run that has not ended, those included that another one has superseded and those of removed jobs: until when it was seen to go on.';
COMMENT ON COLUMN report.unended_runs.job IS 'Name of the job.';
COMMENT ON COLUMN report.unended_runs.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.unended_runs.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.unended_runs.run_no IS 'Number of the run within its job.';
COMMENT ON COLUMN report.unended_runs.state IS 'State of the run in our words: queued, running or unknown.';
COMMENT ON COLUMN report.unended_runs.seen_at IS 'When somebody last saw the run go on (our time): since then nobody has looked, looking failed, or another run had taken its place.';
COMMENT ON COLUMN report.unended_runs.superseded IS 'True if another run took the place of this one before anybody saw how it ended.';
COMMENT ON COLUMN report.unended_runs.job_id IS 'Number of the job, by which views are joined.';

-- What is open only the cursors tell. A gap begins with a look: jobs that never had one
-- are in none.
CREATE VIEW report.unseen AS
SELECT g.job, g.source, g.provider, g.gap_from AS since, g.reason, g.job_id
FROM gaps_now g
WHERE g.gap_to IS NULL
UNION ALL
SELECT j.job, j.source, j.provider, j.registered_at, 'never_looked', j.job_id
FROM report.jobs j
WHERE j.tracking = 'active' AND j.last_polled_at IS NULL AND j.next_poll_at < now() - interval '5 minutes';
COMMENT ON VIEW report.unseen IS 'One row per job that nobody can look at at present: it is in a gap that is still open, or should have been polled for the first time more than five minutes ago, and was not.';
COMMENT ON COLUMN report.unseen.job IS 'Name of the job.';
COMMENT ON COLUMN report.unseen.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.unseen.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.unseen.since IS 'Since when nobody looked, or looking failed (our time).';
COMMENT ON COLUMN report.unseen.reason IS 'Why: a reason of report.gaps, or never_looked, since the job was registered.';
COMMENT ON COLUMN report.unseen.job_id IS 'Number of the job, by which views are joined.';

-- The reader's own rights suffice: what is asked of are views. An open gap is
-- joined to the next by range_agg; what is nearer to each other than could be
-- seen apart is, too.
-- +goose StatementBegin
CREATE FUNCTION report.unseen_stretches(from_time timestamptz, to_time timestamptz, sources text[] DEFAULT NULL)
RETURNS TABLE (source text, starts_at timestamptz, ends_at timestamptz, jobs bigint, of_jobs bigint, reason text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    least_width interval := (to_time - from_time) / 500;
BEGIN
    RETURN QUERY
    WITH gap AS MATERIALIZED (
        SELECT g.source, g.job_id, g.reason, greatest(g.gap_from, from_time) AS gap_from, least(coalesce(g.gap_to, now()), to_time) AS gap_to
        FROM report.gaps g
        WHERE g.reason <> 'paused' AND g.gap_from < to_time AND coalesce(g.gap_to, now()) > from_time
            AND (unseen_stretches.sources IS NULL OR g.source = ANY(unseen_stretches.sources))
    ), edge AS (
        SELECT gap.source, gap.gap_from AS at, 1 AS more FROM gap
        UNION ALL SELECT gap.source, gap.gap_to, -1 FROM gap
    ), counted AS (
        SELECT edge.source, at, sum(more) OVER (PARTITION BY edge.source ORDER BY at) AS unseen, lead(at) OVER (PARTITION BY edge.source ORDER BY at) AS until
        FROM edge
    ), many AS (
        SELECT c.source, s.jobs AS of_jobs, c.unseen, c.at, c.until
        FROM counted c
        JOIN report.sources s ON s.source = c.source
        WHERE c.until > c.at AND 2 * c.unseen > s.jobs
    ), stretch AS (
        SELECT m.source, m.of_jobs, unnest(range_agg(tstzrange(m.at, m.until + least_width))) AS span FROM many m GROUP BY m.source, m.of_jobs
    ), shown AS (
        SELECT s.source, s.of_jobs, lower(s.span) AS starts_at, upper(s.span) - least_width AS ends_at FROM stretch s
    )
    SELECT s.source, s.starts_at, s.ends_at, most.unseen, greatest(s.of_jobs, most.unseen), -- with those that were removed since
        (SELECT mode() WITHIN GROUP (ORDER BY g.reason) FROM gap g WHERE g.source = s.source AND g.gap_from < s.ends_at AND g.gap_to > s.starts_at)
    FROM shown s
    CROSS JOIN LATERAL (
        SELECT max(m.unseen)::bigint AS unseen FROM many m WHERE m.source = s.source AND m.at >= s.starts_at AND m.at < s.ends_at
    ) most
    WHERE s.ends_at - s.starts_at >= least_width
    ORDER BY s.starts_at, s.source;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.unseen_stretches(timestamptz, timestamptz, text[]) IS 'When more than half of a source''s jobs could not be looked at between from_time and to_time, of all sources or those named: one row per stretch, from starts_at to ends_at, clipped to that window, with how many jobs of how many that were at most and the reason of most gaps in it. Jobs that somebody paused do not count. Stretches that are less than 1/500 of the window apart are one, and shorter ones are left out.';

-- What was learned of a time in which nobody looked, since the upstream tells when
-- things happened, is shown: a gap hides a state only where that began before it.
-- +goose StatementBegin
CREATE FUNCTION report.looked_timeline(from_time timestamptz, to_time timestamptz, sources text[] DEFAULT NULL, jobs text[] DEFAULT NULL)
RETURNS TABLE (job text, source text, run_no integer, state text, starts_at timestamptz, ends_at timestamptz)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH told AS MATERIALIZED (
        SELECT t.job, t.source, t.run_no, t.state, t.starts_at, t.ends_at
        FROM report.state_timeline(from_time, to_time, looked_timeline.sources, looked_timeline.jobs) t
    ), gap AS MATERIALIZED (
        SELECT g.job, g.gap_from, least(coalesce(g.gap_to, now()), to_time) AS gap_to
        FROM report.gaps g
        WHERE g.job IN (SELECT t.job FROM told t) AND g.gap_from < to_time AND coalesce(g.gap_to, now()) > from_time
            AND coalesce(g.gap_to, now()) - g.gap_from >= (to_time - from_time) / 500
    ), unseen AS (
        SELECT t.job, t.source, t.run_no, t.starts_at, range_agg(tstzrange(greatest(g.gap_from, t.starts_at), least(g.gap_to, t.ends_at))) AS spans
        FROM told t
        JOIN gap g ON g.job = t.job AND g.gap_from < t.ends_at AND g.gap_to > t.starts_at AND (g.gap_from >= t.starts_at OR t.starts_at = from_time)
        GROUP BY t.job, t.source, t.run_no, t.starts_at
    )
    SELECT t.job, t.source, t.run_no, t.state, lower(seen.span), upper(seen.span)
    FROM told t
    LEFT JOIN unseen u ON u.job = t.job AND u.starts_at = t.starts_at
    CROSS JOIN LATERAL unnest(tstzmultirange(tstzrange(t.starts_at, t.ends_at)) - coalesce(u.spans, '{}')) AS seen (span)
    UNION ALL
    SELECT u.job, u.source, u.run_no, 'not looked at', lower(hidden.span), upper(hidden.span)
    FROM unseen u
    CROSS JOIN LATERAL unnest(u.spans) AS hidden (span)
    ORDER BY 1, 5;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.looked_timeline(timestamptz, timestamptz, text[], text[]) IS 'report.state_timeline, with the state "not looked at" wherever a gap hides what became of the run. A change of state that the upstream told later, and when it had happened, ends that. Gaps of less than 1/500 of the window are left out.';

CREATE FUNCTION report.bucket_width(from_time timestamptz, to_time timestamptz) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN CASE
    WHEN to_time - from_time <= interval '6 h' THEN interval '10 min'
    WHEN to_time - from_time <= interval '73 h' THEN interval '1 hour'
    WHEN to_time - from_time <= interval '120 d' THEN interval '1 day'
    ELSE interval '7 days'
END;
COMMENT ON FUNCTION report.bucket_width(timestamptz, timestamptz) IS 'How wide a bar of a chart is that shows from from_time to to_time: ten minutes up to six hours, an hour up to three days, a day up to 120, else a week.';
CREATE FUNCTION report.bucket(at timestamptz, from_time timestamptz, to_time timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN date_bin(report.bucket_width(from_time, to_time), at, timestamptz '2000-01-03 00:00:00+00');
COMMENT ON FUNCTION report.bucket(timestamptz, timestamptz, timestamptz) IS 'Where the bar begins that a time belongs to, in a chart that shows from from_time to to_time: hours, days and weeks are those of UTC, a week begins on Monday.';

-- Links of Grafana take times as milliseconds.
CREATE FUNCTION report.picker_from(starts_at timestamptz, ends_at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE RETURN (1000 * extract(epoch FROM starts_at - least(greatest(coalesce(ends_at, now()) - starts_at, interval '1 min'), interval '1 day') / 10))::bigint::text;
COMMENT ON FUNCTION report.picker_from(timestamptz, timestamptz) IS 'Where a chart begins that shows what lasted from starts_at to ends_at (null: it goes on) and a tenth around it, as a time picker takes it: milliseconds since 1970.';
CREATE FUNCTION report.picker_to(starts_at timestamptz, ends_at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE RETURN (1000 * extract(epoch FROM coalesce(ends_at, now()) + least(greatest(coalesce(ends_at, now()) - starts_at, interval '1 min'), interval '1 day') / 10))::bigint::text;
COMMENT ON FUNCTION report.picker_to(timestamptz, timestamptz) IS 'Where the chart of report.picker_from ends.';

-- +goose Down
DROP FUNCTION report.picker_to(timestamptz, timestamptz);
DROP FUNCTION report.picker_from(timestamptz, timestamptz);
DROP FUNCTION report.bucket(timestamptz, timestamptz, timestamptz);
DROP FUNCTION report.bucket_width(timestamptz, timestamptz);
DROP FUNCTION report.looked_timeline(timestamptz, timestamptz, text[], text[]);
DROP FUNCTION report.unseen_stretches(timestamptz, timestamptz, text[]);
DROP VIEW report.unseen;
DROP VIEW report.unended_runs;
DROP VIEW report.broken;
