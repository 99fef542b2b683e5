-- The small world that the questions of docs/sql.md are asked of. Its times are
-- given from the midnight (UTC) before now, far from the ends of the windows
-- that the questions look through; few are given from now.
CREATE FUNCTION pg_temp.day(ago integer, at interval) RETURNS timestamptz LANGUAGE sql AS
    $$ SELECT date_trunc('day', now(), 'UTC') - ago * interval '24 hours' + at $$;

INSERT INTO sources (name, provider, base_url, credential, schedule, active_every, rate_every, rate_burst, paused_at, paused_reason, registered_at) VALUES
    ('geo',  'woosmap',   'https://api.woosmap.com',   'env:GEO',  '*/5 * * * *', '10 s', '12 s', 1, NULL, NULL, pg_temp.day(30, '9 h')),
    ('shop', 'safetykit', 'https://api.safetykit.com', 'env:SHOP', '@every 1m',   '10 s', '1 s',  5, NULL, NULL, pg_temp.day(30, '9 h')),
    ('old',  'woosmap',   'https://api.woosmap.com',   'env:OLD',  '*/5 * * * *', '10 s', '5 s',  1, pg_temp.day(20, '9 h'), 'contract ended', pg_temp.day(30, '9 h'));
INSERT INTO budgets (source_id, next_slot_at) SELECT source_id, now() FROM sources;

INSERT INTO jobs (source_id, name, target, labels, tracking, registered_at)
SELECT s.source_id, w.name, '{}', w.labels, w.tracking, pg_temp.day(30, '9 h')
FROM (VALUES
    ('stores-eu',  'geo',  '{"team": "geo"}'::jsonb, 'active'),
    ('stores-us',  'geo',  '{"team": "geo"}', 'active'),
    ('stores-uk',  'geo',  '{"team": "uk"}', 'active'),
    ('products-7', 'shop', '{"team": "trust"}', 'finished'),
    ('depots',     'old',  '{}', 'active')
) AS w (name, source, labels, tracking)
JOIN sources s ON s.name = w.source;

-- stores-us was polled last six hours ago and has been due since.
INSERT INTO cursors (job_id, source_id, next_poll_at, polled_at, outcome, planned_every, covered_until)
SELECT j.job_id, j.source_id, now() + w.next, now() + w.polled, CASE WHEN w.polled IS NOT NULL THEN 'unchanged' END, w.every, now() + w.polled
FROM (VALUES
    ('stores-eu',  interval '1 h', interval '-1 s', interval '10 s'),
    ('stores-us',  '-5 h -55 min', '-6 h', '5 min'),
    ('stores-uk',  '1 h', '-1 s', '5 min'),
    ('products-7', NULL, '-5 d', '1 min'),
    ('depots',     NULL, NULL, NULL)
) AS w (name, next, polled, every)
JOIN jobs j ON j.name = w.name;

UPDATE cursors SET confirmed_at = pg_temp.day(0, '0 h') FROM jobs WHERE jobs.job_id = cursors.job_id AND jobs.name = 'stores-eu'; -- whose run goes on

-- Runs of woosmap: when they began, how long fetch and import took, and how they
-- ended. Everything was seen four seconds after it happened.
CREATE TEMP TABLE told AS
SELECT j.job_id, w.no, pg_temp.day(w.day, w.at) AS began, w.fetch_took, w.import_took, w.state,
    CASE WHEN w.import_took IS NOT NULL THEN pg_temp.day(w.day, w.at) + w.fetch_took + w.import_took END AS ended
