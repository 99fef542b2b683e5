package embeddedpg

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
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

// maxSocketPath is what macOS allows for the path of a socket; Linux allows four bytes more.
const maxSocketPath = 103

// socketDir is the directory of the server's socket: in the data directory, or, where that path is too long for a
// socket or holds what separates host names, one in /tmp that every process derives alike. It does not follow
// TMPDIR, which may differ between two processes of one data directory.
func socketDir(dataDir string) string {
	dir := filepath.Join(dataDir, "socket")
	if len(socketFile(dir)) <= maxSocketPath && !strings.ContainsAny(dir, `,"`) {
		return dir
	}
	hash := sha256.Sum256([]byte(dataDir))
	return fmt.Sprintf("/tmp/tracker-%x", hash[:12])
}

func socketFile(dir string) string { return filepath.Join(dir, ".s.PGSQL."+port) }

// makePrivateDir creates a directory that only the account and root can enter, or makes sure that an existing one
// is such: in /tmp another user may have taken the name.
func makePrivateDir(dir string, account account) error {
	err := os.Mkdir(dir, 0o700)
	switch {
	case err == nil:
		err = account.own(dir)
	case errors.Is(err, fs.ErrExist):
		err = nil
	}
	if err != nil {
		return fmt.Errorf("make the socket directory: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("look at the socket directory: %w", err)
	}
	if !info.IsDir() || info.Mode().Perm() != 0o700 || ownerIn(info).uid != account.uid {
		return fmt.Errorf("socket directory %s is not a directory of mode 0700 owned by %s: remove it", dir, account)
	}
	return nil
}
