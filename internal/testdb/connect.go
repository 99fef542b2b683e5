package testdb

import (
	"context"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"
)

// maintenance is the database in which databases are made and the advisory lock is taken: such locks count within
// one database only.
const maintenance = "postgres"

func connect(ctx context.Context, server string) (*pgx.Conn, error) {
	target, err := withDatabase(server, maintenance)
	if err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("connect to the test server: %w", err)
	}
	return conn, nil
}

// withDatabase is the server's URL with another database.
func withDatabase(server, name string) (string, error) {
	parsed, err := url.Parse(server)
	if err != nil || (parsed.Scheme != "postgres" && parsed.Scheme != "postgresql") {
		return "", fmt.Errorf("%s must be a URL: postgres://user:password@host:port/database", urlVariable)
	}
	parsed.Path = "/" + name
	return parsed.String(), nil
}
