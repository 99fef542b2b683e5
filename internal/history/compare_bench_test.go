package history_test

import (
	"fmt"
	"testing"

	"tracker/internal/history"
)

// BenchmarkCompare compares an answer that logs one entry more than the one
// before it: of the usual size, and of the largest that has to work.
func BenchmarkCompare(b *testing.B) {
	for _, entries := range []int{20, 100_000} {
		b.Run(fmt.Sprintf("%d_entries_one_new", entries), func(b *testing.B) {
			said := longAnswer(entries)
			s := feed(longAnswer(entries - 1))
			seen := s.next()
			b.ReportAllocs()
			for b.Loop() {
				if change := history.Compare(s.known, said, seen); len(change.Entries) != 1 {
					b.Fatalf("%d new entries", len(change.Entries))
				}
			}
		})
	}
}

// BenchmarkCompareHostile compares answers of which every part is odd: the
// work must grow with their size and no faster.
func BenchmarkCompareHostile(b *testing.B) {
	const size = 10_000
	steps := make([]history.ReportedStep, size)
	entries := make([]history.ReportedEntry, size)
	for i := range size {
		steps[i] = step(fmt.Sprintf("step-%d", i), "in_progress", "09:00:00", "")
		entries[i] = entry("09:00:00", fmt.Sprintf("level-%d", i), "a line")
	}
	for name, answers := range map[string][]history.Answer{
		"steps_again":   {woosmap("run", "in_progress", steps...), woosmap("run", "in_progress", steps...)},
		"steps_vanish":  {woosmap("run", "in_progress", steps...), woosmap("run", "in_progress")},
		"unknown_words": {woosmap("run", "in_progress"), woosmap("run", "in_progress", step("fetch", "in_progress", "09:00:00", "", entries...))},
	} {
		b.Run(name, func(b *testing.B) {
			s := feed(answers[0])
			seen := s.next()
			for b.Loop() {
				history.Compare(s.known, answers[1], seen)
			}
		})
	}
}

// longAnswer has two steps with so many entries in all.
func longAnswer(entries int) history.Answer {
	fetch := make([]history.ReportedEntry, entries/2)
	load := make([]history.ReportedEntry, entries-entries/2)
	for i := range fetch {
		fetch[i] = entry("09:30:36.741569", "info", fmt.Sprintf("Fetching https://hostname.example/archive-%d.zip...", i))
	}
	for i := range load {
		load[i] = entry("09:30:48.366471", "info", fmt.Sprintf("Will import %d features.", i))
	}
	return woosmap("832eb97f-266c-4387-991d-52e77366dc99", "in_progress",
		step("fetch", "success", "09:30:36.715881", "09:30:48.356003", fetch...),
		step("import", "in_progress", "09:30:48.358285", "", load...))
}