FROM (VALUES
    ('stores-eu', 1, 12, interval '9 h', interval '10 s', interval '60 s', 'succeeded'),
    ('stores-eu', 2, 11, '9 h',  '12 s', '60 s',  'succeeded'),
    ('stores-eu', 3, 10, '9 h',  '14 s', '62 s',  'succeeded'),
    ('stores-eu', 4, 9,  '9 h',  '11 s', '60 s',  'succeeded'),
    ('stores-eu', 5, 8,  '9 h',  '13 s', '60 s',  'succeeded'),
    ('stores-eu', 6, 3,  '9 h',  '11 s', '61 s',  'failed'),
    ('stores-eu', 7, 2,  '9 h',  '12 s', '240 s', 'succeeded'),
    ('stores-eu', 8, 1,  '9 h',  '15 s', NULL,    'running'),
    ('stores-us', 1, 9,  '10 h', '20 s', '100 s', 'succeeded'),
    ('stores-us', 2, 4,  '10 h', '22 s', '8 s',   'failed'),
    ('stores-us', 3, 2,  '10 h', '21 s', NULL,    'unknown'), -- superseded by the next
    ('stores-us', 4, 1,  '8 h',  '21 s', '99 s',  'succeeded'),
    ('stores-uk', 1, 10, '7 h',  '5 s',  '30 s',  'succeeded')
) AS w (job, no, day, at, fetch_took, import_took, state)
JOIN jobs j ON j.name = w.job;

INSERT INTO runs (job_id, run_no, run_id, status, state, started_at, ended_at, not_before, first_seen_at, ended_not_before, ended_seen_at,
    last_changed_at, step_count, warnings, errors, unknown_words, shape)
SELECT job_id, no, 'run-' || no, CASE state WHEN 'succeeded' THEN 'success' WHEN 'failed' THEN 'failed' ELSE 'in_progress' END, state,
    began, ended, CASE WHEN no > 1 THEN began - interval '5 min' END, began + interval '4 s', ended - interval '6 s', ended + interval '4 s',
    coalesce(ended, began + fetch_took) + interval '4 s', 2, 0, 0, '{}', '{}' FROM told;
INSERT INTO steps (job_id, run_no, step_no, name, status, state, reported, started_at, started_raw, started_zone_assumed,
    ended_at, ended_raw, ended_zone_assumed, first_seen_at, ended_seen_at)
SELECT job_id, no, 1, 'fetch', 'success', 'succeeded', true, began, 'raw', false, began + fetch_took, 'raw', false, began + interval '4 s', began + fetch_took + interval '4 s'
FROM told
UNION ALL
SELECT job_id, no, 2, 'import', state, state, true, began + fetch_took, 'raw', false, ended, CASE WHEN ended IS NOT NULL THEN 'raw' END, false,
    began + fetch_took + interval '4 s', ended + interval '4 s'
FROM told;

-- The run of safetykit, of which all is observed: queued at 11:00, ingesting at
-- 11:10, succeeded at 11:30 and, an hour and a half later, failed.
INSERT INTO runs (job_id, run_no, run_id, status, state, first_seen_at, ended_not_before, ended_seen_at, last_changed_at,
    step_count, warnings, errors, error_summary, unknown_words, shape)
SELECT job_id, 1, 'request_1', 'failed', 'failed', pg_temp.day(5, '11 h 1 s'), pg_temp.day(5, '12 h 59 min'), pg_temp.day(5, '13 h 1 s'),
    pg_temp.day(5, '13 h 1 s'), 2, 0, 0, '3 records rejected', '{}', '{}' FROM jobs WHERE name = 'products-7';
INSERT INTO steps (job_id, run_no, step_no, name, status, state, reported, started_zone_assumed, ended_zone_assumed,
    not_before, first_seen_at, ended_not_before, ended_seen_at)
SELECT job_id, 1, no, w.name, 'succeeded', 'succeeded', false, false, false, pg_temp.day(5, not_before), pg_temp.day(5, seen), pg_temp.day(5, ended_not_before), pg_temp.day(5, ended)
FROM jobs, (VALUES
    (1, 'queued', NULL::interval, interval '11 h 1 s', interval '11 h 9 min', interval '11 h 10 min 1 s'),
    (2, 'ingesting', '11 h 9 min', '11 h 10 min 1 s', '11 h 29 min', '11 h 30 min 1 s')
) AS w (no, name, not_before, seen, ended_not_before, ended)
WHERE jobs.name = 'products-7';

