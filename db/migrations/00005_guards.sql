-- The append-only tables refuse UPDATE, DELETE and TRUNCATE to everybody. Only their
-- owner can pass, for rebuild and retention: SET LOCAL tracker.rewrite = 'on'.
--
-- The search_path of every function is pg_catalog alone; anything else it names with
-- its schema. So no temporary table, and nothing that somebody creates in public, is
-- taken for ours.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION rewrite_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('tracker.rewrite', true) = 'on'
        AND pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER')
    THEN
        IF TG_OP = 'UPDATE' THEN
            RETURN NEW;
        END IF;
        RETURN OLD; -- null for TRUNCATE, whose trigger's result is ignored
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = 'restrict_violation',
        MESSAGE = format('%s is append-only: %s refused', TG_TABLE_NAME, TG_OP),
        HINT = 'What was observed is never changed; tracker rebuild derives the projections anew.';
END $$;
-- +goose StatementEnd

CREATE TRIGGER snapshots_append_only BEFORE UPDATE OR DELETE ON snapshots FOR EACH ROW EXECUTE FUNCTION rewrite_refuse();
CREATE TRIGGER snapshots_no_truncate BEFORE TRUNCATE ON snapshots FOR EACH STATEMENT EXECUTE FUNCTION rewrite_refuse();
CREATE TRIGGER transitions_append_only BEFORE UPDATE OR DELETE ON transitions FOR EACH ROW EXECUTE FUNCTION rewrite_refuse();
CREATE TRIGGER transitions_no_truncate BEFORE TRUNCATE ON transitions FOR EACH STATEMENT EXECUTE FUNCTION rewrite_refuse();
CREATE TRIGGER anomalies_append_only BEFORE UPDATE OR DELETE ON anomalies FOR EACH ROW EXECUTE FUNCTION rewrite_refuse();
CREATE TRIGGER anomalies_no_truncate BEFORE TRUNCATE ON anomalies FOR EACH STATEMENT EXECUTE FUNCTION rewrite_refuse();
CREATE TRIGGER changes_append_only BEFORE UPDATE OR DELETE ON changes FOR EACH ROW EXECUTE FUNCTION rewrite_refuse();
CREATE TRIGGER changes_no_truncate BEFORE TRUNCATE ON changes FOR EACH STATEMENT EXECUTE FUNCTION rewrite_refuse();
CREATE TRIGGER polls_append_only BEFORE UPDATE OR DELETE ON polls FOR EACH ROW EXECUTE FUNCTION rewrite_refuse();
CREATE TRIGGER polls_no_truncate BEFORE TRUNCATE ON polls FOR EACH STATEMENT EXECUTE FUNCTION rewrite_refuse();
CREATE TRIGGER polls_default_no_truncate BEFORE TRUNCATE ON polls_default FOR EACH STATEMENT EXECUTE FUNCTION rewrite_refuse();

-- Only the registry's own triggers, which run as the owner, insert into changes.
-- +goose StatementBegin
CREATE FUNCTION changes_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = 'restrict_violation',
        MESSAGE = format('%s tells what is done to sources and jobs: nobody else adds to it', TG_TABLE_NAME);
END $$;
-- +goose StatementEnd
CREATE TRIGGER changes_recorded_only BEFORE INSERT ON changes FOR EACH ROW EXECUTE FUNCTION changes_guard();

-- A job never gets another target: its history would tell of two. A login that may
-- change tracking alone, such as a daemon's, pauses, finishes and reopens jobs, but
-- does not undo what people decided. No job of a removed source is tracked.
-- +goose StatementBegin
CREATE FUNCTION job_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND (OLD.job_id, OLD.source_id, OLD.name, OLD.target) IS DISTINCT FROM (NEW.job_id, NEW.source_id, NEW.name, NEW.target) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'restrict_violation',
            MESSAGE = format('%s: a job is never deleted and its source, name and target never change', TG_TABLE_NAME);
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.tracking <> NEW.tracking
        AND (OLD.tracking, NEW.tracking) NOT IN (('active', 'paused'), ('active', 'finished'), ('finished', 'active'))
        AND NOT has_column_privilege(current_user, TG_RELID, 'schedule', 'UPDATE')
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format('%I may not make a job that is %s %s', current_user, OLD.tracking, NEW.tracking);
    END IF;
    IF NEW.tracking <> 'removed' AND (TG_OP = 'INSERT' OR OLD.tracking = 'removed')
        AND EXISTS (SELECT 1 FROM public.sources s WHERE s.source_id = NEW.source_id AND s.removed_at IS NOT NULL)
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'restrict_violation',
            MESSAGE = format('%s: of a source that is removed no job is tracked', TG_TABLE_NAME);
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER jobs_fixed BEFORE INSERT OR UPDATE OR DELETE ON jobs FOR EACH ROW EXECUTE FUNCTION job_guard();

-- A source's name and provider never change. With another host in base_url the
-- credential would be sent there: the source is paused until somebody resumes it who
-- may change it. A source is removed after its jobs.
-- +goose StatementBegin
CREATE FUNCTION source_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    was_at text := lower(substring(OLD.base_url FROM '^[^/?#]*//[^/?#]*'));
    is_at text;
