-- One order of all that happened: numbers count within a job, and a commit can become
-- visible after a later one. Who wants to know what happened since an entry reads on
-- from there.

-- +goose Up
-- The partitions are ranges of entry_no, of ten million each. There is no default one:
-- the next is there before it is needed.
CREATE TABLE journal (
    entry_no        bigint      NOT NULL, -- from 1, without holes
    job_id          bigint,               -- null: of no job
    at              timestamptz NOT NULL, -- when it was observed or done (our time)
    no              bigint      NOT NULL, -- of what the entry stands for: snapshot_no, gap_no, change_no, act_no; of polls the day, as YYYYMMDD
    kind            text,                 -- null: snapshot, as of most
    CONSTRAINT journal_pkey PRIMARY KEY (entry_no),
    CONSTRAINT journal_kind_check CHECK (kind IN ('gap', 'change', 'polls', 'act')),
    CONSTRAINT journal_job_check CHECK (job_id IS NOT NULL OR coalesce(kind, 'snapshot') IN ('change', 'polls', 'act'))
) PARTITION BY RANGE (entry_no);
-- Where a job's snapshot stands, where its gap, where what was done to it, and where an act.
CREATE INDEX journal_snapshot_idx ON journal (job_id, no) WHERE kind IS NULL;
CREATE INDEX journal_gap_idx ON journal (job_id, no) WHERE kind = 'gap';
CREATE INDEX journal_change_idx ON journal (job_id, no) WHERE kind = 'change';
CREATE INDEX journal_act_idx ON journal (no) WHERE kind = 'act';

-- How far the journal has come: one row, locked by who appends.
CREATE TABLE journal_end (
    entry_no        bigint      NOT NULL, -- the last; 0: none
    polls_until     date        NOT NULL, -- the polls of all days before it have their entry
    one             boolean     NOT NULL DEFAULT true,
    CONSTRAINT journal_end_pkey PRIMARY KEY (one),
    CONSTRAINT journal_end_one_check CHECK (one)
);
INSERT INTO journal_end (entry_no, polls_until)
SELECT 0, coalesce((SELECT (min(registered_at) AT TIME ZONE 'UTC')::date FROM jobs), '-infinity');

-- Who records something leaves a note here, in the same transaction, and who appends to
-- the journal takes it away: what becomes visible late is not passed over. Vacuum keeps
-- it small.
CREATE TABLE journal_notes (
    job_id          bigint,               -- null: of no job
    at              timestamptz,          -- as in the journal; null: whoever appends looks it up
    no              bigint      NOT NULL, -- as in the journal; of gaps 0: the job has some that are new
    kind            text        NOT NULL,
    CONSTRAINT journal_notes_kind_check CHECK (kind IN ('snapshot', 'gap', 'change', 'polls', 'act'))
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- +goose StatementBegin
CREATE FUNCTION journal_note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_ARGV[0] = 'act' THEN
        INSERT INTO public.journal_notes (no, kind) VALUES (NEW.act_no, 'act');
    ELSE
        INSERT INTO public.journal_notes (no, kind) VALUES (NEW.change_no, 'change');
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER changes_noted AFTER INSERT ON changes FOR EACH ROW EXECUTE FUNCTION journal_note('change');
CREATE TRIGGER acts_noted AFTER INSERT ON acts FOR EACH ROW EXECUTE FUNCTION journal_note('act');

-- What was there before the journal is found by journal_search, but changes and acts,
-- whose numbers have holes. The triggers have locked both: no row comes between.
INSERT INTO journal_notes (no, kind)
SELECT change_no, 'change' FROM changes
UNION ALL SELECT act_no, 'act' FROM acts;

CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE ON journal FOR EACH ROW EXECUTE FUNCTION rewrite_refuse();
CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal FOR EACH STATEMENT EXECUTE FUNCTION rewrite_refuse();

-- journal_extend makes the partition of an entry, if there is none.
-- +goose StatementBegin
CREATE FUNCTION journal_extend(for_entry bigint) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    place bigint := for_entry / 10000000;
    part text := 'journal_' || place;
    stranger oid;
BEGIN
    IF EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = part) THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.journal INCLUDING ALL)', part);
    EXECUTE format('ALTER TABLE public.journal ATTACH PARTITION public.%I FOR VALUES FROM (%s) TO (%s)', part, place * 10000000, (place + 1) * 10000000);
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON public.%I FOR EACH STATEMENT EXECUTE FUNCTION public.rewrite_refuse()', part || '_no_truncate', part);
    FOR stranger IN SELECT DISTINCT a.grantee FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.relnamespace = 'public'::regnamespace AND c.relname = part AND a.grantee <> c.relowner
    LOOP
        EXECUTE format('REVOKE ALL ON public.%I FROM %s', part,
            CASE stranger WHEN 0 THEN 'PUBLIC' ELSE (SELECT quote_ident(rolname) FROM pg_roles WHERE oid = stranger) END);
    END LOOP;