-- What runs did, in the order in which it was seen.
CREATE TEMP TABLE event AS
SELECT job_id, no AS run_no, began + interval '4 s' AS seen, 1 AS place, NULL::text AS from_state, 'running' AS to_state, began AS happened FROM told
UNION ALL SELECT job_id, no, ended + interval '4 s', 2, 'running', state, ended FROM told WHERE ended IS NOT NULL
UNION ALL SELECT o.job_id, o.no, n.began + interval '4 s', 0, 'running', 'unknown', NULL FROM told o JOIN told n ON n.job_id = o.job_id AND n.no = o.no + 1 WHERE o.state = 'unknown'
UNION ALL SELECT job_id, 1, pg_temp.day(5, w.seen), 1, w.from_state, w.to_state, NULL
FROM jobs, (VALUES
    (interval '11 h 1 s', NULL, 'queued'), ('11 h 10 min 1 s', 'queued', 'running'),
    ('11 h 30 min 1 s', 'running', 'succeeded'), ('13 h 1 s', 'succeeded', 'failed')
) AS w (seen, from_state, to_state)
WHERE jobs.name = 'products-7';

CREATE TEMP TABLE word AS SELECT * FROM (VALUES
    ('woosmap', 'running', 'in_progress'), ('woosmap', 'unknown', 'in_progress'), ('woosmap', 'succeeded', 'success'), ('woosmap', 'failed', 'failed'),
    ('safetykit', 'queued', 'queued'), ('safetykit', 'running', 'ingesting'), ('safetykit', 'succeeded', 'succeeded'), ('safetykit', 'failed', 'failed')
) AS w (provider, state, status);
INSERT INTO transitions (job_id, transition_no, run_no, from_state, to_state, from_status, to_status, happened_at, not_before, observed_at, snapshot_no)
SELECT e.job_id, row_number() OVER told, e.run_no, e.from_state, e.to_state, f.status, w.status, e.happened,
    CASE WHEN dense_rank() OVER seen > 1 THEN e.seen - interval '61 s' END, e.seen, dense_rank() OVER seen
FROM event e
JOIN jobs j ON j.job_id = e.job_id
JOIN sources s ON s.source_id = j.source_id
JOIN word w ON w.provider = s.provider AND w.state = e.to_state
LEFT JOIN word f ON f.provider = s.provider AND f.state = e.from_state
WINDOW told AS (PARTITION BY e.job_id ORDER BY e.seen, e.place), seen AS (PARTITION BY e.job_id ORDER BY e.seen);
INSERT INTO snapshots (job_id, snapshot_no, polled_at, observed_at, not_before, previous_polls, run_no, status, state, body, body_is_text, sha256, interpretation, size)
SELECT s.job_id, s.snapshot_no, s.observed_at, s.observed_at, s.not_before, CASE WHEN s.snapshot_no > 1 THEN 1 ELSE 0 END, s.run_no, s.to_status, s.to_state,
    b.body, true, sha256(b.body), 1, octet_length(b.body)
FROM (SELECT DISTINCT ON (job_id, snapshot_no) * FROM transitions ORDER BY job_id, snapshot_no, transition_no DESC) s
CROSS JOIN LATERAL (SELECT convert_to(format('{"run": %s, "status": "%s"}', s.run_no, s.to_status), 'UTF8') AS body) b;

