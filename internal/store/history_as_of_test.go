package store_test

import (
	"reflect"
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

// manyRuns is a history of runs of two steps, a minute apart. Each fails, with a warning and two errors, and
// begins anew an hour after.
func manyRuns(runs int) (h store.History, began time.Time) {
	began = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for no := int32(1); no <= int32(runs); no++ {
		at := began.Add(time.Duration(no) * time.Minute)
		h.Runs = append(h.Runs, store.RunRow{RunNo: no, State: "running", StartedAt: at, FirstSeenAt: at})
		for step := range int32(3) {
			if step > 0 {
				h.Steps = append(h.Steps, store.StepRow{RunNo: no, StepNo: step, State: "running", StartedAt: at})
				h.LogEntries = append(h.LogEntries, store.LogEntryRow{RunNo: no, StepNo: step, EntryNo: step, Level: "error", Detail: "row", FirstSeenAt: at})
			}
			for i, state := range []string{"running", "failed", "running"} {
				t := store.TransitionRow{TransitionNo: int32(len(h.Transitions) + 1), RunNo: no, ToState: state, ObservedAt: at.Add([]time.Duration{0, time.Second, time.Hour}[i])}
				if step > 0 {
					t.StepNo = &step
				}
				if i > 0 {
					t.FromState = &h.Transitions[len(h.Transitions)-1].ToState
				}
				h.Transitions = append(h.Transitions, t)
			}
		}
		h.LogEntries = append(h.LogEntries, store.LogEntryRow{RunNo: no, StepNo: 1, EntryNo: 3, Level: "warning", FirstSeenAt: at})
	}
	return h, began
}

// A run among many is shown as it is alone, and soon: to look for it among all for each of them took 20 s.
func TestHistoryAsOfTellsOfManyRuns(t *testing.T) {
	t.Parallel()
	const runs = 10_000
	h, began := manyRuns(runs)
	at := began.Add(runs * time.Minute)
	start := time.Now()
	then := h.AsOf(at)
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it takes %s", took)
	}
	for _, no := range []int{1, runs / 2, runs - 30, runs} {
		got, want := then.Select(store.HistoryParams{RunNo: no}), h.Select(store.HistoryParams{RunNo: no}).AsOf(at)
		if !reflect.DeepEqual(got.Runs, want.Runs) || !reflect.DeepEqual(got.Steps, want.Steps) {
			t.Errorf("run %d: %+v, alone %+v", no, got.Runs, want.Runs)
		}
	}
	ended := then.Select(store.HistoryParams{RunNo: runs - 30}).Runs[0]
	if ended.State != "failed" || ended.EndedAt == nil || ended.Steps != 2 || ended.Warnings != 1 || ended.Errors != 2 || ended.FailedStep == nil {
		t.Errorf("it was %+v", ended)
	}
}