END $$;
-- +goose StatementEnd
SELECT journal_extend(0);

-- journal_append appends what notes tell of, in the order of time, a job's in the order
-- of its numbers, and the days of polls that are over since an hour. Of many notes it
-- takes those of some jobs, all of each, so that a transaction is short whatever waits.
-- It gives how many entries it has appended, and whether more waits. Only one appends at
-- a time: to another it gives zero. It looks rows up one by one: by what the planner
-- knows of arrays it would read all snapshots.
-- +goose StatementBegin
CREATE FUNCTION journal_append(OUT appended bigint, OUT more boolean) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    most constant integer := 50000;
    last public.journal_end;
    over date := ((clock_timestamp() - interval '1 hour') AT TIME ZONE 'UTC')::date; -- all days before it are
    beyond bigint; -- the notes of jobs beyond it stay; null: none of them
    from_no bigint; -- the notes of no job from this number on stay; null: none of them
    jobs bigint[];
    nos bigint[];
    ats timestamptz[];
    torn bigint[]; -- those of the jobs that have snapshots which nobody has noted
    torn_after bigint[]; -- the last of theirs that have an entry
    torn_to bigint[]; -- the last of theirs that are noted
    gap_jobs bigint[];
    gap_nos bigint[]; -- the last of theirs that have an entry
    changes bigint[];
    done bigint[]; -- acts
    days bigint[];
    day bigint;
    begins timestamptz;
    closed bigint[] := '{}'; -- those of the days that are over, and have polls
