-- When to poll, and what came of it. budgets and cursors are the only hot
-- rows: small tables of their own, without keys into the history, so that they
-- can stay on one node where the history is distributed. Who claims jobs reads
-- these two alone: what it asks of sources and jobs is copied here by triggers.

-- +goose Up
CREATE TABLE budgets (
    source_id       bigint      NOT NULL,
    next_slot_at    timestamptz NOT NULL, -- when the next request would be due without a burst
    held_from       timestamptz,          -- when the last hold began
    held_until      timestamptz,          -- when it ends: a Retry-After, or the back-off after a 429 without one
    limited         integer     NOT NULL DEFAULT 0, -- 429s in a row, those of polls that were under way together once
    probed_until    timestamptz,          -- while limited: until when one poll may be under way to find out whether the service answers again
    refusals        integer     NOT NULL DEFAULT 0, -- polls refused for the credential since the last answer
    turn            integer     NOT NULL DEFAULT 0, -- slots handed out, modulo 4: every fourth is for imports that do not run
    rate_every      interval    NOT NULL, -- as sources has it
    rate_burst      integer     NOT NULL, -- likewise
    paused          boolean     NOT NULL DEFAULT false, -- likewise
    CONSTRAINT budgets_pkey PRIMARY KEY (source_id),
    CONSTRAINT budgets_source_fkey FOREIGN KEY (source_id) REFERENCES sources (source_id)
) WITH (fillfactor = 50);

-- A hold that somebody ends is recorded as a resumption, unless the source's own
-- tells of it. A claim sets no hold, and so pays nothing for this. Where the
-- clock was set back, held_from moves too: nobody has ended it.
-- +goose StatementBegin
CREATE FUNCTION hold_record() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
BEGIN
    INSERT INTO public.changes (changed_at, actor, action, subject, before)
    SELECT a.acts_at, a.actor, 'resume', format('source %s', s.name), jsonb_build_object('held_until', OLD.held_until)
    FROM public.sources s, public.registry_author() a
    WHERE s.source_id = OLD.source_id AND s.paused_at IS NULL;
    RETURN NULL;
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION hold_record() FROM PUBLIC;
CREATE TRIGGER budgets_hold_recorded AFTER UPDATE OF held_until ON budgets FOR EACH ROW
    WHEN (NEW.held_from IS NOT DISTINCT FROM OLD.held_from
        AND (NEW.held_until IS NULL AND OLD.held_until IS NOT NULL OR NEW.held_until < OLD.held_until)) EXECUTE FUNCTION hold_record();

-- A cursor is a cache of what polls and snapshots tell, but for next_poll_at and the claim.
CREATE TABLE cursors (
    job_id          bigint      NOT NULL,
    source_id       bigint      NOT NULL,
    next_poll_at    timestamptz,          -- null: not by schedule (paused, finished, removed)
    claimed_until   timestamptz,
    claimed_by      text,
    polled_at       timestamptz,          -- the last poll
    outcome         text,                 -- of the last poll
    failures        integer     NOT NULL DEFAULT 0, -- failed polls in a row
    refusals        integer     NOT NULL DEFAULT 0, -- of them, refused for the credential
    snapshot_no     integer     NOT NULL DEFAULT 0, -- the head; 0: none
    key             bytea,                -- the head's comparison key
    state           text,                 -- of the head's run
    changed_at      timestamptz,          -- observed_at of the head
    confirmed_at    timestamptz,          -- polled_at of the last poll that saw the head
    confirmations   integer     NOT NULL DEFAULT 0, -- polls that saw the head, the first included
    grace_polls     integer     NOT NULL DEFAULT 0, -- answered polls since the run ended
    rewrites        integer     NOT NULL DEFAULT 0, -- how often what is known of the job was written anew, by a rebuild or an erasure, or taken by retention
    running         boolean     NOT NULL GENERATED ALWAYS AS (coalesce(state IN ('queued', 'running', 'unknown'), false)) STORED,
    planned_every   interval,             -- how long after the last answer the next poll was planned
    covered_until   timestamptz,          -- up to here gaps and answered polls cover the job's time
    unseen_reason   text,                 -- why nobody is to poll since then: paused, credential or clock
    tracking        text        NOT NULL, -- as jobs has it
    CONSTRAINT cursors_pkey PRIMARY KEY (job_id),
    CONSTRAINT cursors_job_fkey FOREIGN KEY (job_id) REFERENCES jobs (job_id)
) WITH (fillfactor = 50);
CREATE INDEX cursors_due_idx ON cursors (source_id, running, next_poll_at);

