-- The reporting interface: who is asked, when we looked, and when nobody did.

-- +goose Up
-- A job that fails is planned as its back-off says. One that was never polled
-- is taken to be like the others.
-- Where more is planned than the rate allows, imports that run get three of four
-- slots, or what the others leave, but no more than they want (see CursorClaimDue).
CREATE VIEW report.sources AS
SELECT s.name AS source, s.provider, s.base_url, s.paused_at, s.paused_reason, b.held_until,
    (SELECT count(*) FROM jobs j WHERE j.source_id = s.source_id AND j.tracking <> 'removed') AS jobs,
    s.rate_every, s.rate_burst, s.schedule, s.active_every, s.credential, s.volatile,
    p.per_hour AS planned_per_hour,
    r.per_hour AS attainable_per_hour,
    CASE WHEN p.per_hour > r.per_hour THEN NULLIF(p.active - p.running, 0) / NULLIF(r.per_hour - w.per_hour, 0) * interval '1 hour' END AS attainable_every,
    CASE WHEN p.per_hour > r.per_hour THEN p.running / NULLIF(w.per_hour, 0) * interval '1 hour' END AS attainable_every_running
FROM sources s
JOIN budgets b ON b.source_id = s.source_id
CROSS JOIN LATERAL (SELECT (3600 / extract(epoch FROM s.rate_every))::double precision AS per_hour) r
CROSS JOIN LATERAL (
    SELECT m.active, m.running, CASE WHEN m.active = 0 THEN 0 ELSE m.mean_per_hour * m.active END AS per_hour, m.running_per_hour
    FROM (
        SELECT count(*) AS active, count(*) FILTER (WHERE e.running) AS running,
            avg(e.per_hour) AS mean_per_hour, coalesce(sum(e.per_hour) FILTER (WHERE e.running), 0) AS running_per_hour
        FROM (
            SELECT c.running, (3600 / NULLIF(extract(epoch FROM
                CASE WHEN c.failures > 0 AND c.next_poll_at > c.polled_at THEN c.next_poll_at - c.polled_at ELSE c.planned_every END), 0)
                )::double precision AS per_hour
            FROM cursors c
            WHERE c.source_id = s.source_id AND c.tracking = 'active'
        ) e
    ) m
) p
CROSS JOIN LATERAL (
    SELECT least(p.running_per_hour, r.per_hour, greatest(0.75 * r.per_hour, r.per_hour - (p.per_hour - p.running_per_hour))) AS per_hour
) w
WHERE s.removed_at IS NULL;
COMMENT ON VIEW report.sources IS 'One row per source that is not removed: an account at an upstream API, with its request budget and whether it is polled.';
COMMENT ON COLUMN report.sources.source IS 'Name of the source, unique among all sources.';
COMMENT ON COLUMN report.sources.provider IS 'Name of the API that the source speaks, such as woosmap or safetykit.';
COMMENT ON COLUMN report.sources.base_url IS 'URL that the provider''s paths are appended to.';
COMMENT ON COLUMN report.sources.paused_at IS 'Since when no job of the source is polled (our time); null: it is not paused.';
COMMENT ON COLUMN report.sources.paused_reason IS 'Why the source is paused; null: it is not.';
COMMENT ON COLUMN report.sources.held_until IS 'Until when the upstream is left alone, by our clock: as it asked to be (Retry-After), or for a while after a 429 that did not say; in the past: the hold is over; null: there was none.';
COMMENT ON COLUMN report.sources.jobs IS 'Count of the source''s jobs that are not removed.';
COMMENT ON COLUMN report.sources.rate_every IS 'One request to the source is allowed per such interval.';
COMMENT ON COLUMN report.sources.rate_burst IS 'Count of requests that may go out at once after a quiet time.';
COMMENT ON COLUMN report.sources.schedule IS 'The cron expression of jobs that have none of their own; in UTC unless it names a zone by CRON_TZ.';
COMMENT ON COLUMN report.sources.active_every IS 'How soon after a poll the next one is due while a run is under way, where that is sooner than the schedule; it doubles after each hour without a change.';
COMMENT ON COLUMN report.sources.credential IS 'Where the credential is read from (env:NAME or file:PATH), never the credential itself.';
COMMENT ON COLUMN report.sources.volatile IS 'Paths, as jq writes them, of the fields without meaning for equality: answers that differ in them alone are one snapshot; empty: there are none.';
COMMENT ON COLUMN report.sources.planned_per_hour IS 'Polls per hour that are planned at present, over the source''s active jobs: by their schedules, faster while imports run, slower while polls fail; jobs that were never polled count as the mean of the others; null: none was ever polled.';
COMMENT ON COLUMN report.sources.attainable_per_hour IS 'Polls per hour that the rate limit allows; where more are planned, jobs wait for their turn.';
COMMENT ON COLUMN report.sources.attainable_every IS 'How often each job whose import does not run can be polled where more is planned than the rate limit allows; null: all that is planned can be had, or there is no such job.';
COMMENT ON COLUMN report.sources.attainable_every_running IS 'Likewise each job whose import runs: together they get what they want, but no more than three of four polls while others wait.';

