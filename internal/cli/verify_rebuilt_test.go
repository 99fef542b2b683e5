package cli

import (
	"strings"
	"testing"

	"tracker/internal/upstreamsim"
)

// TestVerifyAfterARebuild: what an earlier interpretation has recorded may differ, until
// the job is rebuilt. What differs after that was altered.
func TestVerifyAfterARebuild(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Woosmap.Script(datasetID(0), upstreamsim.Answer(`{"id":"r1","status":"success","steps":[]}`))
	w.apply(declaration(unlimited, 1))
	w.must("sync")
	w.Exec(`DO $$ BEGIN PERFORM set_config('tracker.rewrite', 'on', true); UPDATE snapshots SET interpretation = 1; END $$`)
	w.must("ledger", "seal")
	const alter, acts = `UPDATE runs SET error_summary = 'x'`, `SELECT concat_ws(' ', kind, rows, interpretation) FROM report.acts`

	w.Exec(alter)
	if text := w.must("verify"); !strings.Contains(text, "run  tracker rebuild "+jobName(0)) {
		t.Errorf("of a job that an earlier interpretation has recorded, verify says\n%s", text)
	}
	w.Exec(`UPDATE runs SET error_summary = NULL`)
	w.must("rebuild")
	w.must("rebuild")
	w.Want("the act of a rebuild that tells by what the job is derived now, though no row differed", []string{"rebuild 0 2"}, acts)
	if text := w.must("verify"); strings.Contains(text, "tracker rebuild") || !strings.Contains(text, "all of it holds") {
		t.Errorf("of a job that was rebuilt, verify says\n%s", text)
	}
	w.Exec(`UPDATE cursors SET state = 'running'`)
	if p := w.run("verify"); p.code != exitFailed || !strings.Contains(p.stdout.String(), "snapshot 1 is said to be the newest, with its state and time") {
		t.Errorf("of one whose newest state was altered, verify ends with %d and says\n%s", p.code, p.stdout.String())
	}
	w.Exec(`UPDATE cursors SET state = 'succeeded'`)
	w.Exec(alter)
	p := w.run("verify")
	if text := p.stdout.String(); p.code != exitFailed || !strings.Contains(text, `has the error_summary "x", but the snapshots give null`) {
		t.Errorf("of one that was altered after that, verify ends with %d and says\n%s", p.code, text)
	}
	w.must("rebuild")
	w.Want("acts", []string{"rebuild 0 2", "rebuild 1 2"}, acts+" ORDER BY act_no")
}
