package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// oneShardAtATime lets Citus run several changes of a distributed table, some of which
// concern a table that each node has a copy of, in one transaction. To a plain Postgres
// it is a name without a meaning.
const oneShardAtATime = "SET LOCAL citus.multi_shard_modify_mode = 'sequential'"

// migrationIdles is how long a migration may be idle before the server ends it: longer
// than other transactions, since a machine that was suspended for some seconds would
// undo all of it.
const migrationIdles = "SET LOCAL idle_in_transaction_session_timeout = '2min'"

// inMigration runs work in one transaction, through a database handle whose own
// transactions are savepoints in it. So goose applies all migrations or none, and
// needs no session, which a pooler may change between transactions.
func inMigration(ctx context.Context, config pgx.ConnConfig, work func(*sql.DB) error) (err error) {
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // names no statement
	opened, err := stdlib.GetConnector(config).Connect(ctx)
	if err != nil {
		return fmt.Errorf("connect to migrate: %w", unreachable(err))
	}
	conn := opened.(*stdlib.Conn)
	defer func() { err = errors.Join(err, conn.Close()) }()
	tx, err := conn.Conn().Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin to migrate: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	for _, statement := range []string{setSettings(true), migrationIdles, oneShardAtATime} {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return fmt.Errorf("begin to migrate: %w", err)
		}
	}
	db := sql.OpenDB(oneConnector{stdlib.GetConnector(config), oneConn{conn, tx}})
	db.SetMaxOpenConns(1)
	if err := errors.Join(work(db), db.Close()); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit what was migrated: %w", err)
	}
	return nil
}

// oneConnector gives the same connection whenever it is asked for one.
type oneConnector struct {
	driver.Connector
	conn oneConn
}

func (c oneConnector) Connect(context.Context) (driver.Conn, error) { return c.conn, nil }

// oneConn is a connection within a transaction.
type oneConn struct {
	*stdlib.Conn
	tx pgx.Tx
}

// BeginTx makes a savepoint.
func (c oneConn) BeginTx(ctx context.Context, _ driver.TxOptions) (driver.Tx, error) {
	tx, err := c.tx.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return savepoint{
		commit:   func() error { return tx.Commit(ctx) },
		rollback: func() error { return tx.Rollback(context.WithoutCancel(ctx)) },
	}, nil
}

// Close leaves the connection to whoever opened it.
func (c oneConn) Close() error { return nil }

// ResetSession leaves the transaction open.
func (c oneConn) ResetSession(context.Context) error { return nil }

type savepoint struct{ commit, rollback func() error }

func (s savepoint) Commit() error   { return s.commit() }
func (s savepoint) Rollback() error { return s.rollback() }
