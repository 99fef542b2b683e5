// Package seeddb finds the database that make seed fills and that the benches
// of reports read: DATABASE_URL, else a private Postgres in a directory of its
// own, seed/ below the tracker's data directory. What it holds is made up.
package seeddb

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"tracker/internal/config"
	"tracker/internal/embeddedpg"
)

// stopTimeout bounds the end of the private server, which writes much before.
const stopTimeout = 5 * time.Minute

// Label is the label that all jobs of a seed have; its value is the seed's number.
const Label = "seed"

// Actor is who has registered what a seed has.
const Actor = "seed"

// Database is where the seed is.
type Database struct {
	URL string
	Dir string // of the private server; empty: it is the one of DATABASE_URL
}

// With gives work the database. The settings are for a private server that is started for it.
func With(ctx context.Context, getenv func(string) string, settings map[string]string, work func(Database) error) (err error) {
	environment, err := config.ReadEnvironment(getenv)
	if err != nil {
		return err
	}
	if url := environment.DatabaseURL; !url.IsZero() {
		return work(Database{URL: url.Reveal()})
	}
	dir := environment.DataDir
	if dir == "" {
		if dir, err = embeddedpg.DefaultDataDir(); err != nil {
			return err
		}
	}
	dir = filepath.Join(dir, "seed")
	server, err := embeddedpg.Start(ctx, embeddedpg.Config{DataDir: dir, BinDir: environment.PGBin, Settings: settings})
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		err = errors.Join(err, server.Close(ctx))
	}()
	return work(Database{URL: server.URL(), Dir: dir})
}
