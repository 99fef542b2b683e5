package cli

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"tracker/internal/store"
	"tracker/internal/testkit"
)

// newOldWorld is a world with a job that was polled now, and half a year ago.
func newOldWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.Woosmap.Script(datasetID(0), testkit.WoosmapRun("r1", "success"))
	w.apply(declaration(unlimited, 1))
	w.Exec(`SELECT polls_extend((now() - interval '6 months')::date)`)
	w.Exec(`INSERT INTO polls (job_id, polled_at, outcome, latency_us)
		SELECT job_id, date_trunc('month', now() - interval '6 months') + i * interval '1 day', 'timeout', 1 FROM jobs, generate_series(1, 7) i`)
	w.must("sync")
	return w
}

func TestRetain(t *testing.T) {
	t.Parallel()
	w := newOldWorld(t)
	var would, did []store.Taken
	for _, step := range []struct {
		args []string
		rows *[]store.Taken
		left string
	}{
		{[]string{"retain", "--dry-run", "--format", "json"}, &would, "8"},
		{[]string{"retain", "--format", "json"}, &did, "1"},
	} {
		if err := json.Unmarshal([]byte(w.must(step.args...)), step.rows); err != nil {
			t.Fatal(err)
		}
		w.Want("polls", []string{step.left}, `SELECT count(*)::text FROM report.polls`)
	}
	if len(would) != 1 || len(did) != 1 || would[0].RangeFrom != did[0].RangeFrom || did[0].Rows != 7 {
		t.Errorf("it would take %+v, and takes %+v", would, did)
	}
	w.Want("what report.retention tells", []string{"polls 7 90 days tester"}, `SELECT concat_ws(' ', what, rows, kept_for, actor) FROM report.retention`)
	if text := w.must("history", jobName(0)); !strings.Contains(text, "looked 8 times (7 failed) since ") || !strings.Contains(text, " were taken by retention") {
		t.Errorf("the history tells\n%s", text)
	}
	if text := w.must("retain"); text != "nothing is old enough\n" {
		t.Errorf("again it says %q", text)
	}
	w.Check()
}

func TestRetainKeepsAll(t *testing.T) {
	t.Parallel()
	w := newOldWorld(t)
	if text := w.must("retain", "--retention-polls", "0"); text != "nothing is old enough\n" {
		t.Errorf("it says %q", text)
	}
	w.Want("polls", []string{"8"}, `SELECT count(*)::text FROM report.polls`)
}

func TestRetainRefuses(t *testing.T) {
	t.Parallel()
	w := newOldWorld(t)
	w.Exec(`UPDATE jobs SET schedule = '0 6 * * 1'`)
	w.Exec(`UPDATE cursors SET planned_every = '40 days'`)
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--retention-polls", "soon"}, exitUsage, "is no duration; write one such as 90s, 2h30m, 2d or 1w, or 0 to keep all"},
		{[]string{"--retention-polls", "6d"}, exitUsage, `--retention-polls 6d: jobs are polled by the schedule "0 6 * * 1", up to 7d apart, which is longer`},
		{[]string{"--retention-polls", "30d"}, exitUsage, "job " + jobName(0) + " is polled every 40 days, which is longer"},
		{[]string{"x"}, exitUsage, "want no arguments"},
	} {
		p := w.run(append([]string{"retain"}, test.args...)...)
		if text := p.stderr.String(); p.code != test.code || !strings.Contains(text, test.want) {
			t.Errorf("retain %q ends with %d: %s", test.args, p.code, text)
		}
	}
	w.Want("polls", []string{"8"}, `SELECT count(*)::text FROM report.polls`)
}

func TestRetainHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Woosmap.Script(datasetID(0), testkit.WoosmapRun("r1", "success"), testkit.WoosmapRun("r2", "success"))
	w.apply(declaration(unlimited, 1))
	w.must("sync")
	w.must("sync")
	w.Exec(`UPDATE runs SET first_seen_at = now() - interval '100 days', last_changed_at = now() - interval '100 days' WHERE run_no = 1`)
	if text := w.must("retain", "--retention-history", "90d"); !strings.Contains(text, "runs    "+jobName(0)) || !strings.Contains(text, "bodies  "+jobName(0)) {
		t.Errorf("it says\n%s", text)
	}
	if text := w.must("history", jobName(0)); !strings.Contains(text, "1 run that ended by ") || strings.Contains(text, "older run") {
		t.Errorf("the history tells\n%s", text)
	}
	for _, args := range [][]string{{"snapshot", jobName(0), "1"}, {"snapshot", jobName(0), "--diff", "1"}} {
		if p := w.run(args...); p.code != exitUsage || !strings.Contains(p.stderr.String(), "has no body any more: retention took it; its SHA-256 was ") {
			t.Errorf("tracker %q ends with %d: %s", args, p.code, p.stderr.String())
		}
	}
	if text := w.must("rebuild"); !strings.HasSuffix(text, "; 0 rows differed\n") {
		t.Errorf("rebuild says %q", text)
	}
}

// newAgedRunWorld is an old world with two runs more, the first of which is 100 days old.
func newAgedRunWorld(t *testing.T) *world {
	t.Helper()
	w := newOldWorld(t)
	w.Woosmap.Script(datasetID(0), testkit.WoosmapRun("r2", "in_progress"))
	w.must("sync")
	w.Exec(`UPDATE runs SET first_seen_at = first_seen_at - interval '100 days', last_changed_at = last_changed_at - interval '100 days'`)
	return w
}

// TestRetainBesideAnOpenRun: a run that goes on for longer than anything is kept stays,
// and is told; the rest goes.
func TestRetainBesideAnOpenRun(t *testing.T) {
	t.Parallel()
	w := newAgedRunWorld(t)
	p := w.run("retain", "--retention-polls", "30d", "--retention-history", "90d")
	for _, want := range []string{
		"--retention-polls 30d: run 2 of job " + jobName(0) + " has gone on for longer, since ", ": polls of it go with the others, and what they told stays\n",
		"--retention-history 90d: run 2 of job " + jobName(0) + " has gone on for longer, since ", ": it stays until it has ended, or while it is the latest\n",
	} {
		if !strings.Contains(p.stderr.String(), want) {
			t.Errorf("it does not say %q, but\n%s", want, p.stderr.String())
		}
	}
	w.Want("exit code, polls and runs", []string{"0 2 2"}, `SELECT concat_ws(' ', $1::text, (SELECT count(*) FROM report.polls), (SELECT string_agg(run_no::text, ',') FROM report.runs))`, strconv.Itoa(p.code))
}

// TestRetainBesideAReader: who reads polls for long is left alone, and told of; what
// nobody reads goes.
func TestRetainBesideAReader(t *testing.T) {
	t.Parallel()
	w := newAgedRunWorld(t)
	reader, err := w.DB.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Rollback() //nolint:errcheck // it only reads
	if _, err := reader.ExecContext(t.Context(), `SELECT FROM report.polls LIMIT 1`); err != nil {
		t.Fatal(err)
	}
	p := w.run("retain", "--retention-history", "90d")
	if text := p.stderr.String(); p.code != exitFailed || !strings.Contains(text, "take old polls: somebody reads them or works on them, and they stay for now: try again, as tracker serve does by itself") {
		t.Errorf("it ends with %d: %s", p.code, text)
	}
	w.Want("polls and runs", []string{"9 2"}, `SELECT concat_ws(' ', (SELECT count(*) FROM report.polls), (SELECT string_agg(run_no::text, ',') FROM report.runs))`)
}

// TestRetainDistrustsTheClock: nothing goes where the clock is a year ahead of the newest poll.
func TestRetainDistrustsTheClock(t *testing.T) {
	t.Parallel()
	w := newAgedRunWorld(t)
	w.Exec(`UPDATE cursors SET polled_at = polled_at - interval '1 year'`)
	for _, args := range [][]string{{"retain"}, {"retain", "--dry-run"}, {"retain", "--retention-polls", "0", "--retention-history", "90d"}} {
		p := w.run(args...)
		if text := p.stderr.String(); p.code != exitFailed || !strings.Contains(text, "nothing is taken: the database's clock says ") || !strings.Contains(text, " UTC, and the newest poll was at ") {
			t.Errorf("tracker %q ends with %d: %s", args, p.code, text)
		}
	}
	for _, call := range []string{`SELECT FROM polls_take('90 days')`, `SELECT FROM jobs j CROSS JOIN LATERAL runs_take('90 days', j.job_id)`} {
		if _, err := w.DB.ExecContext(t.Context(), call); err == nil || !strings.Contains(err.Error(), "the database's clock says ") {
			t.Errorf("%s: %v", call, err)
		}
	}
	w.Want("polls and runs", []string{"9 2"}, `SELECT concat_ws(' ', (SELECT count(*) FROM report.polls), (SELECT count(*) FROM report.runs))`)
}

