-- What of the history is kept, and for how long. Whatever takes something away runs
-- as the tables' owner: retention in functions that check what they are asked for, which
-- a daemon's login can call, and can delete nothing otherwise; erasure and rebuild as
-- the owner's own login alone.

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

-- What was done to the history itself, and by whom. It is of no job's node where the
-- database is distributed: one place tells of all.
CREATE TABLE acts (
    act_no          bigint GENERATED ALWAYS AS IDENTITY,
    done_at         timestamptz NOT NULL,
    of_job          bigint,               -- null: polls of all jobs
    range_from      timestamptz NOT NULL, -- when what was taken had been observed or sent; of a rebuild, the job's snapshots
    range_to        timestamptz NOT NULL,
    rows_changed    bigint      NOT NULL, -- taken, erased or written
    kept_for        interval,             -- the setting, of retention
    run_no          integer,              -- of an erasure
    snapshot_no     integer,              -- likewise; null: all of the run
    interpretation  integer,              -- of an erasure or a rebuild: the version by which the job's rows were derived again
    kind            text        NOT NULL,
    what            text        NOT NULL,
    actor           text        NOT NULL,
    reason          text,                 -- of an erasure
    CONSTRAINT acts_pkey PRIMARY KEY (act_no),
    CONSTRAINT acts_kind_check CHECK (kind IN ('retention', 'erasure', 'rebuild')),
    CONSTRAINT acts_what_check CHECK (what IN ('polls', 'runs', 'bodies', 'rows')),
    CONSTRAINT acts_derived_check CHECK ((kind IN ('erasure', 'rebuild')) = (interpretation IS NOT NULL)),
    CONSTRAINT acts_retention_check CHECK ((kind = 'retention') = (kept_for IS NOT NULL)),
    CONSTRAINT acts_erasure_check CHECK ((kind = 'erasure') = (run_no IS NOT NULL) AND (kind = 'erasure') = (reason ~ '\S'))
);
CREATE INDEX acts_job_idx ON acts (of_job, act_no);
CREATE TRIGGER acts_append_only BEFORE UPDATE OR DELETE ON acts FOR EACH ROW EXECUTE FUNCTION rewrite_refuse();
CREATE TRIGGER acts_no_truncate BEFORE TRUNCATE ON acts FOR EACH STATEMENT EXECUTE FUNCTION rewrite_refuse();

CREATE VIEW report.acts AS
SELECT a.act_no, a.done_at AS at, a.kind, j.name AS job, a.what, a.run_no, a.snapshot_no, a.range_from, a.range_to, a.rows_changed AS rows, a.kept_for,
    a.actor, a.reason, a.interpretation, a.of_job AS job_id
FROM acts a
LEFT JOIN jobs j ON j.job_id = a.of_job;
COMMENT ON VIEW report.acts IS 'One row per act upon the history itself: what retention has taken, what somebody has erased, and rebuilds that changed rows; rows are only ever added.';
COMMENT ON COLUMN report.acts.act_no IS 'Number of the act.';
COMMENT ON COLUMN report.acts.at IS 'When it was done (our time).';
COMMENT ON COLUMN report.acts.kind IS 'What was done: retention, erasure or rebuild.';
COMMENT ON COLUMN report.acts.job IS 'Name of the job; null: of all jobs.';
COMMENT ON COLUMN report.acts.what IS 'What was taken, erased or written: polls, runs, bodies or rows.';
COMMENT ON COLUMN report.acts.run_no IS 'Of an erasure: number of the run within its job; null: it is none.';
COMMENT ON COLUMN report.acts.snapshot_no IS 'Of an erasure: number of the snapshot within its job; null: all of the run that still had bodies.';
COMMENT ON COLUMN report.acts.range_from IS 'Since when that had been observed or sent (our time).';
COMMENT ON COLUMN report.acts.range_to IS 'Until when, likewise.';
COMMENT ON COLUMN report.acts.rows IS 'Count of the polls, runs, bodies or rows.';
COMMENT ON COLUMN report.acts.kept_for IS 'Of retention: the setting, for how long such are kept; null: it is none.';
COMMENT ON COLUMN report.acts.actor IS 'Who has done it, or whose setting it was: TRACKER_ACTOR, else the user of the operating system; where the login may not decide what is tracked, the login.';
COMMENT ON COLUMN report.acts.reason IS 'Of an erasure: why, in the words of who has done it; null: it is none.';
COMMENT ON COLUMN report.acts.interpretation IS 'Of an erasure or a rebuild: version of the interpretation by which the job''s rows were derived again; null: it is none.';
COMMENT ON COLUMN report.acts.job_id IS 'Number of the job, by which views are joined; null: of all jobs.';

