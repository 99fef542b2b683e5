package cli

import (
	"context"
	"errors"
	"time"

	"tracker/internal/config"
	"tracker/internal/embeddedpg"
	"tracker/internal/store"
)

// stopTimeout bounds the end of the embedded server.
const stopTimeout = 10 * time.Second

const (
	// awaitEvery is how often a daemon looks whether its database is up.
	awaitEvery = time.Second
	// awaitTold is how often it says that it waits.
	awaitTold = time.Minute
)

// migrateTries is how often the embedded server may go while we migrate.
const migrateTries = 5

// withDatabase gives work the URL of the database: that of DATABASE_URL, else
// of the embedded server, which it starts or joins, and stops if it started it.
func (a *app) withDatabase(ctx context.Context, work func(url string, options store.Options) error) (err error) {
	if url := a.environment.DatabaseURL; !url.IsZero() {
		return work(url.Reveal(), store.Options{})
	}
	dir, err := dataDir(a.environment)
	if err != nil {
		return err
	}
	server, err := embeddedpg.Start(ctx, embeddedpg.Config{DataDir: dir, BinDir: a.environment.PGBin, Oldest: store.OldestServer, Logger: a.logger})
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		err = errors.Join(err, server.Close(ctx))
	}()
	return work(server.URL(), store.Options{Ensure: server.Ensure})
}

// dataDir is where the embedded server keeps its database.
func dataDir(environment config.Environment) (string, error) {
	if environment.DataDir != "" {
		return environment.DataDir, nil
	}
	return embeddedpg.DefaultDataDir()
}

// hasDatabase reports whether there is a database to be asked, or started, without making one.
func (a *app) hasDatabase() bool {
	if !a.environment.DatabaseURL.IsZero() {
		return true
	}
	dir, err := dataDir(a.environment)
	return err == nil && embeddedpg.HasCluster(dir)
}

// withStore gives work the store of a database whose schema fits. The embedded
// one is brought up to date, any other must be already.
func (a *app) withStore(ctx context.Context, work func(*store.Store) error) error {
	return a.withDatabase(ctx, func(url string, options store.Options) error {
		s, err := store.Open(ctx, url, options)
		if err != nil {
			return err
		}
		defer s.Close()
		if err := a.fit(ctx, s, url, options); err != nil {
			return err
		}
		return work(s)
	})
}

// fit sees to it that the database's schema is the one of this program.
func (a *app) fit(ctx context.Context, s *store.Store, url string, options store.Options) error {
	err := s.CheckSchema(ctx)
	if errors.Is(err, store.ErrSchemaOld) && a.environment.DatabaseURL.IsZero() {
		if err := migrateEmbedded(ctx, url, options); err != nil {
			return err
		}
		s.Renew() // its sessions may be those of a server that is gone
		return nil
	}
	return err
}

// awaitDatabase tries again what a database refuses that is not up yet, and says
// now and then what is waited for.
func (a *app) awaitDatabase(ctx context.Context, fit func(context.Context) error) error {
	ticker := time.NewTicker(awaitEvery)
	defer ticker.Stop()
	var told time.Time
	for {
		err := fit(ctx)
		if err == nil && !told.IsZero() {
			a.logger.InfoContext(ctx, "the database answers")
		}
		if ctx.Err() != nil || !store.IsTemporary(err) {
			return err
		}
		if time.Since(told) >= awaitTold {
			told = time.Now()
			a.logger.WarnContext(ctx, "waiting for the database", "database", a.environment.DatabaseURL, "error", err)
		}
		select {
		case <-ctx.Done():
			return err
		case <-ticker.C:
		}
	}
}

// migrateEmbedded brings the embedded database up to date. Its server ends with
// the process that started it, which may be another: then it is started again.
func migrateEmbedded(ctx context.Context, url string, options store.Options) (err error) {
	for range migrateTries {
		if err := options.Ensure(ctx); err != nil {
			return err
		}
		if err = store.Migrate(ctx, url); err == nil {
			return nil
		}
	}
	return err
}

// author is who this process changes the registry for.
func (a *app) author(ctx context.Context, s *store.Store) (store.Author, error) {
	now, err := s.Now(ctx)
	if err != nil {
		return store.Author{}, err
	}
	return store.Author{Actor: a.environment.Actor, At: now}, nil
}
