package embeddedpg

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// abortTimeout bounds the wait for a server that is ended because its start was given up.
const abortTimeout = 10 * time.Second

// launch runs postgres on the cluster and waits until it answers. The lock goes to the server as an open file that
// all its processes inherit.
func (s *Server) launch(ctx context.Context, bin binaries, account account, lock *os.File) error {
	log, err := openLog(s.logPath())
	if err != nil {
		return notWritable(s.dataDir, err)
	}
	defer func() { _ = log.file.Close() }()
	stale, err := readPIDFile(s.cluster())
	if err != nil {
		return err
	}

	cmd := command(ctx, account, s.dataDir, bin.postgres(), s.arguments()...)
	cmd.Stdout, cmd.Stderr = log.file, log.file
	cmd.ExtraFiles = []*os.File{lock}
	if stale.pid != 0 {
		// The lock says that this pid is not our server, so some other process may have been given it since (in a
		// container it often is). Postgres takes a pid file for stale when it names this variable's process, and
		// still refuses when shared memory shows that the cluster is in use.
		cmd.Env = append(cmd.Env, "PG_GRANDPARENT_PID="+strconv.Itoa(stale.pid))
	}
	child, err := startProcess(cmd)
	if err != nil {
		return explainDenied(fmt.Errorf("start Postgres: %w", err), account, s.dataDir, bin.dir)
	}
	if err := s.waitReady(ctx, child); err != nil {
		abort, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
		defer cancel()
		_ = child.stop(abort)
		return fmt.Errorf("start Postgres on %s: %w%s", s.dataDir, err, log.tail())
	}
	s.child = child
	return nil
}

// waitReady returns when the child answers. It looks at the pid file first, because a query that comes too early
// leaves a line in the log.
func (s *Server) waitReady(ctx context.Context, child *process) error {
	for {
		select {
		case <-child.done:
			return fmt.Errorf("postgres ended: %s", child.result())
		default:
		}
		file, err := readPIDFile(s.cluster())
		if err != nil {
			return err
		}
		if file.pid == child.pid() && file.ready() {
			return s.probe(ctx, file.pid)
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// arguments are the command line of postgres. Settings there outrank postgresql.conf.
func (s *Server) arguments() []string {
	settings := map[string]string{
		"listen_addresses":        "",
		"port":                    port,
		"unix_socket_directories": s.socketDir,
		"unix_socket_permissions": "0700",
		"max_connections":         "50",
		// What reads polls without bounds in time locks every month's partition.
		"max_locks_per_transaction": "256",
		"shared_buffers":            "128MB",
		"jit":                       "off", // compiling costs more than it saves on queries of a few milliseconds
		"log_checkpoints":           "off", // or the log grows while nothing happens
	}
	maps.Copy(settings, s.cfg.Settings)
	args := []string{"-D", s.cluster()}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args
}

func (s *Server) logPath() string { return filepath.Join(s.dataDir, "postgres.log") }
