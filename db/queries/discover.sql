-- name: BudgetTake :one
-- The next slot of a source for a request that is no poll of a job: when it may
-- be sent. Such requests wait for their turn as polls do, and delay those that follow.
UPDATE budgets b SET next_slot_at = greatest(b.next_slot_at, sqlc.arg(now)::timestamptz - (s.rate_burst - 1) * s.rate_every) + s.rate_every
FROM sources s
WHERE b.source_id = @source_id AND s.source_id = b.source_id
RETURNING greatest(b.next_slot_at - s.rate_every, sqlc.arg(now)::timestamptz)::timestamptz AS start_at;
