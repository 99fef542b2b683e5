-- What happened of late, beside world.sql: dashboards look back as little as an
-- hour. Job fresh failed half an hour ago, the day before it succeeded; job going
-- has run for five minutes, and succeeded before; job slow has just taken four times
-- as long as usual. Nobody has looked at unseen yet,
-- nor at next, which is due for a minute only.
CREATE FUNCTION pg_temp.ago(ago interval) RETURNS timestamptz LANGUAGE sql AS $$ SELECT now() - ago $$;

INSERT INTO jobs (source_id, name, target, labels, tracking, registered_at)
SELECT s.source_id, w.name, '{}', '{"team": "geo"}', 'active', pg_temp.ago('21 d')
FROM (VALUES ('fresh', 'geo'), ('going', 'shop'), ('slow', 'shop')) AS w (name, source)
JOIN sources s ON s.name = w.source;
INSERT INTO cursors (job_id, source_id, next_poll_at, polled_at, outcome, planned_every, covered_until)
SELECT job_id, source_id, now() + interval '1 h', now() - interval '1 s', 'unchanged', '5 min', now() - interval '1 s' FROM jobs WHERE name IN ('fresh', 'going', 'slow');
INSERT INTO jobs (source_id, name, target, labels, tracking, registered_at)
SELECT s.source_id, w.name, '{}', '{}', 'active', pg_temp.ago('30 min')
FROM (VALUES ('unseen'), ('next')) AS w (name), sources s
WHERE s.name = 'shop';
INSERT INTO cursors (job_id, source_id, next_poll_at)
SELECT job_id, source_id, pg_temp.ago(CASE name WHEN 'unseen' THEN '20 min' ELSE '1 min' END::interval) FROM jobs WHERE name IN ('unseen', 'next');
UPDATE cursors SET next_poll_at = now() - interval '1 h' FROM jobs WHERE jobs.job_id = cursors.job_id AND jobs.name = 'depots'; -- its source is paused
UPDATE cursors SET outcome = 'timeout', failures = 3 FROM jobs WHERE jobs.job_id = cursors.job_id AND jobs.name = 'stores-us';

CREATE TEMP TABLE late AS
SELECT j.job_id, w.no, pg_temp.ago(w.began) AS began, pg_temp.ago(w.ended) AS ended, w.state, w.summary
FROM (VALUES
    ('fresh', 1, interval '20 h 10 min', interval '20 h', 'succeeded', NULL),
    ('fresh', 2, '35 min', '30 min', 'failed', '1 row rejected'),
    ('going', 1, '55 min', '50 min', 'succeeded', NULL),
    ('going', 2, '5 min', NULL, 'running', NULL),
    ('slow', 1, '32 d', '32 d -5 min', 'succeeded', NULL),
    ('slow', 2, '32 d -1 h', '32 d -65 min', 'succeeded', NULL),
    ('slow', 3, '32 d -2 h', '32 d -125 min', 'succeeded', NULL),
    ('slow', 4, '32 d -3 h', '32 d -185 min', 'succeeded', NULL),
    ('slow', 5, '32 d -4 h', '32 d -245 min', 'succeeded', NULL),
    ('slow', 6, '30 min', '10 min', 'succeeded', NULL)
) AS w (job, no, began, ended, state, summary)
JOIN jobs j ON j.name = w.job;

INSERT INTO runs (job_id, run_no, run_id, status, state, started_at, ended_at, not_before, first_seen_at, ended_not_before, ended_seen_at,
    last_changed_at, step_count, warnings, errors, error_summary, unknown_words, shape)
SELECT job_id, no, 'run-' || no, state, state, began, ended, began - interval '5 min', began + interval '4 s', ended - interval '6 s', ended + interval '4 s',
    coalesce(ended, began) + interval '4 s', 1, CASE state WHEN 'failed' THEN 1 ELSE 0 END, CASE state WHEN 'failed' THEN 1 ELSE 0 END, summary, '{}', '{}' FROM late;
INSERT INTO steps (job_id, run_no, step_no, name, status, state, reported, started_at, started_raw, started_zone_assumed,
    ended_at, ended_raw, ended_zone_assumed, first_seen_at, ended_seen_at)