CREATE VIEW report.changes AS
SELECT change_no, changed_at AS at, actor, action, subject, before, after FROM changes;
COMMENT ON VIEW report.changes IS 'One row per change of what is tracked: who did what to which source or job; rows are only ever added.';
COMMENT ON COLUMN report.changes.change_no IS 'Number of the change, ascending, with holes.';
COMMENT ON COLUMN report.changes.at IS 'When it was changed (our time).';
COMMENT ON COLUMN report.changes.actor IS 'Who changed it: TRACKER_ACTOR, else the user of the operating system; where the login may not decide what is tracked, or SQL was used, the login.';
COMMENT ON COLUMN report.changes.action IS 'What was done: register, change, pause, resume, finish, reopen, remove, revive, or, of a run of a job, hold or release.';
COMMENT ON COLUMN report.changes.subject IS 'What it was done to: the word source, job or rule, a blank, and its name.';
COMMENT ON COLUMN report.changes.before IS 'What was changed as it was before, a JSON object; null: there was nothing.';
COMMENT ON COLUMN report.changes.after IS 'What was changed as it was afterwards, a JSON object; null: there is nothing.';

CREATE VIEW report.polls AS
SELECT j.name AS job, s.name AS source, s.provider, p.polled_at, coalesce(p.outcome, 'unchanged') AS outcome,
    coalesce(p.http_status, CASE WHEN p.snapshot_no IS NOT NULL THEN 200::smallint END) AS http_status,
    p.latency_us * interval '1 microsecond' AS latency, p.snapshot_no, p.error, p.error_body, p.job_id
FROM polls p
LEFT JOIN jobs j ON j.job_id = p.job_id -- left, as sources: who asks for neither reads polls alone
LEFT JOIN sources s ON s.source_id = j.source_id;
COMMENT ON VIEW report.polls IS 'One row per attempt to fetch a job''s status, whatever came of it, until retention takes it.';
COMMENT ON COLUMN report.polls.job IS 'Name of the job.';
COMMENT ON COLUMN report.polls.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.polls.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.polls.polled_at IS 'When the request was sent (our time), unique within the job.';
COMMENT ON COLUMN report.polls.outcome IS 'What came of it: changed, unchanged, superseded (answered, but somebody else had taken over the job meanwhile, so that the answer counts for nothing), unauthorized, quota_exhausted, forbidden, not_found, rate_limited, rejected, upstream_error, timeout, unreachable or malformed; none but the first two says anything of the run.';
COMMENT ON COLUMN report.polls.http_status IS 'HTTP status code of the answer; null: there was no answer.';
COMMENT ON COLUMN report.polls.latency IS 'How long the poll took, from sending its request until the answer had been read or the attempt was given up.';
COMMENT ON COLUMN report.polls.snapshot_no IS 'Number, within the job, of the snapshot that the answer made (changed) or confirmed (unchanged); null: the poll failed or was superseded.';
COMMENT ON COLUMN report.polls.error IS 'What went wrong and, where the service said why, its first sentence, without any secret; null: nothing.';
COMMENT ON COLUMN report.polls.error_body IS 'The beginning of the body, at most 4 KiB and without any secret, of the first poll of a streak that failed with this outcome; null: the poll did not fail, is a later one of its streak, or brought no body.';
COMMENT ON COLUMN report.polls.job_id IS 'Number of the job, by which views are joined.';

