-- Who is told of what happened, and what came of it. Rules are declared as sources and
-- jobs are; the journal says what happened, in one order.

-- +goose Up
-- A version of a rule never changes: another declaration is another version, and what
-- the journal has up to until_entry is told by this one.
CREATE TABLE notify_rules (
    rule_id         bigint GENERATED ALWAYS AS IDENTITY,
    declared_at     timestamptz NOT NULL,
    removed_at      timestamptz,          -- null: nobody took the rule away
    from_entry      bigint      NOT NULL, -- the last entry of the journal that it does not tell
    until_entry     bigint,               -- the last that it tells; null: it is the current version
    group_for       interval    NOT NULL,
    repeat_every    interval,             -- null: nothing is told again
    version         integer     NOT NULL, -- from 1
    name            text        NOT NULL,
    address         text        NOT NULL, -- a reference: env:NAME or file:PATH
    form            text        NOT NULL,
    secret          text,                 -- a reference
    quiet           text,                 -- such as 22:00-07:00 Europe/Paris
    events          text[]      NOT NULL,
    sources         text[]      NOT NULL, -- patterns; none: any
    jobs            text[]      NOT NULL,
    labels          jsonb       NOT NULL,
    CONSTRAINT notify_rules_pkey PRIMARY KEY (rule_id),
    CONSTRAINT notify_rules_version_key UNIQUE (name, version),
    CONSTRAINT notify_rules_name_check CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    CONSTRAINT notify_rules_form_check CHECK (form IN ('message', 'webhook', 'openlineage')),
    CONSTRAINT notify_rules_entries_check CHECK (until_entry >= from_entry),
    CONSTRAINT notify_rules_removed_check CHECK (removed_at IS NULL OR until_entry IS NOT NULL)
);
CREATE UNIQUE INDEX notify_rules_current_idx ON notify_rules (name) WHERE until_entry IS NULL;

-- How far the journal was read for the rules: one row, moved on by who has read. version
-- counts the changes of rules and of what goes on: who has read before one does not move
-- it, and reads again.
CREATE TABLE notify_state (
    entry_no        bigint      NOT NULL,
    version         bigint      NOT NULL,
    one             boolean     NOT NULL DEFAULT true,
    CONSTRAINT notify_state_pkey PRIMARY KEY (one),
    CONSTRAINT notify_state_one_check CHECK (one)
);
INSERT INTO notify_state (entry_no, version) VALUES (0, 0);

-- Who sends by a rule: one at a time, and after failures after a rest.
CREATE TABLE notify_lanes (
    rule_id         bigint      NOT NULL,
    sends_until     timestamptz,          -- so long nobody else sends
    rests_until     timestamptz,
    failures        integer     NOT NULL DEFAULT 0, -- in a row
    sender          text,
    CONSTRAINT notify_lanes_pkey PRIMARY KEY (rule_id),
    CONSTRAINT notify_lanes_rule_fkey FOREIGN KEY (rule_id) REFERENCES notify_rules (rule_id)
);

-- What happened, as it is told: one row for all rules that tell it.
CREATE TABLE notify_events (
    event_no        bigint GENERATED ALWAYS AS IDENTITY,
    of_job          bigint,               -- null: of a source
    at              timestamptz NOT NULL, -- when it was observed or done (our time)
    made_at         timestamptz NOT NULL,
    run_no          integer,
    key             text        NOT NULL, -- names it for ever
    kind            text        NOT NULL,
    source          text,
    job             text,
    line            text        NOT NULL, -- what a phone shows
    more            text        NOT NULL,
    what            jsonb       NOT NULL, -- for machines
    CONSTRAINT notify_events_pkey PRIMARY KEY (event_no),
    CONSTRAINT notify_events_key_key UNIQUE (key)
);
CREATE INDEX notify_events_made_idx ON notify_events (made_at);
CREATE INDEX notify_events_run_idx ON notify_events (of_job, run_no);

