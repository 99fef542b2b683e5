package embeddedpg

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// startOrJoin returns when a server answers. The server's processes hold the lock as long as one of them lives: who
// gets the lock starts a server, everybody else asks until the lock's holder answers or the lock is free. So a server
// that is still starting, or not yet gone, is waited for.
func (s *Server) startOrJoin(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := s.takeTurn(ctx); err != nil {
		return err
	}
	defer s.giveTurn()
	if s.closed {
		return ErrClosed
	}
	for {
		lock, free, err := tryLock(s.lockPath())
		if err != nil {
			return notWritable(s.dataDir, err)
		}
		if free {
			return s.start(ctx, lock)
		}
		joinErr := s.join(ctx)
		if joinErr == nil {
			return nil
		}
		if err := pause(ctx); err != nil {
			return fmt.Errorf("wait for the Postgres server on %s that is starting or stopping: %w (%w)", s.dataDir, err, joinErr)
		}
	}
}

// join succeeds when the server that holds the lock answers.
func (s *Server) join(ctx context.Context) error {
	file, err := readPIDFile(s.cluster())
	if err != nil {
		return err
	}
	if !file.ready() {
		return fmt.Errorf("pid %d says %q", file.pid, file.status)
	}
	if err := s.probe(ctx, file.pid); err != nil {
		return err
	}
	s.cfg.Logger.DebugContext(ctx, "embedded postgres joined", "data_dir", s.dataDir, "pid", file.pid)
	return nil
}

// start runs the server, after creating the cluster where there is none, and passes the lock on to it.
func (s *Server) start(ctx context.Context, lock *os.File) error {
	defer func() { _ = lock.Close() }()
	began := time.Now()
	account, err := serverAccount(s.cluster(), s.dataDir)
	if err != nil {
		return err
	}
	major, err := clusterMajor(s.cluster())
	if err != nil {
		return err
	}
	bin, err := findBinaries(ctx, s.cfg.BinDir, major, s.cfg.Oldest)
	if err != nil {
		return fmt.Errorf("data directory %s: %w", s.dataDir, err)
	}
	if err := makePrivateDir(s.socketDir, account); err != nil {
		return err
	}
	if major == 0 {
		if err := s.createCluster(ctx, bin, account); err != nil {
			return err
		}
	}
	if err := s.launch(ctx, bin, account, lock); err != nil {
		return err
	}
	s.cfg.Logger.DebugContext(ctx, "embedded postgres started", "data_dir", s.dataDir, "version", bin.major,
		"took", time.Since(began))
	return nil
}

func (s *Server) lockPath() string { return filepath.Join(s.dataDir, "postgres.lock") }

// pause waits one poll interval, or less when the context ends.
func pause(ctx context.Context) error {
	timer := time.NewTimer(pollInterval)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

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
		// We hold the lock: the pid file is a dead server's, but another process may have its pid by now, in a
		// container often. Postgres ignores a pid file that names the process of this variable. It still refuses
		// a cluster whose shared memory is in use.
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
		// The cursors are written twice a poll: versions that nobody sees any more are in the way of claims.
		"autovacuum_naptime": "15s",
		"jit":                "off", // compiling costs more than it saves on queries of a few milliseconds
		"log_checkpoints":    "off", // or the log grows while nothing happens
	}
	maps.Copy(settings, s.cfg.Settings)
	args := []string{"-D", s.cluster()}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args
}

func (s *Server) logPath() string { return filepath.Join(s.dataDir, "postgres.log") }

// tryLock takes the lock of a data directory without waiting; free is false when a starter or a server holds it.
// The lock belongs to the open file: the last process that inherited it lets go of it by ending, in whatever
// container. So nobody has to trust a pid.
func tryLock(path string) (lock *os.File, free bool, err error) {
	lock, err = openOwned(path, os.O_RDWR)
	if err != nil {
		return nil, false, err
	}
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return lock, true, nil
	}
	_ = lock.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, false, nil
	}
	return nil, false, fmt.Errorf("lock %s: %w", path, err)
}

// openOwned opens or creates a file that only the owner of its directory may read. Root gives a new file to that
// owner, who may be the next to open it, and follows no symbolic link, which the owner may have laid.
func openOwned(path string, flag int) (*os.File, error) {
	file, err := os.OpenFile(path, flag|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if os.Geteuid() != 0 {
		return file, nil
	}
	owner, err := ownerOf(filepath.Dir(path))
	if err == nil {
		err = file.Chown(int(owner.uid), int(owner.gid))
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}
