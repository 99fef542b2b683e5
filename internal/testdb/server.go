package testdb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"tracker/internal/embeddedpg"
)

// maxSlots bounds how many private test servers one user may run at once.
const maxSlots = 100

// Server is a private server for tests, which trades durability for speed.
type Server struct {
	*embeddedpg.Server

	// slot is locked as long as it is open: a server that was shared would end with one of its test processes.
	slot *os.File
	dir  string
}

// StartServer starts a private server in the first free slot: a data directory below the system's temporary one.
// It ends with this process.
func StartServer(ctx context.Context) (*Server, error) {
	base, err := slotsDir()
	if err != nil {
		return nil, err
	}
	slot, dir, err := takeSlot(base)
	if err != nil {
		return nil, err
	}
	server, err := embeddedpg.Start(ctx, embeddedpg.Config{
		DataDir: dir,
		BinDir:  os.Getenv("TRACKER_PG_BIN"),
		Settings: map[string]string{
			"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off",
			"max_connections": "200",
		},
	})
	if err != nil {
		return nil, errors.Join(err, slot.Close())
	}
	if err := prune(ctx, server.URL()); err != nil {
		return nil, errors.Join(err, server.Close(ctx), slot.Close())
	}
	return &Server{Server: server, slot: slot, dir: dir}, nil
}

// Close ends the server and frees its slot. What it holds stays for a day, the databases of failed tests among it.
func (s *Server) Close(ctx context.Context) error {
	return errors.Join(s.Server.Close(ctx), s.slot.Close())
}

// Remove ends the server and leaves nothing of it.
func (s *Server) Remove(ctx context.Context) error {
	err := errors.Join(s.Server.Close(ctx), os.RemoveAll(s.dir), os.Remove(s.slot.Name()), s.slot.Close())
	_ = os.Remove(filepath.Dir(s.dir)) // unless others have slots in it
	return err
}

// slotsDir is this user's directory of slots. Nobody else may write to it, and whoever the server runs as may pass.
func slotsDir() (string, error) {
	dir := filepath.Join(os.TempDir(), "tracker-testdb-"+strconv.Itoa(os.Geteuid()))
	if err := os.Mkdir(dir, 0o711); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("make the directory of test servers: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", fmt.Errorf("look at the directory of test servers: %w", err)
	}
	owner := info.Sys().(*syscall.Stat_t).Uid
	if !info.IsDir() || int(owner) != os.Geteuid() || info.Mode().Perm()&0o022 != 0 {
		return "", fmt.Errorf("%s is not a directory that only uid %d may write to: remove it", dir, os.Geteuid())
	}
	return dir, nil
}

// takeSlot locks the first slot that no living process has, and no server that is still ending after its process:
// that one would be joined, and then be gone.
func takeSlot(base string) (slot *os.File, dir string, err error) {
	for n := range maxSlots {
		dir := filepath.Join(base, strconv.Itoa(n))
		slot, err := tryLock(dir + ".lock")
		if err != nil {
			return nil, "", fmt.Errorf("lock a slot for a test server: %w", err)
		}
		if slot == nil {
			continue
		}
		if !isAt(slot, dir+".lock") { // somebody has removed it meanwhile: the lock keeps nobody out
			_ = slot.Close()
			return takeSlot(base)
		}
		ended, err := hasEnded(dir)
		if err != nil {
			return nil, "", errors.Join(err, slot.Close())
		}
		if ended {
			return slot, dir, nil
		}
		_ = slot.Close()
	}
	return nil, "", fmt.Errorf("all %d slots below %s are taken", maxSlots, base)
}

// isAt tells whether a file is still the one at a path.
func isAt(file *os.File, path string) bool {
	opened, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(opened, there)
}

// hasEnded tells whether no server runs on the data directory: a server holds this lock as long as it lives.
func hasEnded(dir string) (bool, error) {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	lock, err := tryLock(filepath.Join(dir, "postgres.lock"))
	if err != nil || lock == nil {
		return false, err
	}
	return true, lock.Close()
}

// tryLock opens and locks a file; nil: somebody else has locked it.
func tryLock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return file, nil
	}
	_ = file.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, nil //nolint:nilnil // no lock and no error
	}
	return nil, fmt.Errorf("lock %s: %w", path, err)
}
