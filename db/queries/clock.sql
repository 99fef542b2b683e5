-- name: ClockNow :one
SELECT clock_timestamp()::timestamptz;

-- name: ClockAndChange :one
-- The time, and the newest change of the registry.
SELECT clock_timestamp()::timestamptz AS now, coalesce(max(change_no), 0)::bigint AS change_no FROM changes;

-- name: RewriteAllow :exec
-- The one way past the guards of the append-only tables, for their owner, until the transaction ends.
SELECT set_config('tracker.rewrite', 'on', true);

-- name: ClockSetBackCursors :execrows
-- Jobs whose last poll, covered time or claim lies further ahead of now than it can:
-- a claim lasts ten minutes at most. Their last poll becomes the last one before now,
-- and they are due. No gap is told a second time.
UPDATE cursors c SET
    next_poll_at = least(c.next_poll_at, sqlc.arg(now)::timestamptz),
    claimed_until = NULL, claimed_by = NULL,
    polled_at = (SELECT max(p.polled_at) FROM polls p WHERE p.job_id = c.job_id AND p.polled_at <= sqlc.arg(now)::timestamptz),
    confirmed_at = CASE WHEN c.snapshot_no > 0 THEN coalesce(
        (SELECT max(p.polled_at) FROM polls p WHERE p.job_id = c.job_id AND p.polled_at <= sqlc.arg(now)::timestamptz AND p.snapshot_no IS NOT NULL),
        (SELECT least(j.registered_at, sqlc.arg(now)::timestamptz) FROM jobs j WHERE j.job_id = c.job_id)) END,
    changed_at = least(c.changed_at, sqlc.arg(now)::timestamptz),
    covered_until = CASE WHEN c.covered_until <= sqlc.arg(now)::timestamptz THEN c.covered_until ELSE greatest(coalesce(
        (SELECT max(p.polled_at) FROM polls p WHERE p.job_id = c.job_id AND p.polled_at <= sqlc.arg(now)::timestamptz),
        (SELECT least(j.registered_at, sqlc.arg(now)::timestamptz) FROM jobs j WHERE j.job_id = c.job_id)),
        (SELECT max(g.gap_to) FROM gaps g WHERE g.job_id = c.job_id AND g.gap_to <= sqlc.arg(now)::timestamptz)) END,
    unseen_reason = CASE WHEN c.next_poll_at IS NOT NULL THEN coalesce(c.unseen_reason, 'clock') ELSE c.unseen_reason END
WHERE c.polled_at > sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval OR c.covered_until > sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval
    OR c.claimed_until > sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval + interval '11 min';

-- name: ClockSetBackBudgets :execrows
-- Slots and holds that lie further ahead of now than they can.
UPDATE budgets b SET
    next_slot_at = least(b.next_slot_at, sqlc.arg(now)::timestamptz + s.rate_every),
    held_until = CASE WHEN b.held_from > sqlc.arg(now)::timestamptz THEN sqlc.arg(now)::timestamptz + (b.held_until - b.held_from) ELSE b.held_until END,
    held_from = least(b.held_from, sqlc.arg(now)::timestamptz),
    probed_until = NULL
FROM sources s
WHERE s.source_id = b.source_id AND (b.next_slot_at > sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval + 16 * s.rate_every
    OR b.held_from > sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval OR b.probed_until > sqlc.arg(now)::timestamptz + interval '1 min');

-- name: ClockSetBackReplicas :exec
-- A tracker that started after now is deleted: its next heartbeat notes it again.
WITH begun AS (
    DELETE FROM replicas WHERE started_at > sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval
)
UPDATE replicas SET seen_at = least(seen_at, sqlc.arg(now)::timestamptz), ended_at = least(ended_at, sqlc.arg(now)::timestamptz)
WHERE seen_at > sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval AND started_at <= sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval;

-- name: ClockSetBackRollup :exec
UPDATE rollup SET rolled_up_to = sqlc.arg(now)::timestamptz WHERE rolled_up_to > sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval;
