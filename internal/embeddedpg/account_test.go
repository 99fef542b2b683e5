package embeddedpg_test

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"tracker/internal/embeddedpg"
)

// TestAccountWithoutAName runs as a container may that is given any number: with libnss_wrapper, as images of
// Postgres have it, it works, else it is said what to do.
func TestAccountWithoutAName(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can be an account that nothing names")
	}
	cfg := config(t)
	if err := os.Chmod(cfg.DataDir, 0o777); err != nil {
		t.Fatal(err)
	}
	dir, nameless := cfg.DataDir+"/tracker", ordinaryUser(t)
	nameless.credential = &syscall.Credential{Uid: 1234567, Gid: 0}
	if embeddedpg.FindNSSWrapper() == "" {
		text := nameless.fails(dir)
		for _, want := range []string{"initdb in " + dir, "uid 1234567 has no entry in /etc/passwd", "libnss_wrapper", "set DATABASE_URL"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in %s", want, text)
			}
		}
		return
	}
	server := nameless.run(dir)
	server.says("up")
	server.close()
	server = nameless.run(dir)
	server.says("up")
	server.close()
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		if strings.Contains(entry.Name(), "unfinished") {
			t.Errorf("%s is left behind", entry.Name())
		}
	}
}
