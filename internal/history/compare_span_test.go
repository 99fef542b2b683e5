package history_test

import (
	"fmt"
	"slices"
	"testing"

	"tracker/internal/history"
)

// TestRunSpan: when a run started and ended is what the upstream reports for the run,
// else what its steps tell.
func TestRunSpan(t *testing.T) {
	t.Parallel()
	of := func(a history.Answer, started, ended string) history.Answer {
		a.Started, a.Ended = clock(started), clock(ended)
		return a
	}
	done := func(status string) history.Answer {
		return woosmap("a", status, step("fetch", "success", "09:00:00", "09:01:00"))
	}
	cases := []struct {
		name    string
		answers []history.Answer
		want    string // start and end of the run
		told    string // happened_at of its last transition
		kinds   []history.Kind
	}{
		{"OfItsSteps", []history.Answer{done("success")}, "09:00:00 09:01:00", "09:01:00", nil},
		{"ItsOwn", []history.Answer{of(done("success"), "08:59:00", "09:02:00")}, "08:59:00 09:02:00", "09:02:00", nil},
		{"ItsOwnStartAlone", []history.Answer{of(done("success"), "08:59:00", "")}, "08:59:00 09:01:00", "09:01:00", nil},
		{"WithoutSteps", []history.Answer{of(safetykit("a", "succeeded"), "08:59:00", "09:02:00")}, "08:59:00 09:02:00", "09:02:00", nil},
		{"NoEndWhileItGoesOn", []history.Answer{of(done("in_progress"), "08:59:00", "09:02:00")}, "08:59:00 none", "08:59:00", nil},
		{"ToldLate", []history.Answer{safetykit("a", "succeeded"), of(safetykit("a", "succeeded"), "08:59:00", "09:02:00")}, "08:59:00 09:02:00", "none", nil},
		{"Reversed", []history.Answer{of(safetykit("a", "succeeded"), "09:02:00", "08:59:00"), of(safetykit("a", "succeeded"), "09:02:00", "08:59:00")}, "09:02:00 08:59:00", "08:59:00", []history.Kind{history.KindTimeReversed}},
		{"Ahead", []history.Answer{of(safetykit("a", "queued"), "23:00:00", ""), of(safetykit("a", "queued"), "23:00:00", "")}, "23:00:00 none", "23:00:00", []history.Kind{history.KindClockSkew}},
		{"TakenBack", []history.Answer{of(done("success"), "08:59:00", "09:02:00"), done("success")}, "09:00:00 09:01:00", "09:02:00", nil},
		{"Erased", []history.Answer{
			of(done("success"), "08:59:00", "09:02:00"), {RunID: "a", Status: "success", State: history.StateSucceeded, Erased: true},
		}, "08:59:00 09:02:00", "09:02:00", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := feed(c.answers...)
			run := s.run(1)
			if got := timeOfDay(history.Time{At: run.Start}) + " " + timeOfDay(history.Time{At: run.End}); got != c.want {
				t.Errorf("the run is from %s, not %s", got, c.want)
			}
			var told string
			var kinds []history.Kind
			for _, change := range s.changes {
				for _, transition := range change.Transitions {
					if transition.StepNo == 0 {
						told = timeOfDay(history.Time{At: transition.HappenedAt})
					}
				}
				for _, anomaly := range change.Anomalies {
					kinds = append(kinds, anomaly.Kind)
				}
			}
			if told != c.told || !slices.Equal(kinds, c.kinds) {
				t.Errorf("its last transition happened at %s, not %s; anomalies %s, not %s", told, c.told, fmt.Sprint(kinds), fmt.Sprint(c.kinds))
			}
		})
	}
}

func timeOfDay(t history.Time) string {
	if t.At.IsZero() {
		return "none"
	}
	return t.At.Format("15:04:05")
}
