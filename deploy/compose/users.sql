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

GRANT tracker_writer TO tracker_app;
GRANT tracker_reader TO grafana;
