-- name: BudgetInsert :exec
INSERT INTO budgets (source_id, next_slot_at) VALUES (@source_id, @now);

-- name: BudgetHold :exec
-- A service asked to be left alone for a while.
UPDATE budgets SET held_until = greatest(held_until, @held_until::timestamptz) WHERE source_id = @source_id;

-- name: BudgetMoveOn :exec
-- A poll took more requests than the one it had a slot for.
UPDATE budgets b SET next_slot_at = greatest(b.next_slot_at, sqlc.arg(now)::timestamptz) + sqlc.arg(requests)::integer * s.rate_every
FROM sources s
WHERE b.source_id = @source_id AND s.source_id = b.source_id;

-- name: BudgetForgive :exec
-- Answers came: the credential works.
UPDATE budgets SET refusals = 0 WHERE source_id = ANY(@source_ids::bigint[]) AND refusals > 0;

-- name: BudgetRefuse :one
UPDATE budgets SET refusals = refusals + 1 WHERE source_id = @source_id RETURNING refusals;

-- name: BudgetStandings :many
-- Which sources may be asked, and from when on.
SELECT s.source_id, s.paused_at, s.paused_reason, b.held_until, b.next_slot_at
FROM sources s JOIN budgets b ON b.source_id = s.source_id
WHERE s.source_id = ANY(@source_ids::bigint[]);

-- name: BudgetTakeBy :one
-- The next slot of a source for one more request of a poll, if it comes by some
-- time and the source may still be asked.
UPDATE budgets b SET next_slot_at = greatest(b.next_slot_at, sqlc.arg(now)::timestamptz - (s.rate_burst - 1) * s.rate_every) + s.rate_every
FROM sources s
WHERE b.source_id = @source_id AND s.source_id = b.source_id AND b.next_slot_at <= sqlc.arg(by)::timestamptz
    AND s.paused_at IS NULL AND (b.held_until IS NULL OR b.held_until <= sqlc.arg(now)::timestamptz)
RETURNING greatest(b.next_slot_at - s.rate_every, sqlc.arg(now)::timestamptz)::timestamptz AS start_at;
