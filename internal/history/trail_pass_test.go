package history_test

import (
	"reflect"
	"testing"
	"time"

	"tracker/internal/history"
)

// TestTrailPassesOver derives a run without the snapshots before it as with them, and what
// comes back from before it under its number.
func TestTrailPassesOver(t *testing.T) {
	t.Parallel()
	answers := []history.Answer{
		{RunID: "a", Status: "failed", State: history.StateFailed, Shape: history.Shape{"": {"x"}}},
		{RunID: "b", Status: "running", State: history.StateRunning, Shape: history.Shape{"": {"y"}}},
		{RunID: "c", Status: "running", State: history.StateRunning, Shape: history.Shape{"": {"x", "y"}}}, // supersedes b
		{RunID: "c", Status: "odd", State: history.StateUnknown},
		{RunID: "a", Status: "running", State: history.StateRunning}, // is back, in the place of c
	}
	seen := func(i int) history.Bounds {
		at := time.Date(2026, 1, 5, 10, i, 0, 0, time.UTC)
		return history.Bounds{NotBefore: at.Add(-time.Minute), ObservedAt: at}
	}
	whole, part := history.NewTrail(), history.NewTrail()
	var want []history.Change
	for i, said := range answers {
		if i == 2 {
			place := whole.Place()
			if place.SnapshotNo != 2 || place.Head != "b" || place.RunNo != 2 {
				t.Fatalf("it stands at %+v", place)
			}
			place.TransitionNo++ // of b, which c supersedes
			place.AnomalyNo++
			place.Runs = append(place.Runs, history.RunName{No: 1, ID: "a"})
			part.PassOver(place)
		}
		change := whole.Add(said, seen(i))
		if i >= 2 {
			want = append(want, change)
		}
	}
	for i, whole := range want {
		got := part.Add(answers[i+2], seen(i+2))
		if !reflect.DeepEqual(ofRun(got, 3), ofRun(whole, 3)) || got.RunNo != whole.RunNo || got.SnapshotNo != whole.SnapshotNo {
			t.Errorf("snapshot %d has changed\n%+v, and with those before it\n%+v", whole.SnapshotNo, ofRun(got, 3), ofRun(whole, 3))
		}
	}
	if part.TransitionNo != whole.TransitionNo || part.AnomalyNo != whole.AnomalyNo {
		t.Errorf("the last numbers are %d and %d, not %d and %d", part.TransitionNo, part.AnomalyNo, whole.TransitionNo, whole.AnomalyNo)
	}
}

// ofRun is what a change says of a run.
func ofRun(c history.Change, no int) (rows []any) {
	for _, run := range c.Runs {
		if run.No == no {
			rows = append(rows, run)
		}
	}
	for _, t := range c.Transitions {
		if t.RunNo == no {
			rows = append(rows, t)
		}
	}
	for _, a := range c.Anomalies {
		if a.RunNo == no {
			rows = append(rows, a)
		}
	}
	return rows
}