CREATE VIEW report.retention AS
SELECT r.at, r.job, r.what, r.range_from, r.range_to, r.rows, r.kept_for, r.actor, r.job_id
FROM report.acts r
WHERE r.kind = 'retention';
COMMENT ON VIEW report.retention IS 'One row per month of polls, and per job and time, of which retention has taken something; rows are only ever added.';
COMMENT ON COLUMN report.retention.at IS 'When it was taken (our time).';
COMMENT ON COLUMN report.retention.job IS 'Name of the job; null: polls are taken of all jobs.';
COMMENT ON COLUMN report.retention.what IS 'What was taken: polls; runs, with their steps, log entries, results, transitions and anomalies; or bodies of their snapshots.';
COMMENT ON COLUMN report.retention.range_from IS 'Since when what was taken had been observed, or, of polls, since when their requests had been sent (our time).';
COMMENT ON COLUMN report.retention.range_to IS 'Until when, likewise; of polls, none that was sent then or later was taken.';
COMMENT ON COLUMN report.retention.rows IS 'Count of the polls, runs or bodies that were taken.';
COMMENT ON COLUMN report.retention.kept_for IS 'The setting: for how long such are kept.';
COMMENT ON COLUMN report.retention.actor IS 'Whose setting: TRACKER_ACTOR, else the user of the operating system; where the login may not decide what is tracked, the login.';
COMMENT ON COLUMN report.retention.job_id IS 'Number of the job, by which views are joined; null: polls are taken of all jobs.';

-- What is left of snapshots whose bodies somebody has erased: what folding the others
-- needs.
CREATE TABLE erased_snapshots (
    job_id          bigint      NOT NULL,
    act_no          bigint      NOT NULL,
    snapshot_no     integer     NOT NULL,
    run_no          integer     NOT NULL,
    transition_no   integer     NOT NULL, -- what comes later has a higher number
    anomaly_no      integer     NOT NULL, -- likewise; 0: there was none
    steps_observed  boolean     NOT NULL, -- the run's steps follow from its status, which stays
    run_id          text        NOT NULL,
    CONSTRAINT erased_snapshots_pkey PRIMARY KEY (job_id, snapshot_no),
    CONSTRAINT erased_snapshots_job_fkey FOREIGN KEY (job_id) REFERENCES jobs (job_id)
);
CREATE TRIGGER erased_snapshots_append_only BEFORE UPDATE OR DELETE ON erased_snapshots FOR EACH ROW EXECUTE FUNCTION rewrite_refuse();
CREATE TRIGGER erased_snapshots_no_truncate BEFORE TRUNCATE ON erased_snapshots FOR EACH STATEMENT EXECUTE FUNCTION rewrite_refuse();

CREATE VIEW report.erased_snapshots AS
SELECT j.name AS job, s.name AS source, s.provider, e.snapshot_no, e.run_no, e.run_id, e.act_no, e.transition_no, e.anomaly_no, e.steps_observed, e.job_id
FROM erased_snapshots e
JOIN jobs j ON j.job_id = e.job_id
JOIN sources s ON s.source_id = j.source_id;
COMMENT ON VIEW report.erased_snapshots IS 'One row per snapshot whose body somebody has erased: what is left of that.';
COMMENT ON COLUMN report.erased_snapshots.job IS 'Name of the job.';
COMMENT ON COLUMN report.erased_snapshots.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.erased_snapshots.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.erased_snapshots.snapshot_no IS 'Number of the snapshot within its job.';
COMMENT ON COLUMN report.erased_snapshots.run_no IS 'Number, within the job, of the run that the answer told of.';
COMMENT ON COLUMN report.erased_snapshots.run_id IS 'The upstream''s id of that run.';
COMMENT ON COLUMN report.erased_snapshots.act_no IS 'Number of the act that erased it: report.acts tells by whom, when and why.';
COMMENT ON COLUMN report.erased_snapshots.transition_no IS 'Transitions of the job that later snapshots brought have higher numbers.';
COMMENT ON COLUMN report.erased_snapshots.anomaly_no IS 'Anomalies of the job that later snapshots brought have higher numbers.';
COMMENT ON COLUMN report.erased_snapshots.steps_observed IS 'True if the run''s steps follow from its status, which stays.';
COMMENT ON COLUMN report.erased_snapshots.job_id IS 'Number of the job, by which views are joined.';

