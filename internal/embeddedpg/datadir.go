package embeddedpg

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// DefaultDataDir is tracker/ in the user's data directory: $XDG_DATA_HOME or ~/.local/share, on macOS
// ~/Library/Application Support. For root it is /var/lib/tracker, because root's home is closed to the account that
// the server runs as.
func DefaultDataDir() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/lib/tracker", nil
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) && runtime.GOOS != "darwin" {
		return filepath.Join(dir, "tracker"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find the user's data directory: %w (set TRACKER_DATA_DIR)", err)
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support", "tracker"), nil
	}
	return filepath.Join(home, ".local", "share", "tracker"), nil
}

// prepareDataDir creates the data directory where it is missing and returns its absolute path without links, so
// that every process gives the directory one name.
func prepareDataDir(path string) (string, error) {
	if path == "" {
		return "", errors.New("no data directory named (set TRACKER_DATA_DIR)")
	}
	dir, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("data directory %s: %w", path, err)
	}
	if err := makeDataDir(dir); err != nil {
		return "", notWritable(dir, err)
	}
	dir, err = filepath.EvalSymlinks(dir)
	if err != nil {
		return "", fmt.Errorf("data directory %s: %w", path, err)
	}
	return dir, nil
}

func makeDataDir(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	mode := fs.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711 // the server's account passes through it to the cluster
	}
	if err := os.MkdirAll(dir, mode); err != nil {
		return err
	}
	return os.Chmod(dir, mode) // whatever the umask is
}

func notWritable(dir string, err error) error {
	return fmt.Errorf("data directory %s cannot be written by uid %d: %w (make it writable, or set TRACKER_DATA_DIR to a directory that is)",
		dir, os.Geteuid(), err)
}
