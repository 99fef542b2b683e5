package cli

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"tracker/internal/upstreamsim"
)

// TestEraseWhileADaemonServes: what a daemon remembers of a job is of no use once another
// process has erased bodies of it. What it records next is compared with what is left.
func TestEraseWhileADaemonServes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	answer := func(status string, lines ...int) upstreamsim.Frame {
		var entries []string
		for _, n := range lines {
			entries = append(entries, fmt.Sprintf(`{"created_at":"2026-11-01T10:00:0%d","level":"error","detail":"Ann Lee %[1]d"}`, n))
		}
		return upstreamsim.Answer(fmt.Sprintf(`{"id":"r1","status":%q,"steps":[{"name":"fetch","status":%[1]q,"start":"2026-11-01T10:00:00Z","end":null,"entries":[%s]}]}`,
			status, strings.Join(entries, ",")))
	}
	w.apply(declaration(`schedule: "@every 1s", active_every: 1s, `+unlimited, 1))
	daemon := w.serve()
	say := func(snapshot int, frame upstreamsim.Frame) {
		t.Helper()
		w.Woosmap.Script(datasetID(0), frame)
		w.awaitLine(`SELECT '' FROM report.polls WHERE snapshot_no = $1::integer AND outcome = 'unchanged'`, strconv.Itoa(snapshot))
	}
	say(1, answer("in_progress", 1))
	say(2, answer("in_progress", 1, 2))
	say(3, answer("in_progress", 1, 3)) // 2 is withdrawn
	w.must("erase", jobName(0), "--snapshot", "2", "--reason", "request 12")
	say(4, answer("in_progress", 1, 2, 3)) // 2 is new to whoever has forgotten it
	w.must("erase", jobName(0), "--snapshot", "4", "--reason", "request 13")
	polled := w.Lines(`SELECT count(*)::text FROM report.polls`)[0]
	w.awaitLine(`SELECT '' FROM report.polls HAVING count(*) >= $1::integer + 2`, polled)
	w.Want("snapshots after the same answer", []string{"4"}, `SELECT max(snapshot_no)::text FROM report.snapshots`)
	say(5, answer("success", 1, 3))
	daemon.stop()

	if strings.Contains(w.dump(), "Ann Lee 2") {
		t.Error("what was erased is still there")
	}
	w.Want("entries", []string{"Ann Lee 1", "Ann Lee 3"}, `SELECT detail FROM report.log_entries WHERE withdrawn_at IS NULL ORDER BY detail`)
	w.Want("bodies", []string{"1 3 5"}, `SELECT string_agg(snapshot_no::text, ' ' ORDER BY snapshot_no) FROM report.snapshots WHERE body IS NOT NULL`)
	if text := w.must("rebuild"); !strings.Contains(text, "; 0 rows differed") {
		t.Errorf("rebuild says\n%s", text)
	}
	w.must("ledger", "seal")
	if text := w.must("verify"); !strings.Contains(text, "2 bodies were erased by acts 1, 2") || !strings.Contains(text, "all of it holds") {
		t.Errorf("verify says\n%s", text)
	}
	w.Check()
}
