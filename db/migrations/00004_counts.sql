-- Counts by hour and day, which the daemon keeps for reports over long times.

-- +goose Up
-- A count never goes down: polls stay counted when retention deletes them. The newest
-- hour is cheap to count again.
CREATE TABLE hourly (
    source_id       bigint      NOT NULL,
    hour            timestamptz NOT NULL, -- its beginning
    outcome         text        NOT NULL,
    polls           bigint      NOT NULL,
    p50_latency_us  integer     NOT NULL,
    p95_latency_us  integer     NOT NULL,
    CONSTRAINT hourly_pkey PRIMARY KEY (source_id, hour, outcome),
    CONSTRAINT hourly_source_fkey FOREIGN KEY (source_id) REFERENCES sources (source_id)
);

-- Days are in UTC. A run belongs to the day of its start, whenever it ended.
CREATE TABLE daily (
    source_id       bigint      NOT NULL,
    day             date        NOT NULL,
    runs            bigint      NOT NULL,
    succeeded       bigint      NOT NULL,
    failed          bigint      NOT NULL,
    p50_duration    interval,
    p95_duration    interval,
    polls           bigint      NOT NULL,
    failed_polls    bigint      NOT NULL,
    CONSTRAINT daily_pkey PRIMARY KEY (source_id, day),
    CONSTRAINT daily_source_fkey FOREIGN KEY (source_id) REFERENCES sources (source_id)
);

-- Days to count again because a run's start has moved from or to them, or because a
-- rebuild has changed runs. Who moves a run adds its days in the same transaction, who
-- has counted deletes them. (Days of runs that changed are found by RollupTouched.)
CREATE TABLE recounts (
    job_id          bigint      NOT NULL,
    day             date        NOT NULL,
    CONSTRAINT recounts_pkey PRIMARY KEY (job_id, day),
    CONSTRAINT recounts_job_fkey FOREIGN KEY (job_id) REFERENCES jobs (job_id)
);

-- How far counting has come: one row, locked by who writes counts.
CREATE TABLE rollup (
    rolled_up_to    timestamptz NOT NULL, -- what was observed until some minutes before is counted
    swept_to        timestamptz NOT NULL, -- the sweep counted last what ends there
    one             boolean     NOT NULL DEFAULT true,
    CONSTRAINT rollup_pkey PRIMARY KEY (one),
    CONSTRAINT rollup_one_check CHECK (one)
);
INSERT INTO rollup (rolled_up_to, swept_to) VALUES ('0001-01-01 00:00:00+00', '0001-01-01 00:00:00+00');

-- +goose Down
-- +goose StatementBegin
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM hourly) OR EXISTS (SELECT 1 FROM daily) THEN
        RAISE EXCEPTION 'hourly or daily hold rows, which may outlive the polls that they count: a migration down would lose them';
    END IF;
END $$;
-- +goose StatementEnd
DROP TABLE rollup;
DROP TABLE recounts;
DROP TABLE daily;
DROP TABLE hourly;
