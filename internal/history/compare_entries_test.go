package history_test

import (
	"fmt"
	"testing"

	"tracker/internal/history"
)

// logged is an answer whose one step has these entries.
func logged(entries ...history.ReportedEntry) history.Answer {
	return woosmap("a", "in_progress", step("fetch", "in_progress", "09:00:00", "", entries...))
}

func TestEntries(t *testing.T) {
	t.Parallel()
	a, b, c := entry("09:00:01", "info", "a"), entry("09:00:02", "info", "b"), entry("09:00:03", "info", "c")
	cases := []struct {
		name    string
		answers []history.Answer
		want    []string // rows of the last answer
	}{
		{"AreNumberedAsListed", []history.Answer{logged(a, b)}, []string{"new 1 a at 1", "new 2 b at 2"}},
		{"ListedTwiceAreTwo", []history.Answer{logged(a, a)}, []string{"new 1 a at 1", "new 2 a at 2"}},
		{"KnownAreNotRepeated", []history.Answer{logged(a, b), logged(a, b)}, nil},
		{"InAnotherOrderAreTheSame", []history.Answer{logged(a, b), logged(b, a)}, nil},
		{"LateOnesKeepTheirPlaceUpstream", []history.Answer{logged(a, c), logged(a, b, c)}, []string{"new 3 b at 2"}},
		{"OneMoreOfAnEqualIsNew", []history.Answer{logged(a), logged(a, a)}, []string{"new 2 a at 2"}},
		{"OneInFrontIsNew", []history.Answer{logged(a, b), logged(c, a, b)}, []string{"new 3 c at 1"}},
		{"MissingAreWithdrawn", []history.Answer{logged(a, b), logged(b)}, []string{"withdrawn 1 a at 1"}},
		{"OfEqualOnesTheLastIsWithdrawn", []history.Answer{logged(a, a, b), logged(a, b)}, []string{"withdrawn 2 a at 2"}},
		{"WithdrawnAreNotWithdrawnAgain", []history.Answer{logged(a, b), logged(b), logged(b)}, nil},
		{"ComeBackAsTheyWere", []history.Answer{logged(a, b), logged(b), logged(a, b)}, []string{"returned 1 a at 1"}},
		{"OfEqualOnesTheFirstComesBack", []history.Answer{logged(a, a), logged(), logged(a)}, []string{"returned 1 a at 1"}},
		{"EqualOnesComeBackInTurn", []history.Answer{logged(a, a), logged(), logged(a), logged(a, a)}, []string{"returned 2 a at 2"}},
		{"MoreThanWereWithdrawnAreNew", []history.Answer{logged(a), logged(), logged(a, a)}, []string{"returned 1 a at 1", "new 2 a at 2"}},
		{"ReplacedAreNewAndWithdrawn", []history.Answer{logged(a), logged(b)}, []string{"new 2 b at 1", "withdrawn 1 a at 1"}},
		{"OfAStepThatVanishedAreWithdrawn", []history.Answer{logged(a), woosmap("a", "in_progress")}, []string{"withdrawn 1 a at 1"}},
		{"OfAStepThatIsBackReturn", []history.Answer{logged(a, b), woosmap("a", "in_progress"), logged(a)}, []string{"returned 1 a at 1"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			equal(t, "rows of the last answer", entriesOf(feed(tc.answers...).last()), tc.want)
		})
	}
}

// entriesOf lists entry rows as "new 1 detail at 1", the last the place upstream.
func entriesOf(change history.Change) []string {
	var lines []string
	for _, row := range change.Entries {
		what := "returned"
		switch {
		case row.New:
			what = "new"
		case !row.WithdrawnAt.IsZero():
			what = "withdrawn"
		}
		lines = append(lines, fmt.Sprintf("%s %d %s at %d", what, row.No, row.Detail, row.Position))
	}
	return lines
}

func TestEntriesAreKnownByTimeLevelAndDetail(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]history.ReportedEntry{
		"Time":        entry("09:00:02", "info", "a"),
		"TimesZone":   entry("09:00:01Z", "info", "a"),
		"Level":       entry("09:00:01", "error", "a"),
		"Detail":      entry("09:00:01", "info", "a "),
		"EmptyDetail": entry("09:00:01", "info", ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			change := feed(logged(entry("09:00:01", "info", "a")), logged(entry("09:00:01", "info", "a"), other)).last()
			equal(t, "new entries", len(change.Entries), 1)
		})
	}
}

