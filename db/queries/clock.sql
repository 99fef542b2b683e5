-- name: ClockNow :one
SELECT clock_timestamp()::timestamptz;

-- name: RewriteAllow :exec
-- The one way past the guards of the append-only tables, for their owner, until the transaction ends.
SELECT set_config('tracker.rewrite', 'on', true);
