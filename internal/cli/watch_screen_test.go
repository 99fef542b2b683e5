package cli

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

// watchNow is when all of the cases are seen.
var watchNow = time.Date(2026, 11, 22, 14, 30, 0, 0, time.UTC)

func before(d time.Duration) time.Time { return watchNow.Add(-d) }

// goingRun is a run that has begun so long ago and was seen two seconds ago.
func goingRun(job, step string, began time.Duration) store.WatchRun {
	return store.WatchRun{
		RunRow: store.RunRow{Job: job, Source: "woosmap-prod", RunNo: 3, State: "running", Status: "in_progress", StartedAt: before(began), Reported: true},
		JobID:  int64(began), Step: step, StepState: "running", PolledAt: before(2 * time.Second), ConfirmedAt: before(2 * time.Second),
	}
}

// endedRun is a run that has ended so long ago, after a minute.
func endedRun(job, state, step, message string, ended time.Duration) store.WatchRun {
	took := store.Interval(time.Minute)
	var why *string
	if message != "" {
		why = &message
	}
	return store.WatchRun{
		RunRow: store.RunRow{
			Job: job, Source: "woosmap-prod", RunNo: 12, State: state, Status: state, StartedAt: before(ended + time.Minute), EndedAt: new(before(ended)),
			Reported: true, Duration: &took, DurationMax: &took, Why: why,
		},
		Step: step, StepState: state, PolledAt: before(time.Minute), ConfirmedAt: before(time.Minute),
	}
}

// servedUntil is a tracker that counts as running until a time.
func servedUntil(at time.Time) store.Served {
	return store.Served{At: at.Add(-20 * time.Second), Until: at}
}

// busyWatch is a bit of everything.
func busyWatch() watchView {
	v := watchView{Watch: words.Watch{Clock: words.Clock{ReadAt: watchNow}, Watch: store.Watch{Now: watchNow, Served: servedUntil(before(-17 * time.Second))}}}
	queued := goingRun("products-7", "queued", 5*time.Second)
	queued.State, queued.StepState = "queued", "queued"
	strange := goingRun("brands", "", 65*time.Second)
	strange.State, strange.Status, strange.StepState = "unknown", "pondering\x1b[2J", ""
	lost := goingRun("poi-it", "fetch", 3*time.Hour)
	lost.ConfirmedAt, lost.Failures = before(2*time.Hour), 4
	between := goingRun("a-job-with-a-name-that-is-as-long-as-names-may-get-which-is-sixty3", "fetch", 90*time.Second)
	between.StepState = "succeeded"
	declared := goingRun("batch-99", "import", 14*time.Minute)
	v.Running = []store.WatchRun{lost, declared, between, strange, goingRun("stores-eu", "import", 31*time.Second), queued}
	for i := range v.Running {
		v.Running[i].Pace = store.Pace{Usual: 84 * time.Second, Median: 42 * time.Second}
		v.Running[i].Stalled = new(i < 2)
	}
	v.Stalled = 2
	v.Running[1].Pace.StallAfter = 10 * time.Minute
	v.Running[3].Pace = store.Pace{}
	seen := endedRun("products-6", "failed", "ingesting", "2 objects failed", 26*time.Hour)
	seen.Reported = false
	v.Failed = []store.WatchRun{
		endedRun("poi-fr", "failed", "fetch", "404 from host", 2*time.Hour),
		endedRun("stores-uk", "failed", "import", "Row 317: geometry is not valid (latitude out of range),\nand 211 more rows\x1b[31m have the same problem", 3*time.Hour),
		seen, endedRun("tiles", "canceled", "import", "", 30*time.Hour),
	}
	v.Ended = []store.WatchRun{endedRun("stores-us", "succeeded", "import", "", 12*time.Second)}
	v.Failing = []store.WatchFailing{
		{Source: "woosmap-prod", Outcome: history.OutcomeUpstreamError, Jobs: 1, Names: []string{"poi-it"}, Since: before(2 * time.Hour), Job: "poi-it", Error: "502 Bad Gateway"},
		{Source: "safetykit", Outcome: history.OutcomeMalformed, Jobs: 12, Names: []string{"p-1", "p-10", "p-11", "p-12", "p-2", "p-3", "p-4", "p-5", "p-6", "p-7", "p-8", "p-9"}, Since: before(30 * time.Second), Job: "p-1", Error: "steps[2].start: missing"},
		{Source: "woosmap-eu", Outcome: history.OutcomeTimeout, Jobs: 1, Names: []string{"poi-at"}, Since: before(time.Minute), Job: "poi-at"},
	}
	v.Sources = []store.WatchSource{
		{Source: "woosmap-old", PausedAt: before(50 * time.Hour), Reason: "unauthorized: 401 Unauthorized: Unable to locate credentials", Jobs: 3, Names: []string{"poi-de", "stores-in-all-of-north-america-and-then-some-more", "stores-of-the-north"}},
		{Source: "woosmap-eu", HeldUntil: before(-10 * time.Minute), Jobs: 1, Names: []string{"poi-at"}},
	}
	v.Paused = []store.WatchPaused{
		{Source: "woosmap-prod", Reason: "by hand", Jobs: 1, Names: []string{"old"}, PolledAt: before(100 * time.Hour)},
		{Source: "woosmap-prod", Jobs: 22, Names: []string{"older", "oldest"}},
	}
	v.Classes = []store.WatchClass{
		{Tracking: store.TrackingActive, State: history.StateRunning, Jobs: 5, NextPollAt: before(-time.Second)},
		{Tracking: store.TrackingActive, State: history.StateRunning, Jobs: 1, Failing: true},
		{Tracking: store.TrackingActive, State: history.StateFailed, Jobs: 4, NextPollAt: before(-2 * time.Second)},
		{Tracking: store.TrackingActive, State: history.StateSucceeded, Jobs: 13, Failing: true},
		{Tracking: store.TrackingActive, State: history.StateSucceeded, Jobs: 3, SourcePaused: true},
		{Tracking: store.TrackingPaused, State: history.StateSucceeded, Jobs: 3},
		{Tracking: store.TrackingActive, State: history.StateSucceeded, Jobs: 2000, NextPollAt: before(-3 * time.Second)},
		{Tracking: store.TrackingFinished, State: history.StateSucceeded, Jobs: 120},
		{Tracking: store.TrackingActive, Jobs: 2, NextPollAt: before(-50 * time.Second)},
	}
	return v
}

