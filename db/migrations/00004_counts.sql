-- What reports over long times count by: kept by the daemon, by hour and day.

-- +goose Up
-- Polls that were counted stay counted when retention takes them, so a count
-- never goes down. By hour, so that keeping the newest up to date is cheap.
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

-- A day is one of UTC. A run belongs to the day of its start, whenever it ended.
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

-- Days that are to be counted again for other reasons than that runs were
-- observed to change which began on them: a run's start was moved and it left
-- the day or joined it, or a rebuild changed what is counted. Whoever moves a run
-- adds them with it, whoever counts them takes them away: there are none, mostly.
CREATE TABLE recounts (
    job_id          bigint      NOT NULL,
    day             date        NOT NULL,
    CONSTRAINT recounts_pkey PRIMARY KEY (job_id, day),
    CONSTRAINT recounts_job_fkey FOREIGN KEY (job_id) REFERENCES jobs (job_id)
);

-- How far the counting has come: one row, which whoever counts has locked.
CREATE TABLE rollup (
    rolled_up_to    timestamptz NOT NULL, -- all that was observed until a while before is counted
    swept_day       date        NOT NULL, -- the day that was last counted again for no reason but to be sure
    one             boolean     NOT NULL DEFAULT true,
    CONSTRAINT rollup_pkey PRIMARY KEY (one),
    CONSTRAINT rollup_one_check CHECK (one)
);
INSERT INTO rollup (rolled_up_to, swept_day) VALUES ('0001-01-01 00:00:00+00', '0001-01-01');

-- +goose Down
-- +goose StatementBegin
DO $$ BEGIN
    IF EXISTS (SELECT FROM hourly) OR EXISTS (SELECT FROM daily) THEN
        RAISE EXCEPTION 'hourly or daily hold rows, which may outlive the polls that they count: a migration down would lose them';
    END IF;
END $$;
-- +goose StatementEnd
DROP TABLE rollup;
DROP TABLE recounts;
DROP TABLE daily;
DROP TABLE hourly;
