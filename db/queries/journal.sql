-- name: JournalNoteSnapshots :exec
INSERT INTO journal_notes (job_id, no, at, kind)
SELECT r.job_id, r.no, r.at, 'snapshot'
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@snapshot_nos::integer[]) AS no, unnest(@observed_ats::timestamptz[]) AS at) r;

-- name: JournalNoteGaps :exec
-- Of these jobs there may be gaps that are new.
INSERT INTO journal_notes (job_id, no, kind) SELECT unnest(@job_ids::bigint[]), 0, 'gap';

-- name: JournalNoteLate :exec
-- Polls that are recorded long after they were sent may belong to a day that has its
-- entry already: it gets another.
INSERT INTO journal_notes (no, kind)
SELECT DISTINCT to_char(r.polled_at AT TIME ZONE 'UTC', 'YYYYMMDD')::bigint, 'polls'
FROM unnest(@polled_ats::timestamptz[]) r (polled_at) WHERE r.polled_at < now() - interval '30 min';

-- name: JournalAppend :one
SELECT appended::bigint AS appended, more::boolean AS more FROM journal_append();

-- name: JournalSearch :one
-- Notes what neither the journal nor a note tells of some jobs beyond one; 0: those were the last.
SELECT coalesce(reached, 0)::bigint AS reached, noted::bigint AS noted FROM journal_search(@beyond);
