// Package embeddedpg finds the Postgres binaries of this machine and runs a private server over them: one cluster
// in a data directory, reached through a Unix socket that only its owner can open, ended with the process that
// started it. Several processes share the server of one directory: the first starts it, the others join, and
// whoever finds it gone starts it again. The package downloads nothing, listens on no port, upgrades no data and
// never deletes a data directory.
package embeddedpg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// superuser and database are the fixed names of the one role that owns the server and of the tracker's database;
// port only names the socket file.
const (
	superuser = "tracker"
	database  = "tracker"
	port      = "5432"
)

// startTimeout bounds one start or join: long enough for crash recovery on a slow disk.
const startTimeout = 5 * time.Minute

// pollInterval is how often a server is asked for its state while it starts or stops.
const pollInterval = 5 * time.Millisecond

// ErrClosed is what Ensure returns after Close: a server that its owner ended is not started again.
var ErrClosed = errors.New("embedded Postgres is closed")

// Config says which server to run.
type Config struct {
	// DataDir holds the cluster (in postgres/), its socket, lock and log. It is created where it is missing and
	// never deleted. DefaultDataDir gives the usual one.
	DataDir string
	// BinDir is the one directory to take initdb and postgres from. Empty: they are searched for.
	BinDir string
	// Oldest is the oldest major version to begin a cluster with. 0: any.
	Oldest int
	// Logger is told of starts and stops. Nil: nobody is.
	Logger *slog.Logger
	// Settings are server settings laid over the package's own. They take effect when this process starts the
	// server, and not when it joins one.
	Settings map[string]string
}

// Server is a private Postgres server that this process started or joined. Its methods may be called concurrently.
type Server struct {
	cfg       Config
	dataDir   string
	socketDir string

	// turn is held by the goroutine that starts, joins or stops the server. A channel, so that waiting ends with
	// the context.
	turn   chan struct{}
	child  *process // guarded by turn; nil while the server is another process's
	closed bool     // guarded by turn
}

// Start starts the server of the data directory, or joins the one that already runs there, and returns when it
// answers queries and the database exists. The first start of a directory creates the cluster. Start unsets libpq's
// environment variables, which speak of another server.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	forgetClientVariables()
	dataDir, err := prepareDataDir(cfg.DataDir)
	if err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{cfg: cfg, dataDir: dataDir, socketDir: socketDir(dataDir), turn: make(chan struct{}, 1)}
	if err := s.startOrJoin(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// URL is the connection string of the tracker's database, for pgx, libpq and psql alike. It stays the same when the
// server is started again, by whichever process.
func (s *Server) URL() string { return s.urlOf(database) }

// Ensure returns when the server answers, and starts it again when it is gone: its starter may have ended, and with
// it the server. It costs one file read and one dial, so it fits pgxpool's BeforeConnect.
func (s *Server) Ensure(ctx context.Context) error {
	if s.answers(ctx) {
		return nil
	}
	return s.startOrJoin(ctx)
}

// Close ends the server when this process started it, and waits for that. Open transactions are rolled back. A
// server of another process is left alone. Afterwards Ensure starts nothing.
func (s *Server) Close(ctx context.Context) error {
	if err := s.takeTurn(ctx); err != nil {
		return err
	}
	defer s.giveTurn()
	s.closed = true
	if s.child == nil {
		return nil
	}
	if err := s.child.stop(ctx); err != nil {
		return fmt.Errorf("stop Postgres on %s: %w", s.dataDir, err)
	}
	s.child = nil
	s.cfg.Logger.DebugContext(ctx, "embedded postgres stopped", "data_dir", s.dataDir)
	return nil
}

// answers reports cheaply whether a server accepts connections. It needs both files: while a server shuts down its
// socket still accepts, and after a kill its pid file still says ready.
func (s *Server) answers(ctx context.Context) bool {
	file, err := readPIDFile(s.cluster())
	if err != nil || !file.ready() {
		return false
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", socketFile(s.socketDir))
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

func (s *Server) takeTurn(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for another start of Postgres on %s: %w", s.dataDir, ctx.Err())
	}
}

func (s *Server) giveTurn() { <-s.turn }

// cluster is PGDATA: the part of the data directory that belongs to Postgres.
func (s *Server) cluster() string { return filepath.Join(s.dataDir, "postgres") }

func (s *Server) urlOf(name string) string {
	// The port is named because pgx and libpq would take PGPORT otherwise.
	query := url.Values{"host": {s.socketDir}, "port": {port}}
	u := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + name, RawQuery: query.Encode()}
	return u.String()
}

// Running returns the URL of a data directory's server if that runs now. It starts and creates nothing.
func Running(ctx context.Context, dataDir string) (url string, running bool) {
	forgetClientVariables()
	dir, err := filepath.Abs(dataDir)
	if err != nil {
		return "", false
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return "", false
	}
	s := &Server{dataDir: dir, socketDir: socketDir(dir)}
	return s.URL(), s.answers(ctx)
}

// HasCluster reports whether a data directory has a cluster, or something that Start would refuse in its place. It
// starts and creates nothing.
func HasCluster(dataDir string) bool {
	major, err := clusterMajor((&Server{dataDir: dataDir}).cluster())
	return major > 0 || err != nil
}

// forgetClientVariables unsets the variables by which a shell says where Postgres is. They speak of another server,
// and every client, libpq's too, fills with them what our URL leaves open. No URL can overrule PGSERVICE.
func forgetClientVariables() {
	for _, name := range []string{
		"PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGPASSFILE", "PGAPPNAME", "PGCONNECT_TIMEOUT", "PGCLIENTENCODING",
		"PGSSLMODE", "PGSSLKEY", "PGSSLCERT", "PGSSLCERTMODE", "PGSSLSNI", "PGSSLROOTCERT", "PGSSLCRL", "PGSSLPASSWORD", "PGSSLNEGOTIATION",
		"PGTARGETSESSIONATTRS", "PGLOADBALANCEHOSTS", "PGSERVICE", "PGSERVICEFILE", "PGTZ", "PGDATESTYLE", "PGOPTIONS", "PGGSSENCMODE",
		"PGMINPROTOCOLVERSION", "PGMAXPROTOCOLVERSION", "PGCHANNELBINDING", "PGREQUIREAUTH",
	} {
		_ = os.Unsetenv(name)
	}
}
