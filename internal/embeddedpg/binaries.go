package embeddedpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// askTimeout bounds the run of a program that prints its version or its directory.
const askTimeout = 10 * time.Second

// binaries is a directory that holds both initdb and postgres.
type binaries struct {
	dir   string
	major int
}

func (b binaries) initdb() string   { return filepath.Join(b.dir, "initdb") }
func (b binaries) postgres() string { return filepath.Join(b.dir, "postgres") }

// findBinaries finds the binaries that run a cluster of the major version. For a new cluster major is 0: then those
// of the oldest version or a later one do. Where a directory is named explicitly, no other is searched.
func findBinaries(ctx context.Context, explicit string, major, oldest int) (binaries, error) {
	dirs := []string{explicit}
	if explicit == "" {
		dirs = candidateDirs(ctx)
	}
	var found []binaries
	for _, dir := range dirs {
		if bin, err := lookInto(ctx, dir); err == nil {
			found = append(found, bin)
		} else if explicit != "" {
			return binaries{}, fmt.Errorf("TRACKER_PG_BIN names no directory of Postgres binaries: %w", err)
		}
	}
	if err := ctx.Err(); err != nil {
		return binaries{}, fmt.Errorf("find the Postgres binaries: %w", err)
	}
	if len(found) == 0 {
		return binaries{}, fmt.Errorf("no Postgres binaries (initdb and postgres) found: %s", installHint(runtime.GOOS, exec.LookPath))
	}
	return choose(found, major, oldest)
}

// choose takes the first of the wanted major version, or, when none is wanted, the first that is not too old.
func choose(found []binaries, major, oldest int) (binaries, error) {
	var have []string
	for _, bin := range found {
		if bin.major == major || major == 0 && bin.major >= oldest {
			return bin, nil
		}
		have = append(have, fmt.Sprintf("%d in %s", bin.major, bin.dir))
	}
	if major == 0 {
		return binaries{}, fmt.Errorf("the tracker needs Postgres %d or later; found: %s. Install such a one, or set TRACKER_PG_BIN to where it is, or DATABASE_URL to one that runs elsewhere",
			oldest, strings.Join(have, ", "))
	}
	return binaries{}, fmt.Errorf("its cluster was made by Postgres %d and cannot be run by another version; found: %s. Nothing was changed: install Postgres %d, or set TRACKER_PG_BIN to where it is",
		major, strings.Join(have, ", "), major)
}

// candidateDirs lists where Postgres may be: what pg_config and PATH name, then the places of package managers, of
// each the highest version first.
func candidateDirs(ctx context.Context) []string {
	var dirs []string
	if dir, err := ask(ctx, "pg_config", "--bindir"); err == nil {
		dirs = append(dirs, dir)
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
		"/usr/pgsql-*/bin",          // the project's own rpm packages
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
		"/usr/libexec/postgresql*", // Alpine
		"/usr/local/pgsql/bin",
	} {
		places, _ := filepath.Glob(pattern)
		dirs = append(dirs, highestFirst(places)...)
	}
	return unique(dirs)
}

var firstNumber = regexp.MustCompile(`\d+`)

func highestFirst(places []string) []string {
	version := func(place string) int {
		number, _ := strconv.Atoi(firstNumber.FindString(place))
		return number
	}
	slices.SortStableFunc(places, func(a, b string) int { return version(b) - version(a) })
	return places
}

func unique(dirs []string) []string {
	var kept []string
	for _, dir := range dirs {
		if !slices.Contains(kept, dir) {
			kept = append(kept, dir)
		}
	}
	return kept
}

// lookInto returns the binaries of a directory with their version, or an error where one of the two is missing.
func lookInto(ctx context.Context, dir string) (binaries, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return binaries{}, err
	}
	bin := binaries{dir: dir}
	for _, path := range []string{bin.initdb(), bin.postgres()} {
		if _, err := exec.LookPath(path); err != nil {
			return binaries{}, err
		}
	}
	answer, err := ask(ctx, bin.postgres(), "--version")
	if err != nil {
		return binaries{}, err
	}
	bin.major, err = parseMajor(answer)
	return bin, err
}

// parseMajor reads the answer of postgres --version: "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)".
func parseMajor(answer string) (int, error) {
	_, version, ok := strings.Cut(answer, "(PostgreSQL) ")
	if !ok {
		return 0, fmt.Errorf("%q names no version of Postgres", answer)
	}
	return strconv.Atoi(firstNumber.FindString(version))
}

func ask(ctx context.Context, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = os.TempDir()
	output, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("run %s: %w", name, err)
	}
	return strings.TrimSpace(string(output)), nil
}

// installHint says how to install Postgres, with the package manager that lookPath finds.
func installHint(goos string, lookPath func(string) (string, error)) string {
	const otherwise = ", or set DATABASE_URL to a Postgres that runs elsewhere"
	if goos == "darwin" {
		return "brew install postgresql" + otherwise
	}
	for _, manager := range []struct{ program, install string }{
		{"apt-get", "apt-get install postgresql"},
		{"dnf", "dnf install postgresql-server"},
		{"apk", "apk add postgresql"},
		{"pacman", "pacman -S postgresql"},
		{"zypper", "zypper install postgresql-server"},
	} {
		if _, err := lookPath(manager.program); err == nil {
			return manager.install + otherwise
		}
	}
	return "install the PostgreSQL server" + otherwise
}

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
