package demo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Lock sees to it that one demo runs on a data directory: a second one
// would move the jobs to its own services, which end with it.
func Lock(dir string) (unlock func(), err error) {
	path := filepath.Join(dir, "demo.lock")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the demo: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return func() { _ = file.Close() }, nil
	}
	_ = file.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("another demo runs on %s: look at it with  tracker watch, or set TRACKER_DATA_DIR to another directory", dir)
	}
	return nil, fmt.Errorf("lock %s: %w", path, err)
}
