package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"tracker/internal/store/internal/dbsqlc"
)

// Server is what the database's server says of itself.
type Server struct {
	Version  string
	Database string // its name
	Size     int64  // of the database, in bytes
	Now      time.Time
}

// Server asks the server how it is.
func (s *Store) Server(ctx context.Context) (Server, error) {
	row, err := s.queries.ServerCondition(ctx)
	if err != nil {
		return Server{}, fmt.Errorf("ask the server how it is: %w", unreachable(err))
	}
	return Server(row), nil
}

// Rights are what a login may do.
type Rights struct {
	Login     string
	Owns      bool // the tables: it can alter what was recorded
	Records   bool // polls, as a daemon does
	Registers bool // it decides what is tracked
}

// Rights tells what the store's login may do.
func (s *Store) Rights(ctx context.Context) (Rights, error) {
	row, err := s.queries.LoginRights(ctx)
	if err != nil {
		return Rights{}, fmt.Errorf("read what the login may do: %w", err)
	}
	return Rights(row), nil
}

// JournalLag is what waits to be journaled.
type JournalLag struct {
	Notes int64     // that tell of it
	Since time.Time // when the oldest of it was observed or done; zero: of none that is known
}

// JournalLag tells what waits to be journaled.
func (s *Store) JournalLag(ctx context.Context) (JournalLag, error) {
	row, err := s.queries.JournalWaiting(ctx)
	if err != nil {
		return JournalLag{}, fmt.Errorf("read what waits to be journaled: %w", err)
	}
	return JournalLag(row), nil
}

// Partitions tells how far there are partitions.
type Partitions struct {
	Polls   time.Time // the first that no partition is for but the default one
	Journal int64     // the first entry that there is no partition for
}

// Partitions tells how far there are partitions.
func (s *Store) Partitions(ctx context.Context) (Partitions, error) {
	row, err := s.queries.PartitionsUntil(ctx)
	if err != nil {
		return Partitions{}, fmt.Errorf("read how far there are partitions: %w", err)
	}
	p := Partitions{Journal: row.Journal}
	if row.Polls == "" {
		return p, nil
	}
	if p.Polls, err = time.Parse("2006-01-02 15:04:05-07", row.Polls); err != nil { // as a session of ours writes it
		return Partitions{}, fmt.Errorf("read until when there are partitions: %w", err)
	}
	return p, nil
}

// LastRetained is when retention last took something; zero: it never did.
func (s *Store) LastRetained(ctx context.Context) (time.Time, error) {
	at, err := s.queries.ReportRetentionLast(ctx)
	if err != nil {
		return time.Time{}, fmt.Errorf("read what retention has taken: %w", err)
	}
	return at, nil
}

// Serving lists the trackers that serve at a time, the oldest first.
func (s *Store) Serving(ctx context.Context, now time.Time) ([]Replica, error) {
	rows, err := s.queries.ReportTrackersServing(ctx, now)
	if err != nil {
		return nil, fmt.Errorf("read which trackers serve: %w", err)
	}
	return convert(rows, func(row dbsqlc.ReportTrackersServingRow) Replica {
		return Replica{Owner: row.Tracker, StartedAt: row.StartedAt}
	}), nil
}

// JobToAsk is a job of a source that is polled, by which the source can be asked whether
// it answers: its name and target. ErrNotFound: there is none.
func (s *Store) JobToAsk(ctx context.Context, sourceName string) (job string, target map[string]string, err error) {
	row, err := s.queries.ReportJobToAsk(ctx, sourceName)
	if err == nil {
		target, err = textsOf(row.Target)
	}
	if err != nil {
		return "", nil, fmt.Errorf("look for a job of source %s: %w", sourceName, notFound(err))
	}
	return row.Job, target, nil
}

// CredentialRefused reports that the jobs of a source are not polled since its credential
// was refused or could not be read.
func (s *Store) CredentialRefused(ctx context.Context, sourceName string) (bool, error) {
	refused, err := s.queries.ReportCredentialRefused(ctx, sourceName)
	if err != nil {
		return false, fmt.Errorf("read why the jobs of source %s are not polled: %w", sourceName, err)
	}
	return refused, nil
}

// IsDenied reports that the login may not do, or read, what was asked for.
func IsDenied(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == insufficientPrivilege
}
