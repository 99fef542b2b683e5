-- name: ClockNow :one
SELECT clock_timestamp()::timestamptz;

-- name: ClockAndChange :one
-- The time, and the newest change of the registry.
SELECT clock_timestamp()::timestamptz AS now, coalesce(max(change_no), 0)::bigint AS change_no FROM changes;

-- name: ClockSetBackCursors :execrows
-- Jobs whose last poll, covered time or claim lies further ahead of now than it can:
-- a claim lasts ten minutes at most. Their last poll becomes the last one before now,
-- and they are due. No gap is told a second time.
WITH ahead AS MATERIALIZED (
    SELECT c.job_id FROM cursors c
    WHERE c.polled_at > sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval OR c.covered_until > sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval
        OR c.claimed_until > sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval + interval '11 min'
), polled AS MATERIALIZED (
    SELECT p.job_id, max(p.polled_at) AS polled_at, max(p.polled_at) FILTER (WHERE p.snapshot_no IS NOT NULL) AS answered_at
    FROM polls p
    WHERE p.job_id IN (SELECT a.job_id FROM ahead a) AND p.polled_at <= sqlc.arg(now)::timestamptz
    GROUP BY p.job_id
), told AS MATERIALIZED (
    SELECT g.job_id, max(g.gap_to) AS gap_to FROM gaps g
    WHERE g.job_id IN (SELECT a.job_id FROM ahead a) AND g.gap_to <= sqlc.arg(now)::timestamptz
    GROUP BY g.job_id
), truth AS MATERIALIZED (
    SELECT a.job_id, p.polled_at, p.answered_at, t.gap_to, least(j.registered_at, sqlc.arg(now)::timestamptz) AS registered_at
    FROM ahead a
    JOIN jobs j ON j.job_id = a.job_id
    LEFT JOIN polled p ON p.job_id = a.job_id
    LEFT JOIN told t ON t.job_id = a.job_id
)
UPDATE cursors c SET
    next_poll_at = least(c.next_poll_at, sqlc.arg(now)::timestamptz),
    claimed_until = NULL, claimed_by = NULL,
    polled_at = t.polled_at,
    confirmed_at = CASE WHEN c.snapshot_no > 0 THEN coalesce(t.answered_at, t.registered_at) END,
    changed_at = least(c.changed_at, sqlc.arg(now)::timestamptz),
    covered_until = CASE WHEN c.covered_until <= sqlc.arg(now)::timestamptz THEN c.covered_until
        ELSE greatest(coalesce(t.polled_at, t.registered_at), t.gap_to) END,
    unseen_reason = CASE WHEN c.next_poll_at IS NOT NULL THEN coalesce(c.unseen_reason, 'clock') ELSE c.unseen_reason END
FROM truth t
WHERE c.job_id = t.job_id;

-- name: ClockSetBackBudgets :execrows
-- Slots and holds that lie further ahead of now than they can.
UPDATE budgets b SET
    next_slot_at = least(b.next_slot_at, sqlc.arg(now)::timestamptz + b.rate_every),
    held_until = CASE WHEN b.held_from > sqlc.arg(now)::timestamptz THEN sqlc.arg(now)::timestamptz + (b.held_until - b.held_from) ELSE b.held_until END,
    held_from = least(b.held_from, sqlc.arg(now)::timestamptz),
    probed_until = NULL
WHERE b.next_slot_at > sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval + 16 * b.rate_every
    OR b.held_from > sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval OR b.probed_until > sqlc.arg(now)::timestamptz + interval '1 min';

-- name: ClockSetBackReplicas :exec
-- A tracker that started after now is deleted: its next heartbeat notes it again.
WITH begun AS (
    DELETE FROM replicas WHERE started_at > sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval
)
UPDATE replicas SET seen_at = least(seen_at, sqlc.arg(now)::timestamptz), ended_at = least(ended_at, sqlc.arg(now)::timestamptz)
WHERE seen_at > sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval AND started_at <= sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval;

-- name: ClockSetBackRollup :exec
UPDATE rollup SET rolled_up_to = sqlc.arg(now)::timestamptz WHERE rolled_up_to > sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval;

-- name: ClockSetBackDeliveries :exec
-- What waits for longer than a rule groups, or than it is between two attempts.
UPDATE deliveries d SET next_at = sqlc.arg(now)::timestamptz, tried_at = least(d.tried_at, sqlc.arg(now)::timestamptz)
FROM notify_rules r
WHERE r.rule_id = d.rule_id AND d.state = 'pending'
    AND d.next_at > sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval + CASE WHEN d.attempts = 0 THEN r.group_for ELSE sqlc.arg(back_off_most)::interval END;

-- name: ClockSetBackLanes :exec
-- Who sends may go on for a lease. A rule that rests for longer than failures have it rest
-- looks again: in quiet hours it goes on to rest.
UPDATE notify_lanes SET
    sends_until = CASE WHEN sends_until IS NOT NULL THEN least(sends_until, sqlc.arg(now)::timestamptz + sqlc.arg(lease)::interval) END,
    rests_until = CASE WHEN rests_until <= sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval + sqlc.arg(rest_most)::interval THEN rests_until END
WHERE sends_until > sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval + sqlc.arg(lease)::interval
    OR rests_until > sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval + sqlc.arg(rest_most)::interval;

-- name: ClockSetBackGoings :exec
UPDATE notify_going SET since = least(since, sqlc.arg(now)::timestamptz), over_at = least(over_at, sqlc.arg(now)::timestamptz)
WHERE since > sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval OR over_at > sqlc.arg(now)::timestamptz + sqlc.arg(slack)::interval;
