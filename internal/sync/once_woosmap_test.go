package sync_test

import (
	"slices"
	"testing"
	"time"

	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

func TestOnceFollowsAWoosmapImport(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	id := l.dataset("stores")
	l.Woosmap.Play(id, "stores", upstreamsim.Scenario{
		Start: l.clock.Now(),
		Imports: []upstreamsim.Import{{ID: "run-a", Steps: []upstreamsim.Step{
			{Name: "fetch", Takes: 12 * time.Second, Entries: []upstreamsim.Entry{
				{Detail: "Fetching https://hostname.com/archive.zip..."}, {After: 11 * time.Second, Late: 40 * time.Second, Level: "warning", Detail: "Slow host"},
			}},
			{Name: "import", Takes: 30 * time.Second, Entries: []upstreamsim.Entry{{After: 29 * time.Second, Detail: "Successfully imported 3 features."}}},
		}}, {ID: "run-b", After: time.Hour, Steps: []upstreamsim.Step{{Name: "fetch", Takes: time.Second, Fails: true}}}},
	})

	l.expect("stores", "changed")
	l.expect("stores", "unchanged")
	l.clock.Pass(13 * time.Second)
	l.expect("stores", "changed") // fetch has ended, import has begun
	l.clock.Pass(30 * time.Second)
	l.expect("stores", "changed") // the import has succeeded
	l.expect("stores", "unchanged")
	l.clock.Pass(10 * time.Second)
	l.expect("stores", "changed") // a late log entry
	l.expect("stores", "unchanged")
	l.Want("a woosmap job goes on", []string{"active t"},
		`SELECT concat_ws(' ', tracking, next_poll_at - last_polled_at > '4 minutes') FROM report.jobs WHERE job = 'stores'`)
	l.clock.Pass(time.Hour)
	l.expect("stores", "changed") // another run, which failed

	l.wantPolls("stores", "changed 1", "unchanged 1", "changed 2", "changed 3", "unchanged 3", "changed 4", "unchanged 4", "changed 5")
	if n := len(l.Requests.Of(upstreamsim.WoosmapPath(id))); n != 8 {
		t.Errorf("%d requests for 8 polls", n)
	}
	l.Want("transitions", []string{
		"1 run -> running", "1 fetch -> running", "1 fetch running -> succeeded", "1 import -> running",
		"1 import running -> succeeded", "1 run running -> succeeded", "2 run -> failed", "2 fetch -> failed",
	}, `SELECT concat_ws(' ', run_no, coalesce(step, 'run'), from_state, '->', to_state) FROM report.transitions ORDER BY transition_no`)
	l.Want("log", []string{"fetch 1 info", "fetch 2 warning", "import 1 info"},
		`SELECT concat_ws(' ', step, entry_no, level) FROM report.log_entries ORDER BY run_no, step_no, entry_no`)
	l.Want("durations", []string{"run-a 00:00:42 t", "run-b 00:00:01 t"},
		`SELECT concat_ws(' ', run_id, duration, reported) FROM report.runs ORDER BY run_no`)
	l.Want("anomalies", nil, `SELECT kind FROM report.anomalies`)
	l.Want("bounds", nil, `SELECT transition_no::text FROM report.transitions WHERE not_before >= observed_at OR (snapshot_no = 1) <> (not_before IS NULL)`)
}

func TestOnceFailsAWoosmapImportInImport(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	l.Woosmap.Play(l.dataset("stores"), "stores", upstreamsim.Scenario{
		Start: l.clock.Now(),
		Imports: []upstreamsim.Import{{ID: "r", Steps: []upstreamsim.Step{
			{Name: "fetch", Takes: time.Second},
			{Name: "import", Pause: time.Second, Takes: time.Second, Fails: true, Entries: []upstreamsim.Entry{{Level: "error", Detail: "Line 7: no geometry"}}},
		}}},
	})
	for range 4 {
		l.expect("stores", "changed")
		l.clock.Pass(time.Second)
	}
	l.Want("run", []string{"failed 1"}, `SELECT concat_ws(' ', state, errors) FROM report.runs`)
}

func TestOnceKeepsEachOfABA(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	a, b := testkit.WoosmapRun("r1", "in_progress"), testkit.WoosmapRun("r1", "failed")
	l.dataset("stores", a, b, a, a, b)
	for range 5 {
		l.once("stores")
	}
	l.wantPolls("stores", "changed 1", "changed 2", "changed 3", "unchanged 3", "changed 4")
	l.Want("what the newest confirmed", []string{"1 1", "2 1", "3 2", "4 1"},
		`SELECT concat_ws(' ', snapshot_no, polls) FROM report.snapshots ORDER BY snapshot_no`)
	l.Want("anomalies", []string{"status_regressed"}, `SELECT kind FROM report.anomalies`)
}

func TestOnceTellsOfARunThatWasSupersededUnseen(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	l.dataset("stores", testkit.WoosmapRun("r1", "in_progress"), testkit.WoosmapRun("r3", "success"), testkit.WoosmapRun("r1", "success"))
	for range 3 {
		l.expect("stores", "changed")
	}
	l.Want("anomalies", []string{"outcome_unseen", "run_returned"}, `SELECT kind FROM report.anomalies ORDER BY anomaly_no`)
}

func TestOnceTellsEachJobOnce(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	l.dataset("a", testkit.WoosmapRun("r1", "in_progress"))
	l.dataset("b", upstreamsim.Status(500, ""))
	told := l.once("b", "a", "a").texts()
	slices.Sort(told)
	if want := []string{"polled a changed", "polled b upstream_error"}; !slices.Equal(told, want) {
		t.Errorf("told %q, not %q", told, want)
	}
	if told := l.once().texts(); len(told) > 0 {
		t.Errorf("told %q of no jobs", told)
	}
}
