package store_test

import (
	"testing"
	"time"

	"tracker/internal/store"
)

// A run that had ended then, and began anew since, shows the end that it had.
func TestHistoryAsOfShowsAnEndThatIsNoMore(t *testing.T) {
	t.Parallel()
	at := func(minutes int) time.Time {
		return time.Date(2026, 11, 1, 12, minutes, 0, 0, time.UTC)
	}
	transition := func(no int32, from, to string, minutes int) store.TransitionRow {
		row := store.TransitionRow{TransitionNo: no, RunNo: 1, ToState: to, ToStatus: to, ObservedAt: at(minutes), NotBefore: new(at(minutes - 1))}
		if from != "" {
			row.FromState, row.FromStatus = &from, &from
		}
		return row
	}
	h := store.History{
		Runs:        []store.RunRow{{RunNo: 1, RunID: "r", State: "running", Status: "running", StartedAt: at(1), FirstSeenAt: at(1)}},
		Transitions: []store.TransitionRow{transition(1, "", "running", 1), transition(2, "running", "failed", 5), transition(3, "failed", "running", 9)},
	}
	run := h.AsOf(at(7)).Runs[0]
	if run.EndedAt == nil || !run.EndedAt.Equal(at(5)) || run.State != "failed" {
		t.Errorf("it is shown as %s, ended at %v", run.State, run.EndedAt)
	}
	// Seen at 1 and not at 0, ended by 5 and not at 4.
	if run.Duration == nil || time.Duration(*run.Duration) != 3*time.Minute || run.DurationMax == nil || time.Duration(*run.DurationMax) != 5*time.Minute {
		t.Errorf("it took from %v to %v", run.Duration, run.DurationMax)
	}
	if run := h.AsOf(at(9)).Runs[0]; run.EndedAt != nil {
		t.Errorf("it goes on, and ended at %v", run.EndedAt)
	}
}