-- Where the database is distributed, each node has a copy of sources and jobs, but one
-- alone has budgets and cursors.
-- +goose StatementBegin
CREATE FUNCTION budget_copy() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT s.rate_every, s.rate_burst, s.paused_at IS NOT NULL INTO NEW.rate_every, NEW.rate_burst, NEW.paused
        FROM public.sources s WHERE s.source_id = NEW.source_id;
    ELSIF to_regclass('public.budgets') IS NOT NULL THEN
        UPDATE public.budgets SET rate_every = NEW.rate_every, rate_burst = NEW.rate_burst, paused = NEW.paused_at IS NOT NULL
        WHERE source_id = NEW.source_id;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION cursor_copy() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT j.tracking INTO NEW.tracking FROM public.jobs j WHERE j.job_id = NEW.job_id;
    ELSIF to_regclass('public.cursors') IS NOT NULL THEN
        UPDATE public.cursors SET tracking = NEW.tracking WHERE job_id = NEW.job_id;
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION budget_copy(), cursor_copy() FROM PUBLIC;
CREATE TRIGGER budgets_copied BEFORE INSERT ON budgets FOR EACH ROW EXECUTE FUNCTION budget_copy();
CREATE TRIGGER cursors_copied BEFORE INSERT ON cursors FOR EACH ROW EXECUTE FUNCTION cursor_copy();
CREATE TRIGGER sources_copied AFTER UPDATE ON sources FOR EACH ROW
    WHEN ((OLD.rate_every, OLD.rate_burst, OLD.paused_at) IS DISTINCT FROM (NEW.rate_every, NEW.rate_burst, NEW.paused_at)) EXECUTE FUNCTION budget_copy();
CREATE TRIGGER jobs_copied AFTER UPDATE ON jobs FOR EACH ROW WHEN (OLD.tracking <> NEW.tracking) EXECUTE FUNCTION cursor_copy();

-- The trackers that run, or ran: they tell a downtime from a rate budget that was used up.
CREATE TABLE replicas (
    owner           text        NOT NULL,
    started_at      timestamptz NOT NULL,
    seen_at         timestamptz NOT NULL,
    ended_at        timestamptz,          -- it said that it ends; null: it runs, or was killed
    CONSTRAINT replicas_pkey PRIMARY KEY (owner, started_at)
);

-- Without a foreign key to jobs, as gaps: it would cost half as much again as the row,
-- and jobs are never deleted.
CREATE TABLE polls (
    job_id          bigint      NOT NULL,
    polled_at       timestamptz NOT NULL,
    latency_us      integer     NOT NULL,
    snapshot_no     integer,              -- the snapshot that the answer made or confirmed
    http_status     smallint,             -- null: 200 where there is a snapshot, else there was no answer
    outcome         text,                 -- null: unchanged, as of most
    error           text,
    error_body      text,                 -- of the first failure of its kind in a row
    CONSTRAINT polls_pkey PRIMARY KEY (job_id, polled_at),
    CONSTRAINT polls_outcome_check CHECK (outcome IN ('changed', 'unchanged', 'superseded', 'unauthorized', 'quota_exhausted', 'forbidden',
        'not_found', 'rate_limited', 'rejected', 'upstream_error', 'timeout', 'unreachable', 'malformed')),
    CONSTRAINT polls_snapshot_check CHECK ((snapshot_no IS NOT NULL) = (coalesce(outcome, 'unchanged') IN ('changed', 'unchanged')))
) PARTITION BY RANGE (polled_at);
CREATE TABLE polls_default PARTITION OF polls DEFAULT;
-- Polls come in the order of time: a BRIN index finds a range for next to nothing.
CREATE INDEX polls_time_idx ON polls USING brin (polled_at) WITH (pages_per_range = 32, autosummarize = on);
-- Snapshots tell of answered polls; the others are counted here. An answered poll adds no entry.
CREATE INDEX polls_unanswered_idx ON polls (job_id, polled_at) INCLUDE (outcome) WHERE snapshot_no IS NULL;

CREATE TABLE gaps (
    job_id          bigint      NOT NULL,
    gap_from        timestamptz NOT NULL,
    gap_to          timestamptz NOT NULL,
    gap_no          integer     NOT NULL,
    reason          text        NOT NULL,
    CONSTRAINT gaps_pkey PRIMARY KEY (job_id, gap_no),
    CONSTRAINT gaps_order_check CHECK (gap_from <= gap_to)
);
CREATE INDEX gaps_clock_idx ON gaps (job_id, gap_no) WHERE reason = 'clock';

-- +goose Down
-- +goose StatementBegin
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM polls) OR EXISTS (SELECT 1 FROM gaps) OR EXISTS (SELECT 1 FROM cursors) OR EXISTS (SELECT 1 FROM budgets) THEN
        RAISE EXCEPTION 'polls, gaps, cursors or budgets hold rows: a migration down would lose them';
    END IF;
END $$;
-- +goose StatementEnd
DROP TRIGGER jobs_copied ON jobs;
DROP TRIGGER sources_copied ON sources;
DROP TABLE gaps;
DROP TABLE polls;
DROP TABLE replicas;
DROP TABLE cursors;
DROP TABLE budgets;
DROP FUNCTION cursor_copy();
DROP FUNCTION budget_copy();
DROP FUNCTION hold_record();