-- A tracker says every ten seconds that it runs, until it says that it ends. One
-- that missed a heartbeat is taken to run until the next: it may be late.
CREATE FUNCTION report.runs_until(seen_at timestamptz, ended_at timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN coalesce(ended_at, seen_at + interval '20 s');
COMMENT ON FUNCTION report.runs_until(timestamptz, timestamptz) IS 'Until when a tracker counts as running that last said at seen_at that it does, and at ended_at that it ends (null: it has not).';

CREATE VIEW report.trackers AS
SELECT owner AS tracker, started_at, seen_at, ended_at, report.runs_until(seen_at, ended_at) AS runs_until FROM replicas;
COMMENT ON VIEW report.trackers IS 'One row per tracker that serves, or served in the last ninety days: one process from its start to its end.';
COMMENT ON COLUMN report.trackers.tracker IS 'Name of the tracker: its host and process.';
COMMENT ON COLUMN report.trackers.started_at IS 'When it began to serve (our time).';
COMMENT ON COLUMN report.trackers.seen_at IS 'When it last said that it serves, or ends (our time).';
COMMENT ON COLUMN report.trackers.ended_at IS 'When it said that it ends (our time); null: it serves, or was killed.';
COMMENT ON COLUMN report.trackers.runs_until IS 'Until when it counts as running: ended_at, else two heartbeats after seen_at.';

-- One poll may fail before anybody speaks of a gap.
CREATE FUNCTION report.gap_least(planned_every interval) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 2 * planned_every;
COMMENT ON FUNCTION report.gap_least(interval) IS 'How long a stretch without an answer may be that is no gap yet, where the next poll was planned planned_every after the last.';

-- The gaps that no row tells of yet, as the cursors tell them. What is open now is told
-- as history.Account tells it of the moment when it ends, and why nobody looks as it was
-- in the middle of the stretch: a tracker that has just begun, or ended, tells nothing of
-- the hours before.
CREATE VIEW gaps_now AS
SELECT j.name AS job, s.name AS source, s.provider, p.gap_from, p.gap_to, p.reason, c.job_id
FROM cursors c
JOIN jobs j ON j.job_id = c.job_id
JOIN sources s ON s.source_id = j.source_id
JOIN budgets b ON b.source_id = j.source_id
CROSS JOIN LATERAL (
    SELECT (coalesce(c.planned_every, interval '1 min'))::interval AS every, -- cast for sqlc's sake, as below
        coalesce(c.failures > 0 AND c.polled_at >= c.covered_until, false) AS failing
) e
CROSS JOIN LATERAL (
    SELECT CASE WHEN e.failing THEN c.polled_at ELSE c.covered_until END AS last,
        coalesce(now() - c.confirmed_at > report.gap_least(e.every), true) AS long
) l
CROSS JOIN LATERAL (
    SELECT coalesce(c.unseen_reason IS NULL AND now() > c.next_poll_at AND now() - l.last > report.gap_least(CASE
        WHEN c.next_poll_at - l.last > e.every OR c.next_poll_at > l.last AND l.last = c.polled_at THEN c.next_poll_at - l.last
        ELSE e.every END), false) AS overdue
) o
CROSS JOIN LATERAL (
    SELECT c.covered_until::timestamptz AS gap_from, NULL::timestamptz AS gap_to, c.unseen_reason::text AS reason
    WHERE c.unseen_reason IS NOT NULL AND (l.long OR c.unseen_reason = 'clock')
    UNION ALL
    SELECT c.covered_until, CASE WHEN o.overdue THEN l.last END, c.outcome
    WHERE c.unseen_reason IS NULL AND e.failing AND l.long AND (c.covered_until < l.last OR NOT o.overdue)
    UNION ALL
    SELECT l.last, NULL, CASE
        WHEN NOT EXISTS (SELECT 1 FROM replicas r WHERE r.started_at <= m.middle AND report.runs_until(r.seen_at, r.ended_at) > m.middle)
            THEN 'not_running'
        WHEN b.held_from <= m.middle AND b.held_until > m.middle THEN 'rate_limited'
        ELSE 'rate_budget' END
    FROM (SELECT l.last + (now() - l.last) / 2 AS middle) m
    WHERE o.overdue
) p
WHERE j.tracking IN ('active', 'paused') AND p.gap_from <= now();

CREATE VIEW report.gaps AS
SELECT j.name AS job, s.name AS source, s.provider, g.gap_from, least(g.gap_to, k.gap_from) AS gap_to, g.reason, g.job_id
FROM gaps g
JOIN jobs j ON j.job_id = g.job_id
JOIN sources s ON s.source_id = j.source_id
CROSS JOIN LATERAL ( -- what a clock told that was set back is over where that begins
    SELECT min(x.gap_from) AS gap_from FROM gaps x WHERE x.job_id = g.job_id AND x.gap_no > g.gap_no AND x.reason = 'clock'
) k
WHERE k.gap_from IS NULL OR k.gap_from > g.gap_from
UNION ALL
SELECT n.job, n.source, n.provider, n.gap_from, n.gap_to, n.reason, n.job_id FROM gaps_now n;

COMMENT ON VIEW report.gaps IS 'One row per stretch in which nobody looked at a job, or looking failed, for one reason: what the history cannot know. Gaps and answered polls together cover a job''s time since it was registered, but for while it was finished, and less than twice the planned interval.';
COMMENT ON COLUMN report.gaps.job IS 'Name of the job.';
COMMENT ON COLUMN report.gaps.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.gaps.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.gaps.gap_from IS 'Since when nobody looked, or looking failed (our time): when the last answered poll before was sent, the last failed one of another outcome, when the job was registered, or when somebody paused or resumed it.';
COMMENT ON COLUMN report.gaps.gap_to IS 'When the poll was sent, or the decision made, that ended the gap (our time); null: it is still open.';
COMMENT ON COLUMN report.gaps.reason IS 'Why: not_running (no tracker ran), paused, credential, rate_limited (the service had asked to be left alone, or its polls were answered so), rate_budget (more was due than the source may be asked; attainable_every in report.sources tells what can be had), clock (the database''s clock was set back), or the outcome of the polls that failed.';
COMMENT ON COLUMN report.gaps.job_id IS 'Number of the job, by which views are joined.';

-- What was declared, and what the daemon notes while it polls: columns of the
-- tables, for those who may read the reports alone.
CREATE VIEW report.declared_sources AS
SELECT name AS source, provider, interpretation, base_url, credential, schedule, active_every, rate_every, rate_burst, volatile, webhook_secret, archive, paused_at,
    paused_reason, registered_at, removed_at, source_id
FROM sources;
COMMENT ON VIEW report.declared_sources IS 'One row per source as it was declared, removed ones too.';
COMMENT ON COLUMN report.declared_sources.source IS 'Name of the source, unique among all sources.';
COMMENT ON COLUMN report.declared_sources.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.declared_sources.interpretation IS 'Number of the provider''s definition by which it is asked (report.providers); null: the provider is code.';
COMMENT ON COLUMN report.declared_sources.base_url IS 'URL that the provider''s paths are appended to.';
COMMENT ON COLUMN report.declared_sources.credential IS 'Where the credential is read from (env:NAME or file:PATH), never the credential itself.';
COMMENT ON COLUMN report.declared_sources.schedule IS 'The cron expression of jobs that have none of their own.';
COMMENT ON COLUMN report.declared_sources.active_every IS 'How soon after a poll the next one is due while a run is under way.';
COMMENT ON COLUMN report.declared_sources.rate_every IS 'One request to the source is allowed per such interval.';
COMMENT ON COLUMN report.declared_sources.rate_burst IS 'Count of requests that may go out at once after a quiet time.';
COMMENT ON COLUMN report.declared_sources.volatile IS 'Paths, as jq writes them, of the fields without meaning for equality.';
COMMENT ON COLUMN report.declared_sources.webhook_secret IS 'Where the secret is read from that signs the webhooks which the source sends (env:NAME or file:PATH), never the secret itself; null: it sends none.';
COMMENT ON COLUMN report.declared_sources.archive IS 'Where the files behind result links are kept: a directory, or s3://BUCKET/PREFIX; null: nowhere.';
COMMENT ON COLUMN report.declared_sources.paused_at IS 'Since when no job of the source is polled (our time); null: it is not paused.';
COMMENT ON COLUMN report.declared_sources.paused_reason IS 'Why the source is paused; null: it is not.';
COMMENT ON COLUMN report.declared_sources.registered_at IS 'When the source was first registered (our time).';
COMMENT ON COLUMN report.declared_sources.removed_at IS 'When the source was removed (our time); null: it is not.';
COMMENT ON COLUMN report.declared_sources.source_id IS 'Number of the source.';

CREATE VIEW report.declared_jobs AS
SELECT j.name AS job, s.name AS source, s.provider, j.target, j.labels, j.schedule, j.stall_after, j.tracking, j.paused_reason,
    j.registered_at, j.job_id
FROM jobs j
JOIN sources s ON s.source_id = j.source_id;
COMMENT ON VIEW report.declared_jobs IS 'One row per job as it was declared, removed ones too.';
COMMENT ON COLUMN report.declared_jobs.job IS 'Name of the job, unique among all jobs.';
COMMENT ON COLUMN report.declared_jobs.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.declared_jobs.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.declared_jobs.target IS 'What is polled at the source, a JSON object; it never changes.';
COMMENT ON COLUMN report.declared_jobs.labels IS 'The user''s labels, a JSON object of strings.';
COMMENT ON COLUMN report.declared_jobs.schedule IS 'The job''s own cron expression; null: its source''s holds.';
COMMENT ON COLUMN report.declared_jobs.stall_after IS 'How long a run may go on before it counts as stalled, as set by the user; null: not set.';
COMMENT ON COLUMN report.declared_jobs.tracking IS 'Whether the job is polled: active, paused, finished or removed.';
COMMENT ON COLUMN report.declared_jobs.paused_reason IS 'Why the job itself is paused; null: it is not, or no reason was given.';
COMMENT ON COLUMN report.declared_jobs.registered_at IS 'When the job was first registered (our time).';
COMMENT ON COLUMN report.declared_jobs.job_id IS 'Number of the job, by which views are joined.';

-- Each cursor has a job, a source and its budget; they stand to the left so that those are
-- not read whose columns nobody asks for.
CREATE VIEW report.polling AS
SELECT j.name::text AS job, s.name::text AS source, s.provider, j.labels, c.tracking, j.paused_reason, j.stall_after,
    s.paused_at AS source_paused_at, s.paused_reason AS source_paused_reason, b.held_until, c.next_poll_at, c.polled_at, c.outcome,
    c.failures, c.snapshot_no, c.state, c.changed_at, c.confirmed_at, c.confirmations, c.covered_until, c.unseen_reason, c.job_id
FROM cursors c
LEFT JOIN jobs j ON j.job_id = c.job_id
LEFT JOIN sources s ON s.source_id = c.source_id
LEFT JOIN budgets b ON b.source_id = c.source_id;
COMMENT ON VIEW report.polling IS 'One row per job with what the daemon knows of its polling, which it keeps while it polls and which may be a moment behind: what tells cheaply that something has changed.';
COMMENT ON COLUMN report.polling.job IS 'Name of the job.';
COMMENT ON COLUMN report.polling.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.polling.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.polling.labels IS 'The job''s labels, a JSON object of strings.';
COMMENT ON COLUMN report.polling.tracking IS 'Whether the job is polled: active, paused, finished or removed.';
COMMENT ON COLUMN report.polling.paused_reason IS 'Why the job itself is paused; null: it is not, or no reason was given.';
COMMENT ON COLUMN report.polling.stall_after IS 'The job''s stall_after; null: not set.';
COMMENT ON COLUMN report.polling.source_paused_at IS 'Since when the source is paused (our time); null: it is not.';
COMMENT ON COLUMN report.polling.source_paused_reason IS 'Why the source is paused; null: it is not.';
COMMENT ON COLUMN report.polling.held_until IS 'Until when the source is left alone (our time); in the past: the hold is over; null: there was none.';
COMMENT ON COLUMN report.polling.next_poll_at IS 'When the job''s own next poll is planned; null: it is not polled by schedule.';
COMMENT ON COLUMN report.polling.polled_at IS 'When the request of the last poll was sent (our time); null: never polled.';
COMMENT ON COLUMN report.polling.outcome IS 'Outcome of the last poll, one of those of report.polls; null: never polled.';
COMMENT ON COLUMN report.polling.failures IS 'Count of failed polls in a row up to the last one; 0 after an answer.';
COMMENT ON COLUMN report.polling.snapshot_no IS 'Number of the newest snapshot; 0: there is none.';
COMMENT ON COLUMN report.polling.state IS 'State in our words of the run that the newest snapshot tells of; null: there is none.';
COMMENT ON COLUMN report.polling.changed_at IS 'When we had read the newest snapshot (our time); null: there is none.';
COMMENT ON COLUMN report.polling.confirmed_at IS 'When the last poll that saw the newest snapshot was sent (our time), but for those since then that were not noted yet; null: there is none.';
COMMENT ON COLUMN report.polling.confirmations IS 'Count of the polls that saw the newest snapshot until confirmed_at, the first included.';
COMMENT ON COLUMN report.polling.covered_until IS 'Up to when it is settled whether there was a gap (our time).';
COMMENT ON COLUMN report.polling.unseen_reason IS 'Why nobody is to look since then: paused, credential or clock; null: somebody is.';
COMMENT ON COLUMN report.polling.job_id IS 'Number of the job, by which views are joined.';

-- So that a reader, too, is told that the schema is older or newer than a program.
-- +goose StatementBegin
CREATE FUNCTION report.schema_version() RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT max(version_id) FROM public.tracker_migrations WHERE is_applied);
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION report.schema_version() IS 'Version of the schema: the number of the last migration.';

