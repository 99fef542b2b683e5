package store

import (
	"context"
	"database/sql"
	_ "embed" // doors.sql
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"

	"tracker/db/migrations"
)

// doorsSQL gives the rights that others than the owner and our roles have on
// what the migrations make in public ($1 names the tables, $2 the functions) and
// in report. An object on which nobody else has any is there once, without a grantee.
//
//go:embed doors.sql
var doorsSQL string

// createInPublic is the privilege by which anybody's functions stand beside ours.
const createInPublic = "REVOKE CREATE ON SCHEMA public FROM PUBLIC"

// door is an object of the schema, and somebody's rights on it.
type door struct {
	kind       string // TABLE, SEQUENCE, FUNCTION or SCHEMA
	name       string // as SQL has it
	grantee    string // as SQL has it; empty: nobody
	privileges string
}

var created = regexp.MustCompile(`(?m)^CREATE (TABLE|FUNCTION) (\w+)(?: |\()`)

// doors lists the schema's objects with what others may do to them.
func doors(ctx context.Context, db *sql.DB) ([]door, error) {
	names := map[string][]string{"TABLE": {strings.TrimPrefix(versions, "public.")}}
	files, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	for _, file := range files {
		text, err := migrations.FS.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read migration: %w", err)
		}
		for _, match := range created.FindAllStringSubmatch(string(text), -1) {
			names[match[1]] = append(names[match[1]], match[2])
		}
	}
	rows, err := db.QueryContext(ctx, doorsSQL, strings.Join(names["TABLE"], " "), strings.Join(names["FUNCTION"], " "))
	if err != nil {
		return nil, fmt.Errorf("read who has rights on the schema: %w", unreachable(err))
	}
	defer func() { _ = rows.Close() }() // Err tells of what went wrong
	var found []door
	for rows.Next() {
		var d door
		if err := rows.Scan(&d.kind, &d.name, &d.grantee, &d.privileges); err != nil {
			return nil, fmt.Errorf("read who has rights on the schema: %w", err)
		}
		found = append(found, d)
	}
	return found, rows.Err()
}

// closePublic sees to it that not everybody may create in the schema public, as
// up to PostgreSQL 14 they may by default: their functions would be taken for
// the server's by whoever works there.
func closePublic(ctx context.Context, db *sql.DB) error {
	var open, may bool
	var owner string
	err := db.QueryRowContext(ctx, `SELECT has_schema_privilege('public', oid, 'CREATE'), pg_has_role(nspowner, 'USAGE'), pg_get_userbyid(nspowner)
		FROM pg_namespace WHERE nspname = 'public'`).Scan(&open, &may, &owner)
	switch {
	case errors.Is(err, sql.ErrNoRows) || err == nil && !open:
		return nil
	case err != nil:
		return fmt.Errorf("read who may create in the schema public: %w", err)
	case !may:
		return fmt.Errorf("everybody may create in the schema public of this database, and so put functions into the way of its owner's: have %s, or a superuser, run  %s;",
			owner, createInPublic)
	}
	if _, err := db.ExecContext(ctx, createInPublic); err != nil {
		return fmt.Errorf("%s: %w", createInPublic, err)
	}
	return nil
}

// closeDoors takes away what others may do to objects that were not there
// before: a host's default privileges can open all that is made to everybody.
// What somebody was granted later stays.
func closeDoors(ctx context.Context, db *sql.DB, before []door) error {
	after, err := doors(ctx, db)
	if err != nil {
		return err
	}
	for _, d := range after {
		was := func(b door) bool { return b.kind == d.kind && b.name == d.name }
		if d.grantee == "" || slices.ContainsFunc(before, was) {
			continue
		}
		if _, err := db.ExecContext(ctx, fmt.Sprintf("REVOKE ALL ON %s %s FROM %s CASCADE", d.kind, d.name, d.grantee)); err != nil {
			return fmt.Errorf("take %s of %s from %s: %w", d.privileges, d.name, d.grantee, err)
		}
	}
	return nil
}

// OpenDoors warns of what others than the owner and our roles may do to the
// schema, with the statements that end it.
func OpenDoors(ctx context.Context, url string) ([]string, error) {
	var warnings []string
	err := withProvider(ctx, url, func(db *sql.DB, _ *goose.Provider) error {
		all, err := doors(ctx, db)
		if err != nil {
			return err
		}
		var holders []door // without name
		names := map[door][]string{}
		for _, d := range all {
			holder := door{kind: d.kind, grantee: d.grantee, privileges: d.privileges}
			if d.grantee == "" {
				continue
			}
			if names[holder] == nil {
				holders = append(holders, holder)
			}
			names[holder] = append(names[holder], d.name)
		}
		for _, h := range holders {
			objects := strings.Join(names[h], ", ")
			warnings = append(warnings, fmt.Sprintf("%s has %s on %s; unless that is meant:  REVOKE ALL ON %s %s FROM %s;",
				h.grantee, h.privileges, objects, h.kind, objects, h.grantee))
		}
		var open sql.NullBool
		if err := db.QueryRowContext(ctx, "SELECT has_schema_privilege('public', to_regnamespace('public')::oid, 'CREATE')").Scan(&open); err != nil {
			return err
		}
		if open.Bool {
			warnings = append(warnings, "everybody may create in the schema public:  "+createInPublic+";")
		}
		return nil
	})
	return warnings, err
}
