package embeddedpg

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// SQLSTATE codes that a probe meets.
const (
	codeNoDatabase      = "3D000"
	codeDatabaseExists  = "42P04"
	codeUniqueViolation = "23505" // what CREATE DATABASE says when another session does the same right now
)

// probe asks the server behind the socket for the pid in its own data directory, and so tells whether it is the
// server of ours. It creates the tracker's database where it is missing.
func (s *Server) probe(ctx context.Context, pid int) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()

	// Postgres works inside its data directory: the path is relative to the directory that it really has open.
	const query = `SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)::int`
	var answered int
	if err := conn.QueryRow(ctx, query).Scan(&answered); err != nil {
		return fmt.Errorf("ask Postgres for its pid: %w", err)
	}
	if answered != pid {
		return fmt.Errorf("the server on %s has pid %d, the one of %s pid %d", s.socketDir, answered, s.cluster(), pid)
	}
	return nil
}

func (s *Server) connect(ctx context.Context) (*pgx.Conn, error) {
	conn, err := pgx.Connect(ctx, s.urlOf(database))
	if !hasCode(err, codeNoDatabase) {
		return conn, err
	}
	if err := s.createDatabase(ctx); err != nil {
		return nil, fmt.Errorf("create database %s: %w", database, err)
	}
	return pgx.Connect(ctx, s.urlOf(database))
}

func (s *Server) createDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.urlOf("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	_, err = conn.Exec(ctx, "CREATE DATABASE "+database)
	if hasCode(err, codeDatabaseExists) || hasCode(err, codeUniqueViolation) {
		return nil
	}
	return err
}

func hasCode(err error, code string) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pgErr.Code == code
}
