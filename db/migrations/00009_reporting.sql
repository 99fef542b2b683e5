-- What reports over long times need: counts that the daemon keeps by hour and
-- day, what is stuck now, whether a source can keep up with its plan, and the
-- indexes of time ranges.

-- +goose Up

-- Polls that were counted stay counted when retention takes them, so a count
-- never goes down. By hour, so that keeping the newest up to date is cheap.
CREATE TABLE hourly (
    source_id       bigint      NOT NULL,
    hour            timestamptz NOT NULL, -- its beginning
    outcome         text        NOT NULL,
    polls           bigint      NOT NULL,
    p50_latency_us  integer     NOT NULL,
    p95_latency_us  integer     NOT NULL,
    CONSTRAINT hourly_pkey PRIMARY KEY (source_id, hour, outcome),
    CONSTRAINT hourly_source_fkey FOREIGN KEY (source_id) REFERENCES sources (source_id)
);

-- A day is one of UTC. A run belongs to the day of its start, whenever it ended.
CREATE TABLE daily (
    source_id       bigint      NOT NULL,
    day             date        NOT NULL,
    runs            bigint      NOT NULL,
    succeeded       bigint      NOT NULL,
    failed          bigint      NOT NULL,
    p50_duration    interval,
    p95_duration    interval,
    polls           bigint      NOT NULL,
    failed_polls    bigint      NOT NULL,
    CONSTRAINT daily_pkey PRIMARY KEY (source_id, day),
    CONSTRAINT daily_source_fkey FOREIGN KEY (source_id) REFERENCES sources (source_id)
);

-- How far the counting has come: one row, which whoever counts has locked.
CREATE TABLE rollup (
    rolled_up_to    timestamptz NOT NULL, -- all that was observed until a while before is counted
    swept_day       date        NOT NULL, -- the day that was last counted again for no reason but to be sure
    one             boolean     NOT NULL DEFAULT true,
    CONSTRAINT rollup_pkey PRIMARY KEY (one),
    CONSTRAINT rollup_one_check CHECK (one)
);
INSERT INTO rollup (rolled_up_to, swept_day) VALUES ('0001-01-01 00:00:00+00', '0001-01-01');

