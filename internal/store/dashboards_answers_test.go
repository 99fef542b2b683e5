package store_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"tracker/internal/dashboards"
)

// The timeline of the dashboard reads only the jobs that it shows, and says where
// nobody looked. For the rest it must tell the same as the report, which reads all.
func TestDashboardsTimelineAgreesWithTheReport(t *testing.T) {
	t.Parallel()
	v := newViewer(t)
	q := v.query(t, "Imports / State of each job A")
	mustExec(t, v.conn, "BEGIN") // so that now is the same
	values := map[string][]string{"source": {"geo", "shop", "old"}, "job": {dashboards.All}, "label": {"{}"}, "limit": {"250"}}
	for _, length := range []time.Duration{time.Hour, 36 * time.Hour, 30 * 24 * time.Hour} {
		for _, until := range []time.Duration{0, 10 * time.Minute, -40 * time.Hour} {
			window := dashboards.Window{From: v.now.Add(until - length), To: v.now.Add(until)}
			other := q
			other.SQL = `WITH shown AS (` + q.SQL + `), told AS (SELECT * FROM report.state_timeline($__timeFrom(), $__timeTo()))
				SELECT s.job || ' is ' || s.state FROM shown s
				WHERE NOT EXISTS (SELECT FROM told t WHERE t.job = s.job AND t.starts_at <= s.time AND t.ends_at >= s.time_end AND s.state IN (t.state, 'not looked at'))
				UNION ALL
				SELECT coalesce(s.job, t.job) || ' is shown for ' || coalesce(s.lasts, '0') || ', not ' || coalesce(t.lasts, '0')
				FROM (SELECT job, sum(time_end - time) AS lasts FROM shown GROUP BY job) s
				FULL JOIN (SELECT job, sum(ends_at - starts_at) AS lasts FROM told GROUP BY job) t ON t.job = s.job
				WHERE s.lasts IS DISTINCT FROM t.lasts`
			if got := v.rows(t, other, window, values); len(got) > 0 || len(v.rows(t, q, window, values)) == 0 {
				t.Errorf("%s until %s from now:\n%s", length, until, strings.Join(got, "\n"))
			}
		}
	}
}

// A job whose one run failed is finished for good: it is counted where it failed lately.
func TestDashboardsForgetWhatFailedLongAgo(t *testing.T) {
	t.Parallel()
	v := newViewer(t)
	q := v.query(t, "Imports / Failed now A")
	values := map[string][]string{"source": {"geo", "shop"}, "job": {dashboards.All}, "label": {"{}"}}
	for length, want := range map[time.Duration]string{10 * time.Minute: "1", 24 * time.Hour: "1", 30 * 24 * time.Hour: "2"} {
		if got := v.rows(t, q, dashboards.Window{From: v.now.Add(-length), To: v.now}, values); !slices.Equal(got, []string{want}) {
			t.Errorf("within %s %q have failed, not %s", length, got, want)
		}
	}
}

func TestDashboardsMissJobsThatNobodyEverLookedAt(t *testing.T) {
	t.Parallel()
	v := newViewer(t)
	window := dashboards.Window{From: v.now.Add(-time.Hour), To: v.now}
	alert := v.query(t, "Sources / alert Nobody looking A")
	alert.SQL = "SELECT source, jobs FROM (" + alert.SQL + ") told"
	alert.Format, alert.Fields = "table", nil
	if got, want := v.rows(t, alert, window, nil), []string{"geo 1", "shop 1"}; !slices.Equal(got, want) {
		t.Errorf("the alert tells of %q, not %q", got, want)
	}
	values := map[string][]string{"source": {"shop"}, "job": {dashboards.All}, "label": {"{}"}, "limit": {"250"}}
	if got := v.rows(t, v.query(t, "Sources / Not looked at now A"), window, values); !slices.Equal(got, []string{"1"}) {
		t.Errorf("%q jobs are not looked at", got)
	}
	gaps := v.query(t, "Sources / Gaps A")
	gaps.SQL = "SELECT job, reason FROM (" + gaps.SQL + ") listed"
	gaps.Fields = nil
	if got := v.rows(t, gaps, window, values); !slices.Equal(got, []string{"unseen never_looked"}) {
		t.Errorf("gaps %q", got)
	}
}

