package embeddedpg

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// pidFile is what Postgres writes of itself into postmaster.pid. A killed server leaves one that still says ready.
type pidFile struct {
	pid    int
	status string
}

// Lines of postmaster.pid, counted from zero, as Postgres 10 and later write them (src/include/utils/pidfile.h).
const (
	pidLine    = 0
	statusLine = 7
)

// readPIDFile reads the pid file of a cluster; a missing one is the zero pidFile.
func readPIDFile(cluster string) (pidFile, error) {
	content, err := os.ReadFile(filepath.Join(cluster, "postmaster.pid"))
	if errors.Is(err, fs.ErrNotExist) {
		return pidFile{}, nil
	}
	if err != nil {
		return pidFile{}, fmt.Errorf("read Postgres' pid file: %w", err)
	}
	return parsePIDFile(string(content)), nil
}

func parsePIDFile(content string) pidFile {
	lines := strings.Split(content, "\n")
	var file pidFile
	file.pid, _ = strconv.Atoi(strings.TrimSpace(lines[pidLine]))
	if len(lines) > statusLine {
		file.status = strings.TrimSpace(lines[statusLine])
	}
	return file
}

func (f pidFile) ready() bool { return f.status == "ready" }
