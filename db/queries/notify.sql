-- name: RuleCurrent :many
SELECT * FROM notify_rules WHERE until_entry IS NULL ORDER BY name;

-- name: ReportRulesCurrent :many
SELECT * FROM report.notify_rules WHERE current ORDER BY rule;

-- name: RuleListSince :many
-- The versions that tell of entries beyond one.
SELECT * FROM notify_rules WHERE until_entry IS NULL OR until_entry > @entry_no ORDER BY rule_id;

-- name: RuleList :many
SELECT * FROM notify_rules WHERE rule_id = ANY(@rule_ids::bigint[]);

-- name: RuleInsert :exec
INSERT INTO notify_rules (name, version, declared_at, from_entry, address, form, secret, events, sources, jobs, labels, group_for, repeat_every, quiet)
SELECT @name, 1 + coalesce(max(r.version), 0), @declared_at, @from_entry, @address, @form, sqlc.narg('secret'), @events, @sources, @jobs, @labels, @group_for,
    sqlc.narg('repeat_every'), sqlc.narg('quiet')
FROM notify_rules r WHERE r.name = @name;

-- name: RuleEnd :exec
UPDATE notify_rules SET until_entry = @until_entry, removed_at = sqlc.narg('removed_at') WHERE rule_id = @rule_id;

-- name: NotifyStateLock :one
-- Rules change: who reads the journal by the older ones does not go on. Gives the end of the journal.
WITH moved AS (UPDATE notify_state SET version = version + 1 RETURNING entry_no)
SELECT greatest(m.entry_no, e.entry_no)::bigint AS entry_no FROM moved m, journal_end e;

-- name: NotifyState :one
SELECT s.entry_no, s.version, e.entry_no AS journal, clock_timestamp()::timestamptz AS now FROM notify_state s, journal_end e;

-- name: NotifyAdvance :execrows
-- Where what goes on changes with it, nobody adds to that who has looked before.
UPDATE notify_state SET entry_no = @to_entry, version = version + CASE WHEN @turns::boolean THEN 1 ELSE 0 END WHERE entry_no = @from_entry AND version = @version;

-- name: NotifyTurn :execrows
-- What goes on changes: nobody else adds to it who has looked before.
UPDATE notify_state SET version = version + 1 WHERE version = @version;

-- name: ReportEventsToTell :many
SELECT entry_no, at, kind, coalesce(job, '')::text AS job, coalesce(source, '')::text AS source, coalesce(run_no, 0)::integer AS run_no,
    coalesce(step, '')::text AS step, (step IS NULL)::boolean AS of_run, coalesce(from_state, '')::text AS from_state, coalesce(to_state, '')::text AS to_state,
    happened_at, not_before, observed_at, coalesce(anomaly, '')::text AS anomaly, coalesce(detail, '')::text AS detail, event_no::bigint AS event_no,
    coalesce(job_id, 0)::bigint AS job_id
FROM report.events WHERE entry_no > @from_entry AND entry_no <= @to_entry ORDER BY entry_no, kind DESC, event_no;

-- name: ReportRunsOf :many
SELECT w.job_id::bigint AS job_id, sqlc.embed(r)
FROM (SELECT DISTINCT unnest(@job_ids::bigint[]) AS job_id, unnest(@run_nos::integer[]) AS run_no) w
JOIN report.runs r ON r.job_id = w.job_id AND r.run_no = w.run_no;

-- name: ReportStepsOf :many
SELECT w.job_id::bigint AS job_id, sqlc.embed(p)
FROM (SELECT DISTINCT unnest(@job_ids::bigint[]) AS job_id, unnest(@run_nos::integer[]) AS run_no) w
JOIN report.steps p ON p.job_id = w.job_id AND p.run_no = w.run_no
ORDER BY w.job_id, p.run_no, p.step_no;

-- name: ReportAnomaliesOf :many
SELECT w.job_id::bigint AS job_id, sqlc.embed(a)
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@anomaly_nos::integer[]) AS anomaly_no) w
JOIN report.anomalies a ON a.job_id = w.job_id AND a.anomaly_no = w.anomaly_no;

