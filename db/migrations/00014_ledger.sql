-- The transparency log: leaf n - 1 is journal entry n. Its tree and its checkpoints.

-- +goose Up
-- The log's own name, where no key gives it one. Who seals has the row locked.
CREATE TABLE ledger (
    origin          text        NOT NULL,
    one             boolean     NOT NULL DEFAULT true,
    CONSTRAINT ledger_pkey PRIMARY KEY (one),
    CONSTRAINT ledger_one_check CHECK (one)
);
INSERT INTO ledger (origin) VALUES ('tracker/' || gen_random_uuid());

-- A row of up to 256 hashes of the tree, which grows until it is full.
CREATE TABLE ledger_tiles (
    tile_no         bigint      NOT NULL,
    level           integer     NOT NULL,
    hashes          bytea       NOT NULL,
    CONSTRAINT ledger_tiles_pkey PRIMARY KEY (level, tile_no),
    CONSTRAINT ledger_tiles_hashes_check CHECK (octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0)
);
ALTER TABLE ledger_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL; -- hashes do not shrink

CREATE TABLE checkpoints (
    size            bigint      NOT NULL,
    sealed_at       timestamptz NOT NULL,
    root            bytea       NOT NULL,
    origin          text        NOT NULL,
    verifier        text,                 -- of the key that has signed; null: none has
    note            text        NOT NULL, -- as it is published
    CONSTRAINT checkpoints_pkey PRIMARY KEY (size)
);
CREATE TRIGGER checkpoints_append_only BEFORE UPDATE OR DELETE ON checkpoints FOR EACH ROW EXECUTE FUNCTION rewrite_refuse();
CREATE TRIGGER checkpoints_no_truncate BEFORE TRUNCATE ON checkpoints FOR EACH STATEMENT EXECUTE FUNCTION rewrite_refuse();

CREATE VIEW report.journal AS
SELECT e.entry_no, e.at, coalesce(e.kind, 'snapshot') AS kind, j.name AS job, e.no, e.job_id
FROM journal e
LEFT JOIN jobs j ON j.job_id = e.job_id;
COMMENT ON VIEW report.journal IS 'One row per snapshot, ended gap, change of what is tracked, closed day of polls and act upon the history, in one order without holes.';
COMMENT ON COLUMN report.journal.entry_no IS 'Number of the entry, from 1; leaf entry_no - 1 of the transparency log.';
COMMENT ON COLUMN report.journal.at IS 'When it was observed or done, or, of a gap or a day, when that ended (our time).';
COMMENT ON COLUMN report.journal.kind IS 'What it is: snapshot, gap, change, polls or act.';
COMMENT ON COLUMN report.journal.job IS 'Name of the job; null: of no job, or of all.';
COMMENT ON COLUMN report.journal.no IS 'Number of the snapshot or gap within its job, of the change, or of the act; of polls the day, as YYYYMMDD.';
COMMENT ON COLUMN report.journal.job_id IS 'Number of the job, by which views are joined; null: of no job, or of all.';

CREATE VIEW report.checkpoints AS
SELECT c.size, c.sealed_at, c.root, c.origin, c.verifier, c.note FROM checkpoints c;
COMMENT ON VIEW report.checkpoints IS 'One row per checkpoint of the transparency log; rows are only ever added.';
COMMENT ON COLUMN report.checkpoints.size IS 'Count of journal entries in the log.';
COMMENT ON COLUMN report.checkpoints.sealed_at IS 'When it was sealed (our time).';
COMMENT ON COLUMN report.checkpoints.root IS 'Root of the tree over them, a SHA-256 (RFC 6962).';
COMMENT ON COLUMN report.checkpoints.origin IS 'Name of the log: that of its key.';
COMMENT ON COLUMN report.checkpoints.verifier IS 'The verifier key of who has signed; null: it is not signed.';
COMMENT ON COLUMN report.checkpoints.note IS 'The checkpoint as it is published: a signed note (C2SP tlog-checkpoint).';

CREATE VIEW report.ledger_tiles AS
SELECT t.level, t.tile_no, t.hashes FROM ledger_tiles t;
COMMENT ON VIEW report.ledger_tiles IS 'One row per tile of the transparency log''s tree.';
COMMENT ON COLUMN report.ledger_tiles.level IS 'Level of the tile; at 0 its hashes are those of leaves, at the next of full tiles below.';
COMMENT ON COLUMN report.ledger_tiles.tile_no IS 'Number of the tile within its level, from 0.';
COMMENT ON COLUMN report.ledger_tiles.hashes IS 'Up to 256 hashes of 32 bytes.';

