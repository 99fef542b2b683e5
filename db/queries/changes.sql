-- name: ChangeTell :exec
-- Tells the triggers that record changes who makes them, and when.
SELECT set_config('tracker.actor', @actor, true), set_config('tracker.at', @at, true), set_config('tracker.reopen', '', true);

-- name: ChangeTellReopen :exec
-- Tells them that a job is reopened, since its import goes on, and not resumed by somebody.
SELECT set_config('tracker.reopen', 'on', true);

-- name: ChangeListOwn :many
-- What this transaction has changed so far.
SELECT action, subject, before, after FROM changes WHERE xmin = pg_current_xact_id()::xid ORDER BY change_no;
