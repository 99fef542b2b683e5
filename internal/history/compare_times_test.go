package history_test

import (
	"testing"
	"time"

	"tracker/internal/history"
)

func TestTimeReversed(t *testing.T) {
	t.Parallel()
	reversed := step("fetch", "success", "09:01:00", "09:00:00")
	checkAnomalies(t, []anomalyCase{
		{"AtFirstSight", []history.Answer{imported(reversed)}, []string{"step 1.1: time_reversed"}},
		{"ByALaterEnd", []history.Answer{imported(step("fetch", "in_progress", "09:01:00", "")), imported(reversed)}, []string{"step 1.1: time_reversed"}},
		{"ByALaterStart", []history.Answer{imported(step("fetch", "success", "09:00:00", "09:00:00")), imported(reversed)}, []string{"step 1.1: step_changed", "step 1.1: time_reversed"}},
		{"ByAMicrosecond", []history.Answer{imported(step("fetch", "success", "09:00:00.000001", "09:00:00"))}, []string{"step 1.1: time_reversed"}},
		{"AcrossZones", []history.Answer{imported(step("fetch", "success", "09:00:00Z", "09:30:00+02:00"))}, []string{"step 1.1: time_reversed"}},

		{"NotAgain", []history.Answer{imported(reversed), imported(reversed)}, nil},
		{"NoTimeAtAllIsNone", []history.Answer{imported(step("fetch", "success", "09:00:00", "09:00:00"))}, nil},
		{"AnUnreadableTimeIsNone", []history.Answer{imported(step("fetch", "success", "09:00:00", "soon"))}, nil},
		{"AnotherStepsEndIsNone", []history.Answer{imported(step("fetch", "success", "09:00:00", "09:05:00"), step("import", "in_progress", "09:01:00", ""))}, nil},
	})
}

func TestClockSkew(t *testing.T) {
	t.Parallel()
	// The first answer is read at 10:00:01, the second at 10:01:01.
	late := "10:01:01.000001"
	checkAnomalies(t, []anomalyCase{
		{"OfAStart", []history.Answer{imported(step("fetch", "in_progress", late, ""))}, []string{"step 1.1: clock_skew"}},
		{"OfAnEnd", []history.Answer{imported(step("fetch", "success", "09:00:00", late))}, []string{"step 1.1: clock_skew"}},
		{"OfAnEntry", []history.Answer{logged(entry(late, "info", "a"))}, []string{"step 1.1: clock_skew"}},
		{"OfAllAreCounted", []history.Answer{imported(step("fetch", "success", late, late, entry(late, "info", "a"), entry(late, "info", "a")))}, []string{"step 1.1: clock_skew x4"}},
		{"OfANewTimeOfAKnownStep", []history.Answer{imported(fetching), imported(step("fetch", "success", "09:00:00", "10:02:02"))}, []string{"step 1.1: clock_skew"}},
		{"InAnotherZone", []history.Answer{imported(step("fetch", "in_progress", "10:30:00+00:00", ""))}, []string{"step 1.1: clock_skew"}},

		{"SixtySecondsAreNone", []history.Answer{imported(step("fetch", "in_progress", "10:01:01", ""))}, nil},
		{"APastTimeIsNone", []history.Answer{imported(fetched)}, nil},
		{"AnUnreadableTimeIsNone", []history.Answer{imported(step("fetch", "in_progress", "tomorrow", ""))}, nil},
		{"EachTimeIsToldOnce", []history.Answer{
			imported(step("fetch", "success", "10:30:00", "10:30:00", entry("10:30:00", "info", "a"))),
			imported(step("fetch", "success", "10:30:00", "10:30:00", entry("10:30:00", "info", "a"))),
		}, nil},
		{"AnEntryThatComesBackIsNone", []history.Answer{logged(entry("10:30:00", "info", "a")), logged(), logged(entry("10:30:00", "info", "a"))}, nil},
		{"AStepThatComesBackIsNone", []history.Answer{imported(step("fetch", "in_progress", "10:30:00", "")), imported(), imported(step("fetch", "in_progress", "10:30:00", ""))}, nil},
	})
}

func TestSkewedTimesStayAsReported(t *testing.T) {
	t.Parallel()
	s := feed(imported(step("fetch", "in_progress", "10:30:00", "")))
	started := s.last().Transitions[1]
	equal(t, "happened_at", started.HappenedAt, clock("10:30:00").At)
	equal(t, "effective", started.Effective(), observed(1))
	equal(t, "example", s.last().Anomalies[0].Now, any("2024-06-07T10:30:00"))
}

func TestUnreadableTimesStayAsWritten(t *testing.T) {
	t.Parallel()
	step := feed(imported(step("fetch", "success", "once", "later"))).run(1).Steps[0]
	equal(t, "start and end", []history.Time{step.Start, step.End}, []history.Time{{Raw: "2024-06-07Tonce"}, {Raw: "2024-06-07Tlater"}})
	equal(t, "readable", step.Start.At, time.Time{})
}