BEGIN
    appended := 0;
    more := false;
    IF NOT EXISTS (SELECT 1 FROM public.journal_notes) AND NOT EXISTS (SELECT 1 FROM public.journal_end e WHERE e.polls_until <> over) THEN
        RETURN;
    END IF;
    SELECT * INTO last FROM public.journal_end FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF (SELECT count(*) FROM (SELECT 1 FROM public.journal_notes LIMIT most + 1) w) > most THEN
        SELECT n.job_id INTO beyond FROM public.journal_notes n WHERE n.job_id IS NOT NULL ORDER BY n.job_id OFFSET most LIMIT 1;
        SELECT n.no INTO from_no FROM public.journal_notes n WHERE n.job_id IS NULL ORDER BY n.no OFFSET most LIMIT 1;
    END IF;
    WITH notes AS (
        DELETE FROM public.journal_notes n
        WHERE CASE WHEN n.job_id IS NULL THEN from_no IS NULL OR n.no < from_no ELSE beyond IS NULL OR n.job_id <= beyond END RETURNING n.*
    )
    SELECT array_agg(n.job_id) FILTER (WHERE n.kind = 'snapshot'), array_agg(n.no) FILTER (WHERE n.kind = 'snapshot'),
        array_agg(n.at) FILTER (WHERE n.kind = 'snapshot'), array_agg(DISTINCT n.job_id) FILTER (WHERE n.kind = 'gap'),
        array_agg(n.no) FILTER (WHERE n.kind = 'change'), array_agg(n.no) FILTER (WHERE n.kind = 'act'), array_agg(DISTINCT n.no) FILTER (WHERE n.kind = 'polls')
    INTO jobs, nos, ats, gap_jobs, changes, done, days FROM notes n;
    -- From here on each statement sees what the notes tell of.
    SELECT array_agg(k.job_id), array_agg(k.last), array_agg(k.top) INTO torn, torn_after, torn_to
    FROM (
        SELECT w.job_id, max(w.no) AS top, count(*) AS noted,
            coalesce((SELECT max(e.no) FROM public.journal e WHERE e.kind IS NULL AND e.job_id = w.job_id), 0) AS last
        FROM unnest(jobs, nos) w (job_id, no) GROUP BY w.job_id
    ) k WHERE k.top - k.last <> k.noted;
    SELECT array_agg(w.job_id ORDER BY w.place), array_agg(coalesce((SELECT max(e.no) FROM public.journal e WHERE e.kind = 'gap' AND e.job_id = w.job_id), 0) ORDER BY w.place)
    INTO gap_jobs, gap_nos
    FROM unnest(gap_jobs) WITH ORDINALITY w (job_id, place);
    IF last.polls_until = '-infinity' THEN
        last.polls_until := coalesce((SELECT (min(j.registered_at) AT TIME ZONE 'UTC')::date FROM public.jobs j), over);
    END IF;
    days := days || (SELECT array_agg(to_char(d, 'YYYYMMDD')::bigint) FROM generate_series(last.polls_until, over - 1, interval '1 day') d);
    last.polls_until := over; -- also where the clock was set back: a day may get another entry
    FOREACH day IN ARRAY coalesce(days, '{}') LOOP
        begins := to_date(day::text, 'YYYYMMDD')::timestamp AT TIME ZONE 'UTC';
        IF to_date(day::text, 'YYYYMMDD') < over AND NOT day = ANY(closed)
            AND EXISTS (SELECT 1 FROM public.polls p WHERE p.polled_at >= begins AND p.polled_at < begins + interval '1 day')
        THEN
            closed := closed || day;
        END IF;
    END LOOP;

    WITH found AS (
        SELECT 'snapshot' AS kind, w.job_id, w.no, w.at FROM unnest(jobs, nos, ats) w (job_id, no, at)
        WHERE torn IS NULL OR NOT w.job_id = ANY(torn)
        UNION ALL
        SELECT 'snapshot', n.job_id, n.snapshot_no, n.observed_at
        FROM unnest(torn, torn_after, torn_to) w (job_id, after, top)
        JOIN public.snapshots n ON n.job_id = w.job_id AND n.snapshot_no > w.after AND n.snapshot_no <= w.top
        UNION ALL
        SELECT 'gap', g.job_id, g.gap_no::bigint, g.gap_to
        FROM unnest(gap_jobs, gap_nos) w (job_id, gap_no) JOIN public.gaps g ON g.job_id = w.job_id AND g.gap_no > w.gap_no
        UNION ALL
        SELECT 'change', j.job_id, c.change_no, c.changed_at
        FROM public.changes c LEFT JOIN public.jobs j ON j.name = substring(c.subject FROM '^job (.*)$')
        WHERE c.change_no = ANY(changes)
        UNION ALL
        SELECT 'act', a.of_job, a.act_no, a.done_at FROM public.acts a WHERE a.act_no = ANY(done)
        UNION ALL
        SELECT 'polls', NULL, d.day, to_date(d.day::text, 'YYYYMMDD')::timestamp AT TIME ZONE 'UTC' + interval '1 day'
        FROM unnest(closed) d (day)
    ), ordered AS ( -- a clock that was set back does not change a job's order
        SELECT f.*, max(f.at) OVER (PARTITION BY f.kind, f.job_id ORDER BY f.no) AS by FROM found f
    )
    INSERT INTO public.journal (entry_no, kind, job_id, no, at)
    SELECT last.entry_no + row_number() OVER (ORDER BY o.by, o.job_id NULLS FIRST, o.kind, o.no), NULLIF(o.kind, 'snapshot'), o.job_id, o.no, o.at FROM ordered o;
    GET DIAGNOSTICS appended = ROW_COUNT;
    more := beyond IS NOT NULL OR from_no IS NOT NULL;
    last.entry_no := last.entry_no + appended;
    UPDATE public.journal_end e SET entry_no = last.entry_no, polls_until = last.polls_until;
    PERFORM public.journal_extend(last.entry_no + 5000000); -- the next half of a partition
END $$;
-- +goose StatementEnd