// TestRetainNeedsTheRight: a reader takes nothing, and cannot see what would go.
func TestRetainNeedsTheRight(t *testing.T) {
	t.Parallel()
	w := newAgedRunWorld(t)
	as := func(address *url.URL) *world { return w.with(t, map[string]string{"DATABASE_URL": address.String()}) }
	reader := as(loginWith(t, w.URL, "tracker_reader"))
	for _, args := range [][]string{{"retain"}, {"retain", "--dry-run"}} {
		p := reader.run(args...)
		if text := p.stderr.String(); p.code != exitFailed || !strings.Contains(text, "this login may take nothing: use that of the tables' owner, of an operator or of the daemon, see docs/sql.md") {
			t.Errorf("tracker %q ends with %d: %s", args, p.code, text)
		}
	}
	daemon := loginWith(t, w.URL, "tracker_writer")
	as(daemon).must("retain")
	w.Want("by whom", []string{"true"}, `SELECT (actor = $1)::text FROM report.retention`, daemon.User.Username())
}

// TestHistoryOfTakenRuns: what was taken is told where it is asked for, and the run
// before it does not stand in for it.
func TestHistoryOfTakenRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []string{"r1", "r2", "r3"} {
		w.Woosmap.Script(datasetID(0), testkit.WoosmapRun(id, "success"))
		if id == "r1" {
			w.apply(declaration(unlimited, 1))
		}
		w.must("sync")
	}
	w.must("job", "hold", jobName(0), "--run", "1")
	w.Exec(`UPDATE runs SET last_changed_at = last_changed_at - interval '100 days', first_seen_at = first_seen_at - interval '100 days' WHERE run_no = 2`)
	w.must("retain", "--retention-history", "90d")
	during := w.Lines(`SELECT to_char(observed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') FROM report.snapshots WHERE snapshot_no = 2`)[0]
	if text := w.must("history", jobName(0), "--as-of", during); !strings.Contains(text, jobName(0)+"  run 2 was the latest, and retention has taken it since") {
		t.Errorf("as of run 2 it tells\n%s", text)
	}
	var told struct {
		Job         struct{ State *string }
		LatestTaken int `json:"latest_taken"`
	}
	if err := json.Unmarshal([]byte(w.must("history", jobName(0), "--as-of", during, "--format", "json")), &told); err != nil || told.Job.State != nil || told.LatestTaken != 2 {
		t.Errorf("as of run 2 it tells %+v, %v", told, err)
	}
	if text := w.must("history", jobName(0), "--runs", "1"); !strings.Contains(text, "1 older run:  tracker history "+jobName(0)+" --runs 2") {
		t.Errorf("beside run 1, which is on hold, it tells\n%s", text)
	}
	if text := w.must("history", jobName(0)); strings.Contains(text, "older run") {
		t.Errorf("beside all runs it tells\n%s", text)
	}
	for _, args := range [][]string{{"history", jobName(0), "--run", "2"}, {"history", jobName(0), "--run", "2", "--as-of", during}, {"job", "hold", jobName(0), "--run", "2"}} {
		if p := w.run(args...); p.code != exitUsage || !strings.Contains(p.stderr.String(), "has no run 2 any more: retention took it") {
			t.Errorf("tracker %q ends with %d: %s", args, p.code, p.stderr.String())
		}
	}
}

// TestServeRetains: a daemon takes what is old by itself, two no more than one.
func TestServeRetains(t *testing.T) {
	t.Parallel()
	w := newOldWorld(t)
	for range 2 {
		w.serve()
	}
	w.awaitLine(`SELECT rows::text FROM report.retention`)
	w.Want("what was taken", []string{"7"}, `SELECT rows::text FROM report.retention`)
}
