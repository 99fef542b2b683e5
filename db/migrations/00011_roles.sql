-- Who may do what. tracker_writer is the daemon's: it adds to the history and
-- keeps its projections, and pauses and finishes what is tracked.
-- tracker_reader sees the report schema and nothing else. Both are NOLOGIN, to
-- be granted to login users. Roles belong to the whole cluster: made where they
-- are absent, never dropped.

-- +goose Up
-- +goose StatementBegin
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['tracker_writer', 'tracker_reader'] LOOP
        CONTINUE WHEN EXISTS (SELECT 1 FROM pg_roles WHERE rolname = wanted);
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL; -- made by somebody else meanwhile
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION USING
                    ERRCODE = 'insufficient_privilege',
                    MESSAGE = format('%I may not create roles', current_user),
                    HINT = 'Have a superuser run:  CREATE ROLE tracker_writer NOLOGIN; CREATE ROLE tracker_reader NOLOGIN;';
        END;
    END LOOP;
END $$;
-- +goose StatementEnd

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA report FROM PUBLIC;

GRANT USAGE ON SCHEMA public, report TO tracker_writer;
GRANT SELECT ON ALL TABLES IN SCHEMA report TO tracker_writer;
GRANT SELECT ON tracker_migrations, sources, jobs, changes, budgets, cursors, replicas, polls, gaps, snapshots, runs, steps, log_entries,
    transitions, anomalies, result_items, hourly, daily, rollup, recounts TO tracker_writer;
GRANT INSERT ON replicas, polls, gaps, snapshots, runs, steps, log_entries, transitions, anomalies, result_items, hourly, daily, recounts TO tracker_writer;
GRANT UPDATE ON registry_lock, budgets, cursors, replicas, runs, steps, log_entries, result_items, hourly, daily, rollup, recounts TO tracker_writer;
GRANT DELETE ON result_items, replicas, recounts TO tracker_writer;
-- What is tracked, and where a credential is sent, is not the daemon's to say.
-- Who may do so has INSERT and UPDATE on sources and jobs, and INSERT on
-- budgets and cursors besides.
GRANT UPDATE (paused_at, paused_reason, paused_for_credential) ON sources TO tracker_writer;
GRANT UPDATE (tracking, paused_reason) ON jobs TO tracker_writer;
GRANT EXECUTE ON FUNCTION claims_held(bigint, integer), polls_extend() TO tracker_writer;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA report TO tracker_writer;

GRANT USAGE ON SCHEMA report TO tracker_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA report TO tracker_reader;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA report TO tracker_reader;

-- +goose Down
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA report FROM tracker_writer, tracker_reader;
REVOKE ALL ON FUNCTION claims_held(bigint, integer), polls_extend() FROM tracker_writer;
REVOKE ALL ON ALL TABLES IN SCHEMA report FROM tracker_writer, tracker_reader;
REVOKE ALL ON tracker_migrations, registry_lock, sources, jobs, changes, budgets, cursors, replicas, polls, gaps, snapshots, runs, steps, log_entries,
    transitions, anomalies, result_items, hourly, daily, rollup FROM tracker_writer;
REVOKE ALL ON SCHEMA public, report FROM tracker_writer, tracker_reader;
