-- name: CursorInsertAll :exec
INSERT INTO cursors (job_id, source_id, next_poll_at, covered_until, unseen_reason)
SELECT r.job_id, r.source_id, r.next_poll_at, sqlc.arg(registered_at)::timestamptz, NULLIF(r.unseen_reason, '')
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@source_ids::bigint[]) AS source_id,
    unnest(@next_poll_ats::timestamptz[]) AS next_poll_at, unnest(@unseen_reasons::text[]) AS unseen_reason) r;

-- name: CursorClaimJobs :many
-- Claims those of the given jobs for which the budget of their source has slots
-- within the horizon, the longest due first, and moves the budgets on. There
-- is a slot every rate_every, after a pause up to rate_burst at once.
-- Rows that somebody else is claiming are skipped. After a 429 a source gets one
-- poll at a time until it answers again.
WITH open AS (
    SELECT b.source_id, b.limited, b.rate_every, (greatest(b.next_slot_at, sqlc.arg(now)::timestamptz - (b.rate_burst - 1) * b.rate_every))::timestamptz AS first_slot
    FROM budgets b
    WHERE b.source_id = ANY(@source_ids::bigint[]) AND NOT b.paused AND (b.held_until IS NULL OR b.held_until <= sqlc.arg(now)::timestamptz)
        AND (b.limited = 0 OR b.probed_until IS NULL OR b.probed_until <= sqlc.arg(now)::timestamptz)
        AND greatest(b.next_slot_at, sqlc.arg(now)::timestamptz - (b.rate_burst - 1) * b.rate_every) <= sqlc.arg(now)::timestamptz + sqlc.arg(horizon)::interval
    FOR UPDATE OF b SKIP LOCKED
), due AS (
    SELECT o.source_id, o.rate_every, o.first_slot, c.job_id, c.next_poll_at
    FROM open o CROSS JOIN LATERAL (
        SELECT u.job_id, u.next_poll_at FROM cursors u
        WHERE u.source_id = o.source_id AND u.job_id = ANY(@job_ids::bigint[]) AND u.tracking IN ('active', 'finished')
            AND (u.claimed_until IS NULL OR u.claimed_until < sqlc.arg(now)::timestamptz)
        ORDER BY u.next_poll_at, u.job_id
        LIMIT least(sqlc.arg(most)::bigint, CASE WHEN o.limited > 0 THEN 1 END, 1 + floor(extract(epoch FROM sqlc.arg(now)::timestamptz + sqlc.arg(horizon)::interval - o.first_slot) / extract(epoch FROM o.rate_every))::bigint)
        FOR UPDATE OF u SKIP LOCKED
    ) c
), slots AS (
    SELECT d.source_id, d.rate_every, d.first_slot, d.job_id,
        row_number() OVER (PARTITION BY d.source_id ORDER BY d.next_poll_at, d.job_id) - 1 AS slot
    FROM due d
), spent AS (
    UPDATE budgets b SET next_slot_at = n.first_slot + n.slots * n.rate_every,
        probed_until = CASE WHEN b.limited > 0 THEN greatest(n.first_slot, sqlc.arg(now)::timestamptz) + sqlc.arg(lease)::interval END
    FROM (SELECT t.source_id, t.first_slot, t.rate_every, count(*) AS slots FROM slots t GROUP BY 1, 2, 3) n
    WHERE b.source_id = n.source_id
)
UPDATE cursors c SET
    claimed_until = greatest(s.first_slot + s.slot * s.rate_every, sqlc.arg(now)::timestamptz) + sqlc.arg(lease)::interval,
    claimed_by = sqlc.arg(owner)::text
FROM slots s
WHERE c.job_id = s.job_id
RETURNING sqlc.embed(c), (greatest(s.first_slot + s.slot * s.rate_every, sqlc.arg(now)::timestamptz))::timestamptz AS start_at;

