package cli

import (
	"slices"
	"strconv"
	"testing"

	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

// clocked is a world whose trackers see the database's clock as the test turns
// it: hours pass at once.
type clocked struct{ *world }

func newClockedWorld(t *testing.T) clocked {
	t.Helper()
	w := clocked{newWorld(t)}
	w.Exec(`CREATE SCHEMA turned`)
	w.Exec(`CREATE TABLE turned.clock (ahead interval NOT NULL)`)
	w.Exec(`INSERT INTO turned.clock VALUES ('-1 day')`) // all of it is past for those who look with another clock
	w.Exec(`ALTER FUNCTION pg_catalog.clock_timestamp() RENAME TO true_clock_timestamp`)
	w.Exec(`SET allow_system_table_mods = on; CREATE FUNCTION pg_catalog.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$
		SELECT pg_catalog.true_clock_timestamp() + ahead FROM turned.clock $$`)
	return w
}

// turn lets a while pass.
func (w clocked) turn(by string) {
	w.t.Helper()
	w.Exec(`UPDATE turned.clock SET ahead = ahead + $1::interval`, by)
}

// gaps are the recorded ones of a job, without those that a busy machine leaves
// between polls of each second: reason and length in full minutes.
func (w *world) gaps(job string) []string {
	w.t.Helper()
	return w.Lines(`SELECT reason || ' ' || floor(extract(epoch FROM gap_to - gap_from) / 60) FROM report.gaps
		WHERE job = $1 AND gap_to - gap_from >= interval '1 min' ORDER BY gap_from`, job)
}

func (w *world) awaitPolls(job string, n int) {
	w.t.Helper()
	w.awaitLine(`SELECT '' FROM report.polls WHERE job = $1 HAVING count(*) >= $2`, job, n)
}

// TestGaps tells why nobody could know what happened.
func TestGaps(t *testing.T) {
	t.Parallel()
	w := newClockedWorld(t)
	for n := range 2 {
		w.Woosmap.Script(datasetID(n), testkit.WoosmapRun("r1", "success"))
	}
	w.apply(declaration(`schedule: "@every 10m", active_every: 1s, `+unlimited, 2))
	w.turn("1 min") // by then the first polls are due
	polls := 0
	pollOnce := func() { // each job is polled once more
		polls++
		for n := range 2 {
			w.awaitPolls(jobName(n), polls)
		}
	}
	daemon := w.serve()
	for range 4 { // with those that follow upon an import's end
		pollOnce()
	}
	w.turn("11 min")
	pollOnce()
	w.must("job", "pause", jobName(1))
	daemon.stop()
	w.turn("2 hours")
	w.must("job", "resume", jobName(1))
	daemon = w.serve()
	pollOnce()
	w.must("source", "pause", "woosmap")
	w.turn("3 hours")
	w.must("source", "resume", "woosmap")
	pollOnce()
	daemon.stop()
	blind := w.with(t, map[string]string{"KEY": ""}).serve() // pauses the source
	blind.await("source paused")
	blind.stop()
	w.turn("1 hour")
	w.Want("open gaps", []string{"credential", "credential"}, `SELECT reason FROM report.gaps WHERE gap_to IS NULL`)
	w.must("source", "resume", "woosmap")
	daemon = w.serve()
	pollOnce()
	daemon.stop()
	for n, want := range [][]string{
		{"not_running 120", "paused 180", "credential 60"}, {"paused 120", "paused 180", "credential 60"},
	} {
		if got := w.gaps(jobName(n)); !slices.Equal(got, want) {
			t.Errorf("the gaps of %s are %q, want %q", jobName(n), got, want)
		}
	}
	w.Check()
}

// TestGapsOfFailures cannot look for a while.
func TestGapsOfFailures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Woosmap.Script(datasetID(0), testkit.WoosmapRun("r1", "success"), upstreamsim.WoosmapError(500), testkit.WoosmapRun("r1", "success"))
	w.apply(declaration(`schedule: "@every 1s", active_every: 1s, `+unlimited, 1))
	daemon := w.serve()
	w.awaitLine(`SELECT '' FROM report.gaps WHERE gap_to IS NULL AND reason = 'upstream_error'`)
	w.awaitLine(`SELECT '' FROM report.gaps WHERE gap_to IS NOT NULL AND reason = 'upstream_error'`)
	daemon.stop()
	w.Want("gaps", []string{"upstream_error"}, `SELECT reason FROM report.gaps WHERE reason <> 'rate_budget'`) // as a busy machine leaves
	w.Check()
}

// TestGapsOfABudget asks for more than a source's budget allows.
func TestGapsOfABudget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const jobs = 6
	for n := range jobs {
		w.Woosmap.Script(datasetID(n), testkit.WoosmapRun("r1", "success"))
	}
	w.apply(declaration(`schedule: "@every 1s", active_every: 1s, rate_limit: {every: 500ms, burst: 1}`, jobs))
	daemon := w.serve()
	w.awaitLine(`SELECT '' FROM gaps HAVING count(DISTINCT job_id) = $1`, jobs)
	daemon.stop()
	w.Want("reasons", []string{"rate_budget"}, `SELECT DISTINCT reason FROM report.gaps WHERE gap_to IS NOT NULL`)
	w.Check()
}

// TestServeKeepsWhatItFetched fetches while the database is away for longer
// than a claim lasts: nobody else has taken over, so the answer is recorded.
func TestServeKeepsWhatItFetched(t *testing.T) {
	t.Parallel()
	for try := range 4 { // it was won or lost by chance
		t.Run(strconv.Itoa(try), func(t *testing.T) {
			t.Parallel()
			w := newClockedWorld(t)
			gate := upstreamsim.NewGate()
			w.Woosmap.Script(datasetID(0), testkit.WoosmapRun("during", "success").Behind(gate), testkit.WoosmapRun("after", "success"))
			w.apply(declaration(`schedule: "@every 1s", active_every: 1s, `+unlimited, 1))
			line := newProxy(t, w.env["DATABASE_URL"])
			daemon := w.with(t, map[string]string{"DATABASE_URL": line.url}).serve()
			receive(t, gate.Reached(), "the request")
			line.block()
			gate.Open()
			daemon.await(`the database fails; trying again" action="read what is known"`)
			w.turn("30 s")
			line.unblock()
			w.awaitLine(`SELECT '' FROM runs WHERE run_id = 'after'`)
			w.Want("runs", []string{"during", "after"}, `SELECT run_id FROM runs ORDER BY run_no`)
			daemon.stop()
			w.Check()
		})
	}
}
