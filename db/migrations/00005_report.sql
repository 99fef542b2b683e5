-- The reporting interface: views and functions with stable names and columns,
-- over which dashboards, scripts and the command line read. Columns may be
-- added, never renamed. They run with their owner's rights, so that a reader
-- needs nothing but them.

-- +goose Up
CREATE SCHEMA report;

CREATE VIEW report.jobs AS
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

-- duration and duration_max bound how long a run took. An end that was only observed lies
-- in (not_before, seen_at], and so does a start; both bounds are null until it
-- has ended, the upper one also where nothing bounds the start from below.
CREATE VIEW report.runs AS
SELECT j.name AS job, s.name AS source, s.provider, j.labels, r.run_no, r.run_id, r.state, r.status,
    coalesce(r.started_at, r.first_seen_at) AS started_at,
    coalesce(r.ended_at, r.ended_seen_at) AS ended_at,
    r.started_at IS NOT NULL AND (r.ended_seen_at IS NULL OR r.ended_at IS NOT NULL) AS reported,
    CASE WHEN r.ended_seen_at IS NULL THEN NULL
        WHEN r.started_at IS NOT NULL AND r.ended_at IS NOT NULL THEN (r.ended_at - r.started_at)::interval
        ELSE greatest(coalesce(r.ended_at, r.ended_not_before) - coalesce(r.started_at, r.first_seen_at), interval '0')
    END AS duration,
    CASE WHEN r.ended_seen_at IS NULL THEN NULL
        WHEN r.started_at IS NOT NULL AND r.ended_at IS NOT NULL THEN (r.ended_at - r.started_at)::interval
        WHEN coalesce(r.started_at, r.not_before) IS NULL THEN NULL
        ELSE greatest(coalesce(r.ended_at, r.ended_seen_at) - coalesce(r.started_at, r.not_before), interval '0')
    END AS duration_max,
    r.first_seen_at, r.last_changed_at, r.step_count AS steps, r.warnings, r.errors,
    r.error_summary, r.result_count, r.result_expires_at
FROM runs r
JOIN jobs j ON j.job_id = r.job_id
JOIN sources s ON s.source_id = j.source_id;

CREATE VIEW report.steps AS
SELECT j.name AS job, s.name AS source, s.provider, p.run_no, p.step_no, p.name AS step, p.state, p.status,
    coalesce(p.started_at, p.first_seen_at) AS started_at,
    coalesce(p.ended_at, p.ended_seen_at) AS ended_at,
    p.started_at IS NOT NULL AND ((p.ended_seen_at IS NULL AND p.ended_raw IS NULL) OR p.ended_at IS NOT NULL) AS reported,
    CASE WHEN coalesce(p.ended_at, p.ended_seen_at) IS NULL THEN NULL
        WHEN p.started_at IS NOT NULL AND p.ended_at IS NOT NULL THEN (p.ended_at - p.started_at)::interval
        ELSE greatest(coalesce(p.ended_at, p.ended_not_before) - coalesce(p.started_at, p.first_seen_at), interval '0')
    END AS duration,
    CASE WHEN coalesce(p.ended_at, p.ended_seen_at) IS NULL THEN NULL
        WHEN p.started_at IS NOT NULL AND p.ended_at IS NOT NULL THEN (p.ended_at - p.started_at)::interval
        WHEN coalesce(p.started_at, p.not_before) IS NULL THEN NULL
        ELSE greatest(coalesce(p.ended_at, p.ended_seen_at) - coalesce(p.started_at, p.not_before), interval '0')
    END AS duration_max,
    p.started_raw, p.ended_raw, p.started_zone_assumed OR p.ended_zone_assumed AS zone_assumed,
    p.first_seen_at, p.vanished_at
FROM steps p
JOIN jobs j ON j.job_id = p.job_id
JOIN sources s ON s.source_id = j.source_id;

CREATE VIEW report.log_entries AS
SELECT j.name AS job, s.name AS source, s.provider, e.run_no, e.step_no, p.name AS step, e.entry_no, e.created_at,
    e.level, e.detail, e.first_seen_at, e.withdrawn_at, e.created_raw, e.zone_assumed
FROM log_entries e
JOIN steps p ON p.job_id = e.job_id AND p.run_no = e.run_no AND p.step_no = e.step_no
JOIN jobs j ON j.job_id = e.job_id
JOIN sources s ON s.source_id = j.source_id;

