package history_test

import (
	"fmt"
	"testing"
	"time"

	"tracker/internal/history"
)

// imported is an answer of a run that goes on with these steps.
func imported(steps ...history.ReportedStep) history.Answer {
	return woosmap("a", "in_progress", steps...)
}

var (
	fetched  = step("fetch", "success", "09:00:00", "09:01:00")
	fetching = step("fetch", "in_progress", "09:00:00", "")
	loading  = step("import", "in_progress", "09:01:00", "")
)

func TestStepsAreKnownAgain(t *testing.T) {
	t.Parallel()
	nameless := func(name string) history.ReportedStep { return step(name, "in_progress", "", "") }
	cases := []struct {
		name    string
		answers []history.Answer
		want    []string // all steps of the run
	}{
		{"ByNameAndStart", []history.Answer{imported(fetched, loading), imported(fetched, loading)}, []string{"1 fetch 09:00:00", "2 import 09:01:00"}},
		{"InAnotherOrder", []history.Answer{imported(fetched, loading), imported(loading, fetched)}, []string{"1 fetch 09:00:00", "2 import 09:01:00"}},
		{"ByNameWhereTheStartIsAnother", []history.Answer{imported(fetching), imported(step("fetch", "in_progress", "09:00:30", ""))}, []string{"1 fetch 09:00:30"}},
		{"ByStartWhereTheNameIsAnother", []history.Answer{imported(fetching), imported(step("download", "in_progress", "09:00:00", ""))}, []string{"1 download 09:00:00"}},
		{"NotByAStartThatIsNotTold", []history.Answer{imported(nameless("fetch")), imported(nameless("import"))}, []string{"1 fetch none vanished", "2 import none"}},
		{"ARestartBesideTheFirstIsNew", []history.Answer{imported(fetched), imported(fetched, step("fetch", "in_progress", "09:02:00", ""))}, []string{"1 fetch 09:00:00", "2 fetch 09:02:00"}},
		{"ARestartInFrontOfTheFirstIsNew", []history.Answer{imported(fetched), imported(step("fetch", "in_progress", "09:02:00", ""), fetched)}, []string{"1 fetch 09:00:00", "2 fetch 09:02:00"}},
		{"EqualOnesByTheirOrder", []history.Answer{imported(fetching, fetching), imported(fetching, fetching)}, []string{"1 fetch 09:00:00", "2 fetch 09:00:00"}},
		{"ALateOneInFrontComesLast", []history.Answer{imported(loading), imported(fetched, loading)}, []string{"1 import 09:01:00", "2 fetch 09:00:00"}},
		{"ByAllElseWhereNameAndStartAreEqual", []history.Answer{imported(step("fetch", "in_progress", "09:02:00", ""), fetched), imported(fetching, fetched)}, []string{"1 fetch 09:00:00", "2 fetch 09:00:00"}},
		{"OneMoreOfAnEqualIsNew", []history.Answer{imported(fetched), imported(fetching, fetched)}, []string{"1 fetch 09:00:00", "2 fetch 09:00:00"}},
		{"VanishedStaysKnown", []history.Answer{imported(fetched, loading), imported(loading)}, []string{"1 fetch 09:00:00 vanished", "2 import 09:01:00"}},
		{"ReturnedIsTheOneThatVanished", []history.Answer{imported(fetched, loading), imported(loading), imported(fetched, loading)}, []string{"1 fetch 09:00:00", "2 import 09:01:00"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			equal(t, "steps", stepsOf(feed(tc.answers...).run(1)), tc.want)
		})
	}
}

// stepsOf lists steps as "1 fetch 09:00:00", and those not listed any more as vanished.
func stepsOf(run history.Run) []string {
	var lines []string
	for _, k := range run.Steps {
		start := "none"
		if k.Start.Raw != "" {
			start = k.Start.Raw[len("2024-06-07T"):]
		}
		line := fmt.Sprintf("%d %s %s", k.No, k.Name, start)
		if !k.VanishedAt.IsZero() {
			line += " vanished"
		}
		lines = append(lines, line)
	}
	return lines
}

