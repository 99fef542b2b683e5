package history_test

import (
	"fmt"
	"testing"

	"tracker/internal/history"
)

func TestObservedSteps(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		statuses []string
		want     []string // all steps of the run
	}{
		{"OneLasts", []string{"queued"}, []string{"1 queued: queued (queued)"}},
		{"AllTheWay", []string{"queued", "uploading", "ingesting", "succeeded"}, []string{"1 queued: succeeded (succeeded)", "2 uploading: succeeded (succeeded)", "3 ingesting: succeeded (succeeded)"}},
		{"OneThatWasJumpedOverIsNotInvented", []string{"queued", "ingesting"}, []string{"1 queued: succeeded (succeeded)", "2 ingesting: ingesting (running)"}},
		{"ARunSeenOnlyAtItsEndHasNone", []string{"succeeded"}, nil},
		{"TheLastOneFailsWithTheRequest", []string{"queued", "ingesting", "failed"}, []string{"1 queued: succeeded (succeeded)", "2 ingesting: failed (failed)"}},
		{"EvenTheFirst", []string{"queued", "failed"}, []string{"1 queued: failed (failed)"}},
		{"AnUnknownWordIsOneToo", []string{"queued", "odd"}, []string{"1 queued: succeeded (succeeded)", "2 odd: odd (unknown)"}},
		{"AnUnknownWordEndsLikeTheOthers", []string{"odd", "failed"}, []string{"1 odd: failed (failed)"}},
		{"OneThatComesBackGoesOn", []string{"queued", "uploading", "queued"}, []string{"1 queued: queued (queued)", "2 uploading: succeeded (succeeded)"}},
		{"OneGoesOnAfterTheEnd", []string{"ingesting", "failed", "ingesting"}, []string{"1 ingesting: ingesting (running)"}},
		{"AnotherEndLeavesThemAlone", []string{"ingesting", "failed", "succeeded"}, []string{"1 ingesting: failed (failed)"}},
		{"TheSameStatusIsTheSameStep", []string{"queued", "queued", "queued"}, []string{"1 queued: queued (queued)"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := feed()
			for _, status := range tc.statuses {
				s.poll(safetykit("a", status))
			}
			var got []string
			for _, k := range s.run(1).Steps {
				got = append(got, fmt.Sprintf("%d %s: %s (%s)", k.No, k.Name, k.Status, k.State))
				if k.Reported {
					t.Errorf("step %d counts as reported", k.No)
				}
			}
			equal(t, "steps", got, tc.want)
		})
	}
}

func TestObservedStepsMoveWithTheRun(t *testing.T) {
	t.Parallel()
	s := feed(safetykit("a", "queued"), safetykit("a", "ingesting"), safetykit("a", "failed"), safetykit("a", "ingesting"))
	equal(t, "transitions", transitionsOf(s.changes...), []string{
		"run 1: none -> queued (queued)",
		"step 1.1: none -> queued (queued)",
		"step 1.1: queued (queued) -> succeeded (succeeded)",
		"step 1.2: none -> ingesting (running)",
		"run 1: queued (queued) -> ingesting (running)",
		"step 1.2: ingesting (running) -> failed (failed)",
		"run 1: ingesting (running) -> failed (failed)",
		"step 1.2: failed (failed) -> ingesting (running)",
		"run 1: failed (failed) -> ingesting (running)",
	})
	equal(t, "anomalies", anomaliesOf(s.changes...), []string{"run 1: status_regressed"})
}

func TestObservedStepsHaveOnlyOurTimes(t *testing.T) {
	t.Parallel()
	run := feed(safetykit("a", "queued"), safetykit("a", "ingesting"), safetykit("a", "succeeded")).run(1)
	ingesting := run.Steps[1]
	equal(t, "reported times", []history.Time{ingesting.Start, ingesting.End}, []history.Time{{}, {}})
	equal(t, "first and end seen", []history.Bounds{ingesting.FirstSeen, ingesting.EndSeen}, []history.Bounds{seenBy(2), seenBy(3)})
	equal(t, "run", []any{run.Start, run.End}, []any{history.Run{}.Start, history.Run{}.End})
}

func TestObservedStepOfARunThatWasLeft(t *testing.T) {
	t.Parallel()
	s := feed(safetykit("a", "ingesting"), safetykit("b", "queued"))
	equal(t, "transitions", transitionsOf(s.last()), []string{
		"run 1: ingesting (running) -> ingesting (unknown)",
		"step 1.1: ingesting (running) -> ingesting (unknown)",
		"run 2: none -> queued (queued)",
		"step 2.1: none -> queued (queued)",
	})
	s.poll(safetykit("a", "succeeded"))
	equal(t, "transitions of its return", transitionsOf(s.last())[2:], []string{
		"step 1.1: ingesting (unknown) -> succeeded (succeeded)",
		"run 1: ingesting (unknown) -> succeeded (succeeded)",
	})
}