-- name: CursorAdvance :exec
-- Updates the cache after recorded polls and ends their claims; raises where one of
-- the claims was lost, or what is known of a job was written anew for whose poll that
-- matters (known_rewrites, else -1). Who changes how a job is tracked meanwhile sets its reason
-- and its next poll: both stay, and a next poll that was taken away stays so.
WITH advanced AS (UPDATE cursors c SET next_poll_at = CASE WHEN c.next_poll_at = NULLIF(r.claimed_poll_at, '0001-01-01 00:00:00+00')
        THEN coalesce(NULLIF(r.next_poll_at, '0001-01-01 00:00:00+00'), c.next_poll_at) ELSE c.next_poll_at END,
    claimed_until = NULL, claimed_by = NULL,
    polled_at = r.polled_at, outcome = r.outcome, failures = r.failures,
    refusals = CASE WHEN r.failures = 0 THEN 0 ELSE c.refusals END,
    snapshot_no = r.snapshot_no, key = NULLIF(r.key, ''), state = NULLIF(r.state, ''),
    changed_at = NULLIF(r.changed_at, '0001-01-01 00:00:00+00'), confirmed_at = NULLIF(r.confirmed_at, '0001-01-01 00:00:00+00'),
    confirmations = r.confirmations, grace_polls = r.grace_polls,
    planned_every = NULLIF(r.planned_every, interval '0'), covered_until = greatest(c.covered_until, r.covered_until),
    unseen_reason = CASE WHEN c.unseen_reason IS DISTINCT FROM NULLIF(r.unseen_reason, '') THEN c.unseen_reason END
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@claimed_untils::timestamptz[]) AS claimed_until,
    unnest(@claimed_poll_ats::timestamptz[]) AS claimed_poll_at,
    unnest(@next_poll_ats::timestamptz[]) AS next_poll_at, unnest(@polled_ats::timestamptz[]) AS polled_at,
    unnest(@outcomes::text[]) AS outcome, unnest(@failures::integer[]) AS failures,
    unnest(@snapshot_nos::integer[]) AS snapshot_no, unnest(@keys::bytea[]) AS key, unnest(@states::text[]) AS state,
    unnest(@changed_ats::timestamptz[]) AS changed_at, unnest(@confirmed_ats::timestamptz[]) AS confirmed_at,
    unnest(@confirmations::integer[]) AS confirmations, unnest(@grace_polls::integer[]) AS grace_polls,
    unnest(@planned_everys::interval[]) AS planned_every, unnest(@covered_untils::timestamptz[]) AS covered_until,
    unnest(@unseen_reasons::text[]) AS unseen_reason, unnest(@known_rewrites::integer[]) AS known_rewrites) r
WHERE c.job_id = r.job_id AND c.claimed_until = r.claimed_until AND r.known_rewrites IN (c.rewrites, -1)
RETURNING c.job_id)
SELECT claims_held((SELECT count(*) FROM advanced), cardinality(@job_ids::bigint[]));

-- name: CursorLockForGaps :exec
-- Nobody else tells gaps of these jobs until the transaction ends.
SELECT FROM cursors WHERE job_id = ANY(@job_ids::bigint[]) ORDER BY job_id FOR NO KEY UPDATE;

-- name: CursorList :many
SELECT * FROM cursors WHERE job_id = ANY(@job_ids::bigint[]) ORDER BY job_id;

-- name: CursorRelease :exec
-- Claims whose slots were not used.
UPDATE cursors c SET claimed_until = NULL, claimed_by = NULL
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@claimed_untils::timestamptz[]) AS claimed_until) r
WHERE c.job_id = r.job_id AND c.claimed_until = r.claimed_until;

-- name: CursorCountRefusal :one
UPDATE cursors SET refusals = refusals + 1 WHERE job_id = @job_id RETURNING refusals;

-- name: CursorSchedule :exec
-- The next poll by schedule; null: none.
UPDATE cursors SET next_poll_at = sqlc.narg('next_poll_at') WHERE job_id = @job_id;

-- name: CursorSchedules :exec
-- Jobs got another schedule: they are polled by then, and those that are being polled, once
-- more. Who is overdue stays so, or nobody would tell of the time without polls. The rows
-- are locked in the order in which those that record polls lock them.
WITH due AS (
    SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@next_poll_ats::timestamptz[]) AS next_poll_at
), locked AS (
    SELECT c.job_id FROM cursors c JOIN due d ON d.job_id = c.job_id ORDER BY c.job_id FOR NO KEY UPDATE OF c
)
UPDATE cursors c SET next_poll_at = CASE WHEN c.claimed_until > sqlc.arg(now)::timestamptz THEN d.next_poll_at ELSE least(c.next_poll_at, d.next_poll_at) END
FROM due d JOIN locked l ON l.job_id = d.job_id
WHERE c.job_id = d.job_id;

-- name: CursorSchedulesBySource :exec
-- A source got another schedule: its jobs are polled soon, then as it says; those
-- that are being polled, once more.
UPDATE cursors c SET next_poll_at = CASE WHEN c.claimed_until > @next_poll_at THEN @next_poll_at ELSE least(c.next_poll_at, @next_poll_at) END
FROM jobs j
WHERE c.source_id = @source_id AND j.job_id = c.job_id AND j.schedule IS NULL AND c.next_poll_at IS NOT NULL;