// Two steps of one name and start are told apart by their order alone. An
// answer that makes them so and then comes again must not have them change places.
func TestEqualStepsDoNotChangePlaces(t *testing.T) {
	t.Parallel()
	twins := imported(
		step("fetch", "success", "09:02:00", ""),
		step("fetch", "in_progress", "09:02:00", ""))
	s := feed(imported(step("fetch", "in_progress", "09:00:00", ""), step("fetch", "success", "09:02:00", "")), twins)
	change := s.poll(twins)
	equal(t, "steps, transitions and anomalies", len(change.Steps)+len(change.Transitions)+len(change.Anomalies), 0)
}

func TestStepVanished(t *testing.T) {
	t.Parallel()
	checkAnomalies(t, []anomalyCase{
		{"OneOfTwo", []history.Answer{imported(fetched, loading), imported(loading)}, []string{"step 1.1: step_vanished"}},
		{"All", []history.Answer{imported(fetched, loading), imported()}, []string{"step 1.1: step_vanished", "step 1.2: step_vanished"}},
		{"AgainAfterItReturned", []history.Answer{imported(fetched), imported(), imported(fetched), imported()}, []string{"step 1.1: step_vanished"}},
		{"InAReturnedRun", []history.Answer{imported(fetching), woosmap("b", "success"), imported()}, []string{"run 1: run_returned", "step 1.1: step_vanished"}},

		{"StayingAwayIsNone", []history.Answer{imported(fetched), imported(), imported()}, nil},
		{"ReturningIsNone", []history.Answer{imported(fetched), imported(), imported(fetched)}, nil},
		{"ANewRunIsNone", []history.Answer{woosmap("a", "success", fetched), woosmap("b", "in_progress")}, nil},
		{"AnotherOrderIsNone", []history.Answer{imported(fetched, loading), imported(loading, fetched)}, nil},
	})
}

func TestStepThatVanishedKeepsItsState(t *testing.T) {
	t.Parallel()
	s := feed(imported(fetching), imported())
	equal(t, "transitions", transitionsOf(s.last()), []string(nil))
	step := s.run(1).Steps[0]
	equal(t, "step", []any{step.State, step.VanishedAt}, []any{history.StateRunning, observed(2)})
	equal(t, "example", s.last().Anomalies[0].Was, any(map[string]string{"name": "fetch", "start": "2024-06-07T09:00:00", "status": "in_progress"}))
}

// TestVanishedStepCounts: a run is what the service lists of it now.
func TestVanishedStepCounts(t *testing.T) {
	t.Parallel()
	first := step("fetch", "success", "09:00:00", "09:05:00")
	last := step("import", "success", "09:05:00", "09:30:00", entry("09:06:00", "error", "x"), entry("09:07:00", "warning", "y"))
	whole := func(steps ...history.ReportedStep) history.Answer { return woosmap("a", "success", steps...) }
	for name, tc := range map[string]struct {
		answers                 []history.Answer
		start, end              time.Time
		steps, warnings, errors int
	}{
		"AllListed":     {[]history.Answer{whole(first, last)}, clock("09:00:00").At, clock("09:30:00").At, 2, 1, 1},
		"LastVanished":  {[]history.Answer{whole(first, last), whole(first)}, clock("09:00:00").At, clock("09:05:00").At, 1, 0, 0},
		"FirstVanished": {[]history.Answer{whole(first, last), whole(last)}, clock("09:05:00").At, clock("09:30:00").At, 1, 1, 1},
		"AllVanished":   {[]history.Answer{whole(first, last), whole()}, time.Time{}, time.Time{}, 0, 0, 0},
		"BackAgain":     {[]history.Answer{whole(first, last), whole(), whole(first, last)}, clock("09:00:00").At, clock("09:30:00").At, 2, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := feed(tc.answers...).run(1)
			equal(t, "start and end", []time.Time{run.Start, run.End}, []time.Time{tc.start, tc.end})
			equal(t, "steps, warnings and errors", []int{run.StepCount, run.Warnings, run.Errors}, []int{tc.steps, tc.warnings, tc.errors})
		})
	}
}

