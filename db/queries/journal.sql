-- name: JournalNote :exec
-- Of these jobs there is something new.
INSERT INTO journal_notes (no, kind) SELECT unnest(@job_ids::bigint[]), 'job';

-- name: JournalNoteLate :exec
-- Polls that are recorded long after they were sent may belong to a day that has its
-- entry already: it gets another.
INSERT INTO journal_notes (no, kind)
SELECT DISTINCT to_char(r.polled_at AT TIME ZONE 'UTC', 'YYYYMMDD')::bigint, 'polls'
FROM unnest(@polled_ats::timestamptz[]) r (polled_at) WHERE r.polled_at < now() - interval '30 min';

-- name: JournalAppend :one
SELECT appended::bigint AS appended, more::boolean AS more FROM journal_append();

-- name: JournalSearch :one
SELECT journal_search();
