// Package store keeps the history in Postgres: one method, one use case, one
// transaction. It is the only user of goose and, with the packages that run a
// server for us, of pgx; the queries are sqlc's, and their types stay in here.
package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tracker/internal/store/internal/dbsqlc"
)

const (
	// connectTimeout bounds one attempt to reach the server.
	connectTimeout = 10 * time.Second
	// closeTimeout bounds the wait for connections to end, on which pgx spends
	// 15 s where the server does not answer.
	closeTimeout = time.Second
	// deadlockTries is how often a transaction may be the victim of a deadlock.
	deadlockTries = 5
)

// Store is a pool of connections to the tracker's database.
type Store struct {
	pool       *pool
	queries    *dbsqlc.Queries
	holdFailed bool

	judged      judged
	counting    sync.Mutex   // who rolls up
	counted     countedHours // of polls that are rolled up
	definitions sync.Map     // of providers, by definitionKey: what a number stands for never changes
}

// Options are the parts of a Store that its user may choose.
type Options struct {
	MaxConns int32                       // at most so many connections; 0: pgx's default
	Ensure   func(context.Context) error // called before each new connection: starts an embedded server that is gone

	HoldFailed bool // a run that ends failed is put on hold, so that retention leaves it alone

	KeepJudged bool // a run that goes on is judged anew each ten seconds at most, for many who ask
}

// Open prepares a pool; the first query connects. An error means that url
// cannot be read, and does not show it.
func Open(ctx context.Context, url string, options Options) (*Store, error) {
	if err := checkURL(url); err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, unreadableURL(url)
	}
	if err := checkParameters(config.ConnConfig.RuntimeParams); err != nil {
		return nil, err
	}
	if options.MaxConns > 0 {
		config.MaxConns = options.MaxConns
	}
	config.ConnConfig.ConnectTimeout = connectTimeout
	if _, named := config.ConnConfig.RuntimeParams["application_name"]; !named {
		config.ConnConfig.RuntimeParams["application_name"] = "tracker"
	}
	pool, err := newPool(ctx, config, options)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return &Store{
		pool: pool, queries: dbsqlc.New(pool), holdFailed: options.HoldFailed,
		judged: judged{kept: options.KeepJudged, runs: map[RunKey]judgedRun{}, heads: map[int64]judgedHead{}},
	}, nil
}

// Renew lets go of all connections: what comes is done by new ones.
func (s *Store) Renew() { s.pool.Reset() }

// Close waits until all connections are back and closes them. Those to a server
// that does not answer are left to the end of the process.
func (s *Store) Close() {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		s.pool.Close()
	}()
	select {
	case <-closed:
	case <-time.After(closeTimeout):
	}
}

// Now is the database's clock, which all replicas share.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	now, err := s.queries.ClockNow(ctx)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the database's clock: %w", err)
	}
	return now, nil
}

// NowAndChange is the database's clock and the number of the newest change of
// sources and jobs; 0: there is none.
func (s *Store) NowAndChange(ctx context.Context) (now time.Time, changeNo int64, err error) {
	row, err := s.queries.ClockAndChange(ctx)
	if err != nil {
		return time.Time{}, 0, fmt.Errorf("read the database's clock: %w", err)
	}
	return row.Now, row.ChangeNo, nil
}

// inTx runs work in a transaction of its own and commits unless it fails. After
// a deadlock work is run again, from its start.
func (s *Store) inTx(ctx context.Context, work func(*dbsqlc.Queries) error) error {
	return s.inTxAfter(ctx, nil, func(tx pgx.Tx) error { return work(s.queries.WithTx(tx)) })
}

// inTxAfter is inTx where the transaction begins with statements that nobody can
// prepare, so that sqlc does not take them.
func (s *Store) inTxAfter(ctx context.Context, statements []string, work func(pgx.Tx) error) error {
	return againAfterDeadlock(func() error {
		return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			for _, statement := range statements {
				if _, err := tx.Exec(ctx, statement); err != nil {
					return err
				}
			}
			return work(tx)
		})
	})
}

// againAfterDeadlock tries a transaction until it is no victim of a deadlock.
func againAfterDeadlock(try func() error) error {
	for attempt := 1; ; attempt++ {
		if err := try(); !isDeadlock(err) || attempt == deadlockTries {
			return err
		}
	}
}

// oneMoment begins a transaction that only reads, and all as it was at one moment.
const oneMoment = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

// inSnapshot runs work that only reads: all of it sees the database as it was
// at one moment, whatever others write meanwhile.
func (s *Store) inSnapshot(ctx context.Context, work func(*dbsqlc.Queries) error) error {
	return s.inMoment(ctx, oneMoment, func(tx pgx.Tx) error { return work(s.queries.WithTx(tx)) })
}

// inMoment is inSnapshot with a transaction that begins as is said.
func (s *Store) inMoment(ctx context.Context, begin string, work func(pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{BeginQuery: begin}, work)
}
