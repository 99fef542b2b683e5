-- name: ServerCondition :one
-- What the server says of itself and of the database.
SELECT current_setting('server_version')::text AS version, current_database()::text AS database,
    pg_database_size(current_database())::bigint AS size, clock_timestamp()::timestamptz AS now;

-- name: LoginRights :one
-- What the login may do: alter what was recorded, record, decide what is tracked.
SELECT current_user::text AS login,
    coalesce(bool_or(pg_has_role(c.relowner, 'USAGE')), false)::boolean AS owns,
    coalesce(bool_or(has_table_privilege(c.oid, 'INSERT')) FILTER (WHERE c.relname = 'polls'), false)::boolean AS records,
    coalesce(bool_or(has_table_privilege(c.oid, 'INSERT')) FILTER (WHERE c.relname = 'jobs'), false)::boolean AS registers
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relname IN ('polls', 'jobs');

-- name: JournalWaiting :one
-- How many notes tell of what is not in the journal, and when the oldest of it was observed
-- or done; the year 1: of none of it is that known, as of days that are to be closed.
WITH noted AS MATERIALIZED ( -- up to which of a job's gaps the journal tells
    SELECT n.job_id, coalesce((SELECT max(e.no) FROM journal e WHERE e.kind = 'gap' AND e.job_id = n.job_id), 0) AS last_no FROM journal_notes n WHERE n.kind = 'gap'
), ended AS MATERIALIZED (
    SELECT min(g.gap_to) AS at FROM gaps g JOIN noted d ON d.job_id = g.job_id AND g.gap_no > d.last_no
)
SELECT count(*)::bigint AS notes, coalesce(least(min(coalesce(n.at, c.changed_at, a.done_at)), (SELECT d.at FROM ended d)), '0001-01-01 00:00:00+00')::timestamptz AS since
FROM journal_notes n
LEFT JOIN changes c ON n.kind = 'change' AND c.change_no = n.no
LEFT JOIN acts a ON n.kind = 'act' AND a.act_no = n.no;

-- name: PartitionsUntil :one
-- Until when there are partitions for polls, and up to which entry for the journal.
SELECT coalesce(max(substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''([^'']+)''\)')) FILTER (WHERE p.relname = 'polls'), '')::text AS polls,
    coalesce(max(substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''(\d+)''\)')::bigint) FILTER (WHERE p.relname = 'journal'), 0)::bigint AS journal
FROM pg_catalog.pg_inherits i
JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
JOIN pg_catalog.pg_namespace n ON n.oid = p.relnamespace
WHERE n.nspname = 'public' AND p.relname IN ('polls', 'journal') AND pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT';

-- name: ReportRetentionLast :one
-- When retention last took something.
SELECT coalesce(max(at), '0001-01-01 00:00:00+00')::timestamptz FROM report.retention;

-- name: ReportTrackersServing :many
SELECT tracker, started_at FROM report.trackers WHERE runs_until > @now::timestamptz ORDER BY started_at;

-- name: ReportJobToAsk :one
-- A job of a source that is polled: the one that was registered first.
SELECT job, target FROM report.declared_jobs WHERE source = @source AND tracking = 'active' ORDER BY job_id LIMIT 1;

-- name: ReportCredentialRefused :one
-- Whether jobs of a source are not polled since its credential was refused or could not
-- be read.
SELECT EXISTS (SELECT 1 FROM report.polling WHERE source = @source AND unseen_reason = 'credential');
