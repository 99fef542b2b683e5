-- Spreads the tracker's history over the workers of a Citus cluster (tried with Citus
-- 13.2 on PostgreSQL 15). Run it once, after  tracker migrate up,  with psql on the
-- coordinator, as the tables' owner and with all trackers stopped; an empty database
-- and a filled one will do alike:
--
--     psql -v ON_ERROR_STOP=1 -v shards=8 -f deploy/citus/distribute.sql "$DATABASE_URL"
--
-- shards: into how many each table is cut. A batch of polls opens a connection to each
-- shard that it touches, so that more of them cost throughput: docs/scaling.md has the
-- figures. Take as many as the workers have cores together, now or soon: it is not
-- changed easily later.
--
-- Run it again after a migration that made a table: what is distributed is left alone.
-- It asks the catalog, not a list: each table with a job_id is distributed by it, but
-- for jobs (with sources a reference table: a copy on each node), cursors and the
-- journal, which like budgets, replicas, changes, hourly, daily and rollup stay on the
-- coordinator.
-- All of it happens in one transaction.
\if :{?shards}
\else
\set shards 8
\endif
SET client_min_messages TO warning;
BEGIN;
SET LOCAL citus.shard_count TO :shards;
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_unsafe_triggers TO on;

CREATE TEMP TABLE undistributed ON COMMIT DROP AS
SELECT c.oid AS rel, a.attname IS NOT NULL AND c.relname NOT IN ('jobs', 'cursors') AND c.relname !~ '^journal' AS of_history
FROM pg_class c
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'job_id'
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT relation_is_a_known_shard(c.oid)
    AND c.oid NOT IN (SELECT logicalrelid FROM pg_dist_partition WHERE partmethod = 'h' OR repmodel = 't');

-- Citus distributes no table that has a foreign key or a trigger: both are taken off and
-- put back.
CREATE TEMP TABLE put_back ON COMMIT DROP AS
SELECT 1 AS place, c.conrelid AS rel, c.conname AS name,
    format('ALTER TABLE %s DROP CONSTRAINT %I', c.conrelid::regclass, c.conname) AS undo,
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) AS redo,
    -- A key from a table that stays here into a reference table would make that table
    -- one of Citus' own, and each statement on it a distributed one.
    u.of_history OR c.conrelid = 'jobs'::regclass AS keep
FROM pg_constraint c
JOIN undistributed u ON u.rel = c.conrelid
WHERE c.contype = 'f' AND c.conparentid = 0
UNION ALL
SELECT 2, t.tgrelid, t.tgname,
    format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass), pg_get_triggerdef(t.oid), true
FROM pg_trigger t
JOIN undistributed u ON u.rel = t.tgrelid
WHERE NOT t.tgisinternal AND t.tgparentid = 0;

DO $$
DECLARE
    item record;
BEGIN
    FOR item IN SELECT * FROM put_back ORDER BY place, rel, name LOOP
        EXECUTE item.undo;
    END LOOP;
    IF NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = 'snapshots'::regclass) THEN
        PERFORM create_reference_table('public.sources');
        PERFORM create_reference_table('public.jobs');
        PERFORM create_distributed_table('public.snapshots', 'job_id', colocate_with => 'none');
    END IF;
    FOR item IN
        SELECT u.rel::regclass AS name FROM undistributed u JOIN pg_class c ON c.oid = u.rel
        WHERE u.of_history AND NOT c.relispartition AND u.rel <> 'snapshots'::regclass
        ORDER BY u.rel
    LOOP
        PERFORM create_distributed_table(item.name, 'job_id', colocate_with => 'public.snapshots');
    END LOOP;
    FOR item IN SELECT * FROM put_back WHERE keep ORDER BY place, rel, name LOOP
        EXECUTE item.redo;
    END LOOP;
    -- What the views call is called on the workers: where this database was migrated
    -- before it had Citus, they do not know it yet.
    FOR item IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'report'::regnamespace AND NOT p.prosecdef AND p.prokind = 'f' LOOP
        PERFORM create_distributed_function(item.oid::regprocedure);
    END LOOP;
    -- Citus checks the rights on what a view reads as those of who asks, not as those
    -- of the view's owner: a reader of the views needs the tables, too.
    GRANT USAGE ON SCHEMA public TO tracker_reader;
    GRANT SELECT ON ALL TABLES IN SCHEMA public TO tracker_reader;
    -- The partitions of the months to come get triggers, too.
    EXECUTE format('ALTER DATABASE %I SET citus.enable_unsafe_triggers TO on', current_database());
END $$;
COMMIT;

-- What was copied to the workers still lies, unseen, in the tables here.
BEGIN;
SET LOCAL tracker.rewrite TO 'on';
SELECT count(truncate_local_data_after_distributing_table(p.logicalrelid)) AS tables_spread
FROM pg_dist_partition p JOIN pg_class c ON c.oid = p.logicalrelid
WHERE p.partmethod = 'h' AND c.relnamespace = 'public'::regnamespace;
COMMIT;
