package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/source"
	"tracker/internal/store"
)

// TestFoldAsKnown: the snapshots observed by a time tell what was known then,
// entries too.
func TestFoldAsKnown(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := richHistory(t, f)[0]
	provider, err := source.Lookup("woosmap")
	if err != nil {
		t.Fatal(err)
	}
	known := time.Date(2024, 6, 7, 10, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		after time.Duration
		want  string
	}{
		{time.Minute, ""},
		{time.Minute + time.Second - time.Microsecond, ""},
		{time.Minute + time.Second, "1 in_progress: fetch/2"},
		{2*time.Minute + time.Second, "1 failed: fetch/1, import/0"},
		{time.Hour, "1 failed: fetch/1, import/0; 2 in_progress: fetch/1"},
	} {
		trail, err := f.store.Fold(t.Context(), job.ID, known.Add(test.after), provider.Interpret)
		if err != nil {
			t.Fatal(err)
		}
		if got := summary(trail); got != test.want {
			t.Errorf("known after %s: %q, not %q", test.after, got, test.want)
		}
	}
}

// summary lists runs with the steps and how many entries of each are not withdrawn.
func summary(trail *history.Trail) string {
	runs := make([]string, len(trail.Runs))
	for _, run := range trail.Runs {
		var steps []string
		for _, step := range run.Steps {
			listed := 0
			for _, e := range step.Entries {
				if e.WithdrawnAt.IsZero() {
					listed++
				}
			}
			steps = append(steps, fmt.Sprintf("%s/%d", step.Name, listed))
		}
		runs[run.No-1] = fmt.Sprintf("%d %s: %s", run.No, run.Status, strings.Join(steps, ", "))
	}
	return strings.Join(runs, "; ")
}

// TestFoldInPages: a job with more snapshots than are read at once.
func TestFoldInPages(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := f.register(t, "woosmap", "a")[0]
	const snapshots = 201
	for i := range snapshots {
		f.round(t, said{job: job, body: woosmapBody("r", []string{"in_progress", "success"}[i%2])})
	}
	provider, err := source.Lookup("woosmap")
	if err != nil {
		t.Fatal(err)
	}
	trail, err := f.store.Fold(t.Context(), job.ID, time.Time{}, provider.Interpret)
	if err != nil || trail.SnapshotNo != snapshots || len(trail.Transitions) != snapshots || len(trail.Anomalies) != snapshots/2 {
		t.Errorf("%d snapshots, %d transitions, %d anomalies: %v", trail.SnapshotNo, len(trail.Transitions), len(trail.Anomalies), err)
	}
}

// TestFoldUnreadable names the snapshot.
func TestFoldUnreadable(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := richHistory(t, f)[0]
	failure := errors.New("no")
	_, err := f.store.Fold(t.Context(), job.ID, time.Time{}, func([]byte) (history.Answer, error) { return history.Answer{}, failure })
	if !errors.Is(err, failure) || !strings.Contains(err.Error(), "snapshot 1 ") {
		t.Errorf("it gives %v", err)
	}
}

// TestHistorySelects runs and levels of log entries.
func TestHistorySelects(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	richHistory(t, f)
	for _, test := range []struct {
		params store.HistoryParams
		want   string
	}{
		{store.HistoryParams{Most: 10}, "runs [2 1], 3 steps, 7 transitions, 3 entries"},
		{store.HistoryParams{Most: 1}, "runs [2], 1 steps, 2 transitions, 1 entries"},
		{store.HistoryParams{Most: 1, RunNo: 1}, "runs [1], 2 steps, 5 transitions, 2 entries"},
		{store.HistoryParams{Most: 10, Levels: []string{"odd", "error"}}, "runs [2 1], 3 steps, 7 transitions, 1 entries"},
		{store.HistoryParams{Most: 1, RunNo: 3}, "runs [], 0 steps, 0 transitions, 0 entries"},
	} {
		test.params.Job = "stores"
		h, err := f.store.History(t.Context(), test.params)
		if err != nil {
			t.Fatal(err)
		}
		all, err := f.store.History(t.Context(), store.HistoryParams{Job: "stores", Most: 10})
		if err != nil {
			t.Fatal(err)
		}
		for way, shown := range map[string]store.History{"read": h, "selected": all.Select(test.params)} {
			var runs []int32
			for _, run := range shown.Runs {
				runs = append(runs, run.RunNo)
			}
			got := fmt.Sprintf("runs %d, %d steps, %d transitions, %d entries", runs, len(shown.Steps), len(shown.Transitions), len(shown.LogEntries))
			if got != test.want {
				t.Errorf("%+v, %s: %s, not %s", test.params, way, got, test.want)
			}
		}
	}
}