-- What goes on beyond a moment, such as a stall: told when it begins, when it is over,
-- and in between where a rule repeats.
CREATE TABLE notify_going (
    since           timestamptz NOT NULL, -- since when it was told
    over_at         timestamptz,          -- null: it goes on
    event_no        bigint      NOT NULL, -- its beginning
    of_job          bigint,
    run_no          integer,
    kind            text        NOT NULL,
    subject         text        NOT NULL, -- the job's name, or the source's
    CONSTRAINT notify_going_pkey PRIMARY KEY (event_no),
    CONSTRAINT notify_going_event_fkey FOREIGN KEY (event_no) REFERENCES notify_events (event_no)
);
CREATE UNIQUE INDEX notify_going_now_idx ON notify_going (kind, subject) WHERE over_at IS NULL;
CREATE INDEX notify_going_job_idx ON notify_going (of_job, kind);

CREATE TABLE deliveries (
    rule_id         bigint      NOT NULL,
    event_no        bigint      NOT NULL,
    of_job          bigint      NOT NULL, -- 0: it is of a source
    due_at          timestamptz NOT NULL,
    next_at         timestamptz NOT NULL, -- when it is tried next
    tried_at        timestamptz,          -- first; null: not yet
    delivered_at    timestamptz,
    attempts        integer     NOT NULL DEFAULT 0,
    rule            text        NOT NULL,
    state           text        NOT NULL DEFAULT 'pending',
    error           text,                 -- of the last attempt
    CONSTRAINT deliveries_pkey PRIMARY KEY (rule_id, event_no),
    CONSTRAINT deliveries_rule_fkey FOREIGN KEY (rule_id) REFERENCES notify_rules (rule_id),
    CONSTRAINT deliveries_event_fkey FOREIGN KEY (event_no) REFERENCES notify_events (event_no),
    CONSTRAINT deliveries_state_check CHECK (state IN ('pending', 'delivered', 'failed')),
    CONSTRAINT deliveries_delivered_check CHECK ((delivered_at IS NOT NULL) = (state = 'delivered'))
);
CREATE INDEX deliveries_pending_idx ON deliveries (rule_id, next_at) WHERE state = 'pending';
CREATE INDEX deliveries_order_idx ON deliveries (rule, of_job, event_no) WHERE state = 'pending';
CREATE INDEX deliveries_failed_idx ON deliveries (rule) WHERE state = 'failed';
CREATE INDEX deliveries_event_idx ON deliveries (event_no);
CREATE INDEX deliveries_due_idx ON deliveries (rule, due_at);

-- notify_record records what is done to rules, as registry_record does of sources and jobs.
-- +goose StatementBegin
CREATE FUNCTION notify_record() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET intervalstyle = 'postgres' AS $$
DECLARE
    who text;
    at timestamptz;
    was jsonb;
    hidden constant text[] := ARRAY['rule_id', 'version', 'declared_at', 'removed_at', 'from_entry', 'until_entry'];
BEGIN
    SELECT a.actor, a.acts_at INTO who, at FROM public.registry_author() a;
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO public.changes (changed_at, actor, action, subject, before, after)
        VALUES (at, who, 'remove', format('rule %s', NEW.name), public.registry_shown(to_jsonb(NEW) - hidden), NULL);
        RETURN NULL;
    END IF;
    SELECT to_jsonb(r) INTO was FROM public.notify_rules r WHERE r.name = NEW.name AND r.version = NEW.version - 1 AND r.removed_at IS NULL;
    INSERT INTO public.changes (changed_at, actor, action, subject, before, after)
    VALUES (at, who, CASE WHEN was IS NULL THEN 'register' ELSE 'change' END, format('rule %s', NEW.name),
        public.registry_shown(was - hidden), public.registry_shown(to_jsonb(NEW) - hidden));
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER notify_rules_recorded AFTER INSERT ON notify_rules FOR EACH ROW EXECUTE FUNCTION notify_record();
CREATE TRIGGER notify_rules_removed AFTER UPDATE OF removed_at ON notify_rules FOR EACH ROW WHEN (NEW.removed_at IS NOT NULL) EXECUTE FUNCTION notify_record();

-- A version of a rule is never deleted, and but for its end never changes: what was due
-- under it is told by it.
-- +goose StatementBegin
CREATE FUNCTION notify_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ends constant text[] := ARRAY['removed_at', 'until_entry'];
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - ends = to_jsonb(NEW) - ends AND OLD.until_entry IS NULL THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = 'restrict_violation',
        MESSAGE = format('%s: a version of a rule never changes', TG_TABLE_NAME);