-- What the leaves of snapshots are made of; those of the other kinds are made of
-- report.gaps, report.changes, report.acts and report.polls.
CREATE VIEW report.snapshot_leaves AS
SELECT e.entry_no, j.name AS job, s.name AS source, j.target, n.snapshot_no, n.polled_at, n.observed_at, n.not_before,
    n.previous_polls, n.run_no, n.status, n.state, n.interpretation, n.sha256, n.body IS NULL AS body_gone, e.job_id
FROM journal e
JOIN snapshots n ON n.job_id = e.job_id AND n.snapshot_no = e.no
LEFT JOIN jobs j ON j.job_id = e.job_id
LEFT JOIN sources s ON s.source_id = j.source_id
WHERE e.kind IS NULL;
COMMENT ON VIEW report.snapshot_leaves IS 'One row per snapshot with an entry in the journal: what its leaf in the transparency log is made of.';
COMMENT ON COLUMN report.snapshot_leaves.entry_no IS 'Number of its entry in the journal.';
COMMENT ON COLUMN report.snapshot_leaves.job IS 'Name of the job.';
COMMENT ON COLUMN report.snapshot_leaves.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.snapshot_leaves.target IS 'What is polled at the source, a JSON object.';
COMMENT ON COLUMN report.snapshot_leaves.snapshot_no IS 'Number of the snapshot within its job.';
COMMENT ON COLUMN report.snapshot_leaves.polled_at IS 'When the request was sent (our time).';
COMMENT ON COLUMN report.snapshot_leaves.observed_at IS 'When its body had been read (our time).';
COMMENT ON COLUMN report.snapshot_leaves.not_before IS 'When the last answered poll before was sent (our time); null: it is the job''s first.';
COMMENT ON COLUMN report.snapshot_leaves.previous_polls IS 'Count of polls that saw the snapshot before; 0: it is the job''s first.';
COMMENT ON COLUMN report.snapshot_leaves.run_no IS 'Number of its run within the job.';
COMMENT ON COLUMN report.snapshot_leaves.status IS 'Status of the run in the upstream''s own word.';
COMMENT ON COLUMN report.snapshot_leaves.state IS 'State of the run in our words.';
COMMENT ON COLUMN report.snapshot_leaves.interpretation IS 'Version of the interpretation that read it.';
COMMENT ON COLUMN report.snapshot_leaves.sha256 IS 'SHA-256 of the body.';
COMMENT ON COLUMN report.snapshot_leaves.body_gone IS 'Whether retention took the body, or somebody has erased it.';
COMMENT ON COLUMN report.snapshot_leaves.job_id IS 'Number of the job, by which views are joined.';

CREATE VIEW report.gap_leaves AS
SELECT e.entry_no, j.name AS job, g.gap_no, g.gap_from, g.gap_to, g.reason, e.job_id
FROM journal e
JOIN gaps g ON g.job_id = e.job_id AND g.gap_no = e.no
JOIN jobs j ON j.job_id = e.job_id
WHERE e.kind = 'gap';
COMMENT ON VIEW report.gap_leaves IS 'One row per ended gap with an entry in the journal: what its leaf in the transparency log is made of.';
COMMENT ON COLUMN report.gap_leaves.entry_no IS 'Number of its entry in the journal.';
COMMENT ON COLUMN report.gap_leaves.job IS 'Name of the job.';
COMMENT ON COLUMN report.gap_leaves.gap_no IS 'Number of the gap within its job.';
COMMENT ON COLUMN report.gap_leaves.gap_from IS 'When the gap began (our time), as it was recorded.';
COMMENT ON COLUMN report.gap_leaves.gap_to IS 'When it ended (our time), as it was recorded.';
COMMENT ON COLUMN report.gap_leaves.reason IS 'Why nobody looked, or why looking failed.';
COMMENT ON COLUMN report.gap_leaves.job_id IS 'Number of the job, by which views are joined.';

CREATE VIEW report.recorded_gaps AS
SELECT j.name AS job, g.gap_no, g.gap_from, g.gap_to, g.reason, g.job_id
FROM gaps g
JOIN jobs j ON j.job_id = g.job_id;
COMMENT ON VIEW report.recorded_gaps IS 'One row per ended gap as it was recorded; report.gaps has those that go on, too, and ends them where a clock was set back.';
COMMENT ON COLUMN report.recorded_gaps.job IS 'Name of the job.';
COMMENT ON COLUMN report.recorded_gaps.gap_no IS 'Number of the gap within its job.';
COMMENT ON COLUMN report.recorded_gaps.gap_from IS 'When the gap began (our time).';
COMMENT ON COLUMN report.recorded_gaps.gap_to IS 'When it ended (our time).';
COMMENT ON COLUMN report.recorded_gaps.reason IS 'Why nobody looked, or why looking failed.';
COMMENT ON COLUMN report.recorded_gaps.job_id IS 'Number of the job, by which views are joined.';

