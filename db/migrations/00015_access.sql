-- Who may look and change by the web. A token is kept as its hash alone: who reads the
-- table can show none. What was done with it stands under its name in changes.

-- +goose Up
CREATE TABLE tokens (
    token_no        bigint GENERATED ALWAYS AS IDENTITY,
    name            text        NOT NULL,
    scope           text        NOT NULL,
    hash            bytea       NOT NULL, -- SHA-256 of the token
    created_at      timestamptz NOT NULL,
    created_by      text        NOT NULL,
    expires_at      timestamptz,          -- null: never
    revoked_at      timestamptz,
    revoked_by      text,
    CONSTRAINT tokens_pkey PRIMARY KEY (token_no),
    CONSTRAINT tokens_hash_key UNIQUE (hash),
    CONSTRAINT tokens_name_check CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    CONSTRAINT tokens_scope_check CHECK (scope IN ('read', 'operate')),
    CONSTRAINT tokens_hash_check CHECK (octet_length(hash) = 32),
    CONSTRAINT tokens_expires_check CHECK (expires_at > created_at),
    CONSTRAINT tokens_revoked_check CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
-- A name may be taken again when its token was revoked.
CREATE UNIQUE INDEX tokens_name_idx ON tokens (name) WHERE revoked_at IS NULL;

-- Who has logged in with a token, by a cookie that is kept as its hash likewise.
CREATE TABLE web_sessions (
    hash            bytea       NOT NULL,
    token_no        bigint      NOT NULL,
    begun_at        timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    CONSTRAINT web_sessions_pkey PRIMARY KEY (hash),
    CONSTRAINT web_sessions_token_fkey FOREIGN KEY (token_no) REFERENCES tokens (token_no),
    CONSTRAINT web_sessions_hash_check CHECK (octet_length(hash) = 32)
);

-- A daemon checks tokens and makes none: who decides what is tracked has INSERT and
-- UPDATE besides.
GRANT SELECT ON tokens TO tracker_writer;
GRANT SELECT, INSERT, DELETE ON web_sessions TO tracker_writer;

-- +goose Down
-- +goose StatementBegin
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM tokens) THEN
        RAISE EXCEPTION 'tokens hold rows: a migration down would lose them';
    END IF;
END $$;
-- +goose StatementEnd
DROP TABLE web_sessions;
DROP TABLE tokens;
