-- name: BudgetInsert :exec
INSERT INTO budgets (source_id, next_slot_at) VALUES (@source_id, @now);

-- name: BudgetHold :exec
-- A Retry-After. One that comes within a minute of the hold before it goes on with
-- that: held_from stays.
UPDATE budgets SET held_until = greatest(held_until, @held_until::timestamptz),
    held_from = CASE WHEN sqlc.arg(now)::timestamptz - held_until < interval '1 min' THEN coalesce(held_from, sqlc.arg(now)::timestamptz) ELSE sqlc.arg(now)::timestamptz END
WHERE source_id = @source_id;

-- name: BudgetLimit :exec
-- A 429. Without a Retry-After the source is held twice as long as after the 429
-- before. The 429s of polls that were under way together count once. One that comes within
-- a minute of the hold before it goes on with that.
UPDATE budgets SET limited = limited + 1, probed_until = NULL,
    held_from = CASE WHEN limited > 0 AND sqlc.arg(now)::timestamptz - held_until < interval '1 min' THEN coalesce(held_from, sqlc.arg(now)::timestamptz) ELSE sqlc.arg(now)::timestamptz END, held_until = greatest(held_until,
    sqlc.arg(now)::timestamptz + least(sqlc.arg(most)::interval, sqlc.arg(first)::interval * power(2, least(limited, 20))))
WHERE source_id = @source_id AND (held_until IS NULL OR held_until <= sqlc.arg(polled_at)::timestamptz);

-- name: BudgetLetIn :exec
-- Answers to polls that were sent after the hold: the service lets us in again.
UPDATE budgets b SET limited = 0, probed_until = NULL
FROM (SELECT unnest(@source_ids::bigint[]) AS source_id, unnest(@polled_ats::timestamptz[]) AS polled_at) r
WHERE b.source_id = r.source_id AND b.limited > 0 AND b.held_until <= r.polled_at;

-- name: BudgetUnprobe :exec
-- The polls that were to find out whether their sources answer again were not sent.
UPDATE budgets SET probed_until = NULL
WHERE source_id IN (SELECT c.source_id FROM cursors c WHERE c.job_id = ANY(@job_ids::bigint[])) AND probed_until IS NOT NULL;

-- name: BudgetResume :execrows
-- An operator ends a hold, and forgets 429s and refusals.
UPDATE budgets SET held_until = least(held_until, sqlc.arg(now)::timestamptz), limited = 0, probed_until = NULL, refusals = 0
WHERE source_id = @source_id AND (held_until > sqlc.arg(now)::timestamptz OR limited > 0 OR refusals > 0);

-- name: BudgetMoveOn :exec
-- A poll sent more requests than the one that it had a slot for.
UPDATE budgets b SET next_slot_at = greatest(b.next_slot_at, sqlc.arg(now)::timestamptz) + sqlc.arg(requests)::integer * b.rate_every
WHERE b.source_id = @source_id;

-- name: BudgetResetRefusals :exec
-- Answers came: the credential works.
UPDATE budgets SET refusals = 0 WHERE source_id = ANY(@source_ids::bigint[]) AND refusals > 0;

-- name: BudgetCountRefusal :one
UPDATE budgets SET refusals = refusals + 1 WHERE source_id = @source_id RETURNING refusals;

-- name: BudgetHolds :many
-- The last hold of each source.
SELECT source_id, held_from::timestamptz AS held_from, held_until::timestamptz AS held_until FROM budgets
WHERE source_id = ANY(@source_ids::bigint[]) AND held_from IS NOT NULL AND held_until IS NOT NULL;

-- name: BudgetAvailability :many
-- Which sources may be asked, and from when on.
SELECT s.source_id, s.paused_at, s.paused_reason, b.held_until, b.next_slot_at
FROM sources s JOIN budgets b ON b.source_id = s.source_id
WHERE s.source_id = ANY(@source_ids::bigint[]);

-- name: BudgetTake :one
-- The next slot of a source for a request that polls no job, and when it may be sent.
UPDATE budgets b SET next_slot_at = greatest(b.next_slot_at, sqlc.arg(now)::timestamptz - (b.rate_burst - 1) * b.rate_every) + b.rate_every
WHERE b.source_id = @source_id
RETURNING greatest(b.next_slot_at - b.rate_every, sqlc.arg(now)::timestamptz)::timestamptz AS start_at;

-- name: BudgetTakeBy :one
-- The next slot of a source for one more request of a poll, if it comes by some
-- time and the source may still be asked.
UPDATE budgets b SET next_slot_at = greatest(b.next_slot_at, sqlc.arg(now)::timestamptz - (b.rate_burst - 1) * b.rate_every) + b.rate_every
WHERE b.source_id = @source_id AND b.next_slot_at <= sqlc.arg(by)::timestamptz
    AND NOT b.paused AND (b.held_until IS NULL OR b.held_until <= sqlc.arg(now)::timestamptz)
RETURNING greatest(b.next_slot_at - b.rate_every, sqlc.arg(now)::timestamptz)::timestamptz AS start_at;