func TestDashboardsTellHowLongStepsTookEachDay(t *testing.T) {
	t.Parallel()
	v := newViewer(t)
	q := v.query(t, "Imports / Durations by step over time A")
	values := map[string][]string{"source": {"geo"}, "job": {"stores-us"}, "label": {"{}"}}
	q.SQL = "SELECT metric, round(took) FROM (" + q.SQL + ") told WHERE metric LIKE 'import%' AND time = date_trunc('day', now(), 'UTC') - interval '96 h'"
	q.Format = "table"
	if got, want := v.rows(t, q, dashboards.Window{From: v.now.Add(-10 * 24 * time.Hour), To: v.now}, values), []string{"import p50 8", "import p95 8"}; !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
}

// What was removed since happened all the same: it can be chosen, and All has it.
func TestDashboardsKnowOfThePastWhatWasRemoved(t *testing.T) {
	t.Parallel()
	v := newViewer(t)
	mustExec(t, v.owner, "UPDATE jobs SET tracking = 'removed' FROM sources s WHERE s.source_id = jobs.source_id AND s.name = 'geo'")
	mustExec(t, v.owner, "UPDATE sources SET removed_at = now() WHERE name = 'geo'")
	window := dashboards.Window{From: v.now.Add(-30 * 24 * time.Hour), To: v.now}
	values := map[string][]string{"source": {"geo"}, "label": {"{}"}}
	for _, board := range []string{"Audit", "Imports", "Run", "Sources"} {
		if got := v.rows(t, v.query(t, board+" / variable source"), window, values); !slices.Equal(got, []string{"geo", "old", "shop"}) {
			t.Errorf("of %s the sources %q can be chosen", board, got)
		}
	}
	for _, board := range []string{"Audit", "Run"} {
		if got := v.rows(t, v.query(t, board+" / variable job"), window, values); !slices.Equal(got, []string{"fresh", "stores-eu", "stores-uk", "stores-us"}) {
			t.Errorf("of %s the jobs %q can be chosen", board, got)
		}
	}
}

// What nobody sees does not last: a run that another has superseded, one of which nobody
// asks any more, and a step that neither ends.
func TestDashboardsShowNothingAsGoingOnUnseen(t *testing.T) {
	t.Parallel()
	v := newViewer(t)
	mustExec(t, v.owner, "UPDATE jobs SET tracking = 'removed' WHERE name = 'stores-eu'")
	mustExec(t, v.owner, "UPDATE steps SET state = 'running', ended_at = NULL, ended_raw = NULL, ended_seen_at = NULL FROM jobs WHERE jobs.job_id = steps.job_id AND jobs.name = 'fresh' AND run_no = 2")
	window := dashboards.Window{From: v.now.Add(-30 * 24 * time.Hour), To: v.now}
	for _, test := range []struct{ job, run, took, step string }{
		{"stores-us", "3", "79143", "79122"}, // from 10:00 until the look before 8:00 of the next day
		{"stores-eu", "8", "54000", "53985"}, // from 9:00 until midnight
		{"fresh", "2", "300", "300"},         // has failed, with a step that did not end
	} {
		values := map[string][]string{"job": {test.job}, "run": {test.run}}
		for panel, asked := range map[string]struct{ sql, want string }{
			"Run / Took A":                   {`SELECT round("at least") FROM asked`, test.took},
			"Run / The job's last 50 runs A": {"SELECT round(coalesce(running, failed, unknown)) FROM asked WHERE run LIKE '▸%'", test.took},
			"Run / When each step ran A":     {"SELECT round(extract(epoch FROM time_end - time)) FROM asked ORDER BY step DESC LIMIT 1", test.step},
			"Run / Steps A":                  {"SELECT round(took) FROM asked ORDER BY started DESC LIMIT 1", test.step},
		} {
			q := v.query(t, panel)
			q.SQL, q.Format, q.Fields = "WITH asked AS ("+q.SQL+") "+asked.sql, "table", nil
			if got := v.rows(t, q, window, values); !slices.Equal(got, []string{asked.want}) {
				t.Errorf("%s: run %s of %s lasts %q seconds, not %s", panel, test.run, test.job, got, asked.want)
			}
		}
	}
}

