package history_test

import (
	"testing"

	"tracker/internal/history"
)

func TestKnown(t *testing.T) {
	t.Parallel()
	t.Run("NothingIsKnownAtFirst", func(t *testing.T) {
		t.Parallel()
		if head := history.NewKnown().HeadRun(); head != nil {
			t.Errorf("head is %+v", head)
		}
	})
	t.Run("TheHeadIsTheRunOfTheNewestSnapshot", func(t *testing.T) {
		t.Parallel()
		s := feed(woosmap("a", "success"), woosmap("b", "success"), woosmap("a", "success"))
		equal(t, "head", s.known.HeadRun().No, 1)
		equal(t, "highest run", s.known.RunNo, 2)
	})
	t.Run("AnswersAThenBThenAAreThreeSnapshots", func(t *testing.T) {
		t.Parallel()
		s := feed(woosmap("a", "in_progress"), woosmap("a", "odd"), woosmap("a", "in_progress"))
		equal(t, "highest snapshot", s.known.SnapshotNo, 3)
		equal(t, "highest transition", s.known.TransitionNo, 3)
		equal(t, "last transition", transitionsOf(s.last()), []string{"run 1: odd (unknown) -> in_progress (running)"})
	})
	t.Run("KeepHeadForgetsTheOtherRunsAndNoNumber", func(t *testing.T) {
		t.Parallel()
		s := feed(woosmap("a", "success"), woosmap("b", "in_progress"))
		s.known.KeepHead()
		equal(t, "runs", len(s.known.Runs), 1)
		s.poll(woosmap("c", "success"))
		equal(t, "runs by number", []string{s.run(2).ID, s.run(3).ID}, []string{"b", "c"})
	})
	t.Run("KeepHeadOfNothingIsNothing", func(t *testing.T) {
		t.Parallel()
		known := history.NewKnown()
		known.KeepHead()
		equal(t, "known", known, history.NewKnown())
	})
}

func TestStateTerminal(t *testing.T) {
	t.Parallel()
	for state, want := range map[history.State]bool{
		history.StateQueued: false, history.StateRunning: false, history.StateUnknown: false, "": false,
		history.StateSucceeded: true, history.StatePartial: true, history.StateFailed: true, history.StateCanceled: true,
	} {
		if state.Terminal() != want {
			t.Errorf("%q is terminal: %t", state, !want)
		}
	}
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[history.Outcome][2]bool{ // answered, refused
		history.OutcomeChanged: {true, false}, history.OutcomeUnchanged: {true, false},
		history.OutcomeUnauthorized: {false, true}, history.OutcomeForbidden: {false, true},
		history.OutcomeNotFound: {}, history.OutcomeMalformed: {}, history.OutcomeRateLimited: {},
	} {
		equal(t, string(outcome), [2]bool{outcome.Answered(), outcome.Refused()}, want)
	}
}
