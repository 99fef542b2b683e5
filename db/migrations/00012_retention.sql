-- What of the history is kept, and for how long. Whatever takes something away runs
-- as the tables' owner, in functions that check what they are asked for: a daemon's
-- login can call them, and can delete nothing otherwise.

-- +goose Up
-- run_hold puts a run on hold; false: it is already.
-- +goose StatementBegin
CREATE FUNCTION run_hold(held_job bigint, held_run integer, why text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    author record;
BEGIN
    SELECT * INTO author FROM public.registry_author();
    INSERT INTO public.holds (job_id, run_no, held_at, reason) VALUES (held_job, held_run, author.acts_at, why)
    ON CONFLICT (job_id, run_no) DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO public.changes (changed_at, actor, action, subject, after)
    SELECT author.acts_at, author.actor, 'hold', format('job %s', j.name), jsonb_strip_nulls(jsonb_build_object('run_no', held_run, 'reason', why))
    FROM public.jobs j WHERE j.job_id = held_job;
    RETURN true;
END $$;
-- +goose StatementEnd

-- run_release ends a hold; false: there is none. A login that may not decide what is
-- tracked, such as a daemon's, ends none.
-- +goose StatementBegin
CREATE FUNCTION run_release(held_job bigint, held_run integer) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    author record;
    hold record;
BEGIN
    IF NOT has_column_privilege(session_user, 'public.jobs', 'schedule', 'UPDATE') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format('%I may not release a run', session_user);
    END IF;
    SELECT * INTO author FROM public.registry_author();
    DELETE FROM public.holds h WHERE h.job_id = held_job AND h.run_no = held_run RETURNING h.held_at, h.reason INTO hold;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO public.changes (changed_at, actor, action, subject, before)
    SELECT author.acts_at, author.actor, 'release', format('job %s', j.name),
        jsonb_strip_nulls(jsonb_build_object('run_no', held_run, 'held_at', hold.held_at, 'reason', hold.reason))
    FROM public.jobs j WHERE j.job_id = held_job;
    RETURN true;
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION run_hold(bigint, integer, text), run_release(bigint, integer) FROM PUBLIC;

GRANT SELECT ON holds TO tracker_writer;
GRANT EXECUTE ON FUNCTION run_hold(bigint, integer, text), run_release(bigint, integer) TO tracker_writer;

-- +goose Down
-- +goose StatementBegin
DO $$ BEGIN
    IF EXISTS (SELECT FROM holds) THEN
        RAISE EXCEPTION 'holds has rows: a migration down would lose them';
    END IF;
END $$;
-- +goose StatementEnd
REVOKE ALL ON holds FROM tracker_writer;
DROP FUNCTION run_release(bigint, integer);
DROP FUNCTION run_hold(bigint, integer, text);