// Links to a run that another has superseded show it until it was last seen.
func TestDashboardsLinkToARunAsLongAsItWasSeen(t *testing.T) {
	t.Parallel()
	v := newViewer(t)
	window := dashboards.Window{From: v.now.Add(-30 * 24 * time.Hour), To: v.now}
	values := map[string][]string{"job": {"stores-us"}, "run": {"3"}, "source": {"geo"}, "label": {"{}"}, "state": {"unknown"}, "limit": {"250"}}
	for panel, run := range map[string]string{"Run / Runs of this job A": "no = '3'", "Audit / Transitions A": "run = 3"} {
		q := v.query(t, panel)
		q.SQL = "WITH asked AS (" + q.SQL + ") SELECT DISTINCT round((to_ms::bigint - from_ms::bigint) / 1200.0) FROM asked WHERE " + run // with a tenth around it
		q.Format, q.Fields = "table", nil
		if got := v.rows(t, q, window, values); !slices.Equal(got, []string{"79143"}) {
			t.Errorf("%s: the link shows %q seconds", panel, got)
		}
	}
}

// The job slow took long from half an hour until ten minutes ago.
func TestDashboardsTellUnusualDurationsOfWhatEnded(t *testing.T) {
	t.Parallel()
	v := newViewer(t)
	q := v.query(t, "Imports / Unusual durations A")
	q.SQL, q.Format, q.Fields = "SELECT job, run FROM ("+q.SQL+") listed", "table", nil
	values := map[string][]string{"source": {"shop"}, "job": {dashboards.All}, "label": {"{}"}, "limit": {"250"}}
	for window, want := range map[[2]time.Duration][]string{
		{time.Hour, 20 * time.Minute}: nil, // began there
		{20 * time.Minute, 0}:         {"slow 6"},
	} {
		if got := v.rows(t, q, dashboards.Window{From: v.now.Add(-window[0]), To: v.now.Add(-window[1])}, values); !slices.Equal(got, want) {
			t.Errorf("from %s to %s ago %q ended, not %q", window[0], window[1], got, want)
		}
	}
}

// An import that succeeded in part is no success to either of the two that tell of the last.
func TestDashboardsAgreeOnTheLastSuccess(t *testing.T) {
	t.Parallel()
	v := newViewer(t)
	mustExec(t, v.owner, "UPDATE runs SET state = 'partial' FROM jobs WHERE jobs.job_id = runs.job_id AND jobs.name = 'fresh' AND run_no = 1")
	values := map[string][]string{"source": {"geo"}, "job": {"fresh"}, "label": {"{}"}, "limit": {"250"}}
	for panel, column := range map[string]string{"Imports / Broken jobs A": "last_success", "Imports / Last success of each job A": "ago"} {
		q := v.query(t, panel)
		q.SQL, q.Format, q.Fields = "SELECT job, "+column+" IS NULL AS never FROM ("+q.SQL+") listed", "table", nil
		if got := v.rows(t, q, dashboards.Window{From: v.now.Add(-time.Hour), To: v.now}, values); !slices.Equal(got, []string{"fresh t"}) {
			t.Errorf("%s: %q", panel, got)
		}
	}
}

func (v *viewer) query(t *testing.T, where string) dashboards.Query {
	t.Helper()
	at := slices.IndexFunc(v.queries, func(q dashboards.Query) bool { return q.Where == where })
	if at < 0 {
		t.Fatalf("there is no query of %s", where)
	}
	return v.queries[at]
}

// rows gives what a query answers as texts, sorted.
func (v *viewer) rows(t *testing.T, q dashboards.Query, window dashboards.Window, values map[string][]string) []string {
	t.Helper()
	var rows []string
	for _, row := range v.ask(t, q, window, values).Rows {
		rows = append(rows, string(bytes.Join(row, []byte(" "))))
	}
	return slices.Sorted(slices.Values(rows))
}
