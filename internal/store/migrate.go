package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

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

// MigrateUp is Migrate and tells which migrations it applied: all that were
// pending, or with an error none.
func MigrateUp(ctx context.Context, url string) ([]Migration, error) {
	var applied []Migration
	err := withProvider(ctx, url, func(db *sql.DB, provider *goose.Provider) error {
		before, err := foreignGrants(ctx, db)
		if err != nil {
			return err
		}
		if err := lockVersions(ctx, db); err != nil {
			return err
		}
		if err := revokeCreateInPublic(ctx, db); err != nil { // one at a time: two REVOKE of one schema fail
			return err
		}
		results, err := provider.Up(ctx)
		if err != nil {
			return err
		}
		for _, r := range results {
			applied = append(applied, Migration{Version: r.Source.Version, Name: r.Source.Path})
		}
		if err := revokeNewGrants(ctx, db, before); err != nil {
			return err
		}
		return extendPartitions(ctx, db)
	})
	if err != nil {
		return nil, err
	}
	return applied, nil
}

// MigrateDown undoes the newest migration. It refuses where that would lose rows.
func MigrateDown(ctx context.Context, url string) (Migration, error) {
	var undone Migration
	err := withProvider(ctx, url, func(db *sql.DB, provider *goose.Provider) error {
		if err := lockVersions(ctx, db); err != nil {
			return err
		}
		result, err := provider.Down(ctx)
		if err != nil {
			return err
		}
		undone = Migration{Version: result.Source.Version, Name: result.Source.Path}
		return nil
	})
	return undone, err
}

// MigrateStatus lists all migrations of this program.
func MigrateStatus(ctx context.Context, url string) ([]Migration, error) {
	var all []Migration
	err := withProvider(ctx, url, func(db *sql.DB, provider *goose.Provider) error {
		exists, err := hasVersions(ctx, db)
		if err != nil {
			return err
		}
		if !exists {
			for _, m := range provider.ListSources() {
				all = append(all, Migration{Version: m.Version, Name: m.Path})
			}
			return nil
		}
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
	err := s.pool.QueryRow(ctx, "SELECT max(version_id) FROM "+versions+" WHERE is_applied").Scan(&have)
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &pg) && pg.Code == "42P01": // no such table: nothing was ever migrated
		err = nil
	case errors.As(err, &pg) && pg.Code == "42501": // a login that may read the reports alone
		err = s.pool.QueryRow(ctx, "SELECT report.schema_version()").Scan(&have)
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

// unlessBusy drops the error of a lock that was not free in time.
func unlessBusy(err error) error {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == lockNotAvailable {
		return nil
	}
	return err
}

// versions is the table of what was applied. Its name is ours alone: another
// application in the database may use goose, too.
const versions = "public.tracker_migrations"

// migrateWait bounds the wait for somebody else's migrations.
const migrateWait = 5 * time.Minute

// withProvider runs work with goose's provider, in one transaction.
func withProvider(ctx context.Context, url string, work func(*sql.DB, *goose.Provider) error) error {
	if err := checkURL(url); err != nil {
		return err
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return unreadableURL(url)
	}
	if err := checkParameters(config.RuntimeParams); err != nil {
		return err
	}
	config.ConnectTimeout = connectTimeout
	return inMigration(ctx, *config, func(db *sql.DB) error {
		if err := checkServer(ctx, db, OldestServer); err != nil {
			return err
		}
		provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS, goose.WithTableName(versions))
		if err != nil {
			return fmt.Errorf("prepare migrations: %w", err)
		}
		if err := work(db, provider); err != nil {
			return explainMigration(err)
		}
		return nil
	})
}

func hasVersions(ctx context.Context, db *sql.DB) (exists bool, err error) {
	err = db.QueryRowContext(ctx, "SELECT to_regclass('"+versions+"') IS NOT NULL").Scan(&exists)
	if err != nil {
		return false, fmt.Errorf("look for the table of versions: %w", err)
	}
	return exists, nil
}

// lockVersions locks the table of versions until the end of the transaction, so that
// one process migrates at a time. It creates the table where there is none. Only the
// table's owner may lock it.
func lockVersions(ctx context.Context, db *sql.DB) error {
	exists, err := hasVersions(ctx, db)
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, fmt.Sprintf("SET LOCAL lock_timeout = '%dms'", migrateWait.Milliseconds())); err != nil {
		return fmt.Errorf("bound the wait for other migrations: %w", err)
	}
	if !exists {
		if err := checkRights(ctx, db); err != nil {
			return err
		}
		if err := createVersions(ctx, db); err != nil {
			return err
		}
	}
	if _, err := db.ExecContext(ctx, "LOCK TABLE "+versions+" IN SHARE ROW EXCLUSIVE MODE"); err != nil {
		return fmt.Errorf("wait for other migrations: %w", err)
	}
	return nil
}

// createVersions creates the table of versions as goose does. Where somebody else does
// so at the same time, it waits for the end of their transaction.
func createVersions(ctx context.Context, db *sql.DB) error {
	table, err := database.NewStore(goose.DialectPostgres, versions)
	if err != nil {
		return fmt.Errorf("prepare the table of versions: %w", err)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("make the table of versions: %w", err)
	}
	err = errors.Join(table.CreateVersionTable(ctx, tx), table.Insert(ctx, tx, database.InsertRequest{Version: 0}))
	if err == nil {
		return tx.Commit()
	}
	if err := tx.Rollback(); err != nil {
		return fmt.Errorf("make the table of versions: %w", err)
	}
	if exists, lookErr := hasVersions(ctx, db); exists || lookErr != nil {
		return lookErr
	}
	return fmt.Errorf("make the table of versions: %w", err)
}

// extendPartitions makes the partitions that the next polls will need.
func extendPartitions(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("make the partitions of polls: %w", err)
	}
	if _, err := tx.ExecContext(ctx, "SELECT polls_extend()"); err != nil {
		return errors.Join(unlessBusy(err), tx.Rollback())
	}
	return tx.Commit()
}

func newestMigration() (int64, error) {
	entries, err := migrations.FS.ReadDir(".")
	if err != nil {
		return 0, fmt.Errorf("read migrations: %w", err)
	}
	return goose.NumericComponent(entries[len(entries)-1].Name())
}