BEGIN
    IF TG_OP = 'DELETE' OR (OLD.source_id, OLD.name, OLD.provider, OLD.registered_at) IS DISTINCT FROM (NEW.source_id, NEW.name, NEW.provider, NEW.registered_at) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'restrict_violation',
            MESSAGE = format('%s: a source is never deleted and its name and provider never change', TG_TABLE_NAME);
    END IF;
    IF OLD.paused_at IS NOT NULL AND (OLD.paused_at, OLD.paused_reason, OLD.paused_for_credential) IS DISTINCT FROM (NEW.paused_at, NEW.paused_reason, NEW.paused_for_credential)
        AND NOT has_column_privilege(current_user, TG_RELID, 'base_url', 'UPDATE')
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format('%I may not resume a source', current_user);
    END IF;
    IF OLD.removed_at IS NULL AND NEW.removed_at IS NOT NULL
        AND EXISTS (SELECT 1 FROM public.jobs j WHERE j.source_id = NEW.source_id AND j.tracking <> 'removed')
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'restrict_violation',
            MESSAGE = format('%s: a source is removed after its jobs', TG_TABLE_NAME);
    END IF;
    is_at := lower(substring(NEW.base_url FROM '^[^/?#]*//[^/?#]*'));
    IF was_at IS DISTINCT FROM is_at THEN
        NEW.paused_at := coalesce(OLD.paused_at, NEW.paused_at, NULLIF(current_setting('tracker.at', true), '')::timestamptz, now());
        NEW.paused_reason := format('base_url moved from %s to %s: run  tracker source resume %s  if its credential may be sent there', was_at, is_at, NEW.name);
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER sources_fixed BEFORE UPDATE OR DELETE ON sources FOR EACH ROW EXECUTE FUNCTION source_guard();

-- claims_held raises unless as many cursors were advanced as polls are recorded. A
-- process that was frozen until its claims ran out advances none, and so records
-- nothing.
-- +goose StatementBegin
CREATE FUNCTION claims_held(advanced bigint, recorded integer) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF advanced < recorded THEN
        RAISE EXCEPTION USING
            ERRCODE = 'TR001',
            MESSAGE = format('%s of %s claims were lost', recorded - advanced, recorded);
    END IF;
END $$;
-- +goose StatementEnd

-- polls_extend(day) makes the partition of polls for a day's month where there is none.
-- It guards it against TRUNCATE, since a parent's statement trigger does not, and
-- revokes what the host's default privileges grant on it. It makes one a month: what
-- reads polls without bounds in time takes four locks on each partition, and a server
-- with default settings has room for about a hundred partitions; four years are 48. A
-- month of which the default partition has rows stays there. Who makes partitions
-- waits for others by a lock that only a writer of polls can take, and then asks
-- pg_class: to_regclass may answer from before the wait. It attaches a table that is
-- there: CREATE TABLE ... PARTITION OF takes a lock for which inserts wait.
-- +goose StatementBegin
CREATE FUNCTION polls_extend(day date) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    part text := 'polls_' || to_char(day::timestamp, 'YYYYMM');
    starts_on timestamp := date_trunc('month', day::timestamp);
    ends_on timestamp := starts_on + interval '1 month';
    stranger oid;
BEGIN
    IF EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = part) THEN
        RETURN;
    END IF;
    LOCK TABLE public.polls IN SHARE UPDATE EXCLUSIVE MODE;
    IF EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = part)
        OR EXISTS (SELECT 1 FROM public.polls_default WHERE polled_at >= starts_on AT TIME ZONE 'UTC' AND polled_at < ends_on AT TIME ZONE 'UTC')
    THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.polls INCLUDING ALL)', part);
    EXECUTE format('ALTER TABLE public.polls ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
        part, to_char(starts_on, 'YYYY-MM-DD') || ' 00:00:00+00', to_char(ends_on, 'YYYY-MM-DD') || ' 00:00:00+00');
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON public.%I FOR EACH STATEMENT EXECUTE FUNCTION public.rewrite_refuse()',
        part || '_no_truncate', part);
    FOR stranger IN SELECT DISTINCT a.grantee FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.relnamespace = 'public'::regnamespace AND c.relname = part AND a.grantee <> c.relowner
    LOOP
        EXECUTE format('REVOKE ALL ON public.%I FROM %s', part,
            CASE stranger WHEN 0 THEN 'PUBLIC' ELSE (SELECT quote_ident(rolname) FROM pg_roles WHERE oid = stranger) END);
    END LOOP;
END $$;
-- +goose StatementEnd

-- polls_extend() makes the partitions of this month and of the month in a week, no
-- others, whoever asks. It runs as its owner, so that the daemon may call it. Who reads
-- polls queues behind it while it waits for those who do: where that takes longer than
-- two seconds it gives up, and the next call, days before it matters, makes them.
-- +goose StatementBegin
CREATE FUNCTION polls_extend() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
BEGIN
    PERFORM public.polls_extend((now() AT TIME ZONE 'UTC')::date);
    PERFORM public.polls_extend((now() AT TIME ZONE 'UTC')::date + 7);
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION rewrite_refuse(), changes_guard(), job_guard(), source_guard(), claims_held(bigint, integer), polls_extend(date), polls_extend() FROM PUBLIC;

-- +goose Down
DROP FUNCTION polls_extend();
DROP FUNCTION polls_extend(date);
DROP FUNCTION claims_held(bigint, integer);
DROP TRIGGER sources_fixed ON sources;
DROP FUNCTION source_guard();
DROP TRIGGER jobs_fixed ON jobs;
DROP FUNCTION job_guard();
DROP TRIGGER changes_recorded_only ON changes;
DROP FUNCTION changes_guard();
DROP FUNCTION rewrite_refuse() CASCADE;
