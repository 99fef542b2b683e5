-- What was seen. snapshots (with polls) are the truth; transitions and
-- anomalies are drawn from them and only ever added to; runs, steps,
-- log_entries and result_items are their projections.
--
-- In each table columns of eight bytes come first, then those of four: none is padded.
--
-- All but the projections grow in the order of time. Where rows are read by ranges of
-- time a BRIN index costs next to nothing; where few of many rows are read it takes a
-- B-tree. A change of an import updates its run's row: the fillfactor leaves room on
-- the page for a new version, so that no index is written.
--
-- What a poll adds to each time, snapshots, transitions and log entries as polls and gaps,
-- has no foreign key: its check takes half as long as the row, and writes to the row that
-- it finds. The same transaction advances the job's cursor, or fails, and a cursor has one;
-- what an entry belongs to is compared before it is written. Jobs are never deleted.

-- +goose Up
-- The body of a run's first snapshot stands whole in its row. Bodies of one run differ
-- little: the others' rows say how theirs differs from the one before (a patch, which
-- report.body_of reads), until it is better to begin anew.
CREATE TABLE snapshots (
    job_id          bigint      NOT NULL,
    polled_at       timestamptz NOT NULL,
    observed_at     timestamptz NOT NULL,
    not_before      timestamptz,          -- polled_at of the last poll that saw the snapshot before; null for the first
    snapshot_no     integer     NOT NULL,
    previous_polls  integer     NOT NULL, -- polls that saw the snapshot before; 0 for the first
    run_no          integer     NOT NULL,
    size            integer     NOT NULL, -- of the body, in bytes
    interpretation  integer     NOT NULL,
    patches         smallint    NOT NULL DEFAULT 0, -- of how many snapshots, this one the last, the rows have patches; 0: here is a whole body
    body_is_text    boolean     NOT NULL, -- valid UTF-8 without NUL
    status          text        NOT NULL, -- of the run, as this interpretation reads it
    state           text        NOT NULL,
    sha256          bytea       NOT NULL, -- of the body
    body            bytea,                -- whole, or a patch; redacted; bytes, since jsonb refuses NUL and rewrites numbers; null: retention took it, or somebody has erased it
    -- With these columns an index scan counts a job's answered polls.
    CONSTRAINT snapshots_pkey PRIMARY KEY (job_id, snapshot_no) INCLUDE (previous_polls, polled_at),
    CONSTRAINT snapshots_bounds_check CHECK (not_before < polled_at AND polled_at <= observed_at),
    CONSTRAINT snapshots_first_check CHECK ((snapshot_no = 1) = (not_before IS NULL) AND (snapshot_no = 1) = (previous_polls = 0)),
    CONSTRAINT snapshots_sha256_check CHECK (octet_length(sha256) = 32),
    CONSTRAINT snapshots_patches_check CHECK (patches BETWEEN 0 AND snapshot_no - 1)
);
CREATE INDEX snapshots_first_idx ON snapshots (job_id) WHERE snapshot_no = 1; -- one row of each job that has a history
CREATE INDEX snapshots_time_idx ON snapshots USING brin (observed_at) WITH (pages_per_range = 32, autosummarize = on);

-- lz4 takes a fifth of the time of pglz, where this server has it.
-- +goose StatementBegin
DO $$ BEGIN
    ALTER TABLE snapshots ALTER COLUMN body SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported OR invalid_parameter_value THEN
    NULL; -- built without it: pglz, then
END $$;
-- +goose StatementEnd

