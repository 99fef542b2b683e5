package embeddedpg

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// startOrJoin brings about a server that answers. Whoever gets the lock starts one, for the lock is held by the
// server itself as long as any process of it lives; whoever does not get it joins as soon as that server answers.
// So a server that is still starting, stopping or losing its last orphans is waited for.
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
