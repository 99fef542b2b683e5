package cli

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

// TestServeFollowsAnImport polls a job on its schedule, faster while its import
// runs, and three times more when it has ended.
func TestServeFollowsAnImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Woosmap.Script(datasetID(0), testkit.WoosmapRun("r1", "in_progress"), testkit.WoosmapRun("r1", "in_progress"), testkit.WoosmapRun("r1", "success"))
	w.SafetyKit.Script("products", "q1",
		upstreamsim.Answer(`{"data":[],"namespace":"products","request_id":"q1","status":"queued"}`),
		upstreamsim.Answer(`{"data":[],"namespace":"products","request_id":"q1","status":"failed"}`))
	w.apply(strings.ReplaceAll(pathDeclaration, `schedule: "@every 1h"`, `schedule: "@every 10s", active_every: 1s`))
	w.Exec(`UPDATE jobs SET schedule = '@every 1h'`) // after the first poll
	daemon := w.serve()
	w.awaitLine(`SELECT '' FROM jobs WHERE name = 'products' AND tracking = 'finished'`)
	w.awaitLine(`SELECT '' FROM cursors c JOIN jobs USING (job_id) WHERE name = 'stores' AND grace_polls = 3 AND c.next_poll_at > now() + interval '5 min'`)
	for job, want := range map[string][]string{
		"stores":   {"changed 1", "unchanged 1", "changed 2", "unchanged 2", "unchanged 2", "unchanged 2"},
		"products": {"changed 1", "changed 2", "unchanged 2", "unchanged 2", "unchanged 2"},
	} {
		w.Want(job, want, `SELECT concat_ws(' ', outcome, snapshot_no) FROM report.polls WHERE job = $1 ORDER BY polled_at`, job)
	}
	w.Want("polls too soon", nil, `SELECT pace::text FROM (SELECT polled_at - lag(polled_at) OVER (PARTITION BY job ORDER BY polled_at) AS pace FROM report.polls) p
		WHERE pace < interval '1 s'`)

	w.Woosmap.Script(datasetID(1), testkit.WoosmapRun("r1", "success"))
	w.must("job", "add", "late", "--source", "geo", "--schedule", "@every 10s", "dataset_id="+datasetID(1))
	w.awaitLine(`SELECT '' FROM report.polls WHERE job = 'late'`)
	w.Want("the late job was polled late", nil, `SELECT (p.polled_at - j.registered_at)::text FROM polls p JOIN jobs j USING (job_id)
		WHERE j.name = 'late' GROUP BY 1 HAVING min(p.polled_at - j.registered_at) > interval '60 s'`)
	daemon.stop()
	if lost := len(w.Requests.All()) - len(w.Lines(`SELECT '' FROM polls`)); lost != 0 {
		t.Errorf("%d requests are unrecorded", lost)
	}
	w.Check()
}

// TestServeTakesANewSchedule changes schedules while polls are under way.
func TestServeTakesANewSchedule(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const declared = `schedule: "@every 1h", active_every: 1h, ` + unlimited
	gate := upstreamsim.NewGate()
	for n := range 2 {
		w.Woosmap.Script(datasetID(n), testkit.WoosmapRun("r1", "success").Behind(gate), testkit.WoosmapRun("r1", "success"))
	}
	w.apply(declaration(declared, 2))
	w.Exec(`UPDATE cursors SET next_poll_at = now()`)
	daemon := w.serve()
	await(t, "two requests", func() bool { return len(w.Requests.All()) == 2 })
	w.must("job", "add", jobName(0), "--source", "woosmap", "--schedule", "@every 2s", "dataset_id="+datasetID(0))
	w.apply(declaration(strings.Replace(declared, "1h", "3s", 1), 0))
	gate.Open()
	for n := range 2 {
		w.awaitLine(`SELECT '' FROM polls JOIN jobs USING (job_id) WHERE name = $1 HAVING count(*) >= 3`, jobName(n))
	}
	daemon.stop()
	w.Check()
}

