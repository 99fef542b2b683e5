-- What is tracked, and who decided so. Sources and jobs change rarely; a job's
-- history hangs on its job_id, so neither is ever deleted.
--
-- All pending migrations are applied in one transaction. tracker_migrations lists
-- those that were; who migrates has it locked.

-- +goose Up
CREATE TABLE sources (
    source_id       bigint GENERATED ALWAYS AS IDENTITY,
    name            text        NOT NULL,
    provider        text        NOT NULL,
    interpretation  integer,              -- of the provider's definition; null: it is code
    base_url        text        NOT NULL,
    credential      text        NOT NULL, -- a reference: env:NAME or file:PATH
    schedule        text        NOT NULL,
    active_every    interval    NOT NULL,
    rate_every      interval    NOT NULL,
    rate_burst      integer     NOT NULL,
    volatile        text[]      NOT NULL DEFAULT '{}', -- paths of fields without meaning for equality
    webhook_secret  text,                      -- a reference: what signs the webhooks that it sends; null: it sends none
    archive         text,                      -- where results are kept: a directory, or s3://…; null: nowhere
    paused_at       timestamptz,
    paused_reason   text,
    paused_for_credential boolean NOT NULL DEFAULT false, -- it could not be read, or was refused
    registered_at   timestamptz NOT NULL,
    removed_at      timestamptz,               -- null: its jobs may be tracked
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
CREATE INDEX jobs_source_idx ON jobs (source_id, job_id);

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
CREATE INDEX changes_subject_idx ON changes (subject, change_no);

-- Who changes the registry locks this empty table. It is no advisory lock, since any
-- login can take one of those.
CREATE TABLE registry_lock ();

-- registry_shown is a row of sources or jobs as changes shows it: what was declared,
-- durations as the command line writes them, no nulls.
-- +goose StatementBegin
CREATE FUNCTION registry_shown(entry jsonb) RETURNS jsonb LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_object_agg(e.key, CASE
        WHEN e.key NOT IN ('active_every', 'rate_every', 'stall_after', 'group_for', 'repeat_every') THEN e.value
        WHEN d.seconds < 1 THEN to_jsonb(trim_scale(d.seconds * 1000) || 'ms')
        ELSE to_jsonb(concat(CASE WHEN d.seconds >= 3600 THEN div(d.seconds, 3600) || 'h' END,
            CASE WHEN d.seconds >= 60 THEN mod(div(d.seconds, 60), 60) || 'm' END, trim_scale(mod(d.seconds, 60)) || 's')) END)
    FROM jsonb_each(entry) e
    CROSS JOIN LATERAL (
        SELECT CASE WHEN e.key IN ('active_every', 'rate_every', 'stall_after', 'group_for', 'repeat_every') THEN extract(epoch FROM (e.value #>> '{}')::interval) END AS seconds
    ) d
    WHERE e.key NOT IN ('source_id', 'job_id', 'tracking', 'paused_at', 'paused_reason', 'paused_for_credential', 'registered_at', 'removed_at') AND e.value <> 'null'
$$;
-- +goose StatementEnd

-- registry_tracking tells whether a source or job is polled, and why not; null: nothing keeps it from that.
-- +goose StatementBegin
CREATE FUNCTION registry_tracking(entry jsonb) RETURNS jsonb LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each(entry) e
    WHERE e.key IN ('tracking', 'paused_at', 'paused_reason', 'removed_at') AND e.value <> 'null'
$$;
-- +goose StatementEnd

-- registry_author is who changes the registry, and when. A login that may change a
-- source's base_url sets both (tracker.actor and tracker.at). For any other, such as a
-- daemon's, it is the login's name and the clock.
-- +goose StatementBegin
CREATE FUNCTION registry_author(OUT actor text, OUT acts_at timestamptz) LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF has_column_privilege(session_user, 'public.sources', 'base_url', 'UPDATE') THEN
        actor := NULLIF(current_setting('tracker.actor', true), '');
        acts_at := NULLIF(current_setting('tracker.at', true), '')::timestamptz;
    END IF;
    actor := coalesce(actor, session_user);
    acts_at := coalesce(acts_at, clock_timestamp());
END $$;
-- +goose StatementEnd

-- registry_record is the only one that inserts into changes. So every change of a
-- source or job is there, whoever made it.
-- +goose StatementBegin
CREATE FUNCTION registry_record() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET intervalstyle = 'postgres' AS $$
DECLARE
    who text;
    at timestamptz;
    subject text;
    was jsonb := CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(OLD) END;
    is_now jsonb := to_jsonb(NEW);
    shown_was jsonb;
    shown_now jsonb;
    action text;
BEGIN
    IF to_regclass('public.changes') IS NULL THEN
        RETURN NULL; -- one node of a distributed database records, though each has a copy of sources and jobs
    END IF;
    SELECT a.actor, a.acts_at INTO who, at FROM public.registry_author() a;
    IF is_now ? 'job_id' THEN
        subject := format('job %s', is_now ->> 'name');
        is_now := is_now || jsonb_build_object('source', (SELECT s.name FROM public.sources s WHERE s.source_id = (is_now ->> 'source_id')::bigint));
        was := was || jsonb_build_object('source', is_now -> 'source');
        action := CASE
            WHEN was ->> 'tracking' = is_now ->> 'tracking' AND was ->> 'paused_reason' IS NOT DISTINCT FROM is_now ->> 'paused_reason' THEN NULL
            WHEN is_now ->> 'tracking' = 'paused' THEN 'pause'
            WHEN is_now ->> 'tracking' = 'finished' THEN 'finish'
            WHEN is_now ->> 'tracking' = 'removed' THEN 'remove'
            WHEN was ->> 'tracking' = 'removed' THEN 'revive'
            WHEN was ->> 'tracking' = 'finished' AND current_setting('tracker.reopen', true) = 'on' THEN 'reopen'
            ELSE 'resume' END;
    ELSE
        subject := format('source %s', is_now ->> 'name');
        action := CASE
            WHEN was -> 'removed_at' <> is_now -> 'removed_at' AND is_now ->> 'removed_at' IS NOT NULL THEN 'remove'
            WHEN was -> 'removed_at' <> is_now -> 'removed_at' THEN 'revive'
            WHEN was -> 'paused_at' = is_now -> 'paused_at' AND was -> 'paused_reason' = is_now -> 'paused_reason' THEN NULL
            WHEN is_now ->> 'paused_at' IS NOT NULL THEN 'pause'
            ELSE 'resume' END;
    END IF;
    shown_was := public.registry_shown(was);
    shown_now := public.registry_shown(is_now);
    IF TG_OP = 'INSERT' THEN
        INSERT INTO public.changes (changed_at, actor, action, subject, before, after) VALUES (at, who, 'register', subject, NULL, shown_now);
        RETURN NULL;
    END IF;
    IF shown_was <> shown_now THEN
        INSERT INTO public.changes (changed_at, actor, action, subject, before, after) VALUES (at, who, 'change', subject, shown_was, shown_now);
    END IF;
    IF action IS NOT NULL THEN
        INSERT INTO public.changes (changed_at, actor, action, subject, before, after)
        VALUES (at, who, action, subject, public.registry_tracking(was), public.registry_tracking(is_now));
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER sources_recorded AFTER INSERT OR UPDATE ON sources FOR EACH ROW EXECUTE FUNCTION registry_record();
CREATE TRIGGER jobs_recorded AFTER INSERT OR UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION registry_record();

REVOKE EXECUTE ON FUNCTION registry_shown(jsonb), registry_record(), registry_tracking(jsonb), registry_author() FROM PUBLIC;

-- +goose Down
-- +goose StatementBegin
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM sources) OR EXISTS (SELECT 1 FROM changes) THEN
        RAISE EXCEPTION 'sources, jobs or changes hold rows: a migration down would lose them';
    END IF;
END $$;
-- +goose StatementEnd
DROP TABLE registry_lock;
DROP TABLE changes;
DROP TABLE jobs;
DROP TABLE sources;
DROP FUNCTION registry_record();
DROP FUNCTION registry_author();
DROP FUNCTION registry_tracking(jsonb);
DROP FUNCTION registry_shown(jsonb);
