package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// pool holds connections to a server, or to a pooler such as pgbouncer. A pooler may
// run each transaction in another session of the server: prepared statements get
// lost, and settings stay with a session that other clients get. So through a pooler
// no statement is prepared by name, and each transaction sets the settings for itself
// alone. Connections to a server prepare and set once.
type pool struct {
	*pgxpool.Pool
	behind atomic.Int32
}

// What a pool found at the other end of its connections.
const (
	unknown int32 = iota
	aServer
	aPooler
)

func newPool(ctx context.Context, config *pgxpool.Config, options Options) (*pool, error) {
	p := &pool{}
	if options.Ensure != nil {
		p.behind.Store(aServer) // our own
	}
	config.BeforeConnect = func(ctx context.Context, conn *pgx.ConnConfig) error {
		if options.Ensure != nil {
			return options.Ensure(ctx)
		}
		pooled, err := p.pooled(ctx)
		if pooled && conn.DefaultQueryExecMode != pgx.QueryExecModeSimpleProtocol {
			conn.DefaultQueryExecMode = pgx.QueryExecModeExec
		}
		return err
	}
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if p.behind.Load() == aPooler {
			registerTypes(conn.TypeMap())
			return nil
		}
		return prepareSession(ctx, conn)
	}
	config.ConnConfig.OnPgError = p.explainLost(config.ConnConfig.OnPgError)
	var renewal poolReset
	renewal.watch(&config.ConnConfig.Config)
	var err error
	if p.Pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, err
	}
	renewal.pool.Store(p.Pool)
	return p, nil
}

// SQLSTATEs of a prepared statement that is there already, or not any more.
const (
	duplicateStatement = "42P05"
	noSuchStatement    = "26000"
)

// lost reports a statement that another client has prepared, or took away.
func isLostStatement(err *pgconn.PgError) bool {
	return err.Code == duplicateStatement || err.Code == noSuchStatement
}

// explainLost adds to the error of a lost statement what to do, and asks again whether
// there is a pooler: one may have been put before the server since, or cannot be told
// from a server. It ends the connection: only then does pgx return the error with what
// was added.
func (p *pool) explainLost(further pgconn.PgErrorHandler) pgconn.PgErrorHandler {
	return func(conn *pgconn.PgConn, err *pgconn.PgError) bool {
		if isLostStatement(err) {
			p.behind.CompareAndSwap(aServer, unknown)
			err.Message += ": a pooler hands the connection from client to client: name the server itself in DATABASE_URL, " +
				"or add default_query_exec_mode=exec to it"
			return false
		}
		return further(conn, err)
	}
}

// pooled reports whether a pooler stands before the server. The first call finds out,
// by a connection of its own: at the start of a connection a server tells the pid of
// the process that serves it, a pooler tells an invented one.
func (p *pool) pooled(ctx context.Context) (bool, error) {
	if behind := p.behind.Load(); behind != unknown {
		return behind == aPooler, nil
	}
	conn, err := pgconn.ConnectConfig(ctx, &p.Config().ConnConfig.Config)
	if err != nil {
		return false, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	results, err := conn.Exec(ctx, "SELECT pg_backend_pid()").ReadAll()
	if err != nil {
		return false, fmt.Errorf("ask the server which process serves us: %w", err)
	}
	behind := aPooler
	if string(results[0].Rows[0][0]) == strconv.FormatUint(uint64(conn.PID()), 10) {
		behind = aServer
	}
	p.behind.Store(behind)
	return behind == aPooler, nil
}

// Begin begins a transaction, with our settings.
func (p *pool) Begin(ctx context.Context) (pgx.Tx, error) { return p.BeginTx(ctx, pgx.TxOptions{}) }

// BeginTx begins a transaction, with our settings.
func (p *pool) BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error) {
	pooled, err := p.pooled(ctx)
	if err != nil {
		return nil, err
	}
	if pooled {
		begin, rest, _ := strings.Cut(cmp.Or(options.BeginQuery, beginning(options)), ";") // what is asked for goes over ours
		options.BeginQuery = begin + "; " + setSettings(true) + ";" + rest
	}
	return p.Pool.BeginTx(ctx, options)
}

// beginning is the statement that begins a transaction with those options.
func beginning(options pgx.TxOptions) string {
	begin := []string{"BEGIN"}
	if options.IsoLevel != "" {
		begin = append(begin, "ISOLATION LEVEL", string(options.IsoLevel))
	}
	return strings.Join(append(begin, string(options.AccessMode)), " ")
}

// SendBatch runs statements as one transaction, with our settings.
func (p *pool) SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults {
	pooled, err := p.pooled(ctx)
	if err != nil {
		return failedBatch{err}
	}
	if !pooled {
		return p.Pool.SendBatch(ctx, batch)
	}
	together := &pgx.Batch{}
	together.Queue(setSettings(true))
	together.QueuedQueries = append(together.QueuedQueries, batch.QueuedQueries...)
	results := p.Pool.SendBatch(ctx, together)
	if _, err := results.Exec(); err != nil {
		return failedBatch{errors.Join(err, results.Close())}
	}
	return results
}

// Exec implements dbsqlc.DBTX.
func (p *pool) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if p.behind.Load() == aServer {
		return p.Pool.Exec(ctx, sql, args...)
	}
	results := p.runAlone(ctx, sql, args)
	tag, err := results.Exec()
	return tag, firstError(err, results.Close())
}

// Query implements dbsqlc.DBTX.
func (p *pool) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if p.behind.Load() == aServer {
		return p.Pool.Query(ctx, sql, args...)
	}
	results := p.runAlone(ctx, sql, args)
	rows, err := results.Query()
	if err != nil {
		return nil, firstError(err, results.Close())
	}
	return &loneRows{Rows: rows, results: results}, nil
}

// QueryRow implements dbsqlc.DBTX.
func (p *pool) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	if p.behind.Load() == aServer {
		return p.Pool.QueryRow(ctx, sql, args...)
	}
	return loneRow{p.runAlone(ctx, sql, args)}
}

// alone runs one statement in a transaction of its own.
func (p *pool) runAlone(ctx context.Context, sql string, args []any) pgx.BatchResults {
	var batch pgx.Batch
	batch.Queue(sql, args...)
	return p.SendBatch(ctx, &batch)
}

// loneRows are the rows of a batch of one statement. Closing them ends the batch.
type loneRows struct {
	pgx.Rows
	results pgx.BatchResults
	closed  error
}

func (r *loneRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

func (r *loneRows) Close() {
	r.Rows.Close()
	r.closed = firstError(r.closed, r.results.Close())
}

func (r *loneRows) Err() error { return firstError(r.Rows.Err(), r.closed) }

// loneRow is the row of a batch of one statement. Scanning it ends the batch.
type loneRow struct{ results pgx.BatchResults }

func (r loneRow) Scan(values ...any) error {
	err := r.results.QueryRow().Scan(values...)
	return firstError(err, r.results.Close())
}

// failedBatch is a batch that could not be sent.
type failedBatch struct{ err error }

func (b failedBatch) Exec() (pgconn.CommandTag, error) { return pgconn.CommandTag{}, b.err }
func (b failedBatch) Query() (pgx.Rows, error)         { return nil, b.err }
func (b failedBatch) QueryRow() pgx.Row                { return failedRow(b) }
func (b failedBatch) Close() error                     { return b.err }
func (b failedBatch) Tx() pgx.Tx                       { return nil }

type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