-- History grows in the order of time, but for projections. Where rows are only
-- ever added and read by the range a BRIN index costs next to nothing; where
-- the newest few are wanted, or few of many, it takes a B-tree.
CREATE INDEX polls_time_idx ON polls USING brin (polled_at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX snapshots_time_idx ON snapshots USING brin (observed_at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX log_entries_time_idx ON log_entries USING brin (first_seen_at, created_at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX log_entries_error_idx ON log_entries (first_seen_at) WHERE level = 'error';
CREATE INDEX transitions_time_idx ON transitions (observed_at);
CREATE INDEX transitions_run_idx ON transitions (job_id, transition_no) INCLUDE (run_no, to_state, to_status, happened_at, observed_at)
    WHERE step_no IS NULL; -- a job's states without the heap, over which the job's rows are strewn
CREATE INDEX anomalies_time_idx ON anomalies (observed_at);
CREATE INDEX runs_start_idx ON runs ((coalesce(started_at, first_seen_at)));
CREATE INDEX runs_failed_idx ON runs ((coalesce(ended_at, ended_seen_at))) WHERE state = 'failed';
CREATE INDEX steps_start_idx ON steps ((coalesce(started_at, first_seen_at)));
CREATE INDEX runs_open_idx ON runs (job_id, run_no) WHERE state IN ('queued', 'running', 'unknown');

CREATE VIEW report.hourly AS
SELECT h.hour, s.name AS source, s.provider, h.outcome, h.polls,
    h.p50_latency_us * interval '1 microsecond' AS p50_latency, h.p95_latency_us * interval '1 microsecond' AS p95_latency
FROM hourly h
JOIN sources s ON s.source_id = h.source_id;

CREATE VIEW report.daily AS
SELECT d.day, s.name AS source, s.provider, d.runs, d.succeeded, d.failed, d.p50_duration, d.p95_duration, d.polls, d.failed_polls
FROM daily d
JOIN sources s ON s.source_id = d.source_id
WHERE d.runs > 0 OR d.polls > 0;

-- Of all runs that have not ended only the one that the newest snapshot tells
-- of can be stuck: any other was superseded. What is usual is asked of the
-- job's ended runs where there are five, else of the source's; a run of which
-- neither start nor end was seen (it had ended in the first snapshot, and
-- reports no times) tells nothing. The since of late runs is looked up last:
-- a run that came out of a terminal state has not been open since its start.
CREATE VIEW report.stalled AS
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

-- As before, but it reads of each job only what bears on the window: an interval
-- ends no later than any later one begins, so that all before the last one
-- that began before the window ended before it, too. And the least time of all
-- that follow is taken from the end, once: from the front it is looked for anew
-- at each row.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION report.state_timeline(from_time timestamptz, to_time timestamptz)
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

-- A job that fails is planned as its back-off says. One that was never polled
-- is taken to be like the others.
CREATE OR REPLACE VIEW report.sources AS
SELECT s.name AS source, s.provider, s.base_url, s.paused_at, s.paused_reason, b.held_until,
    (SELECT count(*) FROM jobs j WHERE j.source_id = s.source_id AND j.tracking <> 'removed') AS jobs,
    s.rate_every, s.rate_burst, s.schedule, s.active_every, s.credential,
    CASE WHEN p.active = 0 THEN 0 ELSE p.mean_per_hour * p.active END AS planned_per_hour,
    (3600 / extract(epoch FROM s.rate_every))::double precision AS attainable_per_hour
FROM sources s
JOIN budgets b ON b.source_id = s.source_id
CROSS JOIN LATERAL (
    SELECT count(*) AS active, avg((3600 / NULLIF(extract(epoch FROM
        CASE WHEN c.failures > 0 AND c.next_poll_at > c.polled_at THEN c.next_poll_at - c.polled_at ELSE c.planned_every END), 0)
        )::double precision) AS mean_per_hour
    FROM jobs j
    JOIN cursors c ON c.job_id = j.job_id
    WHERE j.source_id = s.source_id AND j.tracking = 'active'
) p;

GRANT SELECT ON hourly, daily, rollup TO tracker_writer;
GRANT INSERT, UPDATE ON hourly, daily TO tracker_writer;
GRANT UPDATE ON rollup TO tracker_writer;
GRANT SELECT ON report.hourly, report.daily, report.stalled TO tracker_writer, tracker_reader;

COMMENT ON VIEW report.hourly IS 'One row per hour, source and outcome that polls had: how many, and how long they took. The daemon keeps it, a minute or two behind; it outlives the polls.';
COMMENT ON COLUMN report.hourly.hour IS 'Beginning of the hour in which the polls were sent (our time).';
COMMENT ON COLUMN report.hourly.source IS 'Name of the source.';
COMMENT ON COLUMN report.hourly.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.hourly.outcome IS 'Outcome of the polls, one of those of report.polls.';
COMMENT ON COLUMN report.hourly.polls IS 'Count of the polls, at least 1; never lowered, whatever retention takes.';
COMMENT ON COLUMN report.hourly.p50_latency IS 'The median of the polls'' latency.';
COMMENT ON COLUMN report.hourly.p95_latency IS 'The 95th percentile of the polls'' latency.';

COMMENT ON VIEW report.daily IS 'One row per day of UTC and source on which a run began or a poll was sent. The daemon keeps it, a minute or two behind, and corrects days of which more is learned later.';
COMMENT ON COLUMN report.daily.day IS 'The day, in UTC. A run belongs to the day of its start (report.runs.started_at), whenever it ended; a poll to the day on which it was sent.';
COMMENT ON COLUMN report.daily.source IS 'Name of the source.';
COMMENT ON COLUMN report.daily.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.daily.runs IS 'Count of the runs that began on the day, whatever their state is by now.';
COMMENT ON COLUMN report.daily.succeeded IS 'Count of those of them whose state is succeeded.';
COMMENT ON COLUMN report.daily.failed IS 'Count of those of them whose state is failed.';
COMMENT ON COLUMN report.daily.p50_duration IS 'The median of the durations (report.runs.duration) of those of them that have ended; null: none has.';
COMMENT ON COLUMN report.daily.p95_duration IS 'The 95th percentile of the durations (report.runs.duration) of those of them that have ended; null: none has.';
COMMENT ON COLUMN report.daily.polls IS 'Count of the polls sent on the day, whatever came of them; never lowered, whatever retention takes.';
COMMENT ON COLUMN report.daily.failed_polls IS 'Count of those of them that brought no answer: their outcome is neither changed nor unchanged.';

COMMENT ON VIEW report.stalled IS 'One row per job, unless it is removed, whose latest run has not ended for longer than the job''s stall_after or, where it has none, for longer than three times usual_duration. A run that another one has superseded is never in it.';
COMMENT ON COLUMN report.stalled.job IS 'Name of the job.';
COMMENT ON COLUMN report.stalled.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.stalled.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.stalled.run_no IS 'Number of the run within its job.';
COMMENT ON COLUMN report.stalled.step IS 'Name of the last of the run''s steps that have not ended; null: there is none.';
COMMENT ON COLUMN report.stalled.state IS 'State of the run in our words: queued, running or unknown.';
COMMENT ON COLUMN report.stalled.since IS 'Since when the run has not ended: its start, or when it came out of a terminal state; the upstream''s time where it gave one, but never later than when we observed it.';
COMMENT ON COLUMN report.stalled.usual_duration IS 'The 95th percentile of the durations (report.runs.duration) of the job''s ended runs or, where it has fewer than five, of its source''s; runs of which neither start nor end was seen or reported do not count; null: there is none.';

COMMENT ON COLUMN report.sources.planned_per_hour IS 'Polls per hour that are planned at present, over the source''s active jobs: by their schedules, faster while imports run, slower while polls fail; jobs that were never polled count as the mean of the others; null: none was ever polled.';
COMMENT ON COLUMN report.sources.attainable_per_hour IS 'Polls per hour that the rate limit allows; where more are planned, jobs wait for their turn.';

-- +goose Down
-- +goose StatementBegin
DO $$ BEGIN
    IF EXISTS (SELECT FROM hourly) OR EXISTS (SELECT FROM daily) THEN
        RAISE EXCEPTION 'hourly or daily hold rows, which may outlive the polls that they count: a migration down would lose them';
    END IF;
END $$;
-- +goose StatementEnd
DROP VIEW report.sources;
CREATE VIEW report.sources AS
SELECT s.name AS source, s.provider, s.base_url, s.paused_at, s.paused_reason, b.held_until,
    (SELECT count(*) FROM jobs j WHERE j.source_id = s.source_id AND j.tracking <> 'removed') AS jobs,
    s.rate_every, s.rate_burst, s.schedule, s.active_every, s.credential
FROM sources s
JOIN budgets b ON b.source_id = s.source_id;
GRANT SELECT ON report.sources TO tracker_writer, tracker_reader;
COMMENT ON VIEW report.sources IS 'One row per source: an account at an upstream API, with its request budget and whether it is polled.';
COMMENT ON COLUMN report.sources.source IS 'Name of the source, unique among all sources.';
COMMENT ON COLUMN report.sources.provider IS 'Name of the API that the source speaks, such as woosmap or safetykit.';
COMMENT ON COLUMN report.sources.base_url IS 'URL that the provider''s paths are appended to.';
COMMENT ON COLUMN report.sources.paused_at IS 'Since when no job of the source is polled (our time); null: it is not paused.';
COMMENT ON COLUMN report.sources.paused_reason IS 'Why the source is paused; null: it is not.';
COMMENT ON COLUMN report.sources.held_until IS 'Until when the upstream asked to be left alone (Retry-After, by our clock); in the past: the hold is over; null: it never asked.';
COMMENT ON COLUMN report.sources.jobs IS 'Count of the source''s jobs that are not removed.';
COMMENT ON COLUMN report.sources.rate_every IS 'One request to the source is allowed per such interval.';
COMMENT ON COLUMN report.sources.rate_burst IS 'Count of requests that may go out at once after a quiet time.';
COMMENT ON COLUMN report.sources.schedule IS 'The cron expression of jobs that have none of their own; in UTC unless it names a zone by CRON_TZ.';
COMMENT ON COLUMN report.sources.active_every IS 'How soon after a poll the next one is due while a run is under way, where that is sooner than the schedule; it doubles after each hour without a change.';
COMMENT ON COLUMN report.sources.credential IS 'Where the credential is read from (env:NAME or file:PATH), never the credential itself.';
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION report.state_timeline(from_time timestamptz, to_time timestamptz)
RETURNS TABLE (job text, source text, provider text, run_no integer, state text, status text, starts_at timestamptz, ends_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH effective AS (
        SELECT t.job_id, t.transition_no, t.run_no, t.to_state, t.to_status,
            least(coalesce(t.happened_at, t.observed_at), t.observed_at) AS since
        FROM public.transitions t
        WHERE t.step_no IS NULL AND t.observed_at <= now() -- as status_as_of knows it
            AND least(coalesce(t.happened_at, t.observed_at), t.observed_at) < to_time
    ), intervals AS (
        SELECT e.*, min(e.since) OVER (PARTITION BY e.job_id ORDER BY e.transition_no
            ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS until
        FROM effective e
    ), clipped AS (
        SELECT i.*, greatest(i.since, from_time) AS starts_at, least(i.until, to_time, now()) AS ends_at
        FROM intervals i
    )
    SELECT j.name, s.name, s.provider, c.run_no, c.to_state, c.to_status, c.starts_at, c.ends_at
    FROM clipped c
    JOIN public.jobs j ON j.job_id = c.job_id
    JOIN public.sources s ON s.source_id = j.source_id
    WHERE c.starts_at < c.ends_at
    ORDER BY j.name, c.transition_no
$$;
-- +goose StatementEnd
DROP VIEW report.stalled;
DROP VIEW report.daily;
DROP VIEW report.hourly;
DROP INDEX runs_open_idx;
DROP INDEX steps_start_idx;
DROP INDEX runs_failed_idx;
DROP INDEX runs_start_idx;
DROP INDEX anomalies_time_idx;
DROP INDEX transitions_run_idx;
DROP INDEX transitions_time_idx;
DROP INDEX log_entries_error_idx;
DROP INDEX log_entries_time_idx;
DROP INDEX snapshots_time_idx;
DROP INDEX polls_time_idx;
DROP TABLE rollup;
DROP TABLE daily;
DROP TABLE hourly;
