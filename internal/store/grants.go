package store

import (
	"context"
	"database/sql"
	_ "embed" // grants.sql
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"

	"tracker/db/migrations"
)

// grantsSQL lists the privileges that others than the owner and our roles have on
// what the migrations create in public ($1 names the tables, $2 the functions) and in
// report. An object on which nobody else has any comes once, without a grantee.
//
//go:embed grants.sql
var grantsSQL string

// revokeCreate keeps others from creating functions beside ours.
const revokeCreate = "REVOKE CREATE ON SCHEMA public FROM PUBLIC"

// grant is an object of the schema, and somebody's privileges on it.
type grant struct {
	kind       string // TABLE, SEQUENCE, FUNCTION or SCHEMA
	name       string // as SQL has it
	grantee    string // as SQL has it; empty: nobody
	privileges string
}

var created = regexp.MustCompile(`(?m)^CREATE (TABLE|VIEW|FUNCTION) (\w+)(?: |\()`)

// foreignGrants lists the schema's objects with the privileges of others.
func foreignGrants(ctx context.Context, db *sql.DB) ([]grant, error) {
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
	rows, err := db.QueryContext(ctx, grantsSQL, strings.Join(slices.Concat(names["TABLE"], names["VIEW"]), " "), strings.Join(names["FUNCTION"], " "))
	if err != nil {
		return nil, fmt.Errorf("read who has rights on the schema: %w", unreachable(err))
	}
	defer func() { _ = rows.Close() }() // Err tells of what went wrong
	var found []grant
	for rows.Next() {
		var d grant
		if err := rows.Scan(&d.kind, &d.name, &d.grantee, &d.privileges); err != nil {
			return nil, fmt.Errorf("read who has rights on the schema: %w", err)
		}
		found = append(found, d)
	}
	return found, rows.Err()
}

// revokeCreateInPublic takes the privilege to create in the schema public from
// everybody, who has it by default up to PostgreSQL 14: a function there can stand in
// for one of the server's.
func revokeCreateInPublic(ctx context.Context, db *sql.DB) error {
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
			owner, revokeCreate)
	}
	if _, err := db.ExecContext(ctx, revokeCreate); err != nil {
		return fmt.Errorf("%s: %w", revokeCreate, err)
	}
	return nil
}

// revokeNewGrants revokes the privileges of others on objects that were not there
// before: a host's default privileges may grant all of a new object to everybody.
// Grants on objects that were there stay: somebody meant them.
func revokeNewGrants(ctx context.Context, db *sql.DB, before []grant) error {
	after, err := foreignGrants(ctx, db)
	if err != nil {
		return err
	}
	for _, d := range after {
		was := func(b grant) bool { return b.kind == d.kind && b.name == d.name }
		if d.grantee == "" || slices.ContainsFunc(before, was) {
			continue
		}
		if _, err := db.ExecContext(ctx, fmt.Sprintf("REVOKE ALL ON %s %s FROM %s CASCADE", d.kind, d.name, d.grantee)); err != nil {
			return fmt.Errorf("take %s of %s from %s: %w", d.privileges, d.name, d.grantee, err)
		}
	}
	return nil
}

// ForeignGrants warns of the privileges that others than the owner and our roles have
// on the schema, with the statements that revoke them.
func ForeignGrants(ctx context.Context, url string) ([]string, error) {
	var warnings []string
	err := withProvider(ctx, url, func(db *sql.DB, _ *goose.Provider) error {
		all, err := foreignGrants(ctx, db)
		if err != nil {
			return err
		}
		var holders []grant // without name
		names := map[grant][]string{}
		for _, d := range all {
			holder := grant{kind: d.kind, grantee: d.grantee, privileges: d.privileges}
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
			warnings = append(warnings, "everybody may create in the schema public:  "+revokeCreate+";")
		}
		return nil
	})
	return warnings, err
}
