package embeddedpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// pidFile is what Postgres writes of itself into postmaster.pid. A killed server leaves one that still says ready.
type pidFile struct {
	pid    int
	status string
}

// Lines of postmaster.pid, counted from zero, as Postgres 10 and later write them (src/include/utils/pidfile.h).
const (
	pidLine    = 0
	statusLine = 7
)

// readPIDFile reads the pid file of a cluster; a missing one is the zero pidFile.
func readPIDFile(cluster string) (pidFile, error) {
	content, err := os.ReadFile(filepath.Join(cluster, "postmaster.pid"))
	if errors.Is(err, fs.ErrNotExist) {
		return pidFile{}, nil
	}
	if err != nil {
		return pidFile{}, fmt.Errorf("read Postgres' pid file: %w", err)
	}
	return parsePIDFile(string(content)), nil
}

func parsePIDFile(content string) pidFile {
	lines := strings.Split(content, "\n")
	var file pidFile
	file.pid, _ = strconv.Atoi(strings.TrimSpace(lines[pidLine]))
	if len(lines) > statusLine {
		file.status = strings.TrimSpace(lines[statusLine])
	}
	return file
}

func (f pidFile) ready() bool { return f.status == "ready" }

// SQLSTATE codes that a probe meets.
const (
	codeNoDatabase      = "3D000"
	codeDatabaseExists  = "42P04"
	codeUniqueViolation = "23505" // what CREATE DATABASE says when another session does the same right now
)

// probe asks the server behind the socket for the pid in its own data directory: if it is another pid, it is not our
// server. It creates the tracker's database where that is missing.
func (s *Server) probe(ctx context.Context, pid int) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()

	// Postgres resolves the path in the directory that it runs in, whatever now has that directory's name.
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