END $$;
-- +goose StatementEnd
CREATE TRIGGER notify_rules_fixed BEFORE UPDATE OR DELETE ON notify_rules FOR EACH ROW EXECUTE FUNCTION notify_guard();
REVOKE EXECUTE ON FUNCTION notify_record(), notify_guard() FROM PUBLIC;

-- +goose StatementBegin
CREATE FUNCTION report.usual_span(job_id bigint, before_run integer, OUT runs bigint, OUT p05 interval, OUT p95 interval)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT count(*), percentile_cont(0.05) WITHIN GROUP (ORDER BY u.duration), percentile_cont(0.95) WITHIN GROUP (ORDER BY u.duration)
    INTO runs, p05, p95
    FROM (
        SELECT r.duration FROM report.runs r
        WHERE r.job_id = usual_span.job_id AND r.run_no < usual_span.before_run AND r.state IN ('succeeded', 'partial', 'failed', 'canceled')
            AND (r.duration <> interval '0' OR r.duration_max IS NOT NULL)
        ORDER BY r.run_no DESC LIMIT 100
    ) u;
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION report.usual_span(bigint, integer) FROM PUBLIC;
COMMENT ON FUNCTION report.usual_span(bigint, integer) IS 'How long nearly all of a job''s newest hundred ended runs before one took: their number, and the 5th and the 95th percentile of their durations. Runs of which neither start nor end was seen or reported do not count.';

CREATE VIEW report.notify_rules AS
SELECT r.name AS rule, r.version, r.declared_at, r.form, r.address, r.secret, r.events, r.sources, r.jobs, r.labels,
    r.group_for, r.repeat_every, r.quiet, l.rests_until, coalesce(l.failures, 0) AS failures, (r.until_entry IS NULL)::boolean AS current
FROM notify_rules r
LEFT JOIN notify_lanes l ON l.rule_id = r.rule_id;
COMMENT ON VIEW report.notify_rules IS 'One row per version of a rule that tells people or systems of what happened.';
COMMENT ON COLUMN report.notify_rules.rule IS 'Name of the rule.';
COMMENT ON COLUMN report.notify_rules.version IS 'Number of its version, from 1: each other declaration is another version.';
COMMENT ON COLUMN report.notify_rules.declared_at IS 'When it was declared (our time).';
COMMENT ON COLUMN report.notify_rules.form IS 'What is sent: message, webhook or openlineage.';
COMMENT ON COLUMN report.notify_rules.address IS 'Where the address is read from (env:NAME or file:PATH), never the address itself.';
COMMENT ON COLUMN report.notify_rules.secret IS 'Where what signs or authorizes is read from, never the secret itself; null: there is none.';
COMMENT ON COLUMN report.notify_rules.events IS 'Kinds of events that it tells.';
COMMENT ON COLUMN report.notify_rules.sources IS 'Patterns of the names of sources of which it tells; empty: of all.';
COMMENT ON COLUMN report.notify_rules.jobs IS 'Patterns of the names of jobs of which it tells; empty: of all.';
COMMENT ON COLUMN report.notify_rules.labels IS 'Labels of the jobs of which it tells, a JSON object.';
COMMENT ON COLUMN report.notify_rules.group_for IS 'What comes within that time is one message.';
COMMENT ON COLUMN report.notify_rules.repeat_every IS 'How often what goes on is told again; null: it is not.';
COMMENT ON COLUMN report.notify_rules.quiet IS 'Hours in which nothing is sent; null: there are none.';
COMMENT ON COLUMN report.notify_rules.rests_until IS 'Until when nothing is sent after failures (our time); null: nothing keeps it.';
COMMENT ON COLUMN report.notify_rules.failures IS 'Count of attempts that failed since the last that did not.';
COMMENT ON COLUMN report.notify_rules.current IS 'Whether it is the version that holds: what was due under another is told by that.';