-- name: ReportChangesOf :many
SELECT * FROM report.changes WHERE change_no = ANY(@change_nos::bigint[]);

-- name: ReportJobsToTell :many
-- With what tells whether somebody is to look at a job, and when it was last seen.
SELECT job_id, job, source, labels, (CASE WHEN tracking = 'active' AND source_paused_at IS NOT NULL THEN 'paused' ELSE tracking END)::text AS tracking, confirmed_at
FROM report.polling WHERE job_id = ANY(@job_ids::bigint[]) OR source = ANY(@sources::text[]) AND tracking <> 'removed';

-- name: ReportGapsAnswered :many
-- Those of some gaps that an answer has ended.
SELECT w.job_id::bigint AS job_id, w.gap_no::integer AS gap_no
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@gap_nos::integer[]) AS gap_no, unnest(@gap_tos::timestamptz[]) AS gap_to) w
JOIN report.polls p ON p.job_id = w.job_id AND p.polled_at = w.gap_to
WHERE p.snapshot_no IS NOT NULL;

-- name: ReportSettledBefore :one
-- How the last run of a job ended before a transition that succeeded or failed.
SELECT to_state FROM report.transitions
WHERE job_id = @job_id AND step_no IS NULL AND transition_no < @transition_no AND to_state IN ('succeeded', 'failed')
ORDER BY transition_no DESC LIMIT 1;

-- name: ReportUsualSpan :one
SELECT runs::bigint AS runs, coalesce(p05, interval '0')::interval AS p05, coalesce(p95, interval '0')::interval AS p95
FROM report.usual_span(@job_id, @run_no);

-- name: NotifyEventInsert :many
-- Events are numbered in the order that they come in; those that are there already stay.
INSERT INTO notify_events (key, kind, of_job, source, job, run_no, at, made_at, line, more, what)
SELECT r.key, r.kind, NULLIF(r.of_job, 0), NULLIF(r.source, ''), NULLIF(r.job, ''), NULLIF(r.run_no, 0), r.at, sqlc.arg(made_at)::timestamptz, r.line, r.more, r.what
FROM (SELECT unnest(@keys::text[]) AS key, unnest(@kinds::text[]) AS kind, unnest(@of_jobs::bigint[]) AS of_job, unnest(@sources::text[]) AS source,
    unnest(@jobs::text[]) AS job, unnest(@run_nos::integer[]) AS run_no, unnest(@ats::timestamptz[]) AS at, unnest(@lines::text[]) AS line,
    unnest(@mores::text[]) AS more, unnest(@whats::text[])::jsonb AS what, generate_series(1, cardinality(@keys::text[])) AS place) r
ORDER BY r.place
ON CONFLICT (key) DO NOTHING
RETURNING event_no, key;

-- name: DeliveryInsert :exec
INSERT INTO deliveries (rule_id, event_no, of_job, rule, due_at, next_at)
SELECT r.rule_id, r.event_no, r.of_job, r.rule, r.due_at, r.due_at
FROM (SELECT unnest(@rule_ids::bigint[]) AS rule_id, unnest(@event_nos::bigint[]) AS event_no, unnest(@of_jobs::bigint[]) AS of_job,
    unnest(@rules::text[]) AS rule, unnest(@due_ats::timestamptz[]) AS due_at) r
ON CONFLICT (rule_id, event_no) DO NOTHING;

-- name: GoingInsert :exec
INSERT INTO notify_going (kind, subject, of_job, run_no, since, over_at, event_no)
SELECT r.kind, r.subject, NULLIF(r.of_job, 0), NULLIF(r.run_no, 0), r.since, NULLIF(r.over_at, '0001-01-01 00:00:00+00'), r.event_no
FROM (SELECT unnest(@kinds::text[]) AS kind, unnest(@subjects::text[]) AS subject, unnest(@of_jobs::bigint[]) AS of_job,
    unnest(@run_nos::integer[]) AS run_no, unnest(@sinces::timestamptz[]) AS since, unnest(@over_ats::timestamptz[]) AS over_at, unnest(@event_nos::bigint[]) AS event_no) r
