package embeddedpg_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tracker/internal/embeddedpg"
)

func TestSocketDirFitsTheLimitOfSocketPaths(t *testing.T) {
	t.Parallel()
	if dir := embeddedpg.SocketDir("/var/lib/tracker"); dir != "/var/lib/tracker/socket" {
		t.Errorf("short path: %s", dir)
	}
	long := "/var/lib/" + strings.Repeat("long/", 30)
	dir := embeddedpg.SocketDir(long)
	if !strings.HasPrefix(dir, "/tmp/tracker-") || len(dir) > 80 {
		t.Errorf("long path: %s", dir)
	}
	if dir != embeddedpg.SocketDir(long) || dir == embeddedpg.SocketDir(long+"er") {
		t.Error("the name does not follow from the path")
	}
}

func TestPrivateDirOfSomebodyElseIsRefused(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	link, open := filepath.Join(base, "link"), filepath.Join(base, "open")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(open, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{link, open} {
		wantError(t, embeddedpg.MakePrivateDir(dir), dir, "remove it")
	}
	own := filepath.Join(base, "own")
	for range 2 {
		if err := embeddedpg.MakePrivateDir(own); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLongDataDirectoryWorks(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.DataDir = filepath.Join(cfg.DataDir, strings.Repeat("long,", 20))
	t.Cleanup(func() { _ = os.Remove(embeddedpg.SocketDir(cfg.DataDir)) })
	wantPID(t, start(t, cfg))
}
