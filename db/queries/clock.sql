-- name: ClockNow :one
SELECT clock_timestamp()::timestamptz;

-- name: ClockAndChange :one
-- The time, and the newest change of the registry.
SELECT clock_timestamp()::timestamptz AS now, coalesce(max(change_no), 0)::bigint AS change_no FROM changes;

-- name: RewriteAllow :exec
-- The one way past the guards of the append-only tables, for their owner, until the transaction ends.
SELECT set_config('tracker.rewrite', 'on', true);