CREATE VIEW report.transitions AS
SELECT j.name AS job, s.name AS source, s.provider, t.transition_no, t.run_no, t.step_no, p.name AS step,
    t.from_state, t.to_state, t.from_status, t.to_status, t.happened_at, t.not_before, t.observed_at, t.snapshot_no
FROM transitions t
JOIN jobs j ON j.job_id = t.job_id
JOIN sources s ON s.source_id = j.source_id
LEFT JOIN steps p ON p.job_id = t.job_id AND p.run_no = t.run_no AND p.step_no = t.step_no;

CREATE VIEW report.polls AS
SELECT j.name AS job, s.name AS source, s.provider, p.polled_at, p.outcome, p.http_status,
    p.latency_us * interval '1 microsecond' AS latency, p.snapshot_no, p.error
FROM polls p
JOIN jobs j ON j.job_id = p.job_id
JOIN sources s ON s.source_id = j.source_id;

-- How long and how often a snapshot was confirmed stands in the one after it.
-- For the newest the cursor knows, but for the polls recorded since it was last
-- brought up to date. (Counting all of its polls would cost more, and miss those
-- that retention took.)
CREATE VIEW report.snapshots AS
SELECT j.name AS job, s.name AS source, s.provider, n.snapshot_no, n.run_no, n.observed_at, n.not_before,
    coalesce(f.not_before, late.confirmed_at, CASE WHEN c.snapshot_no = n.snapshot_no THEN c.confirmed_at END) AS confirmed_at,
    coalesce(f.previous_polls, late.polls + CASE WHEN c.snapshot_no = n.snapshot_no THEN c.confirmations ELSE 0 END)::bigint AS polls,
    n.status, n.state, n.sha256, octet_length(n.body)::bigint AS size, n.body,
    CASE WHEN n.body_is_text THEN convert_from(n.body, 'UTF8') END AS body_text,
    n.interpretation, n.polled_at
FROM snapshots n
JOIN jobs j ON j.job_id = n.job_id
JOIN sources s ON s.source_id = j.source_id
JOIN cursors c ON c.job_id = n.job_id
LEFT JOIN snapshots f ON f.job_id = n.job_id AND f.snapshot_no = n.snapshot_no + 1
CROSS JOIN LATERAL (
    SELECT count(*) AS polls, max(p.polled_at) AS confirmed_at
    FROM polls p
    WHERE f.snapshot_no IS NULL AND p.job_id = n.job_id AND p.snapshot_no = n.snapshot_no
        AND p.polled_at >= CASE WHEN c.snapshot_no = n.snapshot_no THEN c.confirmed_at + interval '1 microsecond' ELSE n.polled_at END
) late;

CREATE VIEW report.anomalies AS
SELECT j.name AS job, s.name AS source, s.provider, a.anomaly_no, a.run_no, a.step_no, a.kind, a.was, a.now, a.count,
    a.observed_at, a.snapshot_no
FROM anomalies a
JOIN jobs j ON j.job_id = a.job_id
JOIN sources s ON s.source_id = j.source_id;

CREATE VIEW report.result_items AS
SELECT j.name AS job, s.name AS source, s.provider, i.run_no, i.item_no, i.item_id, i.url, i.labels, i.output, i.metadata
FROM result_items i
JOIN jobs j ON j.job_id = i.job_id
JOIN sources s ON s.source_id = j.source_id;

CREATE VIEW report.sources AS
SELECT s.name AS source, s.provider, s.base_url, s.paused_at, s.paused_reason, b.held_until,
    (SELECT count(*) FROM jobs j WHERE j.source_id = s.source_id AND j.tracking <> 'removed') AS jobs,
    s.rate_every, s.rate_burst, s.schedule, s.active_every, s.credential
FROM sources s
JOIN budgets b ON b.source_id = s.source_id;

CREATE VIEW report.changes AS
SELECT change_no, changed_at AS at, actor, action, subject, before, after FROM changes;

-- +goose StatementBegin
CREATE FUNCTION report.status_as_of(as_of timestamptz, known_at timestamptz DEFAULT now())
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

CREATE FUNCTION report.state_timeline(from_time timestamptz, to_time timestamptz)
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
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA report FROM PUBLIC;

-- +goose Down
DROP FUNCTION report.state_timeline(timestamptz, timestamptz);
DROP FUNCTION report.status_as_of(timestamptz, timestamptz);
DROP SCHEMA report CASCADE;
