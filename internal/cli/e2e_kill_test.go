package cli

import (
	"slices"
	"strconv"
	"testing"

	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

// TestKilledSync kills a sync in its middle again and again: what is stored
// stays, and what was under way is polled again and stored once.
func TestKilledSync(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const jobs, quick = 60, 25
	gates := [2]*upstreamsim.Gate{upstreamsim.NewGate(), upstreamsim.NewGate()}
	for n := range jobs {
		answers := []upstreamsim.Frame{testkit.WoosmapRun("r1", "in_progress"), testkit.WoosmapRun("r1", "success"), testkit.WoosmapRun("r2", "success")}
		if n >= quick {
			answers[0], answers[1] = answers[0].Behind(gates[0]), answers[1].Behind(gates[1])
		}
		w.Woosmap.Script(datasetID(n), answers...)
	}
	w.apply(declaration(`schedule: "@every 1h", `+unlimited, jobs))
	const stored = `SELECT concat_ws(' ', job_id, polled_at, outcome, snapshot_no) FROM polls ORDER BY 1`
	lost := 0
	var before []string
	for i := range gates {
		p := w.start("sync")
		w.awaitLine(`SELECT '' FROM polls HAVING count(*) >= $1`, len(before)+quick)
		receive(t, gates[i].Reached(), "a request that waits")
		p.kill()
		lost += w.claimedBy(p)
		after := w.Lines(stored)
		if len(after) != len(before)+quick || !isSubset(before, after) {
			t.Errorf("after kill %d %d polls are stored, before it %d", i+1, len(after), len(before))
		}
		before = after
		w.expireClaims()
		gates[i].Open()
	}
	if text := w.must("sync"); !isSubset(before, w.Lines(stored)) {
		t.Error(text)
	}
	w.Want("polls", []string{strconv.Itoa(2*quick + jobs)}, `SELECT count(*)::text FROM polls`)
	if got := w.unrecorded(); got > lost {
		t.Errorf("%d requests are unrecorded, though the kills can have lost but %d", got, lost)
	}
	w.Check()
}

func isSubset(part, whole []string) bool {
	return !slices.ContainsFunc(part, func(line string) bool { return !slices.Contains(whole, line) })
}

// TestSyncsAtOnce polls each job once, whoever does it.
func TestSyncsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const jobs = 40
	gate := upstreamsim.NewGate()
	for n := range jobs {
		w.Woosmap.Script(datasetID(n), testkit.WoosmapRun("r1", "success").Behind(gate))
	}
	w.apply(declaration(`schedule: "@every 1h", `+unlimited, jobs))
	one := w.start("sync")
	receive(t, gate.Reached(), "the first request")
	two := w.start("sync", "--format", "json")
	three := w.start("sync", jobName(0), jobName(1))
	w.awaitLine(`SELECT '' FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tracker' AND pid <> pg_backend_pid() HAVING count(*) >= 3`)
	gate.Open()
	for _, p := range []*process{one, two, three} {
		if code := p.wait(); code != exitDone {
			t.Errorf("it ends with %d: %s%s", code, p.stdout.String(), p.stderr.String())
		}
	}
	var rows []syncRow
	decode(t, two.stdout.String(), &rows)
	if len(rows) != jobs {
		t.Errorf("the second sync tells of %d jobs: %+v", len(rows), rows)
	}
	if lost := w.unrecorded(); lost != 0 {
		t.Errorf("%d requests are unrecorded", lost)
	}
	w.Check()
}

// TestSyncBesideServe polls by hand what a daemon polls on schedule.
func TestSyncBesideServe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const jobs = 10
	for n := range jobs {
		w.counter(n, 50)
	}
	w.apply(declaration(`schedule: "@every 1s", `+unlimited, jobs))
	daemon := w.serve()
	for i := range 5 {
		if p := w.run("sync"); p.code != exitDone {
			t.Errorf("sync %d ends with %d: %s%s", i, p.code, p.stdout.String(), p.stderr.String())
		}
	}
	w.awaitLine(`SELECT '' FROM (SELECT job_id FROM polls GROUP BY 1 HAVING count(*) >= 8) j HAVING count(*) = $1`, jobs)
	w.must("source", "pause", "woosmap")
	await(t, "no claims", func() bool { return w.Lines(`SELECT count(claimed_until)::text FROM cursors`)[0] == "0" })
	daemon.stop()
	if lost := w.unrecorded(); lost != 0 {
		t.Errorf("%d requests are unrecorded", lost)
	}
	w.Check()
}

func (p *process) pid() string { return strconv.Itoa(p.cmd.Process.Pid) }
