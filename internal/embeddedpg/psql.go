package embeddedpg

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
)

// FindPsql finds psql: in an explicit directory, in PATH, or where the servers of this machine have theirs.
func FindPsql(ctx context.Context, explicit string) (string, error) {
	return findPsql(explicit, func() []string { return candidateDirs(ctx) })
}

func findPsql(explicit string, besideServers func() []string) (string, error) {
	if explicit != "" {
		if path, err := exec.LookPath(filepath.Join(explicit, "psql")); err == nil {
			return filepath.Abs(path)
		}
	}
	if path, err := exec.LookPath("psql"); err == nil {
		return path, nil
	}
	for _, dir := range besideServers() {
		if path, err := exec.LookPath(filepath.Join(dir, "psql")); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no psql found in TRACKER_PG_BIN, in PATH or beside a server: install PostgreSQL's client, on Debian  apt-get install postgresql-client")
}
