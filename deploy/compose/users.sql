-- Makes the logins of docker-compose.yml and grants them the roles that the
-- migrations made. Safe to run again: a changed password takes effect.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
\getenv tracker_password TRACKER_PASSWORD
\getenv grafana_password GRAFANA_PASSWORD

SELECT format('CREATE ROLE %I', login)
  FROM unnest(ARRAY['tracker_app', 'grafana']) AS login
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login)
\gexec

ALTER ROLE tracker_app LOGIN PASSWORD :'tracker_password';
ALTER ROLE grafana LOGIN PASSWORD :'grafana_password';
-- Dashboards ask much of many small tables: to compile takes longer than to run.
ALTER ROLE grafana SET jit = off;

-- Whoever may look at a dashboard may send any SQL as this login, and undo what is
-- SET here for a session of theirs. What keeps the tracker safe is that the login
-- has rights to read the reports alone, holds no lock that the tracker takes, and
-- has so many connections and no more.
ALTER ROLE grafana CONNECTION LIMIT 20;
ALTER ROLE grafana SET default_transaction_read_only = on;
ALTER ROLE grafana SET statement_timeout = '30s';
ALTER ROLE grafana SET idle_in_transaction_session_timeout = '1min';
ALTER ROLE grafana SET temp_file_limit = '1GB'; -- only a superuser may

-- What every login of a database has by default, and none of these needs:
-- temporary tables, blocks of code, sleeping, and large objects, which would be
-- kept beside the history for ever. All but the first takes a superuser to revoke.
SELECT format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database())
\gexec
REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', oid::regprocedure)
  FROM pg_proc
 WHERE pronamespace = 'pg_catalog'::regnamespace
   AND (proname ~ '^lo_' OR proname IN ('loread', 'lowrite', 'pg_sleep', 'pg_sleep_for', 'pg_sleep_until'))
\gexec

GRANT tracker_writer TO tracker_app;
GRANT tracker_reader TO grafana;