// TestServePausesWithoutACredential leaves a source alone whose credential
// cannot be read, and says so; others go on.
func TestServePausesWithoutACredential(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.counter(0, 50)
	dir := t.TempDir()
	fifo := dir + "/fifo" // nobody will ever write into it
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	w.apply(strings.Replace(declaration(`schedule: "@every 1s", `+unlimited, 1), "jobs:", fmt.Sprintf(
		`- {name: unset, provider: woosmap, credential: env:UNSET, base_url: $WOOSMAP}
- {name: absent, provider: woosmap, credential: file:%s/absent, base_url: $WOOSMAP}
- {name: directory, provider: woosmap, credential: file:%s, base_url: $WOOSMAP}
- {name: fifo, provider: woosmap, credential: file:%s, base_url: $WOOSMAP}
jobs:
- {name: blind, source: unset, target: {dataset_id: %s}}
- {name: waiting, source: fifo, target: {dataset_id: %s}}`, dir, dir, fifo, datasetID(1), datasetID(0)), 1))
	daemon := w.serve()
	w.awaitLine(`SELECT '' FROM polls HAVING count(*) >= 3`)
	w.awaitLine(`SELECT '' FROM report.sources WHERE paused_reason IS NOT NULL HAVING count(*) = 4`)
	for name, why := range map[string]string{"unset": "credential env:UNSET: empty or not set", "absent": dir + "/absent", "directory": "no regular file", "fifo": "no regular file", "woosmap": ""} {
		reason := w.Lines(`SELECT coalesce(paused_reason, '') FROM report.sources WHERE source = $1`, name)[0]
		if !strings.Contains(reason, why) || (reason == "") != (why == "") {
			t.Errorf("source %s is paused for %q, not %q", name, reason, why)
		}
	}
	if text := daemon.stderr.String(); strings.Count(text, "source paused") != 4 {
		t.Error(text)
	}
	w.Want("polls of the blind", nil, `SELECT outcome FROM report.polls WHERE job IN ('blind', 'waiting')`)

	if err := errors.Join(os.Remove(fifo), os.WriteFile(fifo, []byte(worldKey), 0o600)); err != nil {
		t.Fatal(err)
	}
	w.must("source", "resume", "fifo")
	w.awaitLine(`SELECT '' FROM report.polls WHERE job = 'waiting' AND outcome = 'changed'`)
	daemon.stop()
	w.Check()
}

// TestServeLogsWhatChanges writes a line for each change, and one for each
// beginning and end of a streak of failures.
func TestServeLogsWhatChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	down := upstreamsim.WoosmapError(500)
	w.Woosmap.Script(datasetID(0), testkit.WoosmapRun("r1", "in_progress"), testkit.WoosmapRun("r1", "in_progress"), down, down, down, testkit.WoosmapRun("r1", "in_progress"),
		testkit.WoosmapRun("r1", "success"))
	w.apply(declaration(`schedule: "@every 1s", active_every: 1s, `+unlimited, 1))
	w.env["TRACKER_LOG_FORMAT"] = "json"
	daemon := w.serve()
	for n := range 10 { // a failing poll would be tried again after 10 s
		w.awaitLine(`SELECT '' FROM polls HAVING count(*) > $1`, n)
		w.Exec(`UPDATE cursors SET next_poll_at = least(next_poll_at, now() + interval '50 ms')`)
	}
	daemon.stop()
	var told []string
	for line := range strings.Lines(daemon.stderr.String()) {
		var entry struct{ Time, Level, Msg, Job string }
		decode(t, line, &entry)
		if _, err := time.Parse(time.RFC3339, entry.Time); err != nil {
			t.Errorf("%v in %s", err, line)
		}
		told = append(told, strings.TrimSpace(entry.Level+" "+entry.Msg+" "+entry.Job))
	}
	want := []string{
		"INFO serving", "INFO changed job-000", "WARN polls fail job-000", "INFO polls succeed again job-000", "INFO changed job-000", "INFO stopped",
	}
	if !slices.Equal(told, want) {
		t.Errorf("it logs %q, not %q", told, want)
	}
	w.Check()
}

// TestServeTakesAScheduleThatIsChangedBeforeItsClaim changes a schedule after
// the daemon has looked for changes, and before it claims.
func TestServeTakesAScheduleThatIsChangedBeforeItsClaim(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Woosmap.Script(datasetID(0), testkit.WoosmapRun("r1", "success"))
	w.apply(declaration(`schedule: "@every 1h", active_every: 1h, `+unlimited, 1))
	w.Exec(`UPDATE cursors SET next_poll_at = now()`)
	w.serve()
	w.awaitLine(`SELECT '' FROM cursors WHERE grace_polls = 0 AND polled_at IS NOT NULL AND claimed_until IS NULL`)
	w.Exec(`CREATE FUNCTION change_schedule() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		UPDATE sources SET schedule = '@every 2h' WHERE schedule = '@every 1h';
		IF FOUND THEN
			INSERT INTO changes (changed_at, actor, action, subject) VALUES (now(), 'test', 'change', 'source geo');
		END IF;
		RETURN NEW; END $$`)
	w.Exec(`CREATE TRIGGER change_schedule BEFORE UPDATE OF next_slot_at ON budgets FOR EACH ROW EXECUTE FUNCTION change_schedule()`)
	w.Exec(`UPDATE cursors SET grace_polls = 3, next_poll_at = now()`)
	w.awaitLine(`SELECT '' FROM polls HAVING count(*) = 2`)
	w.awaitLine(`SELECT '' FROM cursors WHERE claimed_until IS NULL`)
	w.Want("the next poll", []string{"02:00:00"}, `SELECT (next_poll_at - polled_at)::text FROM cursors`)
}