INSERT INTO log_entries (job_id, run_no, step_no, entry_no, position, created_at, created_raw, zone_assumed, level, detail, first_seen_at, withdrawn_at)
SELECT j.job_id, w.run_no, w.step_no, w.no, w.no, pg_temp.day(w.day, w.at), 'raw', false, w.level, w.detail, pg_temp.day(w.day, w.at) + interval '4 s', pg_temp.day(w.day, w.withdrawn)
FROM (VALUES
    ('stores-us', 1, 2, 1, 9, interval '10 h 1 min',  'error',   'Row 5: geometry is not valid', NULL::interval),
    ('stores-us', 2, 2, 1, 4, '10 h 30 s',            'error',   'Timeout reading from storage', NULL),
    ('stores-eu', 6, 1, 1, 3, '9 h 1 s',              'info',    'Loading dataset', '9 h 10 min'),
    ('stores-eu', 6, 2, 1, 3, '9 h 30 s',             'warning', 'Row 12: no opening hours', NULL),
    ('stores-eu', 6, 2, 2, 3, '9 h 1 min',            'error',   'Row 317: geometry is not valid', NULL),
    ('stores-eu', 7, 2, 1, 2, '9 h 30 s',             'warning', 'Row 15: no opening hours', NULL)
) AS w (job, run_no, step_no, no, day, at, level, detail, withdrawn)
JOIN jobs j ON j.name = w.job;

INSERT INTO anomalies (job_id, anomaly_no, run_no, kind, was, now, count, observed_at, snapshot_no)
SELECT j.job_id, 1, w.run_no, w.kind, w.was, w.now, 1, pg_temp.day(w.day, w.at), 1
FROM (VALUES
    ('stores-eu',  6, 'entry_withdrawn',  '"Loading dataset"'::jsonb, NULL::jsonb, 3, interval '9 h 10 min'),
    ('stores-us',  3, 'outcome_unseen',   '{"run_id": "run-3"}', '{"run_id": "run-4"}', 1, '8 h 4 s'),
    ('products-7', 1, 'status_regressed', '"succeeded"', '"failed"', 5, '13 h 1 s')
) AS w (job, run_no, kind, was, now, day, at)
JOIN jobs j ON j.name = w.job;

INSERT INTO gaps (job_id, gap_no, gap_from, gap_to, reason)
SELECT j.job_id, 1, pg_temp.day(w.day, w.gap_from), pg_temp.day(w.day, w.gap_to), w.reason
FROM (VALUES
    ('stores-us', 4, interval '11 h 55 min', interval '13 h', 'timeout'),
    ('products-7', 3, '0', '4 h', 'paused')
) AS w (job, day, gap_from, gap_to, reason)
JOIN jobs j ON j.name = w.job;

INSERT INTO polls (job_id, polled_at, outcome, http_status, latency_us, snapshot_no, error)
SELECT j.job_id, pg_temp.day(w.day, w.at), w.outcome, w.status, 1000 * w.latency_ms, CASE WHEN w.outcome IN ('changed', 'unchanged') THEN 1 END, w.error
FROM (VALUES
    ('stores-eu',  1, interval '6 h',  'unchanged', 200, 100, NULL),
    ('stores-eu',  1, '7 h',           'unchanged', 200, 200, NULL),
    ('stores-eu',  1, '8 h',           'unchanged', 200, 300, NULL),
    ('stores-us',  4, '12 h',          'timeout',   NULL, 15000, 'no answer within 15s'),
    ('stores-us',  4, '12 h 20 min',   'timeout',   NULL, 15000, 'no answer within 15s'),
    ('stores-us',  4, '12 h 40 min',   'timeout',   NULL, 15000, 'no answer within 15s'),
    ('stores-us',  4, '13 h',          'unchanged', 200, 250, NULL),
    ('products-7', 5, '11 h',          'changed',   200, 400, NULL),
    ('products-7', 5, '11 h 10 min',   'changed',   200, 400, NULL),
    ('products-7', 5, '11 h 30 min',   'changed',   200, 400, NULL),
    ('products-7', 5, '13 h',          'changed',   200, 400, NULL),
    ('products-7', 1, '6 h 30 min',    'rate_limited', 429, 50, '429 Too Many Requests')
) AS w (job, day, at, outcome, status, latency_ms, error)
JOIN jobs j ON j.name = w.job;
