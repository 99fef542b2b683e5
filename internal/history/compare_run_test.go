package history_test

import (
	"testing"
	"time"

	"tracker/internal/history"
)

func TestTransitions(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		answers []history.Answer
		want    []string // of the last answer
	}{
		{
			"ANewRunIsToldBeforeItsSteps",
			[]history.Answer{woosmap("a", "in_progress", step("fetch", "success", "09:00:00", "09:01:00"), step("import", "in_progress", "09:01:00", ""))},
			[]string{
				"run 1: none -> in_progress (running)",
				"step 1.1: none -> success (succeeded)",
				"step 1.2: none -> in_progress (running)",
			},
		},
		{
			"AKnownRunIsToldAfterItsSteps",
			[]history.Answer{
				woosmap("a", "in_progress", step("fetch", "in_progress", "09:00:00", "")),
				woosmap("a", "failed", step("fetch", "failed", "09:00:00", "09:01:00")),
			},
			[]string{"step 1.1: in_progress (running) -> failed (failed)", "run 1: in_progress (running) -> failed (failed)"},
		},
		{
			"TheSameStatusIsNone",
			[]history.Answer{woosmap("a", "in_progress"), woosmap("a", "in_progress")},
			nil,
		},
		{
			"AnotherWordForOneStateIsOne",
			[]history.Answer{safetykit("a", "uploading"), safetykit("a", "ingesting")},
			[]string{
				"step 1.1: uploading (running) -> succeeded (succeeded)",
				"step 1.2: none -> ingesting (running)",
				"run 1: uploading (running) -> ingesting (running)",
			},
		},
		{
			"AnUnseenOutcomeIsToldBeforeTheNewRun",
			[]history.Answer{
				woosmap("a", "in_progress", step("fetch", "success", "09:00:00", "09:01:00"), step("import", "in_progress", "09:01:00", "")),
				woosmap("b", "in_progress", step("fetch", "in_progress", "09:05:00", "")),
			},
			[]string{
				"run 1: in_progress (running) -> in_progress (unknown)",
				"step 1.2: in_progress (running) -> in_progress (unknown)",
				"run 2: none -> in_progress (running)",
				"step 2.1: none -> in_progress (running)",
			},
		},
		{
			"AnOutcomeThatWasSeenStays",
			[]history.Answer{woosmap("a", "success"), woosmap("b", "in_progress")},
			[]string{"run 2: none -> in_progress (running)"},
		},
		{
			"AReturnedRunGoesOnFromUnknown",
			[]history.Answer{
				woosmap("a", "in_progress", step("fetch", "in_progress", "09:00:00", "")),
				woosmap("b", "success"),
				woosmap("a", "in_progress", step("fetch", "in_progress", "09:00:00", "")),
			},
			[]string{"step 1.1: in_progress (unknown) -> in_progress (running)", "run 1: in_progress (unknown) -> in_progress (running)"},
		},
		{
			"AnErrorSummaryIsNone",
			[]history.Answer{safetykit("a", "succeeded"), withSummary(safetykit("a", "succeeded"), "3 items skipped")},
			nil,
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			equal(t, "transitions of the last answer", transitionsOf(feed(tc.answers...).last()), tc.want)
		})
	}
}

