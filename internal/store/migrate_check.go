package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// OldestServer is the oldest version of Postgres that the tests were run on.
const OldestServer = 14

// checkServer refuses servers that are older than a version, and databases that
// cannot hold every text.
func checkServer(ctx context.Context, db *sql.DB, oldest int) error {
	var major int
	var version, encoding string
	err := db.QueryRowContext(ctx, `SELECT current_setting('server_version_num')::integer / 10000, current_setting('server_version'), current_setting('server_encoding')`).
		Scan(&major, &version, &encoding)
	switch {
	case err != nil:
		return fmt.Errorf("read the server's version: %w", err)
	case major < oldest:
		return fmt.Errorf("the server is PostgreSQL %s: the tracker needs %d or later; name such a one in DATABASE_URL", version, oldest)
	case encoding != "UTF8":
		return fmt.Errorf("the database's encoding is %s: the tracker needs UTF8", encoding)
	}
	return nil
}

// checkRights refuses a login that may not make what the migrations make, with
// the statements that let it.
func checkRights(ctx context.Context, db *sql.DB) error {
	var login, database string
	var hasPublic, mayUsePublic, mayMakeSchema bool
	err := db.QueryRowContext(ctx, `SELECT current_user, current_database(), n.oid IS NOT NULL,
			coalesce(has_schema_privilege(n.oid, 'CREATE') AND has_schema_privilege(n.oid, 'USAGE'), false),
			has_database_privilege(current_database(), 'CREATE')
		FROM (SELECT) one LEFT JOIN pg_namespace n ON n.nspname = 'public'`).
		Scan(&login, &database, &hasPublic, &mayUsePublic, &mayMakeSchema)
	if err != nil {
		return fmt.Errorf("read what the login may do: %w", err)
	}
	name := func(s string) string { return pgx.Identifier{s}.Sanitize() }
	var run []string
	switch {
	case !hasPublic:
		run = append(run, "CREATE SCHEMA public AUTHORIZATION "+name(login)+";")
	case !mayUsePublic:
		run = append(run, "GRANT USAGE, CREATE ON SCHEMA public TO "+name(login)+";")
	}
	if !mayMakeSchema {
		run = append(run, "GRANT CREATE ON DATABASE "+name(database)+" TO "+name(login)+";")
	}
	if len(run) == 0 {
		return nil
	}
	return fmt.Errorf("%s may not make the tracker's tables in database %s. Have its owner, or a superuser, run in it:\n%s\n"+
		"or make one for the tracker alone:\nCREATE DATABASE tracker OWNER %s;", login, database, strings.Join(run, "\n"), name(login))
}

// explainMigration adds what is to be done: the server's hint, such as the
// statements to run without CREATEROLE, or a word on who else is in the database.
func explainMigration(err error) error {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return fmt.Errorf("migrate: %w", err)
	}
	switch {
	case pg.Hint != "":
		return fmt.Errorf("migrate: %w\n%s", err, pg.Hint)
	case isOccupied(pg):
		return fmt.Errorf("%w: %w. Nothing was changed. Give the tracker a database of its own, and name that one in DATABASE_URL:\n"+
			"CREATE DATABASE tracker;", ErrOccupied, pg)
	default:
		return fmt.Errorf("migrate: %w", err)
	}
}
