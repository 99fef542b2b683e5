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

// TestTimesThatStandForNone: "never" and "not set" are text. What comes over ten years
// late is ahead of the service's clock besides.
func TestTimesThatStandForNone(t *testing.T) {
	t.Parallel()
	at := history.ParseTime
	far := func(start, end string) history.Answer {
		said := step("fetch", "success", "09:00:00", "09:00:00")
		said.Start, said.End = at(start), at(end)
		return woosmap("a", "success", said)
	}
	skewed := []string{"step 1.1: clock_skew"}
	for name, tc := range map[string]struct {
		start, end string
		anomalies  []string
	}{
		"AnEndThatNeverComes":      {"2024-06-07T09:00:00Z", "9999-12-31T23:59:59Z", skewed},
		"AStartThatNeverComes":     {"9999-12-31T00:00:00", "2024-06-07T09:00:00", skewed},
		"AStartThatIsNotSet":       {"0001-01-01T00:00:00Z", "2024-06-07T09:00:00Z", nil},
		"AStartAtTheEpoch":         {"1970-01-01T00:00:00Z", "2024-06-07T09:00:00Z", nil},
		"AnEndBeforeAllOfTheOther": {"2024-06-07T09:00:00Z", "0001-01-01T00:00:00Z", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := feed(far(tc.start, tc.end))
			equal(t, "anomalies", anomaliesOf(s.last()), tc.anomalies)
			got := s.run(1).Steps[0]
			equal(t, "as written", []string{got.Start.Raw, got.End.Raw}, []string{tc.start, tc.end})
			if !got.Start.At.IsZero() && !got.End.At.IsZero() {
				t.Errorf("%s to %s is reckoned with as %v to %v", tc.start, tc.end, got.Start.At, got.End.At)
			}
			run := s.run(1)
			if least, most, hasMost := history.Span(run.Began(), run.Ended()); least > 24*time.Hour || hasMost && most > 24*time.Hour {
				t.Errorf("it took %v to %v", least, most)
			}
		})
	}
	t.Run("OfAnEntry", func(t *testing.T) {
		t.Parallel()
		e := entry("09:00:00", "info", "a")
		e.Created = at("1970-01-01T00:00:00Z")
		s := feed(logged(e), logged(e))
		equal(t, "anomalies", anomaliesOf(s.changes...), []string(nil))
		equal(t, "entry", s.run(1).Steps[0].Entries[0].Created, history.Time{Raw: "1970-01-01T00:00:00Z"})
	})
	t.Run("OfTheResults", func(t *testing.T) {
		t.Parallel()
		said := safetykit("a", "succeeded")
		said.Results.Expires = at("9999-12-31T00:00:00Z")
		s := feed(said, said)
		equal(t, "anomalies", anomaliesOf(s.changes...), []string{"run 1: clock_skew"})
		equal(t, "expiry", s.run(1).ResultExpires, history.Time{Raw: "9999-12-31T00:00:00Z"})
	})
	t.Run("StaysAsItWasReadFirst", func(t *testing.T) {
		t.Parallel()
		edge := observed(1).AddDate(0, 0, 3650).Add(30 * time.Second).Format(time.RFC3339)
		s := feed(far(edge, edge), far(edge, edge))
		equal(t, "anomalies", anomaliesOf(s.changes...), []string{"step 1.1: clock_skew x2"})
		equal(t, "start", s.run(1).Steps[0].Start, history.Time{Raw: edge})
	})
	t.Run("LongAgoIsATime", func(t *testing.T) {
		t.Parallel()
		said := step("fetch", "success", "09:00:00", "09:00:00", entry("09:00:00", "info", "a"))
		said.Start, said.End, said.Entries[0].Created = at("1970-01-01T00:00:01Z"), at("2008-03-01T09:20:00Z"), at("2008-03-01T09:10:00Z")
		s := feed(woosmap("a", "success", said))
		equal(t, "anomalies", anomaliesOf(s.last()), []string(nil))
		got := s.run(1)
		equal(t, "times", []time.Time{got.Start, got.End, got.Steps[0].Entries[0].Created.At}, []time.Time{said.Start.At, said.End.At, said.Entries[0].Created.At})
	})
}

func TestSeconds(t *testing.T) {
	t.Parallel()
	for n, want := range map[float64]time.Duration{
		1.5: 1500 * time.Millisecond, -0.0000014: -time.Microsecond, 1e300: 1<<63 - 1, -1e300: -(1<<63 - 1), 9223372036.9: 1<<63 - 1,
	} {
		equal(t, "duration", history.Seconds(n), want)
	}
	least, most, _ := history.Span(history.Moment{Reported: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}, history.Moment{Reported: time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC)})
	equal(t, "span", []time.Duration{least, most}, []time.Duration{-(1<<63 - 1), -(1<<63 - 1)})
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
