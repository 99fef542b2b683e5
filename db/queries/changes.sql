-- name: ChangeInsert :exec
INSERT INTO changes (changed_at, actor, action, subject, before, after)
VALUES (@changed_at, @actor, @action, @subject, sqlc.narg('before'), sqlc.narg('after'));