-- journal_search leaves notes for what is neither in the journal nor noted: the history
-- from before there was one, and what a program of that time records beside a newer one.
-- It looks at some jobs beyond one, tells which was the last of them (null: there are no
-- more), and how many notes it has left. It compares the highest numbers, and reads the
-- rows of those jobs alone that have more than the journal: that has a job's in their
-- order, and none is missing before its last. Of what is recorded while it looks it sees
-- the note with the rows, or neither.
-- +goose StatementBegin
CREATE FUNCTION journal_search(beyond bigint, OUT reached bigint, OUT noted bigint) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    jobs bigint[];
    behind bigint[]; -- those of the jobs that have more snapshots than the journal
    last bigint[]; -- the last of theirs that have an entry
    gapped bigint[]; -- those of the jobs that have gaps
    gap_nos bigint[]; -- the last of theirs
BEGIN
    noted := 0;
    PERFORM 1 FROM public.journal_end FOR UPDATE; -- nobody appends meanwhile
    SELECT array_agg(w.job_id), max(w.job_id), array_agg(w.job_id) FILTER (WHERE w.snapshot_no > w.last), array_agg(w.last) FILTER (WHERE w.snapshot_no > w.last)
    INTO jobs, reached, behind, last
    FROM (
        SELECT c.job_id, c.snapshot_no, coalesce((SELECT max(e.no) FROM public.journal e WHERE e.kind IS NULL AND e.job_id = c.job_id), 0) AS last
        FROM public.cursors c WHERE c.job_id > beyond ORDER BY c.job_id LIMIT 1000
    ) w;
    IF behind IS NOT NULL THEN
        INSERT INTO public.journal_notes (job_id, at, no, kind)
        SELECT n.job_id, n.observed_at, n.snapshot_no, 'snapshot'
        FROM unnest(behind, last) b (job_id, last)
        JOIN public.snapshots n ON n.job_id = b.job_id AND n.snapshot_no > b.last
        LEFT JOIN (SELECT w.job_id, w.no FROM public.journal_notes w WHERE w.kind = 'snapshot') k ON k.job_id = n.job_id AND k.no = n.snapshot_no
        WHERE k.job_id IS NULL;
        GET DIAGNOSTICS noted = ROW_COUNT;
    END IF;
    SELECT array_agg(g.job_id), array_agg(g.gap_no) INTO gapped, gap_nos
    FROM (SELECT x.job_id, max(x.gap_no) AS gap_no FROM public.gaps x WHERE x.job_id = ANY(jobs) GROUP BY x.job_id) g;
    INSERT INTO public.journal_notes (job_id, no, kind)
    SELECT g.job_id, 0, 'gap' FROM unnest(gapped, gap_nos) g (job_id, gap_no)
    WHERE g.gap_no > coalesce((SELECT max(e.no) FROM public.journal e WHERE e.kind = 'gap' AND e.job_id = g.job_id), 0);
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION journal_note(), journal_extend(bigint), journal_append(), journal_search(bigint) FROM PUBLIC;

-- A snapshot's transitions and anomalies were observed when it was: those times have an index.
CREATE VIEW report.events AS
SELECT e.entry_no, e.at, 'transition'::text AS kind, j.name AS job, s.name AS source, t.run_no, p.name AS step, t.from_state, t.to_state,
    t.happened_at, t.not_before, t.observed_at, NULL::text AS anomaly, t.to_status AS detail, t.transition_no AS event_no, e.job_id
FROM journal e
JOIN transitions t ON t.job_id = e.job_id AND t.snapshot_no = e.no AND t.observed_at = e.at
JOIN jobs j ON j.job_id = e.job_id
JOIN sources s ON s.source_id = j.source_id
LEFT JOIN steps p ON p.job_id = t.job_id AND p.run_no = t.run_no AND p.step_no = t.step_no
WHERE e.kind IS NULL
UNION ALL
SELECT e.entry_no, e.at, 'anomaly', j.name, s.name, a.run_no, p.name, NULL, NULL,
    NULL, n.not_before, a.observed_at, a.kind, concat_ws(' → ', a.was, a.now), a.anomaly_no, e.job_id
FROM journal e
JOIN anomalies a ON a.job_id = e.job_id AND a.snapshot_no = e.no AND a.observed_at = e.at
JOIN snapshots n ON n.job_id = e.job_id AND n.snapshot_no = e.no
JOIN jobs j ON j.job_id = e.job_id
JOIN sources s ON s.source_id = j.source_id
LEFT JOIN steps p ON p.job_id = a.job_id AND p.run_no = a.run_no AND p.step_no = a.step_no
WHERE e.kind IS NULL
UNION ALL
SELECT e.entry_no, e.at, 'gap', j.name, s.name, NULL, NULL, NULL, NULL,
    NULL, g.gap_from, g.gap_to, NULL, g.reason, g.gap_no, e.job_id
