package embeddedpg

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

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
