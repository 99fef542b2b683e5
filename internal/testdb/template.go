package testdb

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
)

// templateTimeout bounds the wait for other processes' migrations and our own.
const templateTimeout = 5 * time.Minute

// templateLock is the key of the advisory lock under which templates are built, one at a time on a server: the
// migrations make roles, which all databases of a server share.
const templateLock = 0x7472_6163_6b65_7200

// templateName names the database that the migrations make on a day: migrating also makes what the days to come
// need, so a template of long ago would not be what a new database is.
func templateName(files fs.FS, day time.Time) (string, error) {
	hash := sha256.New()
	fmt.Fprintln(hash, day.UTC().Format(time.DateOnly))
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, path)
		fmt.Fprintf(hash, "%q %q\n", path, content)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("hash the migrations: %w", err)
	}
	return fmt.Sprintf("tracker_template_%x", hash.Sum(nil)[:8]), nil
}

// buildTemplate makes the template unless some process has made it before.
func buildTemplate(ctx context.Context, server, name string, migrate func(ctx context.Context, url string) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, templateTimeout)
	defer cancel()
	conn, err := connect(ctx, server)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }() // which releases the lock
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(templateLock)); err != nil {
		return fmt.Errorf("wait for the template's lock: %w", err)
	}
	built, err := isBuilt(ctx, conn, name)
	if err != nil || built {
		return err
	}
	return build(ctx, conn, server, name, migrate)
}

// isBuilt tells whether the template is there and whole: it is marked as one only when all is done.
func isBuilt(ctx context.Context, conn *pgx.Conn, name string) (built bool, err error) {
	const query = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)"
	if err := conn.QueryRow(ctx, query, name).Scan(&built); err != nil {
		return false, fmt.Errorf("look for template %s: %w", name, err)
	}
	return built, nil
}

func build(ctx context.Context, conn *pgx.Conn, server, name string, migrate func(ctx context.Context, url string) error) error {
	url, err := withDatabase(server, name)
	if err != nil {
		return err
	}
	for _, statement := range []string{
		"DROP DATABASE IF EXISTS " + quote(name) + " WITH (FORCE)",
		"CREATE DATABASE " + quote(name) + " TEMPLATE template0",
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("make template %s: %w", name, err)
		}
	}
	if err := migrate(ctx, url); err != nil {
		return fmt.Errorf("migrate template %s: %w", name, err)
	}
	// A template that somebody is connected to cannot be copied, so nobody may connect any more.
	if _, err := conn.Exec(ctx, "ALTER DATABASE "+quote(name)+" IS_TEMPLATE true ALLOW_CONNECTIONS false"); err != nil {
		return fmt.Errorf("finish template %s: %w", name, err)
	}
	return nil
}
