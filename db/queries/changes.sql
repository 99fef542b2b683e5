-- name: ChangeTell :exec
-- Who changes the registry in this transaction, and when, for those that record it.
SELECT set_config('tracker.actor', @actor, true), set_config('tracker.at', @at, true), set_config('tracker.reopen', '', true);

-- name: ChangeTellReopen :exec
-- A job is tracked again since its import goes on, not because somebody asked for it.
SELECT set_config('tracker.reopen', 'on', true);

-- name: ChangeListOwn :many
-- What this transaction has changed so far.
SELECT action, subject, before, after FROM changes WHERE xmin = pg_current_xact_id()::xid ORDER BY change_no;
