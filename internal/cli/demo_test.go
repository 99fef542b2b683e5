package cli

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// demoBegan is when what is live began: with the jobs that have no past.
const demoBegan = `(SELECT date_trunc('second', registered_at) FROM report.jobs WHERE job = 'demo-stalls')`

// demoSeen tells of each job what is told of its fate.
const demoSeen = `SELECT DISTINCT job || ' ' || state FROM report.runs WHERE first_seen_at >= ` + demoBegan

func TestDemo(t *testing.T) {
	t.Parallel()
	w := newEmbeddedWorld(t)
	demo := w.start("demo", "--speed", "2")
	for _, fate := range []string{
		"demo-stores-eu succeeded", "demo-products-inline succeeded", "demo-shops-fr failed", "demo-shops-de failed", "demo-products-bad failed",
		"demo-superseded unknown", "demo-stalls running",
	} {
		w.awaitLine(`SELECT '' FROM (`+demoSeen+`) AS f (fate) WHERE fate = $1`, fate)
	}
	w.awaitLine(`SELECT '' FROM report.sources WHERE source = 'demo-woosmap-old' AND paused_reason LIKE 'forbidden%'`)
	w.awaitLine(`SELECT '' FROM report.polls WHERE job = 'demo-outage' AND http_status = 500`)
	w.awaitLine(`SELECT '' FROM report.anomalies WHERE job = 'demo-rewritten' AND kind = 'entry_withdrawn'`)
	w.awaitLine(`SELECT '' FROM report.deliveries WHERE rule = 'demo-events' AND state = 'delivered' AND attempts = 1 AND event IN ('failed', 'anomaly', 'source_paused')
		HAVING count(DISTINCT event) = 3`)
	await(t, "what the receiver was told", func() bool {
		return strings.Contains(demo.stdout.String(), "  told: ✖ demo-shops-fr failed in fetch after ")
	})
	w.Want("what is told of the past", nil, `SELECT line FROM report.deliveries WHERE at < `+demoBegan)
	w.Want("labels", []string{`{"simulated": "true"}`}, `SELECT DISTINCT labels::text FROM report.jobs`)
	demo.stop()
	for _, text := range []string{"watching 14 jobs", "demo-shops-fr  ✖ failed", " history demo-stores-eu", " psql -- -c ", " notify log", " verify", " export demo-stores-eu -o evidence.zip", "OPEN http://127.0.0.1:"} {
		if !strings.Contains(demo.stdout.String(), text) {
			t.Errorf("no %q in what it prints:\n%s%s", text, demo.stdout.String(), demo.stderr.String())
		}
	}

	if text := w.must("verify"); strings.Contains(text, "(0 signed)") || !strings.Contains(text, "all of it holds") {
		t.Errorf("verify says %s", text)
	}

	first := w.mustWhileServed(func() []string { return w.Lines(demoRunIDs) })
	w.must("demo", "--for", "3s")
	w.mustWhileServed(func() []string {
		w.Want("run ids that the second start changed", nil, `SELECT id FROM unnest($1::text[]) AS f (id) EXCEPT (`+demoRunIDs+`)`, first)
		w.Want("anomalies", nil, demoFalse)
		w.Want("polls of finished requests", nil, `SELECT DISTINCT p.job FROM report.polls p JOIN report.changes c ON c.subject = 'job ' || p.job AND c.action = 'finish'
			WHERE p.polled_at > c.at`)
		w.Check()
		return nil
	})
}

// demoRunIDs names all runs, with their numbers.
const demoRunIDs = `SELECT job || ' ' || run_no || ' ' || run_id FROM report.runs`

// demoFalse finds anomalies that nothing in the services' scenarios has led to.
// That a run's end was not seen is true of any that ended between two starts.
const demoFalse = `SELECT job || ' ' || kind FROM report.anomalies
	WHERE kind <> 'outcome_unseen' AND NOT (job = 'demo-rewritten' AND kind = 'entry_withdrawn')`

