package sync_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

// heavyRun is an answer too long to be read as it comes.
func heavyRun(status string) upstreamsim.Frame {
	return upstreamsim.Answer(fmt.Sprintf(`{"id":"r1","status":%q,"steps":[],"x":%q}`, status, strings.Repeat("long ", source.LightBody)))
}

// A heavy answer whose recording is held up holds no other source up, and none
// of its own source's that is light.
func TestServeRecordsHeavyAnswersInALaneOfTheirSource(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	everySecond := func(s *store.SourceSpec) { s.Schedule, s.ActiveEvery = "@every 1s", time.Second }
	l.reconfigure("woosmap", everySecond)
	l.reconfigure("safetykit", everySecond)
	heavy := l.dataset("heavy", heavyRun("in_progress"))
	l.request("quick", safetykitRun("quick", "queued"))
	stop := l.serve()
	l.awaitLine(`SELECT '' FROM report.polls WHERE job = 'heavy' AND outcome = 'unchanged'`)

	gate := upstreamsim.NewGate()
	l.Woosmap.Script(heavy, heavyRun("failed").Behind(gate))
	receive(t, gate.Reached(), "the heavy poll")
	lock, err := l.DB.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Rollback() }()
	if _, err := lock.ExecContext(t.Context(), `SELECT FROM cursors JOIN jobs USING (job_id) WHERE name = 'heavy' FOR UPDATE OF cursors`); err != nil {
		t.Fatal(err)
	}
	gate.Open()
	l.awaitLine(`SELECT '' FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)
	seen := l.Lines(`SELECT count(*)::text FROM report.polls WHERE job = 'quick'`)[0]
	l.awaitLine(`SELECT '' FROM report.polls WHERE job = 'quick' HAVING count(*) >= $1::integer + 4`, seen)
	l.Want("snapshots of the heavy one, which still waits", []string{"1"}, `SELECT count(*)::text FROM report.snapshots WHERE job = 'heavy'`)
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	l.awaitLine(`SELECT '' FROM report.jobs WHERE job = 'heavy' AND state = 'failed'`)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}

func TestOncePollsManyHeavyAnswers(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.syncer.MemoryBudget = 1 << 20 // less than one of them needs: they go one at a time
	jobs := l.datasets("woosmap", "job", 12, heavyRun("success"))
	defer l.Check(jobs[0], jobs[11])
	if n := len(l.once(jobs...).all()); n != len(jobs) {
		t.Errorf("%d events", n)
	}
	l.Want("outcomes", []string{"changed 12"}, `SELECT outcome || ' ' || count(*) FROM polls GROUP BY outcome`)
	for _, job := range jobs {
		l.Woosmap.Script(datasetID(job), testkit.WoosmapRun("r2", "success")) // light, after a heavy one
	}
	l.once(jobs...)
	l.Want("outcomes", []string{"changed 24"}, `SELECT outcome || ' ' || count(*) FROM polls GROUP BY outcome`)
}

// While heavy answers of a source wait for each other, its light jobs are polled.
func TestServePollsLightJobsWhileHeavyAnswersWait(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	l.reconfigure("woosmap", func(s *store.SourceSpec) { s.Schedule, s.ActiveEvery = "@every 1s", time.Second })
	first, second := l.dataset("first", heavyRun("in_progress")), l.dataset("second", heavyRun("in_progress"))
	l.dataset("light", testkit.WoosmapRun("r1", "success"))
	stop := l.serve()
	l.awaitLine(`SELECT '' FROM report.polls WHERE job IN ('first', 'second') AND outcome = 'unchanged' HAVING count(DISTINCT job) = 2`)

	gates := []*upstreamsim.Gate{upstreamsim.NewGate(), upstreamsim.NewGate()}
	// Both are asked before one is recorded: a poll of the second in between would wait, too.
	l.Woosmap.Script(first, heavyRun("failed").Behind(gates[0]))
	l.Woosmap.Script(second, heavyRun("failed").Behind(gates[1]))
	receive(t, gates[0].Reached(), "the first heavy poll")
	receive(t, gates[1].Reached(), "the second heavy poll")
	lock, err := l.DB.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Rollback() }()
	if _, err := lock.ExecContext(t.Context(), `SELECT FROM cursors JOIN jobs USING (job_id) WHERE name = 'first' FOR UPDATE OF cursors`); err != nil {
		t.Fatal(err)
	}
	gates[0].Open()
	l.awaitLine(`SELECT '' FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)
	gates[1].Open()
	seen := l.Lines(`SELECT count(*)::text FROM report.polls WHERE job = 'light'`)[0]
	l.awaitLine(`SELECT '' FROM report.polls WHERE job = 'light' HAVING count(*) >= $1::integer + 4`, seen)
	l.Want("answers of the second, which waits for the first", []string{"1"}, `SELECT count(*)::text FROM report.snapshots WHERE job = 'second'`)
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	l.awaitLine(`SELECT '' FROM report.jobs WHERE job IN ('first', 'second') AND state = 'failed' HAVING count(*) = 2`)
	l.Want("polls that somebody else had taken over", []string{"0"}, `SELECT count(*)::text FROM report.polls WHERE outcome = 'superseded'`)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}