func TestEntryWithdrawn(t *testing.T) {
	t.Parallel()
	a, b, c := entry("09:00:01", "info", "a"), entry("09:00:02", "info", "b"), entry("09:00:03", "info", "c")
	checkAnomalies(t, []anomalyCase{
		{"OneRowCountsAll", []history.Answer{logged(a, b, c), logged(b)}, []string{"step 1.1: entry_withdrawn x2"}},
		{"EachTime", []history.Answer{logged(a), logged(), logged(a), logged()}, []string{"step 1.1: entry_withdrawn"}},

		{"ComingBackIsNone", []history.Answer{logged(a), logged(), logged(a)}, nil},
		{"StayingAwayIsNone", []history.Answer{logged(a), logged(), logged()}, nil},
		{"AnotherOrderIsNone", []history.Answer{logged(a, b), logged(b, a)}, nil},
		{"ALateOneIsNone", []history.Answer{logged(a, c), logged(a, b, c)}, nil},
	})
}

func TestEntryWithdrawnShowsTheFirst(t *testing.T) {
	t.Parallel()
	s := feed(logged(entry("09:00:01", "info", "a"), entry("09:00:02", "info", "b")), logged())
	want := any(map[string]string{"created_at": "2024-06-07T09:00:01", "level": "info", "detail": "a"})
	equal(t, "was", s.last().Anomalies[0].Was, want)
	equal(t, "now", s.last().Anomalies[0].Now, any(nil))
	equal(t, "withdrawn at", s.run(1).Steps[0].Entries[1].WithdrawnAt, observed(2))
}

func TestUnknownLevel(t *testing.T) {
	t.Parallel()
	odd, odder := entry("09:00:01", "odd", "a"), entry("09:00:01", "odder", "a")
	two := func(first, second history.ReportedEntry) history.Answer {
		return woosmap("a", "in_progress", step("fetch", "in_progress", "09:00:00", "", first), step("import", "in_progress", "09:01:00", "", second))
	}
	checkAnomalies(t, []anomalyCase{
		{"IsToldOnce", []history.Answer{logged(odd, odd)}, []string{"step 1.1: unknown_level"}},
		{"TwoWordsAreCounted", []history.Answer{logged(odd, odder)}, []string{"step 1.1: unknown_level x2"}},
		{"AnotherWordIsToldToo", []history.Answer{logged(odd), logged(odd, odder)}, []string{"step 1.1: unknown_level"}},
		{"CaseCounts", []history.Answer{logged(entry("09:00:01", "INFO", "a"))}, []string{"step 1.1: unknown_level"}},
		{"OnceInAllSteps", []history.Answer{two(odd, odd)}, []string{"step 1.1: unknown_level"}},

		{"KnownLevelsAreNone", []history.Answer{logged(entry("09:00:01", "info", "a"), entry("09:00:01", "warning", "a"), entry("09:00:01", "error", "a"))}, nil},
		{"NotAgainLater", []history.Answer{logged(odd), logged(odd, entry("09:00:02", "odd", "b"))}, nil},
		{"AStatusOfThatNameIsAnother", []history.Answer{woosmap("a", "odd"), logged(odd)}, []string{"step 1.1: unknown_level"}},
	})
}

func TestWarningsAndErrorsAreCountedWhileListed(t *testing.T) {
	t.Parallel()
	warning, failure := entry("09:00:01", "warning", "a"), entry("09:00:02", "error", "b")
	for name, tc := range map[string]struct {
		answers          []history.Answer
		warnings, errors int
	}{
		"Listed":    {[]history.Answer{logged(warning, failure, failure)}, 1, 2},
		"Withdrawn": {[]history.Answer{logged(warning, failure, failure), logged(failure)}, 0, 1},
		"Returned":  {[]history.Answer{logged(warning, failure), logged(), logged(failure, warning)}, 1, 1},
		"Vanished":  {[]history.Answer{logged(warning), woosmap("a", "in_progress")}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := feed(tc.answers...).run(1)
			equal(t, "warnings and errors", []int{run.Warnings, run.Errors}, []int{tc.warnings, tc.errors})
		})
	}
}
