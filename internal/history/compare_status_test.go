package history_test

import (
	"testing"

	"tracker/internal/history"
)

func TestStatusRegressed(t *testing.T) {
	t.Parallel()
	fetch := func(status string) history.Answer {
		return woosmap("a", "in_progress", step("fetch", status, "09:00:00", ""))
	}
	checkAnomalies(t, []anomalyCase{
		{"OutOfATerminalState", []history.Answer{woosmap("a", "success"), woosmap("a", "in_progress")}, []string{"run 1: status_regressed"}},
		{"FromOneTerminalStateToAnother", []history.Answer{woosmap("a", "failed"), woosmap("a", "success")}, []string{"run 1: status_regressed"}},
		{"OutOfATerminalStateIntoAnUnknownOne", []history.Answer{woosmap("a", "failed"), woosmap("a", "odd")}, []string{"run 1: unknown_status", "run 1: status_regressed"}},
		{"BackInTheOrder", []history.Answer{safetykit("a", "ingesting"), safetykit("a", "queued")}, []string{"run 1: status_regressed"}},
		{"OfAStep", []history.Answer{fetch("success"), fetch("in_progress")}, []string{"step 1.1: status_regressed"}},
		{"BackInTheOrderAcrossAnotherRun", []history.Answer{safetykit("a", "ingesting"), safetykit("b", "queued"), safetykit("a", "queued")}, []string{"run 1: run_returned", "run 1: status_regressed"}},

		{"ForwardIsNone", []history.Answer{safetykit("a", "queued"), safetykit("a", "ingesting")}, nil},
		{"AnEndIsNone", []history.Answer{safetykit("a", "ingesting"), safetykit("a", "failed")}, nil},
		{"OutOfAnUnknownStateIsNone", []history.Answer{woosmap("a", "odd"), woosmap("a", "in_progress")}, nil},
		{"TheSameTerminalStateIsNone", []history.Answer{woosmap("a", "failed"), woosmap("a", "failed")}, nil},
		{"ANewRunIsNone", []history.Answer{woosmap("a", "success"), woosmap("b", "in_progress")}, nil},
		{"AReturnedRunThatGoesOnIsNone", []history.Answer{woosmap("a", "in_progress"), woosmap("b", "success"), woosmap("a", "in_progress")}, []string{"run 1: run_returned"}},
	})
}

func TestStatusRegressedShowsBothWords(t *testing.T) {
	t.Parallel()
	s := feed(woosmap("a", "success"), woosmap("a", "in_progress"))
	want := []history.Anomaly{{
		No: 1, RunNo: 1, Kind: history.KindStatusRegressed, Was: "success", Now: "in_progress",
		Count: 1, ObservedAt: observed(2), SnapshotNo: 2,
	}}
	equal(t, "anomalies", s.last().Anomalies, want)
	equal(t, "end seen", s.run(1).EndSeen, history.Bounds{})
}

func TestUnknownStatus(t *testing.T) {
	t.Parallel()
	odd := func(run, status string) history.Answer {
		return woosmap(run, status, step("fetch", status, "09:00:00", ""))
	}
	checkAnomalies(t, []anomalyCase{
		{"OfTheRun", []history.Answer{woosmap("a", "odd")}, []string{"run 1: unknown_status"}},
		{"OfAStep", []history.Answer{woosmap("a", "in_progress", step("fetch", "odd", "09:00:00", ""))}, []string{"step 1.1: unknown_status"}},
		{"OfBothIsToldOnce", []history.Answer{odd("a", "odd")}, []string{"run 1: unknown_status"}},
		{"AnotherWordIsToldToo", []history.Answer{woosmap("a", "odd"), woosmap("a", "odder")}, []string{"run 1: unknown_status"}},
		{"AnotherRunTellsItAgain", []history.Answer{woosmap("a", "odd"), woosmap("b", "odd")}, []string{"run 1: outcome_unseen", "run 2: unknown_status"}},

		{"TheSameWordIsNotToldAgain", []history.Answer{woosmap("a", "odd"), woosmap("a", "odd")}, nil},
		{"NorAfterAnother", []history.Answer{woosmap("a", "odd"), woosmap("a", "in_progress"), woosmap("a", "odd")}, nil},
		{"NorInAReturnedRun", []history.Answer{woosmap("a", "odd"), woosmap("b", "success"), woosmap("a", "odd")}, []string{"run 1: run_returned"}},
	})
}