-- What taken polls told that snapshots do not: which got no answer, and how often the
-- newest snapshot had been seen. (Of an older one the next tells, not_before and
-- previous_polls.)
CREATE TABLE taken_polls (
    job_id          bigint      NOT NULL,
    unanswered      bigint      NOT NULL, -- superseded ones too
    failed          bigint      NOT NULL,
    first_at        timestamptz,          -- of the unanswered
    last_at         timestamptz,
    snapshot_no     integer     NOT NULL, -- the newest when they were taken; 0: none saw it
    confirmations   integer     NOT NULL, -- taken polls that saw it
    confirmed_at    timestamptz,          -- the last of them
    CONSTRAINT taken_polls_pkey PRIMARY KEY (job_id),
    CONSTRAINT taken_polls_job_fkey FOREIGN KEY (job_id) REFERENCES jobs (job_id)
);

CREATE VIEW report.taken_polls AS
SELECT j.name AS job, s.name AS source, s.provider, t.unanswered, t.failed, t.first_at, t.last_at, t.snapshot_no, t.confirmations, t.confirmed_at, t.job_id
FROM taken_polls t
JOIN jobs j ON j.job_id = t.job_id
JOIN sources s ON s.source_id = j.source_id;
COMMENT ON VIEW report.taken_polls IS 'One row per job of whose polls retention has taken some that snapshots do not tell of.';
COMMENT ON COLUMN report.taken_polls.job IS 'Name of the job.';
COMMENT ON COLUMN report.taken_polls.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.taken_polls.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.taken_polls.unanswered IS 'Count of the taken polls that got no answer, or one that counts for nothing.';
COMMENT ON COLUMN report.taken_polls.failed IS 'Count of those of them that failed.';
COMMENT ON COLUMN report.taken_polls.first_at IS 'When the first of the unanswered ones was sent (our time); null: there are none.';
COMMENT ON COLUMN report.taken_polls.last_at IS 'When the last of the unanswered ones was sent (our time); null: there are none.';
COMMENT ON COLUMN report.taken_polls.snapshot_no IS 'Number of the snapshot that was the newest when they were taken; 0: none of them saw it.';
COMMENT ON COLUMN report.taken_polls.confirmations IS 'Count of the taken polls that saw that snapshot. They are among those of report.snapshots.polls.';
COMMENT ON COLUMN report.taken_polls.confirmed_at IS 'When the last of those was sent (our time); null: there are none.';
COMMENT ON COLUMN report.taken_polls.job_id IS 'Number of the job, by which views are joined.';

-- retention_check raises where what is old cannot be told, or is still needed. A
-- program says more of schedules, which it can read. A run that goes on for longer only
-- stays itself.
-- +goose StatementBegin
CREATE FUNCTION retention_check(keep interval) RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    now_is timestamptz := clock_timestamp();
    newest timestamptz := (SELECT max(c.polled_at) FROM public.cursors c);
    planned record;
BEGIN
    IF keep <= interval '0' THEN
        RAISE EXCEPTION USING ERRCODE = 'TR006', MESSAGE = format('%s is no time to keep something', keep);
    END IF;
    IF abs(extract(epoch FROM now_is - newest)) > 86400 THEN
        RAISE EXCEPTION USING ERRCODE = 'TR002', MESSAGE = format('the database''s clock says %s UTC, and the newest poll was at %s UTC: a day apart at most, or what is old cannot be told',
            to_char(now_is, 'YYYY-MM-DD HH24:MI:SS'), to_char(newest, 'YYYY-MM-DD HH24:MI:SS'));
    END IF;
    SELECT j.name, c.planned_every INTO planned FROM public.cursors c JOIN public.jobs j ON j.job_id = c.job_id
    WHERE j.tracking = 'active' AND c.planned_every > keep ORDER BY c.planned_every DESC LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'TR006', MESSAGE = format('job %s is polled every %s, which is longer', planned.name, planned.planned_every);
    END IF;
END $$;
-- +goose StatementEnd

