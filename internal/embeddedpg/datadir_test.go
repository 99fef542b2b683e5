package embeddedpg_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tracker/internal/embeddedpg"
)

func TestOtherMajorVersionIsRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	version := filepath.Join(cfg.DataDir, "postgres", "PG_VERSION")
	write(t, version, "9\n")
	write(t, filepath.Join(cfg.DataDir, "postgres", "precious"), "data")

	_, err := embeddedpg.Start(t.Context(), cfg)
	wantError(t, err, "Postgres 9", "found: ", cfg.DataDir)
	if entries := names(t, filepath.Join(cfg.DataDir, "postgres")); entries != "PG_VERSION precious" {
		t.Errorf("the cluster now holds %s", entries)
	}
}

func TestDirectoryThatIsNoClusterIsLeftAlone(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	write(t, filepath.Join(cfg.DataDir, "postgres", "precious"), "data")

	_, err := embeddedpg.Start(t.Context(), cfg)
	wantError(t, err, "no Postgres cluster", cfg.DataDir)
	if entries := names(t, filepath.Join(cfg.DataDir, "postgres")); entries != "precious" {
		t.Errorf("the directory now holds %s", entries)
	}
}

func TestFileInPlaceOfTheDataDirectory(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.DataDir = filepath.Join(t.TempDir(), "file")
	write(t, cfg.DataDir, "")
	_, err := embeddedpg.Start(t.Context(), cfg)
	wantError(t, err, "data directory "+cfg.DataDir, "TRACKER_DATA_DIR")
}

func TestReadOnlyDataDirectory(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	if err := os.Chmod(cfg.DataDir, 0o555); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{cfg.DataDir, filepath.Join(cfg.DataDir, "below")} {
		output := ordinaryUser(t).fails(dir)
		for _, want := range []string{"data directory " + dir + " cannot be written", "permission denied", "TRACKER_DATA_DIR"} {
			if !strings.Contains(output, want) {
				t.Errorf("%s: no %q in %q", dir, want, output)
			}
		}
	}
}

func TestDirectoryClosedToTheServersAccount(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root runs the server as somebody else")
	}
	cfg := config(t)
	closed := filepath.Join(cfg.DataDir, "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	cfg.DataDir = filepath.Join(closed, "tracker")
	_, err := embeddedpg.Start(t.Context(), cfg)
	wantError(t, err, closed+" on the way to "+cfg.DataDir+" is closed", "the server runs as user ")
}

func TestDefaultDataDir(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", "/some/data")
	got, err := embeddedpg.DefaultDataDir()
	if err != nil {
		t.Fatal(err)
	}
	want := "/some/data/tracker"
	if os.Geteuid() == 0 {
		want = "/var/lib/tracker"
	}
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

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