// calmWatch is one where nothing happens.
func calmWatch() watchView {
	return watchView{Watch: words.Watch{Clock: words.Clock{ReadAt: watchNow}, Watch: store.Watch{Now: watchNow, Served: servedUntil(before(-17 * time.Second)), Classes: []store.WatchClass{
		{Tracking: store.TrackingActive, State: history.StateSucceeded, Jobs: 212, NextPollAt: before(-3 * time.Second)},
	}}}}
}

func TestWatchText(t *testing.T) {
	t.Parallel()
	unserved := calmWatch()
	unserved.Served = servedUntil(before(3*time.Hour - 20*time.Second))
	unserved.trouble = "read how the jobs stand: connect: connection refused"
	empty := calmWatch()
	empty.Classes, empty.Served = nil, store.Served{}
	for name, v := range map[string]watchView{"busy": busyWatch(), "calm": calmWatch(), "unserved": unserved, "empty": empty} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkScreens(t, "testdata/watch/"+name, func(s terminal.Screen) string { return watchText(v, s, 0, 0).Text })
		})
	}
}

// TestWatchText_Heights checks that a screen is filled, and not overfilled,
// whatever its height.
func TestWatchText_Heights(t *testing.T) {
	t.Parallel()
	v := busyWatch()
	all := watchText(v, terminal.Screen{Width: 100}, 0, 0).Text
	for height := 1; height <= 45; height++ {
		for _, width := range []int{20, 60, 100} {
			got := watchText(v, terminal.Screen{Width: width}, height, 0).Text
			if n := strings.Count(got, "\n"); n > height {
				t.Errorf("%d lines of %d:\n%s", n, height, got)
			}
			checkWidth(t, got, width)
			if !strings.HasPrefix(got, "4 failed") {
				t.Errorf("no answer in the first line:\n%s", got)
			}
		}
	}
	if got := watchText(v, terminal.Screen{Width: 100}, strings.Count(all, "\n"), 0).Text; got != all {
		t.Errorf("where all fits it is cut:\n%s", got)
	}
	golden(t, "testdata/watch/busy.100x24.txt", watchText(v, terminal.Screen{Width: 100}, 24, 0).Text)
}

// TestWatchText_Scrolls comes by all rows, and ends when all that follow have room.
func TestWatchText_Scrolls(t *testing.T) {
	t.Parallel()
	v := busyWatch()
	s := terminal.Screen{Width: 100}
	all := watchText(v, s, 0, 0).Text
	for height := 7; height <= 45; height++ {
		seen := map[string]bool{}
		for skip := 0; ; {
			frame := watchText(v, s, height, skip)
			if n := strings.Count(frame.Text, "\n"); n > height || frame.Skip > skip {
				t.Fatalf("%d lines of %d, %d rows skipped of %d:\n%s", n, height, frame.Skip, skip, frame.Text)
			}
			for line := range strings.Lines(frame.Text) {
				seen[line] = true
			}
			if frame.Skip < skip { // no further
				break
			}
			skip += max(1, frame.Page)
		}
		for line := range strings.Lines(all) {
			if !seen[line] && !strings.HasPrefix(line, "  ") && line != strings.ToUpper(line) {
				t.Errorf("in %d lines one does not come by:\n%s", height, line)
			}
		}
	}
	golden(t, "testdata/watch/busy.100x24.last.txt", watchText(v, s, 24, 99).Text)
}

func TestBar(t *testing.T) {
	t.Parallel()
	for part, want := range map[float64]string{0: "░░░░", 1: "▓░░░", 3.9: "▓▓▓░", 4: "▓▓▓▓", 99: "▓▓▓▓"} {
		if got := terminal.Join(terminal.Bar(part, 4, 4, terminal.StyleBlue)); got != want {
			t.Errorf("%v of 4 is %s", part, got)
		}
	}
}

// BenchmarkWatchText is a screen of as many runs as are read.
func BenchmarkWatchText(b *testing.B) {
	v := busyWatch()
	for i := range 195 {
		v.Running = append(v.Running, goingRun(fmt.Sprintf("job-%d", i), "import", time.Duration(i)*time.Second))
	}
	for b.Loop() {
		watchText(v, terminal.Screen{Width: 100, Color: true}, 40, 0)
	}
}