// mustWhileServed does work while a tracker runs the embedded server.
func (w *world) mustWhileServed(work func() []string) []string {
	w.t.Helper()
	keeper := w.start("watch", "--for", "10m")
	await(w.t, "the server", func() bool { return strings.Contains(keeper.stdout.String(), "watching") })
	defer keeper.stop()
	return work()
}

// TestDemoPast looks at what the first start makes up.
func TestDemoPast(t *testing.T) {
	t.Parallel()
	w := newEmbeddedWorld(t)
	demo := w.start("demo")
	await(t, "the first lines", func() bool { return strings.Contains(demo.stdout.String(), "watching") })
	w.Want("jobs with a past", []string{"demo-parking", "demo-rewritten", "demo-shops-de", "demo-shops-fr", "demo-stores-eu", "demo-stores-us"},
		`SELECT job FROM report.runs WHERE ended_at < now() - interval '1 hour' GROUP BY job HAVING count(*) > 20 ORDER BY job`)
	var notes struct{ Began map[string]time.Time }
	text, err := os.ReadFile(filepath.Join(w.env["TRACKER_DATA_DIR"], "demo.json"))
	if err != nil {
		t.Fatal(err)
	}
	decode(t, string(text), &notes)
	if began := slices.Compact(slices.SortedFunc(maps.Values(notes.Began), time.Time.Compare)); len(notes.Began) != 14 || len(began) != 1 {
		t.Errorf("what is live begins at %v: not once, after the past was made up", began)
	}
	w.awaitLine(`SELECT '' FROM report.daily WHERE source = 'demo-woosmap' AND runs > 5 AND succeeded > failed AND polls > 200 HAVING count(*) >= 20`)
	w.Want("gaps", []string{"demo-stores-us upstream_error"},
		`SELECT job || ' ' || reason FROM report.gaps WHERE gap_from < now() - interval '1 hour' OR reason = 'not_running'`)
	w.Want("runs that have not ended", nil, `SELECT job FROM report.runs WHERE first_seen_at < `+demoBegan+` AND state NOT IN ('succeeded', 'failed')`)
	if text := w.must("rebuild"); !strings.Contains(text, " 0 rows differed") {
		t.Error(text)
	}
	if second := w.run("demo", "--for", "1s"); second.code != exitFailed || !strings.Contains(second.stderr.String(), "another demo runs") {
		t.Errorf("a second demo ends with %d: %s", second.code, second.stderr.String())
	}
	if text := w.must("history", "demo-stores-eu"); !strings.Contains(text, "simulated=true") {
		t.Error(text)
	}
	demo.signal(syscall.SIGINT)
	if code := demo.wait(); code != exitDone {
		t.Errorf("after Ctrl-C it ends with %d: %s", code, demo.stderr.String())
	}
	w.mustWhileServed(func() []string { // checked when nobody polls
		w.Check()
		return nil
	})
}

func TestDemoWrongUse(t *testing.T) {
	t.Parallel()
	w := newWorldWithout(t)
	dir := openTempDir(t)
	for _, wrong := range []struct {
		name string
		env  map[string]string
		args []string
		want string
	}{
		{"DatabaseURL", map[string]string{"DATABASE_URL": "postgres://localhost/x"}, nil, "unset DATABASE_URL"},
		{"Speed", nil, []string{"--speed", "0"}, "want a number from 0.1 to 10"},
		{"NaN", nil, []string{"--speed", "NaN"}, "want a number from 0.1 to 10"},
		{"For", nil, []string{"--for", "soon"}, "--for"},
		{"Argument", nil, []string{"stores"}, "want no arguments"},
	} {
		t.Run(wrong.name, func(t *testing.T) {
			t.Parallel()
			in := w.with(t, map[string]string{"TRACKER_DATA_DIR": dir})
			in = in.with(t, wrong.env)
			p := in.run(append([]string{"demo"}, wrong.args...)...)
			if p.code != exitUsage || !strings.Contains(p.stderr.String(), wrong.want) {
				t.Errorf("it ends with %d: %s", p.code, p.stderr.String())
			}
		})
	}
}
