package doctor

import (
	"context"
	"errors"
	"time"

	"tracker/internal/ledger"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/tracking"
)

// Examination says what is to be examined, and by what settings.
type Examination struct {
	Store *store.Store
	URL   string // of the database

	// DataDir is where the private server keeps its data; empty: the server is another.
	DataDir string

	Client      *source.Client // nil: no source is asked
	Credentials *source.Credentials

	Keep    tracking.Retention
	Key     *ledger.Key // that signs checkpoints; nil: none
	KeyErr  error       // why that cannot be read
	Publish string      // file or URL of published checkpoints; empty: none

	Now func() time.Time // the clock of this machine
}

// patient is a database that answers and whose schema fits.
type patient struct {
	Examination
	server  store.Server
	serving []store.Replica // the trackers
}

// Examine makes all checks, in an order of their own. What cannot be looked at is told
// by its check.
func Examine(ctx context.Context, e Examination) []Check {
	asked := e.Now()
	server, err := e.Store.Server(ctx)
	if err != nil {
		return []Check{Unanswered(err)}
	}
	p := &patient{Examination: e, server: server}
	checks := []Check{p.database(), p.schema(ctx)}
	if checks[1].State == Fail {
		return append(checks, p.disk())
	}
	if p.serving, err = e.Store.Serving(ctx, server.Now); err != nil {
		checks = append(checks, unread("trackers", err))
	} else {
		checks = append(checks, p.trackers())
	}
	checks = append(checks, p.rights(ctx))
	checks = append(checks, p.strangers(ctx)...)
	checks = append(checks, p.clock(asked, e.Now()))
	checks = append(checks, p.sources(ctx)...)
	checks = append(checks, p.journal(ctx))
	checks = append(checks, p.log(ctx)...)
	checks = append(checks, p.notifications(ctx))
	checks = append(checks, p.partitions(ctx)...)
	return append(checks, p.retention(ctx), p.disk())
}

// Unanswered is the check of a database that does not answer.
func Unanswered(err error) Check {
	remedy := "start the server, or mend DATABASE_URL (or DATABASE_URL_FILE)"
	if errors.Is(err, store.ErrDatabaseURL) {
		remedy = "mend DATABASE_URL (or DATABASE_URL_FILE)"
	}
	return check("database", "%v", err).fail(remedy)
}
