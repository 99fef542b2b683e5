package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

var (
	// ErrDatabaseURL means that the database's URL cannot be read; the URL is
	// not in the error since it may hold a password.
	ErrDatabaseURL = errors.New("DATABASE_URL is no PostgreSQL URL or connection string (such as postgres://user@host:5432/name); where its password has an @, /, ?, # or % in it, percent-encode it (@ is %40)")
	// ErrUnreachable means that there is no connection to the database.
	ErrUnreachable = errors.New("the database cannot be reached: is it running, and is DATABASE_URL right?")
	// ErrNotFound means that no source, job or snapshot has the given name or number.
	ErrNotFound = errors.New("not found")
	// ErrSchemaOld means that the database's schema is older than this program.
	ErrSchemaOld = errors.New("the database's schema is too old")
	// ErrSchemaNew means that the database's schema is newer than this program.
	ErrSchemaNew = errors.New("the database's schema is too new")
	// ErrOccupied means that somebody else's tables stand where ours would.
	ErrOccupied = errors.New("the database belongs to another application")
	// ErrNotOwner means that only the owner of the tables may do this.
	ErrNotOwner = errors.New("only the owner of the tables may rebuild and erase")
	// ErrNotOperator means that the login may poll, and not decide what is tracked.
	ErrNotOperator = errors.New("this login may not change what is tracked: use that of the tables' owner, or see docs/sql.md for one that may")
	// ErrRetentionRefused means that nothing may be taken by a setting; the error says why.
	ErrRetentionRefused = errors.New("nothing is taken")
	// ErrRetentionShort is ErrRetentionRefused for a setting that is too short.
	ErrRetentionShort = fmt.Errorf("%w by so short a time", ErrRetentionRefused)
	// ErrRetentionBusy means that what is old stays, since somebody else reads it or
	// works on it.
	ErrRetentionBusy = errors.New("somebody reads them or works on them, and they stay for now: try again, as tracker serve does by itself")
	// ErrRetentionUncounted means that polls stay until RollUp has counted them.
	ErrRetentionUncounted = errors.New("polls stay until they are counted")
	// ErrRetentionElsewhere means that somebody else takes what is old right now.
	ErrRetentionElsewhere = errors.New("somebody else is taking what is old")
	// ErrNotRetainer means that the login may take nothing.
	ErrNotRetainer = errors.New("this login may take nothing: use that of the tables' owner, of an operator or of the daemon, see docs/sql.md")
	// ErrConflict means that a registration contradicts one that exists.
	ErrConflict = errors.New("conflict")
)

// holdsRun is the constraint that a run on hold is there.
const holdsRun = "holds_run_fkey"

// SQLSTATEs that the store acts on. claimLost is raised by claims_held,
// the next ones by what takes old polls and runs.
const (
	claimLost             = "TR001"
	retentionRefused      = "TR002"
	retentionElsewhere    = "TR003"
	retentionUncounted    = "TR004"
	retentionShort        = "TR006"
	uniqueViolation       = "23505"
	notNullViolation      = "23502"
	checkViolation        = "23514"
	deadlockDetected      = "40P01"
	lockNotAvailable      = "55P03"
	insufficientPrivilege = "42501"
	undefinedObject       = "42704"
	readOnlyTransaction   = "25006"
	adminShutdown         = "57P01"
	crashShutdown         = "57P02"
	cannotConnectNow      = "57P03"
	classConnection       = "08" // connection exception
	classData             = "22" // data exception
	classLimit            = "54" // program limit exceeded, such as an index row's size
)

// notFound turns the absence of a row into ErrNotFound.
func notFound(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// unreachable turns a failed attempt to connect into ErrUnreachable. The server's
// error on an unknown parameter is left out: it quotes it, and the parameter may be a
// part of a password.
func unreachable(err error) error {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); !ok {
		return err
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == undefinedObject {
		return fmt.Errorf("%w: it sets a parameter that the server does not know", ErrDatabaseURL)
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, err)
}

// isLate reports whether somebody else has taken over the poll's job, or recorded
// a snapshot of the poll's number, meanwhile.
func isLate(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && slices.Contains([]string{claimLost, uniqueViolation}, pg.Code)
}

// isDeadlock reports whether the server ended a transaction to end a deadlock.
func isDeadlock(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == deadlockDetected
}

// isOccupied reports that there is a table, type, schema or function of that
// name already.
func isOccupied(pg *pgconn.PgError) bool {
	return slices.Contains([]string{"42P07", "42710", "42P06", "42723"}, pg.Code)
}

// isPoison reports whether Postgres refuses a row for a value in it. A check without a
// name is a partition's bound: no value of the row is wrong.
func isPoison(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	return strings.HasPrefix(pg.Code, classData) || strings.HasPrefix(pg.Code, classLimit) ||
		pg.Code == notNullViolation || pg.Code == checkViolation && pg.ConstraintName != ""
}
