package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"tracker/db/migrations"
)

// Migration is one migration and, where it is applied, since when.
type Migration struct {
	Version   int64      `json:"version"`
	Name      string     `json:"migration"`
	AppliedAt *time.Time `json:"applied_at"` // nil: pending
}

// Migrate brings the schema of the database at url to this program's version
// and makes the partitions of the next days. Several processes may call it at once.
func Migrate(ctx context.Context, url string) error {
	_, err := MigrateUp(ctx, url)
	return err
}

// MigrateUp is Migrate and tells which migrations it applied.
func MigrateUp(ctx context.Context, url string) ([]Migration, error) {
	var applied []Migration
	err := withProvider(ctx, url, func(db *sql.DB, provider *goose.Provider) error {
		results, err := provider.Up(ctx)
		if err != nil {
			return migrationError(err)
		}
		for _, r := range results {
			applied = append(applied, Migration{Version: r.Source.Version, Name: r.Source.Path})
		}
		_, err = db.ExecContext(ctx, "SELECT polls_extend()")
		return unlessBusy(err)
	})
	return applied, err
}

// MigrateDown undoes the newest migration. It refuses where that would lose rows.
func MigrateDown(ctx context.Context, url string) (Migration, error) {
	var undone Migration
	err := withProvider(ctx, url, func(_ *sql.DB, provider *goose.Provider) error {
		result, err := provider.Down(ctx)
		if err != nil {
			return migrationError(err)
		}
		undone = Migration{Version: result.Source.Version, Name: result.Source.Path}
		return nil
	})
	return undone, err
}

// MigrateStatus lists all migrations of this program.
func MigrateStatus(ctx context.Context, url string) ([]Migration, error) {
	var all []Migration
	err := withProvider(ctx, url, func(_ *sql.DB, provider *goose.Provider) error {
		status, err := provider.Status(ctx)
		if err != nil {
			return err
		}
		for _, m := range status {
			all = append(all, Migration{Version: m.Source.Version, Name: m.Source.Path, AppliedAt: toPointer(m.AppliedAt.UTC())})
		}
		return nil
	})
	return all, err
}

// CheckSchema returns ErrSchemaOld or ErrSchemaNew unless the database's
// schema is the one of this program.
func (s *Store) CheckSchema(ctx context.Context) error {
	var have int64
	err := s.pool.QueryRow(ctx, "SELECT max(version_id) FROM goose_db_version WHERE is_applied").Scan(&have)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42P01" { // no such table: nothing was ever migrated
		err = nil
	}
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", unreachable(err))
	}
	want, err := newestMigration()
	switch {
	case err != nil:
		return err
	case have < want:
		return fmt.Errorf("%w: database is at version %d, this tracker needs %d: run  tracker migrate up", ErrSchemaOld, have, want)
	case have > want:
		return fmt.Errorf("%w: database is at version %d, this tracker knows %d: use the tracker that migrated it, or a newer one", ErrSchemaNew, have, want)
	default:
		return nil
	}
}

// ExtendPartitions makes the partitions of polls for today and the next days.
// Where somebody reads polls for long, that is left to the next call; the default
// partition takes the polls until then.
func (s *Store) ExtendPartitions(ctx context.Context) error {
	if err := unlessBusy(s.queries.PollPartitionsExtend(ctx)); err != nil {
		return fmt.Errorf("make the partitions of polls: %w", err)
	}
	return nil
}

// unlessBusy drops the error of a lock that was not to be had in time.
func unlessBusy(err error) error {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == lockNotAvailable {
		return nil
	}
	return err
}

func withProvider(ctx context.Context, url string, work func(*sql.DB, *goose.Provider) error) (err error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return ErrDatabaseURL
	}
	config.ConnectTimeout = connectTimeout
	db := stdlib.OpenDB(*config)
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := checkEncoding(ctx, db); err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // ask each second, for five minutes
	if err != nil {
		return fmt.Errorf("prepare migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS, goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("prepare migrations: %w", err)
	}
	return work(db, provider)
}

// checkEncoding refuses databases that cannot hold every text.
func checkEncoding(ctx context.Context, db *sql.DB) error {
	var encoding string
	if err := db.QueryRowContext(ctx, "SHOW server_encoding").Scan(&encoding); err != nil {
		return fmt.Errorf("read the database's encoding: %w", unreachable(err))
	}
	if encoding != "UTF8" {
		return fmt.Errorf("the database's encoding is %s: the tracker needs UTF8", encoding)
	}
	return nil
}

// migrationError adds the server's hint, such as the statements to run without CREATEROLE.
func migrationError(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Hint != "" {
		return fmt.Errorf("migrate: %w\n%s", err, pg.Hint)
	}
	return fmt.Errorf("migrate: %w", err)
}

func newestMigration() (int64, error) {
	entries, err := migrations.FS.ReadDir(".")
	if err != nil {
		return 0, fmt.Errorf("read migrations: %w", err)
	}
	return goose.NumericComponent(entries[len(entries)-1].Name())
}
