-- Providers that are written down: each definition as it was applied, numbered. What a
-- number stands for never changes, so that an answer is read by the one it was asked by.

-- +goose Up
CREATE TABLE providers (
    name            text        NOT NULL,
    interpretation  integer     NOT NULL,
    definition      text        NOT NULL, -- YAML in its canonical form
    sha256          bytea       NOT NULL, -- of it
    origin          text        NOT NULL, -- preset: it came with a tracker; file: somebody wrote it
    since           timestamptz NOT NULL,
    CONSTRAINT providers_pkey PRIMARY KEY (name, interpretation),
    CONSTRAINT providers_name_check CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    CONSTRAINT providers_interpretation_check CHECK (interpretation > 0),
    CONSTRAINT providers_sha256_check CHECK (sha256 = sha256(convert_to(definition, 'UTF8'))),
    CONSTRAINT providers_origin_check CHECK (origin IN ('preset', 'file'))
);
CREATE TRIGGER providers_append_only BEFORE UPDATE OR DELETE ON providers FOR EACH ROW EXECUTE FUNCTION rewrite_refuse();
CREATE TRIGGER providers_no_truncate BEFORE TRUNCATE ON providers FOR EACH STATEMENT EXECUTE FUNCTION rewrite_refuse();

ALTER TABLE sources ADD CONSTRAINT sources_definition_fkey FOREIGN KEY (provider, interpretation) REFERENCES providers (name, interpretation);

-- providers_record tells of each definition among the changes: its number and hash, by
-- which it can be checked.
-- +goose StatementBegin
CREATE FUNCTION providers_record() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    who text;
    at timestamptz;
    was jsonb;
BEGIN
    IF to_regclass('public.changes') IS NULL THEN
        RETURN NULL; -- one node of a distributed database records
    END IF;
    SELECT a.actor, a.acts_at INTO who, at FROM public.registry_author() a;
    SELECT jsonb_build_object('interpretation', p.interpretation, 'sha256', encode(p.sha256, 'hex'), 'origin', p.origin) INTO was
    FROM public.providers p WHERE p.name = NEW.name AND p.interpretation = NEW.interpretation - 1;
    INSERT INTO public.changes (changed_at, actor, action, subject, before, after)
    VALUES (at, who, CASE WHEN was IS NULL THEN 'register' ELSE 'change' END, format('provider %s', NEW.name), was,
        jsonb_build_object('interpretation', NEW.interpretation, 'sha256', encode(NEW.sha256, 'hex'), 'origin', NEW.origin));
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER providers_recorded AFTER INSERT ON providers FOR EACH ROW EXECUTE FUNCTION providers_record();
REVOKE EXECUTE ON FUNCTION providers_record() FROM PUBLIC;

CREATE VIEW report.providers AS
SELECT name AS provider, interpretation, definition, sha256, origin, since FROM providers;
COMMENT ON VIEW report.providers IS 'One row per definition of a provider that is written down, as it was applied; rows are only ever added.';
COMMENT ON COLUMN report.providers.provider IS 'Name of the provider.';
COMMENT ON COLUMN report.providers.interpretation IS 'Number of the definition, from 1, as snapshots name it; the highest is used.';
COMMENT ON COLUMN report.providers.definition IS 'The definition: YAML in its canonical form. It holds no secret.';
COMMENT ON COLUMN report.providers.sha256 IS 'SHA-256 of the definition.';
COMMENT ON COLUMN report.providers.origin IS 'Where it came from: preset (a tracker brought it) or file (somebody wrote it).';
COMMENT ON COLUMN report.providers.since IS 'Since when it is used (our time).';

GRANT SELECT ON providers TO tracker_writer;
GRANT SELECT ON report.providers TO tracker_writer, tracker_reader;

-- +goose Down
-- +goose StatementBegin
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM providers) THEN
        RAISE EXCEPTION 'providers hold rows: a migration down would lose them';
    END IF;
END $$;
-- +goose StatementEnd
DROP VIEW report.providers;
ALTER TABLE sources DROP CONSTRAINT sources_definition_fkey;
DROP TABLE providers;
DROP FUNCTION providers_record();