func TestTransitionBounds(t *testing.T) {
	t.Parallel()
	bounds := func(change history.Change) []history.Bounds {
		var all []history.Bounds
		for _, tr := range change.Transitions {
			all = append(all, tr.Seen)
		}
		return all
	}

	t.Run("TheFirstSnapshotHasNoNotBefore", func(t *testing.T) {
		t.Parallel()
		s := feed(woosmap("a", "in_progress", step("fetch", "in_progress", "09:00:00", "")))
		first := history.Bounds{ObservedAt: observed(1)}
		equal(t, "bounds", bounds(s.last()), []history.Bounds{first, first})
		equal(t, "run first seen", s.run(1).FirstSeen, first)
		equal(t, "step first seen", s.run(1).Steps[0].FirstSeen, first)
	})
	t.Run("WhatAppearsLaterWasNotThereAtTheLastPoll", func(t *testing.T) {
		t.Parallel()
		s := feed(woosmap("a", "success"), woosmap("b", "in_progress", step("fetch", "in_progress", "09:00:00", "", entry("09:00:00", "info", "a"))))
		run := s.run(2)
		equal(t, "bounds", bounds(s.last()), []history.Bounds{seenBy(2), seenBy(2)})
		equal(t, "first seen", []history.Bounds{run.FirstSeen, run.Steps[0].FirstSeen, run.Steps[0].Entries[0].FirstSeen}, []history.Bounds{seenBy(2), seenBy(2), seenBy(2)})
	})
	t.Run("APollThatSawNothingNewMovesNotBeforeOn", func(t *testing.T) {
		t.Parallel()
		s := feed(woosmap("a", "in_progress"))
		s.confirm()
		s.confirm()
		s.poll(woosmap("a", "success"))
		equal(t, "bounds", bounds(s.last()), []history.Bounds{seenBy(4)})
	})
	t.Run("APollThatFailedDoesNot", func(t *testing.T) {
		t.Parallel()
		s := feed(woosmap("a", "in_progress"))
		s.confirm()
		s.miss()
		s.poll(woosmap("a", "success"))
		equal(t, "bounds", bounds(s.last()), []history.Bounds{{NotBefore: polled(2), ObservedAt: observed(4)}})
		equal(t, "end seen", s.run(1).EndSeen, history.Bounds{NotBefore: polled(2), ObservedAt: observed(4)})
	})
}

func TestHappenedAt(t *testing.T) {
	t.Parallel()
	start, end := clock("09:00:00").At, clock("09:05:00").At
	fetching := step("fetch", "in_progress", "09:00:00", "")
	fetched := step("fetch", "success", "09:00:00", "09:05:00")
	cases := []struct {
		name    string
		answers []history.Answer
		want    []time.Time // of the last answer's transitions
	}{
		{"FirstSightingHasTheStart", []history.Answer{woosmap("a", "in_progress", fetching)}, []time.Time{start, start}},
		{"FirstSightingOfAnEndHasTheEnd", []history.Answer{woosmap("a", "success", fetched)}, []time.Time{end, end}},
		{"FirstSightingOfAnEndThatIsNotToldHasNone", []history.Answer{woosmap("a", "success", step("fetch", "success", "09:00:00", ""))}, []time.Time{{}, {}}},
		{"AnEndHasTheEnd", []history.Answer{woosmap("a", "in_progress", fetching), woosmap("a", "success", fetched)}, []time.Time{end, end}},
		{"AnUnreadableEndIsNone", []history.Answer{woosmap("a", "success", step("fetch", "success", "09:00:00", "later"))}, []time.Time{{}, {}}},
		{"AnyOtherHasNone", []history.Answer{woosmap("a", "in_progress", fetching), woosmap("a", "odd", step("fetch", "odd", "09:00:00", ""))}, []time.Time{{}, {}}},
		{"AnUnseenOutcomeHasNone", []history.Answer{woosmap("a", "in_progress", fetching), woosmap("b", "success")}, []time.Time{{}, {}, {}}},
		{"ObservedStepsHaveNone", []history.Answer{safetykit("a", "queued"), safetykit("a", "failed")}, []time.Time{{}, {}}},
		{
			"ARunStartsWithItsFirstStepAndEndsWithItsLast",
			[]history.Answer{
				woosmap("a", "in_progress", fetching),
				woosmap("a", "failed", fetched, step("import", "failed", "09:05:00", "09:09:00")),
			},
			[]time.Time{end, clock("09:09:00").At, clock("09:09:00").At},
		},
		{
			"ARunWhoseLastStepHasNoEndHasNone",
			[]history.Answer{woosmap("a", "failed", fetched, step("import", "in_progress", "09:05:00", ""))},
			[]time.Time{{}, end, clock("09:05:00").At},
		},
		{
			"ARunWhoseFirstStepHasNoStartHasNone",
			[]history.Answer{woosmap("a", "in_progress", step("fetch", "success", "soon", "09:05:00"), step("import", "in_progress", "09:05:00", ""))},
			[]time.Time{{}, end, clock("09:05:00").At},
		},
		{
			"StepsOutOfOrderGiveTheSameStart",
			[]history.Answer{woosmap("a", "in_progress", step("import", "in_progress", "09:05:00", ""), fetched)},
			[]time.Time{start, clock("09:05:00").At, end},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got []time.Time
			for _, tr := range feed(tc.answers...).last().Transitions {
				got = append(got, tr.HappenedAt)
			}
			equal(t, "happened_at of the last answer's transitions", got, tc.want)
		})
	}
}