-- name: CursorResetRefusals :exec
UPDATE cursors SET refusals = 0 WHERE job_id = ANY(@job_ids::bigint[]);

-- name: CursorResetRefusalsBySource :exec
UPDATE cursors SET refusals = 0 WHERE source_id = @source_id AND refusals > 0;

-- name: CursorResumeBySource :execrows
-- Jobs whose failed polls have put off the next one are due now.
UPDATE cursors SET next_poll_at = sqlc.arg(now)::timestamptz
WHERE source_id = @source_id AND failures > 0 AND next_poll_at > sqlc.arg(now)::timestamptz;

-- name: CursorClaimForRebuild :one
UPDATE cursors c SET claimed_until = sqlc.arg(now)::timestamptz + sqlc.arg(lease)::interval, claimed_by = @owner
WHERE c.job_id = @job_id AND (c.claimed_until IS NULL OR c.claimed_until < sqlc.arg(now)::timestamptz)
RETURNING claimed_until, rewrites;

-- name: CursorLock :one
-- Nobody can claim the job until the transaction ends.
SELECT * FROM cursors WHERE job_id = @job_id FOR UPDATE;

-- name: CursorClaimDue :many
-- Claims jobs that are due by ahead of now, for which the budget of their source has
-- slots within the horizon, and moves the budgets on: no more than most, of which those
-- that run take three fourths, and a source after the other in the order given (each with
-- both kinds: a join could bring those that run of all sources first). A poll starts when
-- it is due, if it has a slot by then. Where more is due now than may be asked, of any four
-- slots three go to imports that run and one to the longest due of the rest: budgets.turn
-- counts them. After a 429 a source gets one poll at a time until it answers again.
WITH open AS (
    SELECT b.source_id, w.place, b.turn, b.rate_every, b.rate_burst, least(w.most, CASE WHEN b.limited > 0 THEN 1 END) AS most,
        (greatest(b.next_slot_at, sqlc.arg(now)::timestamptz - (b.rate_burst - 1) * b.rate_every))::timestamptz AS first_slot
    FROM (SELECT unnest(@source_ids::bigint[]) AS source_id, unnest(@mosts::bigint[]) AS most, generate_subscripts(@source_ids::bigint[], 1) AS place) w
    JOIN budgets b ON b.source_id = w.source_id
    WHERE NOT b.paused AND (b.held_until IS NULL OR b.held_until <= sqlc.arg(now)::timestamptz)
        AND (b.limited = 0 OR b.probed_until IS NULL OR b.probed_until <= sqlc.arg(now)::timestamptz)
        AND greatest(b.next_slot_at, sqlc.arg(now)::timestamptz - (b.rate_burst - 1) * b.rate_every) <= sqlc.arg(now)::timestamptz + sqlc.arg(horizon)::interval
    FOR UPDATE OF b SKIP LOCKED
), asked AS (
    SELECT o.source_id, o.turn, o.rate_every, o.rate_burst, o.first_slot, least(o.most, 1 + floor(extract(epoch FROM
        sqlc.arg(now)::timestamptz + sqlc.arg(horizon)::interval - o.first_slot) / extract(epoch FROM o.rate_every))::bigint)::bigint AS slots
    FROM open o ORDER BY o.place
), found AS (
    SELECT o.source_id, o.turn, o.rate_every, o.rate_burst, o.first_slot, o.slots, c.job_id, c.running, c.next_poll_at
    FROM asked o CROSS JOIN LATERAL (
        SELECT r.job_id, r.running, r.next_poll_at FROM (
            SELECT u.job_id, u.running, u.next_poll_at FROM cursors u
            WHERE u.source_id = o.source_id AND u.running AND u.next_poll_at <= sqlc.arg(now)::timestamptz + sqlc.arg(ahead)::interval
                AND u.job_id <> ALL(@except_job_ids::bigint[])
                AND (u.claimed_until IS NULL OR u.claimed_until < sqlc.arg(now)::timestamptz)
            ORDER BY u.next_poll_at LIMIT least(o.slots, 3 * ((sqlc.arg(most)::bigint + 3) / 4)) FOR UPDATE OF u SKIP LOCKED
        ) r
        UNION ALL
        SELECT i.job_id, i.running, i.next_poll_at FROM (
            SELECT u.job_id, u.running, u.next_poll_at FROM cursors u
            WHERE u.source_id = o.source_id AND NOT u.running AND u.next_poll_at <= sqlc.arg(now)::timestamptz + sqlc.arg(ahead)::interval
                AND u.job_id <> ALL(@except_job_ids::bigint[])
                AND (u.claimed_until IS NULL OR u.claimed_until < sqlc.arg(now)::timestamptz)
            ORDER BY u.next_poll_at LIMIT o.slots FOR UPDATE OF u SKIP LOCKED
        ) i
    ) c
    LIMIT sqlc.arg(most)::bigint
), due AS (
    SELECT f.*, (greatest(f.next_poll_at, sqlc.arg(now)::timestamptz))::timestamptz AS due_at,
        row_number() OVER (PARTITION BY f.source_id, f.running ORDER BY f.next_poll_at, f.job_id) - 1 AS place
    FROM found f
), queued AS (
    SELECT d.*, row_number() OVER (PARTITION BY d.source_id ORDER BY d.due_at, CASE
        WHEN NOT d.running THEN 3 - d.turn + 4 * d.place
        WHEN d.place < 3 - d.turn THEN d.place
        ELSE 4 - d.turn + (d.place - (3 - d.turn)) + (d.place - (3 - d.turn)) / 3 END, d.running DESC) - 1 AS slot
    FROM due d
), slotted AS (
    SELECT q.source_id, q.job_id, q.rate_every, q.due_at,
        (greatest(q.first_slot, max(q.due_at - (q.rate_burst - 1 + q.slot) * q.rate_every) OVER (PARTITION BY q.source_id ORDER BY q.slot))
            + q.slot * q.rate_every)::timestamptz AS slot_at
    FROM queued q
    WHERE q.slot < q.slots
), taken AS (
    SELECT s.source_id, s.job_id, s.rate_every, s.slot_at, (greatest(s.slot_at, s.due_at))::timestamptz AS start_at
    FROM slotted s
    WHERE s.slot_at <= sqlc.arg(now)::timestamptz + sqlc.arg(horizon)::interval
), spent AS (
    UPDATE budgets b SET next_slot_at = n.last_slot + n.rate_every, turn = (b.turn + n.used) % 4,
        probed_until = CASE WHEN b.limited > 0 THEN n.starts + sqlc.arg(lease)::interval END
    FROM (SELECT k.source_id, k.rate_every, max(k.slot_at) AS last_slot, max(k.start_at) AS starts, count(*)::integer AS used FROM taken k GROUP BY 1, 2) n
    WHERE b.source_id = n.source_id
)
UPDATE cursors c SET claimed_until = k.start_at + sqlc.arg(lease)::interval, claimed_by = sqlc.arg(owner)::text
FROM taken k
WHERE c.job_id = k.job_id
RETURNING sqlc.embed(c), k.start_at;