CREATE TABLE runs (
    job_id              bigint      NOT NULL,
    run_no              integer     NOT NULL,
    run_id              text        NOT NULL,
    status              text        NOT NULL,
    state               text        NOT NULL,
    started_at          timestamptz,          -- as reported
    ended_at            timestamptz,          -- as reported
    not_before          timestamptz,          -- with first_seen_at: the bounds of its beginning
    first_seen_at       timestamptz NOT NULL,
    ended_not_before    timestamptz,          -- with ended_seen_at: the bounds of its end
    ended_seen_at       timestamptz,
    last_changed_at     timestamptz NOT NULL,
    step_count          integer     NOT NULL,
    warnings            integer     NOT NULL,
    errors              integer     NOT NULL,
    error_summary       text,
    result_count        bigint,
    result_expires_at   timestamptz,
    result_expires_raw  text,
    unknown_words       text[]      NOT NULL, -- unknown statuses and levels of which an anomaly tells already
    shape               jsonb       NOT NULL, -- keys outside the contract, by kind of object, after its last snapshot
    forgotten_before    timestamptz,          -- steps and entries withdrawn before it are compared with no answer any more; null: none
    CONSTRAINT runs_pkey PRIMARY KEY (job_id, run_no),
    CONSTRAINT runs_run_id_key UNIQUE (job_id, run_id),
    CONSTRAINT runs_job_fkey FOREIGN KEY (job_id) REFERENCES jobs (job_id),
    CONSTRAINT runs_state_check CHECK (state IN ('queued', 'running', 'succeeded', 'partial', 'failed', 'canceled', 'unknown')),
    CONSTRAINT runs_ended_check CHECK ((ended_seen_at IS NOT NULL) = (state IN ('succeeded', 'partial', 'failed', 'canceled')))
) WITH (fillfactor = 80);
CREATE INDEX runs_start_idx ON runs ((coalesce(started_at, first_seen_at)));
CREATE INDEX runs_failed_idx ON runs ((coalesce(ended_at, ended_seen_at))) WHERE state = 'failed';
CREATE INDEX runs_open_idx ON runs (job_id, run_no) WHERE state IN ('queued', 'running', 'unknown');
-- How long a job's newest runs took, from the index alone: its runs are strewn over the
-- table. A run is added when it ends.
CREATE INDEX runs_usual_idx ON runs (job_id, run_no) INCLUDE (state, started_at, ended_at, not_before, first_seen_at, ended_not_before, ended_seen_at)
    WHERE state IN ('succeeded', 'partial', 'failed', 'canceled');
-- Runs lie about in the order in which they were first seen: a BRIN index finds a range of times.
CREATE INDEX runs_seen_idx ON runs USING brin (first_seen_at) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE steps (
    job_id              bigint      NOT NULL,
    run_no              integer     NOT NULL,
    step_no             integer     NOT NULL,
    name                text        NOT NULL,
    status              text        NOT NULL,
    state               text        NOT NULL,
    reported            boolean     NOT NULL, -- by the upstream; else observed
    started_at          timestamptz,          -- as reported
    started_raw         text,
    started_zone_assumed boolean    NOT NULL,
    ended_at            timestamptz,          -- as reported
    ended_raw           text,
    ended_zone_assumed  boolean     NOT NULL,
    not_before          timestamptz,
    first_seen_at       timestamptz NOT NULL,
    ended_not_before    timestamptz,
    ended_seen_at       timestamptz,
    vanished_at         timestamptz,
    CONSTRAINT steps_pkey PRIMARY KEY (job_id, run_no, step_no),
    CONSTRAINT steps_run_fkey FOREIGN KEY (job_id, run_no) REFERENCES runs (job_id, run_no),
    CONSTRAINT steps_state_check CHECK (state IN ('queued', 'running', 'succeeded', 'partial', 'failed', 'canceled', 'unknown')),
    CONSTRAINT steps_ended_check CHECK ((ended_seen_at IS NOT NULL) = (state IN ('succeeded', 'partial', 'failed', 'canceled')))
) WITH (fillfactor = 90);
CREATE INDEX steps_start_idx ON steps ((coalesce(started_at, first_seen_at)));