func TestUnknownStatusIsKeptAsItCame(t *testing.T) {
	t.Parallel()
	s := feed(woosmap("a", "odd"))
	equal(t, "transitions", transitionsOf(s.last()), []string{"run 1: none -> odd (unknown)"})
	equal(t, "example", s.last().Anomalies[0].Now, any("odd"))
}

func TestOutcomeUnseen(t *testing.T) {
	t.Parallel()
	checkAnomalies(t, []anomalyCase{
		{"OfARunningRun", []history.Answer{woosmap("a", "in_progress"), woosmap("b", "in_progress")}, []string{"run 1: outcome_unseen"}},
		{"OfAQueuedRun", []history.Answer{safetykit("a", "queued"), safetykit("b", "queued")}, []string{"run 1: outcome_unseen"}},
		{"OfAnUnknownRun", []history.Answer{woosmap("a", "odd"), woosmap("b", "success")}, []string{"run 1: outcome_unseen"}},
		{"OfAReturnedRun", []history.Answer{woosmap("a", "in_progress"), woosmap("b", "success"), woosmap("a", "in_progress"), woosmap("b", "success")}, []string{"run 2: run_returned"}},

		{"ATerminalRunIsNone", []history.Answer{woosmap("a", "failed"), woosmap("b", "in_progress")}, nil},
		{"TheSameRunIsNone", []history.Answer{woosmap("a", "in_progress"), woosmap("a", "success")}, nil},
	})
}

func TestOutcomeUnseenLeavesNoEnd(t *testing.T) {
	t.Parallel()
	s := feed(woosmap("a", "in_progress", step("fetch", "in_progress", "09:00:00", "")), woosmap("b", "success"))
	run := s.run(1)
	equal(t, "run", []any{run.Status, run.State, run.End, run.EndSeen}, []any{"in_progress", history.StateUnknown, history.Run{}.End, history.Bounds{}})
	equal(t, "step", []any{run.Steps[0].Status, run.Steps[0].State, run.Steps[0].EndSeen}, []any{"in_progress", history.StateUnknown, history.Bounds{}})
}

func TestOutcomeUnseenChangesOnlyOpenSteps(t *testing.T) {
	t.Parallel()
	s := feed(
		woosmap("a", "in_progress", fetched, step("check", "odd", "09:01:00", ""), step("import", "in_progress", "09:02:00", "")),
		woosmap("b", "success"))
	var changed []string
	for _, row := range s.last().Steps {
		changed = append(changed, place(row.RunNo, row.No))
	}
	equal(t, "step rows", changed, []string{"step 1.3"})
}

func TestRunReturned(t *testing.T) {
	t.Parallel()
	checkAnomalies(t, []anomalyCase{
		{"EachTime", []history.Answer{woosmap("a", "success"), woosmap("b", "success"), woosmap("a", "success"), woosmap("b", "success")}, []string{"run 2: run_returned"}},
		{"AfterTwoOthers", []history.Answer{woosmap("a", "success"), woosmap("b", "success"), woosmap("c", "success"), woosmap("a", "success")}, []string{"run 1: run_returned"}},

		{"ANewRunIsNone", []history.Answer{woosmap("a", "success"), woosmap("b", "success"), woosmap("c", "success")}, nil},
		{"StayingIsNone", []history.Answer{woosmap("a", "success"), woosmap("b", "success"), woosmap("a", "success"), woosmap("a", "success")}, nil},
	})
}

func TestRunReturnedKeepsItsNumber(t *testing.T) {
	t.Parallel()
	s := feed(woosmap("a", "success"), woosmap("b", "success"), woosmap("a", "success"), woosmap("c", "success"))
	var runs []int
	for _, change := range s.changes {
		runs = append(runs, change.RunNo)
	}
	equal(t, "runs of the snapshots", runs, []int{1, 2, 1, 3})
	equal(t, "example", s.changes[2].Anomalies[0].Was, any("b"))
}

func TestAReturnedRunLeavesTheOtherUnseen(t *testing.T) {
	t.Parallel()
	s := feed(woosmap("a", "in_progress"), woosmap("b", "in_progress"), woosmap("a", "in_progress"))
	equal(t, "state of the run that was left", s.run(2).State, history.StateUnknown)
	equal(t, "state of the run that returned", s.run(1).State, history.StateRunning)
}

func TestARunEndsWithTheStepThatStartedLast(t *testing.T) {
	t.Parallel()
	s := feed(woosmap("a", "failed", step("import", "failed", "10:00:00", ""), step("fetch", "success", "09:00:00", "09:30:00")))
	if end := s.run(1).End; !end.IsZero() {
		t.Errorf("the run ended at %s, before its last step began", end)
	}
}
