package cli

import (
	"strings"
	"testing"

	"tracker/internal/doctor"
)

// TestDoctor runs it where a tracker serves, where none does, and where no database is.
func TestDoctor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(declaration(unlimited, 1))
	if none := w.run("doctor"); none.code != exitFailed || !strings.HasPrefix(none.stdout.String(), "1 check fails, ") ||
		!strings.Contains(none.stdout.String(), "\n✖  trackers ") || !strings.Contains(none.stdout.String(), "→ tracker serve\n") {
		t.Errorf("it ends with %d: %s%s", none.code, none.stdout.String(), none.stderr.String())
	}
	if n := len(w.Requests.All()); n != 1 {
		t.Errorf("the service was asked %d times", n)
	}
	daemon := w.start("serve", "--listen", "off")
	defer daemon.stop()
	w.awaitLine(`SELECT '' FROM report.trackers WHERE ended_at IS NULL`)
	var checks []doctor.Check
	decode(t, w.must("doctor", "--no-poll", "--format", "json"), &checks)
	seen := map[string]doctor.State{}
	for _, c := range checks {
		seen[c.Name] = c.State
	}
	if seen["trackers"] != doctor.OK || seen["source woosmap"] != doctor.OK || seen["signed"] != doctor.Warn || seen["published"] != doctor.Warn {
		t.Errorf("%+v", checks)
	}
	away := w.with(t, map[string]string{"DATABASE_URL": "postgres://tracker@127.0.0.1:1/tracker"})
	if p := away.run("doctor"); p.code != exitFailed || !strings.HasPrefix(p.stdout.String(), "1 check fails, 0 of 1 are well\n\n✖  database ") || p.stderr.String() != "" {
		t.Errorf("it ends with %d: %s%s", p.code, p.stdout.String(), p.stderr.String())
	}
}
