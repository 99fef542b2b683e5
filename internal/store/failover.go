package store

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// isStaleSession reports whether a session's server does not write, shuts down or is
// gone, as after a failover: the session stays with that server, a new one finds the
// one that writes. A standby refuses our writes with 25006, also where only a setting
// makes it read only; never with 55000, which tells of an object.
func isStaleSession(err *pgconn.PgError) bool {
	return slices.Contains([]string{readOnlyTransaction, adminShutdown, crashShutdown, cannotConnectNow}, err.Code) ||
		strings.HasPrefix(err.Code, classConnection)
}

// IsTemporary reports whether an error may end by itself: the server starts or fails
// over, or somebody is yet to create the server, the login or the database.
func IsTemporary(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && !errors.Is(err, ErrUnreachable) {
		return isStaleSession(pg)
	}
	return err != nil && !errors.Is(err, ErrSchemaOld) && !errors.Is(err, ErrSchemaNew) && !errors.Is(err, ErrDatabaseURL)
}

// IsAway reports an error of a database that does not answer: there is no connection to
// it, or it was lost. What took too long is none.
func IsAway(err error) bool {
	if errors.Is(err, ErrUnreachable) {
		return true
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return isStaleSession(pg)
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return false
	}
	_, network := errors.AsType[*net.OpError](err)
	return network || pgconn.SafeToRetry(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// poolReset replaces all sessions of a pool when one of them is stale, or turns out to
// be a pooler's.
type poolReset struct{ pool atomic.Pointer[pgxpool.Pool] }

// watch hooks into the errors of all sessions of a pool that is yet to be made.
func (r *poolReset) watch(config *pgconn.Config) {
	further := config.OnPgError
	config.OnPgError = func(conn *pgconn.PgConn, err *pgconn.PgError) bool {
		goesOn := further == nil || further(conn, err)
		if pool := r.pool.Load(); pool != nil && (isStaleSession(err) || isLostStatement(err)) {
			pool.Reset() // the session that says so goes when it is given back
		}
		return goesOn
	}
}
