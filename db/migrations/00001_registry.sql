-- What is tracked, and who decided so. Sources and jobs change rarely; a job's
-- history hangs on its job_id, so neither is ever deleted.
--
-- All that is pending is applied in one transaction, or nothing of it. What was
-- applied stands in tracker_migrations, which whoever migrates has locked.

-- +goose Up
CREATE TABLE sources (
    source_id       bigint GENERATED ALWAYS AS IDENTITY,
    name            text        NOT NULL,
    provider        text        NOT NULL,
    base_url        text        NOT NULL,
    credential      text        NOT NULL, -- a reference: env:NAME or file:PATH
    schedule        text        NOT NULL,
    active_every    interval    NOT NULL,
    rate_every      interval    NOT NULL,
    rate_burst      integer     NOT NULL,
    volatile        text[]      NOT NULL DEFAULT '{}', -- paths of fields without meaning for equality
    paused_at       timestamptz,
    paused_reason   text,
    registered_at   timestamptz NOT NULL,
    CONSTRAINT sources_pkey PRIMARY KEY (source_id),
    CONSTRAINT sources_name_key UNIQUE (name),
    CONSTRAINT sources_name_check CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    CONSTRAINT sources_active_every_check CHECK (active_every > interval '0'),
    CONSTRAINT sources_rate_check CHECK (rate_every >= interval '1 ms' AND rate_burst >= 1),
    CONSTRAINT sources_paused_check CHECK ((paused_at IS NULL) = (paused_reason IS NULL))
);

CREATE TABLE jobs (
    job_id          bigint GENERATED ALWAYS AS IDENTITY,
    source_id       bigint      NOT NULL,
    name            text        NOT NULL,
    target          jsonb       NOT NULL,
    labels          jsonb       NOT NULL,
    schedule        text,                 -- null: the source's
    stall_after     interval,
    tracking        text        NOT NULL,
    paused_reason   text,
    registered_at   timestamptz NOT NULL,
    CONSTRAINT jobs_pkey PRIMARY KEY (job_id),
    CONSTRAINT jobs_name_key UNIQUE (name),
    CONSTRAINT jobs_source_fkey FOREIGN KEY (source_id) REFERENCES sources (source_id),
    CONSTRAINT jobs_name_check CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    CONSTRAINT jobs_target_check CHECK (jsonb_typeof(target) = 'object'),
    CONSTRAINT jobs_labels_check CHECK (jsonb_typeof(labels) = 'object'),
    CONSTRAINT jobs_stall_after_check CHECK (stall_after > interval '0'),
    CONSTRAINT jobs_tracking_check CHECK (tracking IN ('active', 'paused', 'finished', 'removed')),
    CONSTRAINT jobs_paused_check CHECK (tracking = 'paused' OR paused_reason IS NULL)
);
CREATE INDEX jobs_source_idx ON jobs (source_id);

CREATE TABLE changes (
    change_no       bigint GENERATED ALWAYS AS IDENTITY,
    changed_at      timestamptz NOT NULL,
    actor           text        NOT NULL,
    action          text        NOT NULL,
    subject         text        NOT NULL,
    before          jsonb,
    after           jsonb,
    CONSTRAINT changes_pkey PRIMARY KEY (change_no)
);

-- +goose Down
-- +goose StatementBegin
DO $$ BEGIN
    IF EXISTS (SELECT FROM sources) OR EXISTS (SELECT FROM changes) THEN
        RAISE EXCEPTION 'sources, jobs or changes hold rows: a migration down would lose them';
    END IF;
END $$;
-- +goose StatementEnd
DROP TABLE changes;
DROP TABLE jobs;
DROP TABLE sources;
