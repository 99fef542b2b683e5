package embeddedpg

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// tryLock takes the lock of a data directory without waiting; free is false when a starter or a server holds it.
// The lock belongs to the open file and lasts until the last process that inherited it ends, in whatever process
// namespace that is, so no pid must be trusted.
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

// openOwned opens or creates a file that only the owner of its directory may read. Root gives what it creates to
// that owner, who will open it without root the next time, and follows no link that the owner laid.
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