CREATE VIEW report.deliveries AS
SELECT e.at, d.rule, e.kind AS event, e.job, d.state, d.attempts, d.delivered_at, d.error,
    e.source, e.run_no, e.line, d.due_at, d.next_at, r.version, r.form, e.event_no, e.of_job AS job_id
FROM deliveries d
JOIN notify_events e ON e.event_no = d.event_no
JOIN notify_rules r ON r.rule_id = d.rule_id;
COMMENT ON VIEW report.deliveries IS 'One row per rule and event that is to be told by it, and what came of that. A receiver sees each event at least once, by the same webhook-id each time.';
COMMENT ON COLUMN report.deliveries.at IS 'When it was observed or done (our time).';
COMMENT ON COLUMN report.deliveries.rule IS 'Name of the rule.';
COMMENT ON COLUMN report.deliveries.event IS 'Kind of the event, one of those that a rule names.';
COMMENT ON COLUMN report.deliveries.job IS 'Name of the job; null: it is of a source.';
COMMENT ON COLUMN report.deliveries.state IS 'pending, delivered, or failed: tried for a day in vain.';
COMMENT ON COLUMN report.deliveries.attempts IS 'Count of the attempts to deliver it.';
COMMENT ON COLUMN report.deliveries.delivered_at IS 'When the receiver took it (our time); null: it has not.';
COMMENT ON COLUMN report.deliveries.error IS 'Why the last attempt failed, without the address; null: none has.';
COMMENT ON COLUMN report.deliveries.source IS 'Name of the source.';
COMMENT ON COLUMN report.deliveries.run_no IS 'Number of the run within its job; null: it is of none.';
COMMENT ON COLUMN report.deliveries.line IS 'What is told, in a line.';
COMMENT ON COLUMN report.deliveries.due_at IS 'When it was due first (our time).';
COMMENT ON COLUMN report.deliveries.next_at IS 'When it is tried next, unless it is delivered or failed (our time).';
COMMENT ON COLUMN report.deliveries.version IS 'Version of the rule that tells it.';
COMMENT ON COLUMN report.deliveries.form IS 'What is sent: message, webhook or openlineage.';
COMMENT ON COLUMN report.deliveries.event_no IS 'Number of the event, ascending in each job''s order.';
COMMENT ON COLUMN report.deliveries.job_id IS 'Number of the job, by which views are joined; null: it is of a source.';

-- What a source has told by itself: an observation beside polls, and never a state. One
-- row for each job that was polled for it; those that were refused are one a minute.
CREATE TABLE receipts (
    source_id       bigint      NOT NULL,
    of_job          bigint      NOT NULL, -- 0: of none that is polled
    at              timestamptz NOT NULL,
    message_id      text        NOT NULL, -- webhook-id
    kind            text        NOT NULL, -- what the message calls itself; empty: it does not
    verified        boolean     NOT NULL, -- its signature holds
    CONSTRAINT receipts_pkey PRIMARY KEY (source_id, message_id, of_job),
    CONSTRAINT receipts_source_fkey FOREIGN KEY (source_id) REFERENCES sources (source_id)
);
CREATE INDEX receipts_time_idx ON receipts (at);

CREATE VIEW report.receipts AS
SELECT r.at, s.name AS source, j.name AS job, r.kind, r.verified,
    (SELECT min(p.polled_at) FROM polls p WHERE p.job_id = r.of_job AND p.polled_at >= r.at) AS poll,
    r.message_id, NULLIF(r.of_job, 0) AS job_id
FROM receipts r
JOIN sources s ON s.source_id = r.source_id
LEFT JOIN jobs j ON j.job_id = r.of_job;
COMMENT ON VIEW report.receipts IS 'One row per webhook that a source has sent and job that was polled for it; a webhook says nothing of a state. Those whose signature does not hold are one row a minute.';
COMMENT ON COLUMN report.receipts.at IS 'When it came (our time).';
COMMENT ON COLUMN report.receipts.source IS 'Name of the source.';
COMMENT ON COLUMN report.receipts.job IS 'Name of the job that was polled for it; null: none was.';
COMMENT ON COLUMN report.receipts.kind IS 'What the webhook calls itself; empty: nothing.';
COMMENT ON COLUMN report.receipts.verified IS 'Whether its signature holds; where it does not, it had no effect.';
COMMENT ON COLUMN report.receipts.poll IS 'When the first poll of the job since then was sent (our time); null: none was yet.';
COMMENT ON COLUMN report.receipts.message_id IS 'Its id, by which one that comes twice is known.';
COMMENT ON COLUMN report.receipts.job_id IS 'Number of the job, by which views are joined; null: no job was polled for it.';