SELECT job_id, no, 1, 'import', state, state, true, began, 'raw', false, ended, CASE WHEN ended IS NOT NULL THEN 'raw' END, false, began + interval '4 s', ended + interval '4 s'
FROM late;
INSERT INTO transitions (job_id, transition_no, run_no, step_no, from_state, to_state, from_status, to_status, happened_at, not_before, observed_at, snapshot_no)
SELECT job_id, row_number() OVER told, no, step_no, from_state, to_state, from_state, to_state, at, CASE WHEN row_number() OVER told > 2 THEN at - interval '1 min' END, at + interval '4 s',
    dense_rank() OVER (PARTITION BY job_id ORDER BY at)
FROM (
    SELECT job_id, no, NULL AS from_state, 'running' AS to_state, began AS at FROM late
    UNION ALL SELECT job_id, no, 'running', state, ended FROM late WHERE ended IS NOT NULL
) seen
CROSS JOIN (VALUES (NULL::integer), (1)) AS part (step_no)
WINDOW told AS (PARTITION BY job_id ORDER BY at, step_no NULLS FIRST);
INSERT INTO snapshots (job_id, snapshot_no, polled_at, observed_at, not_before, previous_polls, run_no, status, state, body, body_is_text, sha256, interpretation, size)
SELECT job_id, snapshot_no, observed_at, observed_at, not_before, CASE WHEN snapshot_no > 1 THEN 1 ELSE 0 END, run_no, to_status, to_state, '{}', true, sha256('{}'), 1, 2
FROM transitions
WHERE step_no IS NULL AND job_id IN (SELECT job_id FROM late);
INSERT INTO log_entries (job_id, run_no, step_no, entry_no, position, created_at, created_raw, zone_assumed, level, detail, first_seen_at, withdrawn_at)
SELECT job_id, no, 1, w.entry_no, w.entry_no, began, 'raw', false, w.level, w.detail, began + interval '4 s', CASE w.level WHEN 'info' THEN ended END
FROM late, (VALUES (1, 'info', 'Loading dataset'), (2, 'warning', 'Row 3: no opening hours'), (3, 'error', 'Row 9: geometry is not valid')) AS w (entry_no, level, detail)
WHERE state = 'failed';
INSERT INTO anomalies (job_id, anomaly_no, run_no, step_no, kind, was, now, count, observed_at, snapshot_no)
SELECT job_id, row_number() OVER (PARTITION BY job_id ORDER BY no), no, 1, 'step_changed', '"success"', '"failed"', 1, coalesce(ended, began) + interval '4 s', 1 FROM late;
INSERT INTO gaps (job_id, gap_no, gap_from, gap_to, reason)
SELECT job_id, 100, pg_temp.ago('50 min'), pg_temp.ago('40 min'), 'not_running' FROM jobs WHERE name IN ('fresh', 'stores-eu', 'stores-uk');
INSERT INTO gaps (job_id, gap_no, gap_from, gap_to, reason)
SELECT job_id, 99, pg_temp.ago('76 h'), pg_temp.ago('72 h'), 'not_running' FROM jobs WHERE name IN ('fresh', 'stores-eu', 'stores-uk');
INSERT INTO polls (job_id, polled_at, outcome, http_status, latency_us, snapshot_no, error)
SELECT job_id, pg_temp.ago(w.ago), w.outcome, w.status, 1000 * w.latency_ms, w.snapshot_no, w.error
FROM jobs, (VALUES
    (interval '30 min', 'changed', 200, 120, 1, NULL),
    ('20 min', 'unchanged', 200, 90, 1, NULL),
    ('10 min', 'timeout', NULL, 15000, NULL, 'no answer within 15s')
) AS w (ago, outcome, status, latency_ms, snapshot_no, error)
WHERE name IN ('fresh', 'going');
INSERT INTO changes (changed_at, actor, action, subject, before, after)
VALUES (pg_temp.ago('15 min'), 'eve', 'change', 'job fresh', '{"stall_after": null}', '{"stall_after": "2h"}');