-- name: CursorCover :exec
-- Gaps are told until now; from now on nobody is to poll, for the reason; null: somebody is.
UPDATE cursors c SET covered_until = greatest(c.covered_until, r.covered_until), unseen_reason = sqlc.narg('reason')
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@covered_untils::timestamptz[]) AS covered_until) r
WHERE c.job_id = r.job_id;

-- name: CursorListForUpdate :many
-- Cursors of jobs whose gaps are told until now.
SELECT * FROM cursors WHERE job_id = ANY(@job_ids::bigint[]) ORDER BY job_id FOR UPDATE;

-- name: CursorListSeen :many
-- The jobs of a source that are to be polled.
SELECT c.job_id FROM cursors c
WHERE c.source_id = @source_id AND c.unseen_reason IS NULL AND c.tracking = 'active';

-- name: CursorListUnseen :many
-- The jobs of a source that were not to be polled, as it was paused.
SELECT c.job_id FROM cursors c
WHERE c.source_id = @source_id AND c.unseen_reason IS NOT NULL AND c.tracking = 'active';

-- name: CursorCounts :many
-- How many jobs there are, by what is done with them and how their latest run is doing.
-- Of a million jobs report.jobs would look each one's last transition up.
SELECT tracking, coalesce(state, '')::text AS state, count(*) AS jobs FROM cursors GROUP BY 1, 2;

-- name: CursorRewritten :exec
-- What daemons know of the job is not true any more: its newest run has that state; null:
-- the one that it had.
UPDATE cursors SET rewrites = rewrites + 1, state = coalesce(sqlc.narg('state'), state) WHERE job_id = @job_id;