func TestTransitionEffective(t *testing.T) {
	t.Parallel()
	seen := history.Bounds{ObservedAt: observed(1)}
	for name, tc := range map[string]struct{ happened, want time.Time }{
		"IsWhenItHappened":            {observed(1).Add(-time.Hour), observed(1).Add(-time.Hour)},
		"IsWhenItWasSeenIfNotTold":    {time.Time{}, observed(1)},
		"IsNeverAfterItWasSeen":       {observed(1).Add(time.Hour), observed(1)},
		"IsWhenItWasSeenIfBothAreOne": {observed(1), observed(1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			equal(t, "effective", history.Transition{HappenedAt: tc.happened, Seen: seen}.Effective(), tc.want)
		})
	}
}

func TestReturnedRun(t *testing.T) {
	t.Parallel()
	ended := func(id, status, end string) history.Answer {
		return woosmap(id, status, step("fetch", status, "09:00:00", end))
	}
	begun := woosmap("a", "in_progress", step("fetch", "in_progress", "09:00:00", ""))
	end := clock("09:05:00").At
	cases := []struct {
		name    string
		answers []history.Answer
		want    []string // transitions of the last answer
		happens []time.Time
	}{
		{
			"ToTheStatusThatItHad",
			[]history.Answer{ended("a", "failed", "09:05:00"), ended("b", "success", "09:06:00"), ended("a", "failed", "09:05:00")},
			[]string{"run 1: failed (failed) -> failed (failed)"},
			[]time.Time{{}},
		},
		{
			"Twice",
			[]history.Answer{ended("a", "failed", "09:05:00"), ended("b", "success", "09:06:00"), ended("a", "failed", "09:05:00"), ended("b", "success", "09:06:00")},
			[]string{"run 2: success (succeeded) -> success (succeeded)"},
			[]time.Time{{}},
		},
		{
			"WhileTheOtherRuns",
			[]history.Answer{ended("a", "failed", "09:05:00"), woosmap("b", "in_progress"), ended("a", "failed", "09:05:00")},
			[]string{"run 2: in_progress (running) -> in_progress (unknown)", "run 1: failed (failed) -> failed (failed)"},
			[]time.Time{{}, {}},
		},
		{
			"WithAWordThatNobodyKnows",
			[]history.Answer{woosmap("a", "odd"), ended("b", "success", "09:06:00"), woosmap("a", "odd")},
			[]string{"run 1: odd (unknown) -> odd (unknown)"},
			[]time.Time{{}},
		},
		{
			"WithAnEndBeforeTheOtherWasSeen",
			[]history.Answer{begun, ended("b", "success", "09:06:00"), ended("a", "success", "09:05:00")},
			[]string{"step 1.1: in_progress (unknown) -> success (succeeded)", "run 1: in_progress (unknown) -> success (succeeded)"},
			[]time.Time{end, {}},
		},
		{
			"WithAnEndSinceTheOtherWasSeen",
			[]history.Answer{begun, ended("b", "success", "09:06:00"), ended("a", "success", "10:02:00")},
			[]string{"step 1.1: in_progress (unknown) -> success (succeeded)", "run 1: in_progress (unknown) -> success (succeeded)"},
			[]time.Time{clock("10:02:00").At, clock("10:02:00").At},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := feed(tc.answers...)
			equal(t, "transitions of the last answer", transitionsOf(s.last()), tc.want)
			var happened []time.Time
			for _, tr := range s.last().Transitions {
				happened = append(happened, tr.HappenedAt)
			}
			equal(t, "happened_at", happened, tc.happens)
		})
	}

	t.Run("KeepsItsEnd", func(t *testing.T) {
		t.Parallel()
		s := feed(woosmap("a", "failed"), woosmap("b", "success"), woosmap("a", "failed"))
		equal(t, "end seen", s.run(1).EndSeen, history.Bounds{ObservedAt: observed(1)})
		equal(t, "changed", s.run(1).LastChangedAt, observed(3))
	})
}