CREATE VIEW report.hourly AS
SELECT h.hour, s.name AS source, s.provider, h.outcome, h.polls,
    h.p50_latency_us * interval '1 microsecond' AS p50_latency, h.p95_latency_us * interval '1 microsecond' AS p95_latency
FROM hourly h
JOIN sources s ON s.source_id = h.source_id;
COMMENT ON VIEW report.hourly IS 'One row per hour, source and outcome that polls had: how many, and how long they took. The daemon keeps it, a minute or two behind; it outlives the polls.';
COMMENT ON COLUMN report.hourly.hour IS 'Beginning of the hour in which the polls were sent (our time).';
COMMENT ON COLUMN report.hourly.source IS 'Name of the source.';
COMMENT ON COLUMN report.hourly.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.hourly.outcome IS 'Outcome of the polls, one of those of report.polls.';
COMMENT ON COLUMN report.hourly.polls IS 'Count of the polls, at least 1; never lowered, whatever retention takes.';
COMMENT ON COLUMN report.hourly.p50_latency IS 'The median of the polls'' latency, cut to three digits.';
COMMENT ON COLUMN report.hourly.p95_latency IS 'The 95th percentile of the polls'' latency, likewise.';

CREATE VIEW report.daily AS
SELECT d.day, s.name AS source, s.provider, d.runs, d.succeeded, d.failed, d.p50_duration, d.p95_duration, d.polls, d.failed_polls
FROM daily d
JOIN sources s ON s.source_id = d.source_id
WHERE d.runs > 0 OR d.polls > 0;
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
COMMENT ON COLUMN report.daily.failed_polls IS 'Count of those of them that brought no answer: their outcome is neither changed nor unchanged nor superseded.';

-- +goose Down
DROP FUNCTION report.schema_version();
DROP VIEW report.polling;
DROP VIEW report.declared_jobs;
DROP VIEW report.declared_sources;
DROP VIEW report.daily;
DROP VIEW report.hourly;
DROP VIEW report.gaps;
DROP VIEW gaps_now;
DROP FUNCTION report.gap_least(interval);
DROP VIEW report.trackers;
DROP FUNCTION report.runs_until(timestamptz, timestamptz);
DROP VIEW report.polls;
DROP VIEW report.changes;
DROP VIEW report.sources;
