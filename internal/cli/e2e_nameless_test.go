package cli

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"tracker/internal/testkit"
)

// TestNamelessUser runs as a container may that is given any number for its
// user, and no home: with a database of somebody else's it lacks nothing.
func TestNamelessUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can be a user whom nothing names")
	}
	w := newWorld(t)
	delete(w.env, "TRACKER_ACTOR")
	w.env["HOME"], w.env["DATABASE_URL"] = "/", newProxy(t, w.URL).url // its socket's directory is ours alone
	w.Woosmap.Script(datasetID(0), testkit.WoosmapRun("r1", "success"))
	nameless := &syscall.Credential{Uid: 1234567, Gid: 0}
	for _, args := range [][]string{
		{"source", "add", "geo", "--provider", "woosmap", "--credential", "env:KEY", "--base-url", w.WoosmapAt},
		{"job", "add", jobName(0), "--source", "geo", "dataset_id=" + datasetID(0)},
		{"sync"},
		{"history", jobName(0)},
	} {
		p := w.startAs(nameless, args...)
		if code := p.wait(); code != exitDone {
			t.Fatalf("tracker %s ends with %d: %s", strings.Join(args, " "), code, p.stderr.String())
		}
	}
	daemon := w.startAs(nameless, "serve", "--listen", "off")
	daemon.await("serving")
	daemon.stop()
	w.Want("who did it", []string{"uid 1234567"}, `SELECT DISTINCT actor FROM report.changes`)
	w.Check()
}
