package cli

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestSetup runs scripts/setup where there is nothing but the programs named,
// each a line of shell: a machine that lacks the rest.
func TestSetup(t *testing.T) {
	t.Parallel()
	const byHand = "As root run: apt-get update && apt-get install -y gcc libc6-dev\n"
	bare := map[string]string{"go": "echo /none/cc", "apt-get": "exit 1", "id": "echo 1000"}
	with := func(name, line string) map[string]string {
		programs := maps.Clone(bare)
		programs[name] = line
		return programs
	}
	for name, test := range map[string]struct {
		programs map[string]string
		want     string
	}{
		"WithoutGo":              {nil, "setup: not found: go. Install Go 1.26 or later, or add its bin directory to PATH: https://go.dev/doc/install\n"},
		"WithoutRoot":            {bare, "setup: not found: cc. " + byHand},
		"WithoutNetwork":         {with("sudo", `[ "$1" = -n ]`), "setup: not found: cc. Installing with apt-get: gcc libc6-dev\nsetup: that failed. " + byHand},
		"WithoutPackages":        {with("sudo", "true"), "setup: not found: cc. Installing with apt-get: gcc libc6-dev\nsetup: cc: still not found after installing gcc libc6-dev\n"},
		"WithoutAPackageManager": {map[string]string{"go": "echo /none/cc"}, "setup: not found: cc. Install them with this system's package manager\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if said, err := runSetup(t, "PATH="+programsDir(t, test.programs), "cc"); err == nil || said != test.want {
				t.Errorf("it says, with %v:\n%s\nwant:\n%s", err, said, test.want)
			}
		})
	}
	for name, there := range map[string]bool{"make": true, "no-such-thing": false} {
		if said, err := runSetup(t, "TEST_DATABASE_URL=", "--has", name); (err == nil) != there || said != "" {
			t.Errorf("whether %s is there: it says, with %v: %s", name, err, said)
		}
	}
	t.Run("WhereAllIsThere", func(t *testing.T) {
		t.Parallel()
		if said, err := runSetup(t, "TEST_DATABASE_URL=", "make", "postgres"); err != nil || said != "" {
			t.Errorf("it says, with %v: %s", err, said)
		}
	})
}

func runSetup(t *testing.T, variable string, names ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", append([]string{filepath.Join(repository, "scripts", "setup")}, names...)...) //nolint:gosec // of this test
	cmd.Env = append(os.Environ(), variable)
	said, err := cmd.CombinedOutput()
	return string(said), err
}

// programsDir makes a directory of programs, and of those that every system has.
func programsDir(t *testing.T, programs map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"echo", "xargs"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, line := range programs {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+line+"\n"), 0o755); err != nil { //nolint:gosec // it is to run
			t.Fatal(err)
		}
	}
	return dir
}