ON CONFLICT DO NOTHING;

-- name: GoingEnd :exec
UPDATE notify_going g SET over_at = r.over_at
FROM (SELECT unnest(@event_nos::bigint[]) AS event_no, unnest(@over_ats::timestamptz[]) AS over_at) r
WHERE g.event_no = r.event_no AND g.over_at IS NULL;

-- name: GoingList :many
-- What goes on, and what has ended since a time, with the rules that told it.
SELECT g.kind, g.subject, coalesce(g.of_job, 0)::bigint AS of_job, coalesce(g.run_no, 0)::integer AS run_no, g.since, g.over_at, g.event_no,
    e.key, coalesce(e.source, '')::text AS source, coalesce(e.job, '')::text AS job, e.at, e.made_at, e.line, e.more, e.what,
    coalesce(j.tracking IN ('finished', 'removed') OR s.removed_at IS NOT NULL, false)::boolean AS left_alone,
    ARRAY(SELECT d.rule FROM deliveries d WHERE d.event_no = g.event_no)::text[] AS told
FROM notify_going g JOIN notify_events e ON e.event_no = g.event_no
LEFT JOIN jobs j ON j.job_id = g.of_job
LEFT JOIN sources s ON s.source_id = j.source_id OR g.of_job IS NULL AND s.name = g.subject
WHERE g.over_at IS NULL OR g.over_at > @since
ORDER BY g.event_no;

-- name: GoingListLast :many
-- What went on last of each kind at some jobs, and is over.
SELECT DISTINCT ON (kind, of_job) kind, of_job::bigint AS of_job, coalesce(run_no, 0)::integer AS run_no, event_no
FROM notify_going WHERE of_job = ANY(@job_ids::bigint[]) AND over_at IS NOT NULL
ORDER BY kind, of_job, event_no DESC;

-- name: ReportOpenStalls :many
-- With what they are judged by, as the latest run of a job is.
SELECT job_id, run_no, stalled_since::timestamptz AS since, seen_at::timestamptz AS seen_at, stall_after, usual_duration, median_duration
FROM report.open_runs WHERE stalled_since IS NOT NULL ORDER BY stalled_since, job_id;

-- name: ReportOpenUnusual :many
-- Runs that go on for more than twice as long as nearly all before them, and are not stalled.
WITH open AS MATERIALIZED (
    SELECT o.job_id, o.run_no, o.seen_at, o.seen_at - report.effective_at(r.started_at, r.first_seen_at) AS span
    FROM report.open_runs o
    JOIN report.runs r ON r.job_id = o.job_id AND r.run_no = o.run_no
    WHERE o.stalled_since IS NULL
)
SELECT o.job_id, o.run_no, o.seen_at::timestamptz AS seen_at, u.runs::bigint AS runs, u.p05::interval AS p05, u.p95::interval AS p95
FROM open o
CROSS JOIN LATERAL (SELECT runs, p05, p95 FROM report.usual_span(o.job_id, o.run_no)) u
WHERE u.runs >= @least::bigint AND o.span > 2 * u.p95;

-- name: ReportUnseenNow :many
SELECT job_id, since, reason FROM report.unseen WHERE reason <> 'paused' ORDER BY since, job_id;

-- name: LaneDue :many
-- Rules by which something is due, and nobody sends.
SELECT r.rule_id FROM notify_rules r LEFT JOIN notify_lanes l ON l.rule_id = r.rule_id
WHERE (l.sends_until IS NULL OR l.sends_until < sqlc.arg(now)::timestamptz) AND (l.rests_until IS NULL OR l.rests_until <= sqlc.arg(now)::timestamptz)
    AND EXISTS (SELECT 1 FROM deliveries d WHERE d.rule_id = r.rule_id AND d.state = 'pending' AND d.next_at <= sqlc.arg(now)::timestamptz)
