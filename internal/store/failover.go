package store

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// leftBehind reports that a session's server is not the one that writes, goes,
// or cannot be had: after a failover such sessions stay as they are, while new
// ones find the server that writes. What a standby refuses is 25006, whether
// the server is in recovery or a setting makes it read only. 55000 is no sign of
// it: it speaks of an object, and each of our statements that changes anything
// is refused with 25006 before.
func leftBehind(err *pgconn.PgError) bool {
	return slices.Contains([]string{readOnlyTransaction, adminShutdown, crashShutdown, cannotConnectNow}, err.Code) ||
		strings.HasPrefix(err.Code, classConnection)
}

// Mends reports an error that may be over when it is tried again, with nothing
// changed here: a server that starts, fails over or is not there yet, and the
// login and database that somebody has still to make there.
func Mends(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && !errors.Is(err, ErrUnreachable) {
		return leftBehind(pg)
	}
	return err != nil && !errors.Is(err, ErrSchemaOld) && !errors.Is(err, ErrSchemaNew) && !errors.Is(err, ErrDatabaseURL)
}

// renewal makes a pool's sessions new when one of them was left behind, or turns
// out to be a pooler's.
type renewal struct{ pool atomic.Pointer[pgxpool.Pool] }

// watch sees to the errors of all sessions of a pool yet to be made.
func (r *renewal) watch(config *pgconn.Config) {
	further := config.OnPgError
	config.OnPgError = func(conn *pgconn.PgConn, err *pgconn.PgError) bool {
		goesOn := further == nil || further(conn, err)
		if pool := r.pool.Load(); pool != nil && (leftBehind(err) || lost(err)) {
			pool.Reset() // the session that says so goes when it is given back
		}
		return goesOn
	}
}