-- The files behind result links, by their hash. The link itself is never stored.
CREATE TABLE results (
    of_job          bigint      NOT NULL,
    fetched_at      timestamptz NOT NULL,
    size            bigint,               -- null: it is not fetched
    run_no          integer     NOT NULL,
    place           text        NOT NULL, -- of the archive; and below it the file
    sha256          bytea,
    error           text,                 -- why not; null: it is fetched, or waits for that
    CONSTRAINT results_pkey PRIMARY KEY (of_job, run_no),
    CONSTRAINT results_fetched_check CHECK ((sha256 IS NULL) = (size IS NULL) AND (sha256 IS NULL OR error IS NULL))
);

CREATE VIEW report.results AS
SELECT j.name AS job, s.name AS source, s.provider, r.run_no, r.place, r.sha256, r.size, r.fetched_at, r.error, r.of_job AS job_id
FROM results r
JOIN jobs j ON j.job_id = r.of_job
JOIN sources s ON s.source_id = j.source_id;
COMMENT ON VIEW report.results IS 'One row per run whose result link was followed, where the source has an archive: where the file is kept.';
COMMENT ON COLUMN report.results.job IS 'Name of the job.';
COMMENT ON COLUMN report.results.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.results.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.results.run_no IS 'Number of the run within its job.';
COMMENT ON COLUMN report.results.place IS 'Where the file is: its path, or s3://BUCKET/KEY; of one that is not fetched the archive.';
COMMENT ON COLUMN report.results.sha256 IS 'SHA-256 of the file, by which it is named; null: it is not fetched.';
COMMENT ON COLUMN report.results.size IS 'Size of the file in bytes; null: it is not fetched.';
COMMENT ON COLUMN report.results.fetched_at IS 'When it was fetched, or last tried, or has begun to wait for that (our time).';
COMMENT ON COLUMN report.results.error IS 'Why it could not be fetched, without the link; null: it was, or, where sha256 is null, waits or is being fetched.';
COMMENT ON COLUMN report.results.job_id IS 'Number of the job, by which views are joined.';

GRANT SELECT, INSERT, DELETE ON receipts TO tracker_writer;
GRANT SELECT, INSERT, UPDATE ON results TO tracker_writer;
GRANT SELECT ON report.receipts, report.results TO tracker_writer, tracker_reader;
GRANT SELECT ON notify_rules TO tracker_writer;
GRANT SELECT, UPDATE ON notify_state TO tracker_writer;
GRANT SELECT, INSERT, UPDATE ON notify_lanes, notify_going, deliveries TO tracker_writer;
GRANT SELECT, INSERT ON notify_events TO tracker_writer;
GRANT DELETE ON notify_events, notify_going, deliveries TO tracker_writer;
GRANT SELECT ON report.notify_rules, report.deliveries TO tracker_writer, tracker_reader;
GRANT EXECUTE ON FUNCTION report.usual_span(bigint, integer) TO tracker_writer, tracker_reader;

-- +goose Down
-- +goose StatementBegin
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM notify_rules) THEN
        RAISE EXCEPTION 'notify_rules holds rows: a migration down would lose them';
    END IF;
END $$;
-- +goose StatementEnd
DROP VIEW report.results;
DROP TABLE results;
DROP VIEW report.receipts;
DROP TABLE receipts;
DROP VIEW report.deliveries;
DROP VIEW report.notify_rules;
DROP FUNCTION report.usual_span(bigint, integer);
DROP TABLE deliveries;
DROP TABLE notify_going;
DROP TABLE notify_events;
DROP TABLE notify_lanes;
DROP TABLE notify_state;
DROP TABLE notify_rules;
DROP FUNCTION notify_guard();
DROP FUNCTION notify_record();