ORDER BY r.rule_id;

-- name: LaneTake :execrows
INSERT INTO notify_lanes AS l (rule_id, sends_until, sender) VALUES (@rule_id, sqlc.arg(now)::timestamptz + sqlc.arg(lease)::interval, @sender)
ON CONFLICT (rule_id) DO UPDATE SET sends_until = excluded.sends_until, sender = excluded.sender
WHERE (l.sends_until IS NULL OR l.sends_until < sqlc.arg(now)::timestamptz) AND (l.rests_until IS NULL OR l.rests_until <= sqlc.arg(now)::timestamptz);

-- name: LaneFailures :one
SELECT failures FROM notify_lanes WHERE rule_id = @rule_id;

-- name: LaneLeave :exec
UPDATE notify_lanes SET sends_until = NULL, failures = @failures, rests_until = sqlc.narg('rests_until') WHERE rule_id = @rule_id AND sender = @sender;

-- name: LaneWake :exec
UPDATE notify_lanes SET rests_until = NULL, failures = 0 WHERE rests_until IS NOT NULL;

-- name: DeliveryDue :many
-- What is to be told now by a rule, in order. What comes before it in its job's order is
-- told first: by an older version of the rule, too. A message takes all that is new.
SELECT d.event_no, d.attempts, d.due_at, d.of_job, e.made_at, e.key, e.kind, coalesce(e.job, '')::text AS job, coalesce(e.source, '')::text AS source,
    coalesce(e.run_no, 0)::integer AS run_no, e.at, e.line, e.more, e.what
FROM deliveries d JOIN notify_events e ON e.event_no = d.event_no
WHERE d.rule_id = @rule_id AND d.state = 'pending' AND (d.next_at <= sqlc.arg(now)::timestamptz OR @grouped::boolean AND d.attempts = 0)
    AND NOT EXISTS (SELECT 1 FROM deliveries b WHERE b.rule = d.rule AND b.of_job = d.of_job AND b.state = 'pending' AND b.event_no < d.event_no
        AND (b.rule_id <> d.rule_id OR b.next_at > sqlc.arg(now)::timestamptz AND NOT (@grouped::boolean AND b.attempts = 0)))
ORDER BY d.event_no LIMIT @most;

-- name: DeliveryDone :exec
UPDATE deliveries SET state = 'delivered', delivered_at = sqlc.arg(now)::timestamptz, attempts = attempts + 1, tried_at = coalesce(tried_at, sqlc.arg(now)::timestamptz), error = NULL
WHERE rule_id = @rule_id AND event_no = ANY(@event_nos::bigint[]) AND state = 'pending';

-- name: DeliveryFailed :many
-- What is tried for long enough is failed for good.
UPDATE deliveries SET attempts = attempts + 1, tried_at = coalesce(tried_at, sqlc.arg(now)::timestamptz), error = sqlc.arg(error)::text, next_at = @next_at,
    state = CASE WHEN tried_at <= sqlc.arg(now)::timestamptz - sqlc.arg(long)::interval THEN 'failed' ELSE 'pending' END
WHERE rule_id = @rule_id AND event_no = ANY(@event_nos::bigint[]) AND state = 'pending'
RETURNING state, of_job;

-- name: DeliveryFailedBehind :execrows
-- What has waited as long behind what failed for good has failed with it.
UPDATE deliveries SET state = 'failed', error = sqlc.arg(error)::text
WHERE rule_id = @rule_id AND of_job = ANY(@of_jobs::bigint[]) AND state = 'pending' AND due_at <= sqlc.arg(now)::timestamptz - sqlc.arg(long)::interval;

-- name: NotifyEventErase :exec
-- As the owner: what was told of a run is blank from now on.
UPDATE notify_events SET line = kind || coalesce(' ' || job, '') || ': what it told was erased', more = '',
    what = jsonb_build_object('kind', kind, 'job', job, 'source', source, 'at', at, 'text', kind || coalesce(' ' || job, '') || ': what it told was erased')