-- polls_old lists the months of polls that are older, all or so many: the partitions, the
-- oldest first, then what the default partition has.
-- +goose StatementBegin
CREATE FUNCTION polls_old(keep interval, most integer) RETURNS TABLE (part text, range_from timestamptz, range_to timestamptz, rows_old bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    before timestamptz := date_trunc('month', clock_timestamp() - keep);
    parts text[];
    begins timestamptz[];
BEGIN
    PERFORM public.retention_check(keep);
    SELECT array_agg(m.part ORDER BY m.began), array_agg(m.began ORDER BY m.began) INTO parts, begins
    FROM (
        SELECT p.part, p.began
        FROM (
            SELECT c.relname::text AS part, to_date(right(c.relname, 6), 'YYYYMM')::timestamptz AS began
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'public.polls'::regclass AND c.relname ~ '^polls_[0-9]{6}$'
        ) p
        WHERE p.began < before ORDER BY p.began LIMIT most
    ) m;
    RETURN QUERY
    SELECT m.part, m.began, m.began + interval '1 month', coalesce(h.polls, 0)::bigint
    FROM unnest(parts, begins) m (part, began)
    LEFT JOIN (
        SELECT date_trunc('month', x.hour) AS began, sum(x.polls) AS polls
        FROM public.hourly x WHERE x.hour >= begins[1] AND x.hour < begins[cardinality(begins)] + interval '1 month' GROUP BY 1
    ) h ON h.began = m.began
    ORDER BY m.began;
    IF most <= cardinality(parts) THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT 'polls_default', date_trunc('month', p.polled_at), date_trunc('month', p.polled_at) + interval '1 month', count(*)
    FROM public.polls_default p WHERE p.polled_at < before GROUP BY 2 ORDER BY 2;
END $$;
-- +goose StatementEnd

-- Who takes something locks this empty table, which autovacuum leaves alone. It is no
-- advisory lock, since any login can take one of those.
CREATE TABLE retention_lock ();

-- retention_turn waits for nobody: one at a time takes something.
-- +goose StatementBegin
CREATE FUNCTION retention_turn() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    LOCK TABLE public.retention_lock IN SHARE ROW EXCLUSIVE MODE NOWAIT;
EXCEPTION WHEN lock_not_available THEN
    RAISE EXCEPTION USING ERRCODE = 'TR003', MESSAGE = 'somebody else is taking what is old';
END $$;
-- +goose StatementEnd

-- polls_unread raises lock_not_available where somebody has read polls for longer than
-- lock_timeout. The lock that tells ends with the block that took it.
-- +goose StatementBegin
CREATE FUNCTION polls_unread() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    LOCK TABLE public.polls IN ACCESS EXCLUSIVE MODE;
    RAISE SQLSTATE 'TR005';
EXCEPTION WHEN SQLSTATE 'TR005' THEN
    NULL;
END $$;
-- +goose StatementEnd

-- polls_take takes the oldest month of polls that is older, and returns what it took:
-- no row where nothing is. Before, it keeps what no snapshot tells, and sees to it that
-- the polls are counted. The partition goes last: only then does anybody wait, and
-- nobody longer than lock_timeout. Who reads polls for longer is left alone: the
-- caller tries again. Whether there is such a reader is asked first, or each try would
-- read the whole month in vain.
-- +goose StatementBegin
CREATE FUNCTION polls_take(keep interval) RETURNS TABLE (range_from timestamptz, range_to timestamptz, rows_taken bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '100ms' AS $$
DECLARE
    old record;
    author record;
BEGIN
    PERFORM public.retention_turn();
    SELECT * INTO old FROM public.polls_old(keep, 1) o LIMIT 1;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF (SELECT r.rolled_up_to FROM public.rollup r) < old.range_to THEN
        RAISE EXCEPTION USING ERRCODE = 'TR004', MESSAGE = format('polls until %s UTC are not counted yet',
            to_char(old.range_to, 'YYYY-MM-DD HH24:MI'));
    END IF;
    PERFORM public.polls_unread();
    EXECUTE format($sql$
        INSERT INTO public.taken_polls AS t (job_id, unanswered, failed, first_at, last_at, snapshot_no, confirmations, confirmed_at)
        SELECT job_id, coalesce(u.unanswered, 0), coalesce(u.failed, 0), u.first_at, u.last_at,
            coalesce(h.snapshot_no, 0), coalesce(h.confirmations, 0), h.confirmed_at
        FROM (
            SELECT p.job_id, count(*) AS unanswered, count(*) FILTER (WHERE p.outcome <> 'superseded') AS failed,
                min(p.polled_at) AS first_at, max(p.polled_at) AS last_at
            FROM public.%1$I p WHERE p.snapshot_no IS NULL AND p.polled_at < $1
            GROUP BY p.job_id
        ) u
        FULL JOIN (
            SELECT n.job_id, n.snapshot_no, s.confirmations, s.confirmed_at
            FROM public.snapshots f
            CROSS JOIN LATERAL (
                SELECT x.job_id, x.snapshot_no, x.polled_at FROM public.snapshots x WHERE x.job_id = f.job_id ORDER BY x.snapshot_no DESC LIMIT 1
            ) n
            CROSS JOIN LATERAL (
                SELECT count(*)::integer AS confirmations, max(p.polled_at) AS confirmed_at
                FROM public.%1$I p WHERE p.job_id = n.job_id AND p.snapshot_no = n.snapshot_no AND p.polled_at < $1
            ) s
            WHERE f.snapshot_no = 1 AND n.polled_at < $1 AND s.confirmations > 0
        ) h USING (job_id)
        ON CONFLICT (job_id) DO UPDATE SET
            unanswered = t.unanswered + excluded.unanswered, failed = t.failed + excluded.failed,
            first_at = least(t.first_at, excluded.first_at), last_at = greatest(t.last_at, excluded.last_at),
            snapshot_no = greatest(t.snapshot_no, excluded.snapshot_no),
            confirmations = CASE WHEN excluded.snapshot_no = t.snapshot_no THEN t.confirmations + excluded.confirmations
                WHEN excluded.snapshot_no > t.snapshot_no THEN excluded.confirmations ELSE t.confirmations END,
            confirmed_at = CASE WHEN excluded.snapshot_no = t.snapshot_no THEN greatest(t.confirmed_at, excluded.confirmed_at)
                WHEN excluded.snapshot_no > t.snapshot_no THEN excluded.confirmed_at ELSE t.confirmed_at END$sql$, old.part) USING old.range_to;
    SELECT * INTO author FROM public.registry_author();
    INSERT INTO public.acts (done_at, kind, what, range_from, range_to, rows_changed, kept_for, actor)
    VALUES (clock_timestamp(), 'retention', 'polls', old.range_from, old.range_to, old.rows_old, justify_hours(keep), author.actor);
    IF old.part = 'polls_default' THEN
        SET LOCAL citus.propagate_set_commands = 'local';
        SET LOCAL tracker.rewrite = 'on';
        DELETE FROM public.polls_default p WHERE p.polled_at < old.range_to;
        SET LOCAL tracker.rewrite = '';
    ELSE
        EXECUTE format('ALTER TABLE public.polls DETACH PARTITION public.%I', old.part);
        EXECUTE format('DROP TABLE public.%I', old.part);
    END IF;
    RETURN QUERY SELECT old.range_from, old.range_to, old.rows_old;
END $$;
-- +goose StatementEnd

CREATE TRIGGER taken_runs_append_only BEFORE UPDATE OR DELETE ON taken_runs FOR EACH ROW EXECUTE FUNCTION rewrite_refuse();
CREATE TRIGGER taken_runs_no_truncate BEFORE TRUNCATE ON taken_runs FOR EACH STATEMENT EXECUTE FUNCTION rewrite_refuse();

CREATE VIEW report.taken_runs AS
SELECT j.name AS job, s.name AS source, s.provider, t.run_no, t.run_id, t.state, t.started_at, t.duration, t.shape,
    t.first_seen_at, t.changed_from, t.last_snapshot_no, t.last_transition_no, t.last_anomaly_no, t.job_id
FROM taken_runs t
JOIN jobs j ON j.job_id = t.job_id
JOIN sources s ON s.source_id = j.source_id;
COMMENT ON VIEW report.taken_runs IS 'One row per run that retention has taken: what is left of it.';
COMMENT ON COLUMN report.taken_runs.job IS 'Name of the job.';
COMMENT ON COLUMN report.taken_runs.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.taken_runs.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.taken_runs.run_no IS 'Number of the run within its job, which no other run gets.';
COMMENT ON COLUMN report.taken_runs.run_id IS 'The upstream''s id of the run.';
COMMENT ON COLUMN report.taken_runs.state IS 'The terminal state of the run, in our words.';
COMMENT ON COLUMN report.taken_runs.started_at IS 'Start of the run, as report.runs had it.';
COMMENT ON COLUMN report.taken_runs.duration IS 'How long the run took, as report.runs had it.';
COMMENT ON COLUMN report.taken_runs.shape IS 'Fields outside the provider''s contract in the job''s answers up to the run''s last snapshot, a JSON object.';
COMMENT ON COLUMN report.taken_runs.first_seen_at IS 'When the run was first seen (our time).';
COMMENT ON COLUMN report.taken_runs.changed_from IS 'The earliest effective time of the run''s transitions: from then until a later run took its place nobody can tell the state of the job''s latest run.';
COMMENT ON COLUMN report.taken_runs.last_snapshot_no IS 'Number of the run''s last snapshot, whose hash stays.';
COMMENT ON COLUMN report.taken_runs.last_transition_no IS 'The highest number of a transition of the job by that snapshot.';
COMMENT ON COLUMN report.taken_runs.last_anomaly_no IS 'The highest number of an anomaly of the job by that snapshot; 0: there was none.';
COMMENT ON COLUMN report.taken_runs.job_id IS 'Number of the job, by which views are joined.';

-- runs_ripe lists the runs of a job, or of all, that ended, and were seen to change
-- last, before a time, without those that stay: the newest of a job and the one that its
-- newest snapshot tells of, those on hold, and those that were interrupted by another
-- run, whose rows hang together with that one's. It asks job by job for snapshots: of
-- those without such runs none is read, and Citus asks one node.
-- +goose StatementBegin
CREATE FUNCTION runs_ripe(before timestamptz, of_job bigint) RETURNS TABLE (job_id bigint, run_no integer, first_no integer, last_no integer, first_seen_at timestamptz, last_changed_at timestamptz)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    old record;
BEGIN
    FOR old IN
        SELECT r.job_id, array_agg(r.run_no) AS nos
        FROM public.runs r
        WHERE (of_job IS NULL OR r.job_id = of_job) AND r.first_seen_at < before AND r.last_changed_at < before
            AND r.state IN ('succeeded', 'partial', 'failed', 'canceled')
            AND EXISTS (SELECT 1 FROM public.runs n WHERE n.job_id = r.job_id AND n.run_no > r.run_no)
            AND NOT EXISTS (SELECT 1 FROM public.holds h WHERE h.job_id = r.job_id AND h.run_no = r.run_no)
        GROUP BY r.job_id
    LOOP
        RETURN QUERY
        SELECT r.job_id, r.run_no, b.first_no, b.last_no, r.first_seen_at, r.last_changed_at
        FROM public.runs r
        JOIN (
            SELECT n.run_no, min(n.snapshot_no) AS first_no, max(n.snapshot_no) AS last_no, count(*)::integer AS snapshots
            FROM public.snapshots n WHERE n.job_id = old.job_id GROUP BY n.run_no
        ) b ON b.run_no = r.run_no
        WHERE r.job_id = old.job_id AND r.run_no = ANY(old.nos) AND b.last_no - b.first_no + 1 = b.snapshots
            AND b.last_no < (SELECT max(x.snapshot_no) FROM public.snapshots x WHERE x.job_id = old.job_id);
    END LOOP;
END $$;
-- +goose StatementEnd

-- runs_old lists of which jobs runs are older, how many, and how many bodies they have.
-- +goose StatementBegin
CREATE FUNCTION runs_old(keep interval) RETURNS TABLE (of_job bigint, job text, range_from timestamptz, range_to timestamptz, runs bigint, bodies bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM public.retention_check(keep);
    RETURN QUERY
    SELECT o.job_id, j.name, min(o.first_seen_at), max(o.last_changed_at), count(*), sum(o.last_no - o.first_no + 1)::bigint
    FROM public.runs_ripe(clock_timestamp() - keep, NULL) o JOIN public.jobs j ON j.job_id = o.job_id
    GROUP BY o.job_id, j.name ORDER BY j.name;
END $$;
-- +goose StatementEnd

-- runs_old_any tells whether runs are older. It asks job by job, of those of whose runs
-- one may be, and no more once it has found one: without a hash of all runs first.
-- +goose StatementBegin
CREATE FUNCTION runs_old_any(keep interval) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    before timestamptz := clock_timestamp() - keep;
    asked bigint;
    of_job bigint;
BEGIN
    PERFORM public.retention_check(keep);
    FOR of_job IN
        SELECT r.job_id FROM public.runs r
        WHERE r.last_changed_at < before AND EXISTS (SELECT 1 FROM public.runs n WHERE n.job_id = r.job_id AND n.run_no > r.run_no)
    LOOP
        IF of_job IS DISTINCT FROM asked AND EXISTS (SELECT 1 FROM public.runs_ripe(before, of_job)) THEN
            RETURN true;
        END IF;
        asked := of_job;
    END LOOP;
    RETURN false;
END $$;
-- +goose StatementEnd

-- runs_take takes the oldest of a job's runs that are older, with all that hangs on them,
-- and the bodies of their snapshots; no row where there is none. It takes a hundred at
-- most, and none after ten thousand snapshots and log entries. The snapshots themselves
-- stay, with their hashes. One poll within a day tells that the clock may be right: all
-- of retention_check, which runs_old asks for, reads each cursor. Whoever records a poll
-- of a run that it takes, or writes the job's rows anew, learns of it by the cursor, which
-- it locks for its end alone, and it gives way where they were first.
-- +goose StatementBegin
CREATE FUNCTION runs_take(keep interval, taken_job bigint) RETURNS TABLE (range_from timestamptz, range_to timestamptz, runs bigint, bodies bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '100ms' AS $$
DECLARE
    now_is timestamptz := clock_timestamp();
    nos integer[];
    sizes integer[]; -- their snapshots
    last_nos integer[]; -- the last of them
    author record;
    head record;
BEGIN
    PERFORM public.retention_turn();
    SELECT c.snapshot_no, c.rewrites INTO head FROM public.cursors c WHERE c.job_id = taken_job;
    IF keep <= interval '0' OR NOT EXISTS (SELECT 1 FROM public.cursors c WHERE c.polled_at BETWEEN now_is - interval '1 day' AND now_is + interval '1 day')
        OR EXISTS (SELECT 1 FROM public.cursors c WHERE c.job_id = taken_job AND c.planned_every > keep)
    THEN
        PERFORM public.retention_check(keep);
    END IF;
    SELECT array_agg(o.run_no), array_agg(o.last_no - o.first_no + 1) INTO nos, sizes
    FROM (SELECT * FROM public.runs_ripe(now_is - keep, taken_job) ORDER BY run_no LIMIT 100) o;
    SELECT array_agg(w.run_no) INTO nos
    FROM (
        SELECT h.run_no, sum(h.weight) OVER (ORDER BY h.run_no) - h.weight AS weight_before
        FROM (
            SELECT c.run_no, c.snapshots + (SELECT count(*) FROM public.log_entries e WHERE e.job_id = taken_job AND e.run_no = c.run_no) AS weight
            FROM unnest(nos, sizes) c (run_no, snapshots)
        ) h
    ) w
    WHERE w.weight_before < 10000;
    SELECT array_agg(o.run_no), array_agg(o.last_no), min(o.first_seen_at), max(o.last_changed_at), count(*), sum(o.last_no - o.first_no + 1)
    INTO nos, last_nos, range_from, range_to, runs, bodies
    FROM public.runs_ripe(now_is - keep, taken_job) o WHERE o.run_no = ANY(nos);
    IF runs = 0 THEN
        RETURN;
    END IF;
    SET LOCAL citus.propagate_set_commands = 'local'; -- so that the next one reaches the nodes with the rows
    SET LOCAL tracker.rewrite = 'on';
    INSERT INTO public.taken_runs (job_id, run_no, run_id, state, started_at, duration, shape, first_seen_at, changed_from,
        last_snapshot_no, last_transition_no, last_anomaly_no)
    SELECT r.job_id, r.run_no, r.run_id, r.state, coalesce(r.started_at, r.first_seen_at),
        report.duration_least(r.started_at, r.first_seen_at, r.ended_at, r.ended_not_before), r.shape, r.first_seen_at, c.changed_from,
        l.last_no, c.last_no, -- no other run has a transition between its first and its last
        greatest((SELECT max(a.anomaly_no) FROM public.anomalies a WHERE a.job_id = taken_job AND a.snapshot_no <= l.last_no),
            (SELECT max(k.last_anomaly_no) FROM public.taken_runs k WHERE k.job_id = taken_job AND k.last_snapshot_no <= l.last_no), 0)
    FROM public.runs r
    JOIN unnest(nos, last_nos) l (run_no, last_no) ON l.run_no = r.run_no
    JOIN (
        SELECT t.run_no, min(report.effective_at(t.happened_at, t.observed_at)) FILTER (WHERE t.step_no IS NULL) AS changed_from, max(t.transition_no) AS last_no
        FROM public.transitions t WHERE t.job_id = taken_job AND t.run_no = ANY(nos) GROUP BY t.run_no
    ) c ON c.run_no = r.run_no
    WHERE r.job_id = taken_job;
    UPDATE public.snapshots n SET body = NULL WHERE n.job_id = taken_job AND n.run_no = ANY(nos);
    DELETE FROM public.anomalies a WHERE a.job_id = taken_job AND a.run_no = ANY(nos);
    DELETE FROM public.transitions t WHERE t.job_id = taken_job AND t.run_no = ANY(nos);
    DELETE FROM public.result_items i WHERE i.job_id = taken_job AND i.run_no = ANY(nos);
    DELETE FROM public.log_entries e WHERE e.job_id = taken_job AND e.run_no = ANY(nos);
    DELETE FROM public.steps p WHERE p.job_id = taken_job AND p.run_no = ANY(nos);
    DELETE FROM public.runs r WHERE r.job_id = taken_job AND r.run_no = ANY(nos);
    SET LOCAL tracker.rewrite = '';
    UPDATE public.cursors c SET rewrites = c.rewrites + 1
    WHERE c.job_id = taken_job AND c.snapshot_no = head.snapshot_no AND c.rewrites = head.rewrites;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'lock_not_available', MESSAGE = 'somebody has written of the job meanwhile';
    END IF;
    SELECT * INTO author FROM public.registry_author();
    INSERT INTO public.acts (done_at, kind, of_job, what, range_from, range_to, rows_changed, kept_for, actor)
    VALUES (clock_timestamp(), 'retention', taken_job, 'runs', range_from, range_to, runs, justify_hours(keep), author.actor),
        (clock_timestamp(), 'retention', taken_job, 'bodies', range_from, range_to, bodies, justify_hours(keep), author.actor);
    RETURN NEXT;
END $$;
-- +goose StatementEnd

REVOKE EXECUTE ON FUNCTION run_hold(bigint, integer, text), run_release(bigint, integer), retention_check(interval), retention_turn(), polls_unread(),
    polls_old(interval, integer), polls_take(interval), runs_ripe(timestamptz, bigint), runs_old(interval), runs_old_any(interval), runs_take(interval, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION run_hold(bigint, integer, text), run_release(bigint, integer), polls_old(interval, integer), polls_take(interval),
    runs_old(interval), runs_old_any(interval), runs_take(interval, bigint) TO tracker_writer;
GRANT SELECT ON holds, acts, taken_polls, taken_runs, erased_snapshots, report.acts, report.erased_snapshots, report.retention, report.taken_polls, report.taken_runs TO tracker_writer;
GRANT SELECT ON report.acts, report.erased_snapshots, report.retention, report.taken_polls, report.taken_runs TO tracker_reader;

-- +goose Down
-- +goose StatementBegin
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM holds) OR EXISTS (SELECT 1 FROM acts) THEN
        RAISE EXCEPTION 'holds or acts have rows: a migration down would lose them';
    END IF;
END $$;
-- +goose StatementEnd
REVOKE ALL ON holds, taken_runs FROM tracker_writer;
DROP FUNCTION runs_take(interval, bigint);
DROP FUNCTION runs_old_any(interval);
DROP FUNCTION runs_old(interval);
DROP FUNCTION runs_ripe(timestamptz, bigint);
DROP VIEW report.taken_runs;
DROP TRIGGER taken_runs_no_truncate ON taken_runs;
DROP TRIGGER taken_runs_append_only ON taken_runs;
DROP FUNCTION polls_take(interval);
DROP FUNCTION polls_unread();
DROP FUNCTION polls_old(interval, integer);
DROP FUNCTION retention_turn();
DROP TABLE retention_lock;
DROP FUNCTION retention_check(interval);
DROP VIEW report.taken_polls;
DROP TABLE taken_polls;
DROP VIEW report.erased_snapshots;
DROP TABLE erased_snapshots;
DROP VIEW report.retention;
DROP VIEW report.acts;
DROP TABLE acts;
DROP FUNCTION run_release(bigint, integer);
DROP FUNCTION run_hold(bigint, integer, text);
