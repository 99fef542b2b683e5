package cli

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tracker/internal/upstreamsim"
)

// newErasableWorld has a job with two runs and four snapshots, the newest of which is
// still what the service answers. Each has a text of its own.
func newErasableWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	answer := func(n int, id, status string) upstreamsim.Frame {
		return upstreamsim.Answer(fmt.Sprintf(`{"id":%q,"status":%q,"steps":[{"name":"fetch","status":%[2]q,"start":"2026-11-01T10:00:00Z","end":null,
			"entries":[{"created_at":"2026-11-01T10:00:0%[3]d","level":"error","detail":"Ann Lee %[3]d"}]}]}`, id, status, n))
	}
	w.Woosmap.Script(datasetID(0), answer(1, "r1", "in_progress"), answer(2, "r1", "in_progress"), answer(3, "r1", "success"), answer(4, "r2", "in_progress"))
	w.apply(declaration(unlimited, 1))
	for range 4 {
		w.must("sync")
	}
	w.must("ledger", "seal")
	return w
}

// TestErase erases a snapshot in the middle of a run, then the newest: what the log has
// sealed holds, and the service's same answer is recognised.
func TestErase(t *testing.T) {
	t.Parallel()
	w := newErasableWorld(t)
	w.Exec(`INSERT INTO results (of_job, run_no, place, sha256, size, fetched_at) SELECT job_id, 1, '/archive/ab/abcd', sha256('x'), 1, now() FROM jobs`)
	text := w.must("erase", jobName(0), "--snapshot", "2", "--reason", "request 12")
	if !strings.Contains(text, "results of run 1 was archived, and is still there: remove it by your own means, at /archive/ab/abcd\n") {
		t.Errorf("of the archived file it says\n%s", text)
	}
	if !strings.Contains(text, "act 1 has erased the body of snapshot 2 of job "+jobName(0)) ||
		!strings.Contains(text, "snapshots 1, 3 of the run are still there, and may hold the same texts: all go by  tracker erase "+jobName(0)+" --run 1") {
		t.Errorf("it says\n%s", text)
	}
	if text := w.must("erase", jobName(0), "--snapshot", "4", "--reason", "request 12"); strings.Contains(text, "archived") {
		t.Errorf("of run 2, of which no file was archived, it says\n%s", text)
	}
	w.must("sync")
	w.Want("snapshots after the same answer", []string{"4"}, `SELECT count(*)::text FROM report.snapshots`)
	for _, gone := range []string{"Ann Lee 2", "Ann Lee 4"} {
		if strings.Contains(w.dump(), gone) {
			t.Errorf("%s is still there", gone)
		}
	}
	w.Want("acts", []string{"1 erasure tester run 1 snapshot 2: request 12", "2 erasure tester run 2 snapshot 4: request 12"},
		`SELECT format('%s %s %s run %s snapshot %s: %s', act_no, kind, actor, run_no, snapshot_no, reason) FROM report.acts ORDER BY act_no`)
	w.must("ledger", "seal")
	if text := w.must("verify"); !strings.Contains(text, "2 bodies were erased by acts 1, 2: their hashes stand") || !strings.Contains(text, "all of it holds") {
		t.Errorf("verify says\n%s", text)
	}
	pack := filepath.Join(t.TempDir(), "pack.zip")
	w.must("export", jobName(0), "-o", pack)
	if text := w.must("verify", pack); !strings.Contains(text, "checked 4 snapshots, 2 bodies") || !strings.Contains(text, "all of it holds") {
		t.Errorf("of the pack verify says\n%s", text)
	}
	if text := w.must("rebuild"); !strings.Contains(text, "; 0 rows differed") {
		t.Errorf("rebuild says\n%s", text)
	}
	if text := w.must("history", jobName(0)); !strings.Contains(text, "snapshot 2 (run 1) was erased by act 1 ") {
		t.Errorf("the history says\n%s", text)
	}
	w.Exec(`UPDATE runs SET error_summary = 'x' WHERE run_no = 1`)
	w.must("rebuild")
	w.Want("the act of a rebuild", []string{"3 rebuild tester rows 1"}, `SELECT concat_ws(' ', act_no, kind, actor, what, rows) FROM report.acts WHERE kind = 'rebuild'`)

	if text := w.must("erase", jobName(0), "--run", "1", "--reason", "request 12"); !strings.Contains(text, "the bodies of snapshots 1, 3 of job") {
		t.Errorf("of the run it says\n%s", text)
	}
	if strings.Contains(w.dump(), "Ann Lee") {
		t.Errorf("something is left")
	}
	w.must("verify")
	w.Check()
}

func TestEraseRefuses(t *testing.T) {
	t.Parallel()
	w := newErasableWorld(t)
	w.must("erase", jobName(0), "--snapshot", "1", "--reason", "request 12")
	login := fmt.Sprintf("daemon_%d", time.Now().UnixNano())
	w.Exec(`CREATE ROLE ` + login + ` LOGIN IN ROLE tracker_writer`)
	defer w.Exec(`DROP ROLE ` + login)
	address, err := url.Parse(w.URL)
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.User(login)
	for _, test := range []struct {
		with *world
		args []string
		code int
		want string
	}{
		{w, []string{"erase", jobName(0), "--snapshot", "9", "--reason", "r"}, exitUsage, "has no snapshot 9; its newest is 4"},
		{w, []string{"erase", jobName(0), "--snapshot", "1", "--reason", "r"}, exitFailed, "snapshot 1 of job " + jobName(0) + " has no body any more: erased by act 1"},
		{w, []string{"erase", jobName(0), "--snapshot", "0", "--reason", "r"}, exitUsage, "snapshots are numbered from 1"},
		{w, []string{"erase", jobName(0), "--snapshot", "2", "--reason", " "}, exitUsage, "--reason is missing"},
		{w, []string{"erase", jobName(0), "--snapshot", "2"}, exitUsage, "--reason is missing"},
		{w, []string{"erase", jobName(0), "--reason", "r"}, exitUsage, "say what is to go"},
		{w, []string{"erase", jobName(0), "--snapshot", "2", "--run", "1", "--reason", "r"}, exitUsage, "say what is to go"},
		{w, []string{"erase", jobName(0), "--run", "7", "--reason", "r"}, exitUsage, "has no run 7"},
		{w, []string{"erase", "nobody", "--snapshot", "1", "--reason", "r"}, exitUsage, "nobody"},
		{w, []string{"snapshot", jobName(0), "1"}, exitFailed, "erased by act 1"},
		{w.withDatabase(address.String()), []string{"erase", jobName(0), "--snapshot", "2", "--reason", "r"}, exitFailed, "only the owner of the tables may"},
	} {
		p := test.with.run(test.args...)
		if text := p.stderr.String(); p.code != test.code || !strings.Contains(text, test.want) {
			t.Errorf("%q ends with %d: %s", test.args, p.code, text)
		}
	}
	w.Want("bodies", []string{"3"}, `SELECT count(body)::text FROM report.snapshots`)
	w.Check()
}