CREATE VIEW report.act_leaves AS
SELECT e.entry_no, a.act_no, a.at, a.actor, a.kind, a.what, a.job, a.run_no, a.snapshot_no, a.range_from, a.range_to, a.rows, a.kept_for, a.reason, a.interpretation,
    a.job_id
FROM journal e
JOIN report.acts a ON a.act_no = e.no
WHERE e.kind = 'act';
COMMENT ON VIEW report.act_leaves IS 'One row per act upon the history with an entry in the journal: what its leaf in the transparency log is made of.';
COMMENT ON COLUMN report.act_leaves.entry_no IS 'Number of its entry in the journal.';
COMMENT ON COLUMN report.act_leaves.act_no IS 'Number of the act.';
COMMENT ON COLUMN report.act_leaves.at IS 'When it was done (our time).';
COMMENT ON COLUMN report.act_leaves.actor IS 'Who has done it.';
COMMENT ON COLUMN report.act_leaves.kind IS 'What was done: retention, erasure or rebuild.';
COMMENT ON COLUMN report.act_leaves.what IS 'What was taken, erased or written: polls, runs, bodies or rows.';
COMMENT ON COLUMN report.act_leaves.job IS 'Name of the job; null: of all jobs.';
COMMENT ON COLUMN report.act_leaves.run_no IS 'Of an erasure: number of the run within its job; null: it is none.';
COMMENT ON COLUMN report.act_leaves.snapshot_no IS 'Of an erasure: number of the snapshot within its job; null: all of the run that still had bodies.';
COMMENT ON COLUMN report.act_leaves.range_from IS 'Since when that had been observed or sent (our time).';
COMMENT ON COLUMN report.act_leaves.range_to IS 'Until when (our time).';
COMMENT ON COLUMN report.act_leaves.rows IS 'Count of the polls, runs, bodies or rows.';
COMMENT ON COLUMN report.act_leaves.kept_for IS 'Of retention: the setting, for how long such are kept; null: it is none.';
COMMENT ON COLUMN report.act_leaves.reason IS 'Of an erasure: why, in the words of who has done it; null: it is none.';
COMMENT ON COLUMN report.act_leaves.interpretation IS 'Of an erasure or a rebuild: version of the interpretation by which the job''s rows were derived again; null: it is none.';
COMMENT ON COLUMN report.act_leaves.job_id IS 'Number of the job, by which views are joined; null: of all jobs.';

CREATE VIEW report.change_leaves AS
SELECT e.entry_no, c.change_no, c.changed_at AS at, c.actor, c.action, c.subject, c.before, c.after, e.job_id
FROM journal e
JOIN changes c ON c.change_no = e.no
WHERE e.kind = 'change';
COMMENT ON VIEW report.change_leaves IS 'One row per change with an entry in the journal: what its leaf in the transparency log is made of.';
COMMENT ON COLUMN report.change_leaves.entry_no IS 'Number of its entry in the journal.';
COMMENT ON COLUMN report.change_leaves.change_no IS 'Number of the change.';
COMMENT ON COLUMN report.change_leaves.at IS 'When it was changed (our time).';
COMMENT ON COLUMN report.change_leaves.actor IS 'Who changed it.';
COMMENT ON COLUMN report.change_leaves.action IS 'What was done.';
COMMENT ON COLUMN report.change_leaves.subject IS 'What it was done to: the word source, job or rule, a blank, and its name.';
COMMENT ON COLUMN report.change_leaves.before IS 'What was changed as it was before, a JSON object; null: there was nothing.';
COMMENT ON COLUMN report.change_leaves.after IS 'What was changed as it was afterwards, a JSON object; null: there is nothing.';
COMMENT ON COLUMN report.change_leaves.job_id IS 'Number of the job, by which views are joined; null: a change of a source.';

GRANT SELECT, UPDATE ON ledger TO tracker_writer;
GRANT SELECT, INSERT, UPDATE ON ledger_tiles TO tracker_writer;
GRANT SELECT, INSERT ON checkpoints TO tracker_writer;
GRANT SELECT ON report.journal, report.checkpoints, report.ledger_tiles, report.snapshot_leaves, report.gap_leaves, report.recorded_gaps, report.act_leaves,
    report.change_leaves TO tracker_writer, tracker_reader;

-- +goose Down
-- +goose StatementBegin
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM checkpoints) THEN
        RAISE EXCEPTION 'checkpoints hold rows: a migration down would lose them';
    END IF;
END $$;
-- +goose StatementEnd
DROP VIEW report.change_leaves;
DROP VIEW report.act_leaves;
DROP VIEW report.recorded_gaps;
DROP VIEW report.gap_leaves;
DROP VIEW report.snapshot_leaves;
DROP VIEW report.ledger_tiles;
DROP VIEW report.checkpoints;
DROP VIEW report.journal;
DROP TABLE checkpoints;
DROP TABLE ledger_tiles;
DROP TABLE ledger;
