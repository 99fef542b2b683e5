package history_test

import (
	"testing"

	"pgregory.net/rapid"

	"tracker/internal/history"
)

// TestPermutedStepsAreTheSame: in whatever order an answer lists steps of one
// name, and log entries in them, nothing has changed.
func TestPermutedStepsAreTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.SampledFrom([]string{"", "09:00:00", "09:05:00"})
		text := rapid.SampledFrom([]string{"a", "b"})
		steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) history.ReportedStep {
			entries := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) history.ReportedEntry {
				return entry("09:00:01", rapid.SampledFrom([]string{"info", "error"}).Draw(t, "level"), text.Draw(t, "detail"))
			}), 0, 3).Draw(t, "entries")
			status := rapid.SampledFrom([]string{"in_progress", "success", "failed", "odd"}).Draw(t, "status")
			return step("import", status, start.Draw(t, "start"), start.Draw(t, "end"), entries...)
		}), 0, 5).Draw(t, "steps")
		s := feed()
		// Others that were there before and vanished take no place of what is listed.
		s.poll(imported(rapid.Permutation(steps).Draw(t, "before")...))
		s.poll(imported(step("import", "success", "09:00:00", "09:05:00")))
		s.poll(imported(steps...))
		for range 2 {
			permuted := rapid.Permutation(steps).Draw(t, "permuted")
			for i := range permuted {
				permuted[i].Entries = rapid.Permutation(permuted[i].Entries).Draw(t, "entries")
			}
			change := s.poll(imported(permuted...))
			if n := len(change.Anomalies) + len(change.Transitions) + len(change.Steps) + len(change.Entries); n > 0 {
				t.Fatalf("steps in another order change %d rows: %+v", n, change)
			}
		}
	})
}

func TestStepsOfOneNameAndStart(t *testing.T) {
	t.Parallel()
	long, short := step("import", "success", "09:05:00", "09:09:00"), step("import", "success", "09:05:00", "09:08:00")
	going := func(entries ...history.ReportedEntry) history.ReportedStep {
		return step("import", "in_progress", "09:05:00", "", entries...)
	}
	ended := func(end string, entries ...history.ReportedEntry) history.ReportedStep {
		return step("import", "success", "09:05:00", end, entries...)
	}
	a, b, c := entry("09:05:01", "info", "a"), entry("09:05:02", "info", "b"), entry("09:05:03", "info", "c")
	for name, answers := range map[string][2]history.Answer{
		"Shuffled":                   {imported(long, short), imported(short, long)},
		"OneEnds":                    {imported(going(a), going(b)), imported(going(b), ended("09:08:00", a, c))},
		"BothEnd":                    {imported(going(a), going(b)), imported(ended("09:08:00", b), ended("09:09:00", a))},
		"BothLogMore":                {imported(going(a), going(b)), imported(going(b, c), going(a, c))},
		"TheEndedOnesLogMoreTheSame": {imported(ended("09:08:00", a), ended("09:09:00", a)), imported(ended("09:09:00", a, b), ended("09:08:00", a, c))},
		"OneIsNew":                   {imported(short), imported(long, short)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			equal(t, "anomalies", anomaliesOf(feed(answers[0], answers[1]).last()), []string(nil))
		})
	}
}