WHERE of_job = @job_id::bigint AND run_no = @run_no::integer;

-- name: DeliveryRetry :execrows
UPDATE deliveries SET state = 'pending', next_at = sqlc.arg(now)::timestamptz, tried_at = NULL
WHERE (state = 'failed' OR state = 'pending' AND attempts > 0) AND (@rule::text = '' OR rule = @rule::text);

-- name: DeliveriesWaiting :many
SELECT rule, min(tried_at)::timestamptz AS since FROM deliveries WHERE state = 'pending' AND tried_at IS NOT NULL GROUP BY rule ORDER BY rule;

-- name: DeliveryForget :execrows
-- What was delivered, and what has failed by a rule that there is no more.
DELETE FROM deliveries d USING notify_events e
WHERE e.event_no = d.event_no AND e.made_at < @before
    AND (d.state = 'delivered' OR d.state = 'failed' AND NOT EXISTS (SELECT 1 FROM notify_rules r WHERE r.name = d.rule AND r.until_entry IS NULL))
    AND NOT EXISTS (SELECT 1 FROM notify_going g WHERE g.event_no = e.event_no AND g.over_at IS NULL);

-- name: GoingForget :exec
DELETE FROM notify_going WHERE over_at < @before;

-- name: NotifyEventForget :exec
DELETE FROM notify_events e WHERE e.made_at < @before AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event_no = e.event_no)
    AND NOT EXISTS (SELECT 1 FROM notify_going g WHERE g.event_no = e.event_no);

-- name: NotifyRunTold :one
-- Whether a rule has told something else of a run before an event, and whether its end:
-- by versions that tell the same receiver in the same form.
SELECT count(*) > 0 AS told, coalesce(bool_or(e.what #>> '{transition,step}' IS NULL
    AND e.what #>> '{transition,to_state}' IN ('succeeded', 'partial', 'failed', 'canceled')), false)::boolean AS ended
FROM notify_rules n
JOIN notify_rules r ON r.name = n.name AND r.form = n.form AND r.address = n.address
JOIN deliveries d ON d.rule_id = r.rule_id
JOIN notify_events e ON e.event_no = d.event_no
WHERE n.rule_id = @rule_id AND e.of_job = @job_id::bigint AND e.run_no = @run_no::integer AND d.event_no < @event_no AND d.state = 'delivered';

-- name: ReportRules :many
-- The rules there are, and those that were removed of which something waits in vain or has failed.
SELECT sqlc.embed(r), c.matched::bigint AS matched, c.pending::bigint AS pending, c.failed::bigint AS failed, c.delivered_at, coalesce(c.error, '')::text AS error
FROM report.notify_rules r
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE d.due_at > now() - interval '24 hours') AS matched, count(*) FILTER (WHERE d.state = 'pending') AS pending,
        count(*) FILTER (WHERE d.state = 'failed') AS failed, coalesce(max(d.delivered_at), '0001-01-01 00:00:00+00')::timestamptz AS delivered_at,
        (SELECT x.error FROM report.deliveries x WHERE x.rule = r.rule AND x.error IS NOT NULL AND x.state <> 'delivered' ORDER BY x.event_no LIMIT 1)::text AS error
    FROM report.deliveries d WHERE d.rule = r.rule
) c
WHERE r.version = (SELECT max(v.version) FROM report.notify_rules v WHERE v.rule = r.rule) AND (r.current OR c.failed > 0 OR c.error IS NOT NULL)
ORDER BY r.rule;

-- name: ReportRuleNames :many
-- Those that were removed, too.
SELECT DISTINCT rule FROM report.notify_rules ORDER BY rule;

-- name: ReportDeliveries :many
-- The newest first.
SELECT * FROM report.deliveries
WHERE (@rule::text = '' OR rule = @rule::text) AND (NOT @failed::boolean OR state = 'failed' OR state = 'pending' AND error IS NOT NULL)
ORDER BY event_no DESC, rule LIMIT @most;
