-- name: TokenInsert :one
INSERT INTO tokens (name, scope, hash, created_at, created_by, expires_at)
VALUES (@name, @scope, @hash, @created_at, @created_by, sqlc.narg('expires_at'))
RETURNING token_no;

-- name: TokenList :many
SELECT token_no, name, scope, created_at, created_by, expires_at, revoked_at, revoked_by FROM tokens ORDER BY name, token_no;

-- name: TokenRevoke :execrows
UPDATE tokens SET revoked_at = @revoked_at, revoked_by = @revoked_by WHERE name = @name AND revoked_at IS NULL;

-- name: TokenByHash :one
-- A token that counts.
SELECT token_no, name, scope FROM tokens WHERE hash = @hash AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now());

-- name: TokenExists :one
-- Whether any token counts.
SELECT EXISTS (SELECT 1 FROM tokens WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()));

-- name: SessionInsert :exec
INSERT INTO web_sessions (hash, token_no, begun_at, expires_at) VALUES (@hash, @token_no, now(), now() + @length::interval);

-- name: SessionByHash :one
-- The token of a session that goes on, as long as that counts.
SELECT t.token_no, t.name, t.scope FROM web_sessions s JOIN tokens t ON t.token_no = s.token_no
WHERE s.hash = @hash AND s.expires_at > now() AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now());

-- name: SessionDelete :exec
DELETE FROM web_sessions WHERE hash = @hash;

-- name: SessionTrim :exec
-- What is over.
DELETE FROM web_sessions WHERE expires_at <= now();
