package history_test

import (
	"slices"

	"pgregory.net/rapid"

	"tracker/internal/history"
)

// reportedAnswers are those of a provider that reports its steps.
func reportedAnswers() *rapid.Generator[history.Answer] {
	starts := rapid.SampledFrom([]string{"09:00:00", "09:10:00", "soon", ""})
	ends := rapid.SampledFrom([]string{"", "", "09:05:00", "23:00:00"})
	statuses := rapid.SampledFrom([]string{"in_progress", "success", "failed", "odd"})
	entries := rapid.Custom(func(t *rapid.T) history.ReportedEntry {
		return entry(
			rapid.SampledFrom([]string{"09:01:00", "23:00:00"}).Draw(t, "created"),
			rapid.SampledFrom([]string{"warning", "error", "odd"}).Draw(t, "level"),
			rapid.SampledFrom([]string{"a", "b"}).Draw(t, "detail"))
	})
	steps := rapid.Custom(func(t *rapid.T) history.ReportedStep {
		return step(
			rapid.SampledFrom([]string{"fetch", "import", "index"}).Draw(t, "name"),
			statuses.Draw(t, "status"), starts.Draw(t, "start"), ends.Draw(t, "end"),
			rapid.SliceOfN(entries, 0, 4).Draw(t, "entries")...)
	})
	return rapid.Custom(func(t *rapid.T) history.Answer {
		said := woosmap(runIDs.Draw(t, "run"), statuses.Draw(t, "status"), rapid.SliceOfN(steps, 0, 4).Draw(t, "steps")...)
		said.Shape = shapes.Draw(t, "shape")
		return said
	})
}

// observedAnswers are those of a provider whose steps are observed.
func observedAnswers() *rapid.Generator[history.Answer] {
	statuses := rapid.SampledFrom([]string{"queued", "uploading", "ingesting", "succeeded", "failed", "odd"})
	return rapid.Custom(func(t *rapid.T) history.Answer {
		said := safetykit(runIDs.Draw(t, "run"), statuses.Draw(t, "status"))
		said.Shape = shapes.Draw(t, "shape")
		said.Results.Listed = rapid.Bool().Draw(t, "listed")
		return said
	})
}

var (
	runIDs = rapid.SampledFrom([]string{"a", "b", "c"})
	keys   = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"x", "y"}), 0, 2, rapid.ID[string])
	shapes = rapid.Map(rapid.MapOf(rapid.SampledFrom([]string{"", "steps[]"}), keys), func(m map[string][]string) history.Shape {
		for _, keys := range m {
			slices.Sort(keys)
		}
		return m
	})
)
