package testdb

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// prune drops what earlier runs left on a private server more than a day ago: databases of failed or killed tests,
// and templates of old migrations. The server is this process's alone, so nobody uses them.
func prune(ctx context.Context, server string) (err error) {
	conn, err := connect(ctx, server)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	const query = `
		SELECT datname FROM pg_database
		WHERE (datname LIKE 'test\_%' OR datname LIKE 'tracker\_template\_%')
		  AND (pg_stat_file('base/' || oid || '/PG_VERSION')).modification < now() - interval '1 day'`
	rows, err := conn.Query(ctx, query)
	if err != nil {
		return fmt.Errorf("list old test databases: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("list old test databases: %w", err)
	}
	for _, name := range names {
		if err := drop(ctx, conn, name); err != nil {
			return err
		}
	}
	return nil
}

// drop drops a database, be it a template or not, and whoever is connected to it.
func drop(ctx context.Context, conn *pgx.Conn, name string) error {
	for _, statement := range []string{
		"ALTER DATABASE " + quote(name) + " IS_TEMPLATE false",
		"DROP DATABASE " + quote(name) + " WITH (FORCE)",
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("drop database %s: %w", name, err)
		}
	}
	return nil
}