func TestStepChanged(t *testing.T) {
	t.Parallel()
	changed := []string{"step 1.1: step_changed"}
	checkAnomalies(t, []anomalyCase{
		{"Start", []history.Answer{imported(fetched), imported(step("fetch", "success", "09:00:30", "09:01:00"))}, changed},
		{"End", []history.Answer{imported(fetched), imported(step("fetch", "success", "09:00:00", "09:02:00"))}, changed},
		{"EndTakenBack", []history.Answer{imported(fetched), imported(step("fetch", "success", "09:00:00", ""))}, changed},
		{"EndWrittenAnotherWay", []history.Answer{imported(fetched), imported(step("fetch", "success", "09:00:00", "09:01:00Z"))}, changed},
		{"Name", []history.Answer{imported(fetched), imported(step("download", "success", "09:00:00", "09:01:00"))}, changed},
		{"TwoFactsAreCounted", []history.Answer{imported(fetched), imported(step("fetch", "success", "09:00:30", "09:02:00"))}, []string{"step 1.1: step_changed x2"}},
		{"ARestartInItsPlace", []history.Answer{imported(fetched), imported(step("fetch", "in_progress", "09:02:00", ""))}, []string{"step 1.1: step_changed x2", "step 1.1: status_regressed"}},
		{"AsItReturned", []history.Answer{imported(fetched), imported(), imported(step("fetch", "success", "09:00:00", "09:02:00"))}, changed},

		{
			"StartOfOneThatEndedWithoutATime",
			[]history.Answer{imported(step("fetch", "success", "09:00:00", "")), imported(step("fetch", "success", "09:00:05", ""))},
			changed,
		},
		{
			"AnEndToldLateIsNone",
			[]history.Answer{imported(step("fetch", "success", "09:00:00", "")), imported(step("fetch", "success", "09:00:00", "09:01:00"))},
			nil,
		},
		{"AnEndIsNone", []history.Answer{imported(fetching), imported(fetched)}, nil},
		{"AnotherStartOfAStepThatLastsIsNone", []history.Answer{imported(fetching), imported(step("fetch", "in_progress", "09:00:30", ""))}, nil},
		{"AnotherNameOfAStepThatLastsIsNone", []history.Answer{imported(fetching), imported(step("download", "in_progress", "09:00:00", ""))}, nil},
		{"AnotherStatusIsNone", []history.Answer{imported(fetched), imported(step("fetch", "failed", "09:00:00", "09:01:00"))}, []string{"step 1.1: status_regressed"}},
	})
}

func TestStepChangedShowsTheFirstFact(t *testing.T) {
	t.Parallel()
	a := feed(imported(fetched), imported(step("fetch", "success", "09:00:00", "09:02:00"))).last().Anomalies[0]
	equal(t, "was", a.Was, any(map[string]string{"end": "2024-06-07T09:01:00"}))
	equal(t, "now", a.Now, any(map[string]string{"end": "2024-06-07T09:02:00"}))
}

func TestStepRowsAreOnlyTheNewAndChanged(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		second history.Answer
		want   int
	}{
		"None":          {imported(fetched, loading), 0},
		"ANewEntry":     {imported(fetched, step("import", "in_progress", "09:01:00", "", entry("09:01:01", "info", "a"))), 0},
		"AnotherStatus": {imported(fetched, step("import", "failed", "09:01:00", "")), 1},
		"AVanishedStep": {imported(loading), 1},
		"ANewStep":      {imported(fetched, loading, step("index", "in_progress", "09:02:00", "")), 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			equal(t, "step rows", len(feed(imported(fetched, loading), tc.second).last().Steps), tc.want)
		})
	}
}

func TestRunSpansItsSteps(t *testing.T) {
	t.Parallel()
	run := feed(
		imported(fetching),
		woosmap("a", "success", fetched, step("import", "success", "09:01:00", "09:05:00"))).run(1)
	equal(t, "start and end", []any{run.Start, run.End}, []any{clock("09:00:00").At, clock("09:05:00").At})

	again := feed(woosmap("a", "success", fetched), imported(fetched)).run(1)
	equal(t, "end of a run that goes on again", again.End, history.Run{}.End)
}