FROM journal e
JOIN gaps g ON g.job_id = e.job_id AND g.gap_no = e.no
JOIN jobs j ON j.job_id = e.job_id
JOIN sources s ON s.source_id = j.source_id
WHERE e.kind = 'gap'
UNION ALL
SELECT e.entry_no, e.at, 'change', j.name, coalesce(s.name, substring(c.subject FROM '^source (.*)')), NULL, NULL, NULL, NULL,
    NULL, NULL, c.changed_at, NULL, format('%s %s by %s', c.action, c.subject, c.actor), c.change_no, e.job_id
FROM journal e
JOIN changes c ON c.change_no = e.no
LEFT JOIN jobs j ON j.job_id = e.job_id
LEFT JOIN sources s ON s.source_id = j.source_id
WHERE e.kind = 'change';
COMMENT ON VIEW report.events IS 'One row per transition, anomaly, ended gap and change of what is tracked, in one order without holes: who has read up to an entry_no finds all that came since beyond it, and nothing before it any more. Order by entry_no, kind DESC, event_no.';
COMMENT ON COLUMN report.events.entry_no IS 'Number of the entry of the journal, ascending; all that one snapshot brought has the same.';
COMMENT ON COLUMN report.events.at IS 'When it was observed or done, or, of a gap, when that ended (our time).';
COMMENT ON COLUMN report.events.kind IS 'What it is: transition, anomaly, gap or change.';
COMMENT ON COLUMN report.events.job IS 'Name of the job; null: a change of a source.';
COMMENT ON COLUMN report.events.source IS 'Name of the source, or of the job''s source.';
COMMENT ON COLUMN report.events.run_no IS 'Of a transition or an anomaly: number of the run within its job.';
COMMENT ON COLUMN report.events.step IS 'Of a transition or an anomaly: name of the step; null: it is the run''s own.';
COMMENT ON COLUMN report.events.from_state IS 'Of a transition: state before, in our words; null: this is the first sighting.';
COMMENT ON COLUMN report.events.to_state IS 'Of a transition: state after, in our words.';
COMMENT ON COLUMN report.events.happened_at IS 'Of a transition: when the upstream says it happened; null: it reports no such time.';
COMMENT ON COLUMN report.events.not_before IS 'When the last answered poll before was sent (our time); of a gap: when it began.';
COMMENT ON COLUMN report.events.observed_at IS 'When we had read the answer that shows it (our time); of a gap: when it ended; of a change: when it was made.';
COMMENT ON COLUMN report.events.anomaly IS 'Of an anomaly: its kind, as in report.anomalies.';
COMMENT ON COLUMN report.events.detail IS 'Of a transition the status in the upstream''s own word, of an anomaly what was and what is, of a gap its reason, of a change what was done by whom.';
COMMENT ON COLUMN report.events.event_no IS 'Number of the transition, anomaly or gap within its job, or of the change.';
COMMENT ON COLUMN report.events.job_id IS 'Number of the job, by which views are joined; null: a change of a source.';

GRANT SELECT, INSERT ON journal_notes TO tracker_writer;
GRANT SELECT ON journal, journal_end, report.events TO tracker_writer;
GRANT EXECUTE ON FUNCTION journal_append(), journal_search(bigint) TO tracker_writer;
GRANT SELECT ON report.events TO tracker_reader;

-- +goose Down
-- +goose StatementBegin
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM journal) THEN
        RAISE EXCEPTION 'journal holds rows: a migration down would lose them';
    END IF;
END $$;
-- +goose StatementEnd
DROP VIEW report.events;
DROP TRIGGER acts_noted ON acts;
DROP TRIGGER changes_noted ON changes;
DROP FUNCTION journal_search(bigint);
DROP FUNCTION journal_append();
DROP FUNCTION journal_extend(bigint);
DROP FUNCTION journal_note();
DROP TABLE journal_notes;
DROP TABLE journal_end;
DROP TABLE journal;
