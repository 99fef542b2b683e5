package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
)

// TestRunReturned has a service that goes back to a run that another one had
// superseded: every report shows that run, from when it was back.
func TestRunReturned(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		said     [][2]string // run and status, a minute apart from 10:01
		latest   string
		timeline []string
	}{
		"AsItWas": {
			[][2]string{{"A", "failed"}, {"B", "success"}, {"A", "failed"}, {"A", "failed"}},
			"1 A failed 10:03:01",
			[]string{"1 failed 10:01:01", "2 succeeded 10:02:01", "1 failed 10:03:01"},
		},
		"Twice": {
			[][2]string{{"A", "failed"}, {"B", "success"}, {"A", "failed"}, {"B", "success"}},
			"2 B succeeded 10:04:01",
			[]string{"1 failed 10:01:01", "2 succeeded 10:02:01", "1 failed 10:03:01", "2 succeeded 10:04:01"},
		},
		"WhileTheOtherRuns": {
			[][2]string{{"A", "failed"}, {"B", "in_progress"}, {"A", "failed"}},
			"1 A failed 10:03:01",
			[]string{"1 failed 10:01:01", "2 running 10:02:01", "1 failed 10:03:01"},
		},
		"StillRunning": {
			[][2]string{{"A", "in_progress"}, {"B", "success"}, {"A", "in_progress"}},
			"1 A running 10:03:01",
			[]string{"1 running 10:01:01", "2 succeeded 10:02:01", "1 running 10:03:01"},
		},
		"Ended": {
			[][2]string{{"A", "in_progress"}, {"B", "success"}, {"A", "failed"}},
			"1 A failed 10:03:01",
			[]string{"1 running 10:01:01", "2 succeeded 10:02:01", "1 failed 10:03:01"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFeed(t)
			job := f.register(t, "woosmap", "a")[0]
			for _, s := range tc.said {
				f.round(t, said{job: job, body: woosmapBody(s[0], s[1])})
			}
			for what, query := range map[string]string{
				"report.jobs":  "SELECT concat_ws(' ', run_no, run_id, state, to_char(state_since, 'HH24:MI:SS')) FROM report.jobs",
				"status_as_of": "SELECT concat_ws(' ', run_no, run_id, state, to_char(since, 'HH24:MI:SS')) FROM report.status_as_of(now())",
			} {
				if got := column[string](t, f.conn, query); !slices.Equal(got, []string{tc.latest}) {
					t.Errorf("%s shows %q, not %q", what, got, tc.latest)
				}
			}
			line := column[string](t, f.conn, "SELECT concat_ws(' ', run_no, state, to_char(starts_at, 'HH24:MI:SS')) FROM report.state_timeline('2024-06-07', '2024-06-08')")
			if !slices.Equal(line, tc.timeline) {
				t.Errorf("the timeline is %q, not %q", line, tc.timeline)
			}
			h, err := f.store.History(t.Context(), store.HistoryParams{Job: "a", Most: 1})
			if err != nil {
				t.Fatal(err)
			}
			if len(h.Runs) != 1 || h.Runs[0].RunNo != *h.Job.RunNo {
				t.Errorf("the history of the latest run shows runs %v of %d", h.Runs, *h.Job.RunNo)
			}
		})
	}
}

// folded is a job's history as its snapshots give it.
func (f *feed) folded(t *testing.T, job store.Job) store.History {
	t.Helper()
	trail, err := f.store.Fold(t.Context(), job.ID, time.Time{}, read(t, job))
	if err != nil {
		t.Fatal(err)
	}
	known, err := store.TrailHistory(store.JobRow{Job: job.Name}, trail)
	if err != nil {
		t.Fatal(err)
	}
	return known
}

// TestHistory_LeavesOutRunsBelowAReturnedOne: which runs are left out is told where the
// oldest of those that are shown has come back, now and of a past.
func TestHistory_LeavesOutRunsBelowAReturnedOne(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := f.register(t, "woosmap", "a")[0]
	for no := range 6 {
		f.round(t, said{job: job, body: woosmapBody(fmt.Sprintf("run-%d", no+1), "success")})
	}
	f.round(t, said{job: job, body: woosmapBody("run-1", "success")})
	params := store.HistoryParams{Job: "a", Most: 3}
	now, err := f.store.History(t.Context(), params)
	if err != nil {
		t.Fatal(err)
	}
	known := f.folded(t, job)
	for name, h := range map[string]store.History{"now": now, "past": known.AsOf(f.now.Add(time.Minute)).Select(params)} {
		var shown []int32
		for _, run := range h.Runs {
			shown = append(shown, run.RunNo)
		}
		if !slices.Equal(shown, []int32{6, 5, 1}) || h.LeftOut != 3 {
			t.Errorf("%s: it shows the runs %v and leaves out %d", name, shown, h.LeftOut)
		}
	}
}

// TestSupersededWhileUnknown: a run whose word nobody knew went on until the look before
// another was seen, however long ago its own last change was, now and in a past.
func TestSupersededWhileUnknown(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := f.register(t, "woosmap", "a")[0]
	f.round(t, said{job: job, body: woosmapBody("A", "odd")})
	f.round(t, said{job: job, body: woosmapBody("A", "odd")})
	f.round(t, said{job: job, body: woosmapBody("B", "in_progress")})
	want := history.Bounds{NotBefore: f.now.Add(-time.Minute), ObservedAt: f.now.Add(time.Second)}
	f.round(t, said{job: job, body: woosmapBody("C", "success")})

	if got := column[time.Time](t, f.conn, "SELECT seen_at FROM report.unended_runs WHERE run_no = 1"); len(got) != 1 || !got[0].Equal(want.NotBefore) {
		t.Errorf("it was last seen at %v, not at %s", got, want.NotBefore)
	}
	h, err := f.store.History(t.Context(), store.HistoryParams{Job: "a", RunNo: 1, Most: 1})
	if err != nil {
		t.Fatal(err)
	}
	known := f.folded(t, job)
	then := known.AsOf(want.ObservedAt).Select(store.HistoryParams{RunNo: 1})
	for name, run := range map[string]store.RunRow{"now": h.Runs[0], "past": then.Runs[0]} {
		if !run.Superseded || !run.Left.NotBefore.Equal(want.NotBefore) || !run.Left.ObservedAt.Equal(want.ObservedAt) {
			t.Errorf("%s: another took its place between %s and %s, not between %s and %s", name, run.Left.NotBefore, run.Left.ObservedAt, want.NotBefore, want.ObservedAt)
		}
	}
	if run := known.AsOf(want.NotBefore).Runs[0]; run.Superseded || run.Left != (history.Bounds{}) {
		t.Errorf("before that another had its place from %s on", run.Left.NotBefore)
	}
}