CREATE TABLE log_entries (
    job_id          bigint      NOT NULL,
    created_at      timestamptz,
    not_before      timestamptz,
    first_seen_at   timestamptz NOT NULL,
    withdrawn_at    timestamptz,
    run_no          integer     NOT NULL,
    step_no         integer     NOT NULL,
    entry_no        integer     NOT NULL,
    position        integer     NOT NULL, -- in the upstream's list when first seen
    zone_assumed    boolean     NOT NULL,
    level           text        NOT NULL,
    detail          text        NOT NULL,
    created_raw     text,                 -- null: as report.usual_time writes created_at
    CONSTRAINT log_entries_pkey PRIMARY KEY (job_id, run_no, step_no, entry_no),
    CONSTRAINT log_entries_created_check CHECK (created_at IS NOT NULL OR created_raw IS NOT NULL)
);
CREATE INDEX log_entries_time_idx ON log_entries USING brin (first_seen_at, created_at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX log_entries_error_idx ON log_entries (first_seen_at) WHERE level = 'error';

CREATE TABLE transitions (
    job_id          bigint      NOT NULL,
    happened_at     timestamptz,
    not_before      timestamptz,
    observed_at     timestamptz NOT NULL,
    transition_no   integer     NOT NULL,
    run_no          integer     NOT NULL,
    step_no         integer,              -- null: of the run
    snapshot_no     integer     NOT NULL,
    from_state      text,
    to_state        text        NOT NULL,
    from_status     text,
    to_status       text        NOT NULL,
    CONSTRAINT transitions_pkey PRIMARY KEY (job_id, transition_no),
    CONSTRAINT transitions_from_check CHECK ((from_state IS NULL) = (from_status IS NULL))
);
CREATE INDEX transitions_time_idx ON transitions (observed_at);
CREATE INDEX transitions_run_idx ON transitions (job_id, transition_no) INCLUDE (run_no, to_state, to_status, happened_at, observed_at)
    WHERE step_no IS NULL; -- a job's states from the index alone: its rows are strewn over the table

CREATE TABLE anomalies (
    job_id          bigint      NOT NULL,
    anomaly_no      integer     NOT NULL,
    run_no          integer     NOT NULL,
    step_no         integer,              -- null: of the run
    kind            text        NOT NULL,
    was             jsonb,
    now             jsonb,
    count           integer     NOT NULL,
    observed_at     timestamptz NOT NULL,
    snapshot_no     integer     NOT NULL,
    CONSTRAINT anomalies_pkey PRIMARY KEY (job_id, anomaly_no),
    CONSTRAINT anomalies_job_fkey FOREIGN KEY (job_id) REFERENCES jobs (job_id),
    CONSTRAINT anomalies_kind_check CHECK (kind IN ('unknown_status', 'unknown_level', 'status_regressed', 'outcome_unseen',
        'run_returned', 'step_vanished', 'step_changed', 'entry_withdrawn', 'time_reversed', 'clock_skew', 'shape_changed')),
    CONSTRAINT anomalies_count_check CHECK (count >= 1)
);
CREATE INDEX anomalies_time_idx ON anomalies (observed_at);

CREATE TABLE result_items (
    job_id          bigint      NOT NULL,
    run_no          integer     NOT NULL,
    item_no         integer     NOT NULL, -- place in the upstream's list
    item_id         text        NOT NULL,
    url             text        NOT NULL,
    labels          text[]      NOT NULL,
    output          jsonb       NOT NULL,
    metadata        jsonb,
    CONSTRAINT result_items_pkey PRIMARY KEY (job_id, run_no, item_no),
    CONSTRAINT result_items_run_fkey FOREIGN KEY (job_id, run_no) REFERENCES runs (job_id, run_no)
);

-- Runs that retention leaves alone, since somebody said so. Only run_hold and
-- run_release write here, and record it in changes.
CREATE TABLE holds (
    job_id          bigint      NOT NULL,
    run_no          integer     NOT NULL,
    held_at         timestamptz NOT NULL,
    reason          text,                 -- null: none was given
    CONSTRAINT holds_pkey PRIMARY KEY (job_id, run_no),
    CONSTRAINT holds_run_fkey FOREIGN KEY (job_id, run_no) REFERENCES runs (job_id, run_no)
);

-- What is left of runs that retention has taken: what counts by day need, what folding
-- the snapshots around theirs needs, and when the state of the job was theirs to tell.
CREATE TABLE taken_runs (
    job_id          bigint      NOT NULL,
    run_no          integer     NOT NULL,
    run_id          text        NOT NULL,
    state           text        NOT NULL,
    started_at      timestamptz NOT NULL, -- as report.runs had it
    duration        interval,             -- likewise
    shape           jsonb       NOT NULL,
    first_seen_at   timestamptz NOT NULL,
    changed_from    timestamptz NOT NULL, -- the earliest effective time of its own transitions
    last_snapshot_no integer    NOT NULL, -- of its own, which follow on from each other
    last_transition_no integer  NOT NULL, -- the highest number given by then
    last_anomaly_no integer     NOT NULL, -- likewise; 0: none
    CONSTRAINT taken_runs_pkey PRIMARY KEY (job_id, run_no),
    CONSTRAINT taken_runs_job_fkey FOREIGN KEY (job_id) REFERENCES jobs (job_id)
);
CREATE INDEX taken_runs_start_idx ON taken_runs (started_at);

-- +goose Down
-- +goose StatementBegin
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM snapshots) THEN
        RAISE EXCEPTION 'snapshots hold rows: a migration down would lose them';
    END IF;
END $$;
-- +goose StatementEnd
DROP TABLE taken_runs;
DROP TABLE holds;
DROP TABLE result_items;
DROP TABLE anomalies;
DROP TABLE transitions;
DROP TABLE log_entries;
DROP TABLE steps;
DROP TABLE runs;
DROP TABLE snapshots;
