package history_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tracker/internal/history"
)

// story is a job's history in the making: answers go through Compare and
// Known.Apply, one poll a minute from 10:00, each read a second after it was sent.
type story struct {
	known    *history.Known
	polls    int
	answered int // the number of the last successful poll, from 1; 0: none
	changes  []history.Change
}

// feed tells a job's story from its start.
func feed(answers ...history.Answer) *story {
	s := &story{known: history.NewKnown()}
	for _, answer := range answers {
		s.poll(answer)
	}
	return s
}

// poll sees an answer that differs from the one before.
func (s *story) poll(answer history.Answer) history.Change {
	change := history.Compare(s.known, answer, s.next())
	s.known.Apply(change)
	s.changes = append(s.changes, change)
	return change
}

// next gives the bounds of a successful poll.
func (s *story) next() history.Bounds {
	s.polls++
	seen := history.Bounds{ObservedAt: observed(s.polls)}
	if s.answered > 0 {
		seen.NotBefore = polled(s.answered)
	}
	s.answered = s.polls
	return seen
}

// confirm sees the same answer again: a poll that adds no snapshot.
func (s *story) confirm() { s.next() }

// miss is a poll that brings no answer.
func (s *story) miss() { s.polls++ }

// last is what the newest answer has added.
func (s *story) last() history.Change { return s.changes[len(s.changes)-1] }

// run is a run by its number, as it is known now.
func (s *story) run(no int) history.Run {
	for _, run := range s.known.Runs {
		if run.No == no {
			return *run
		}
	}
	return history.Run{}
}

// polled and observed are when the nth poll was sent and its answer read.
func polled(n int) time.Time   { return time.Date(2024, 6, 7, 10, n-1, 0, 0, time.UTC) }
func observed(n int) time.Time { return polled(n).Add(time.Second) }

// seenBy is what bounds the news of the nth poll, where the one before it was a success too.
func seenBy(n int) history.Bounds {
	return history.Bounds{NotBefore: polled(n - 1), ObservedAt: observed(n)}
}

// clock is a time of the day of the story, as an upstream writes it; "" is none.
func clock(text string) history.Time {
	if text == "" {
		return history.Time{}
	}
	return history.ParseTime("2024-06-07T" + text)
}

func woosmap(runID, status string, steps ...history.ReportedStep) history.Answer {
	return history.Answer{
		RunID: runID, Status: status, State: stateOf(status), Order: []string{"in_progress"},
		Steps: steps,
	}
}

func safetykit(runID, status string) history.Answer {
	return history.Answer{
		RunID: runID, Status: status, State: stateOf(status), Order: []string{"queued", "uploading", "ingesting"},
		StepsObserved: true,
	}
}

func step(name, status, start, end string, entries ...history.ReportedEntry) history.ReportedStep {
	return history.ReportedStep{Name: name, Status: status, State: stateOf(status), Start: clock(start), End: clock(end), Entries: entries}
}

func entry(created, level, detail string) history.ReportedEntry {
	return history.ReportedEntry{Created: clock(created), Level: level, Detail: detail}
}

func stateOf(status string) history.State {
	switch status {
	case "queued":
		return history.StateQueued
	case "in_progress", "uploading", "ingesting":
		return history.StateRunning
	case "success", "succeeded":
		return history.StateSucceeded
	case "failed":
		return history.StateFailed
	default:
		return history.StateUnknown
	}
}

// anomaliesOf lists anomalies as "run 1: kind" and "step 1.2: kind", with "x3" where counted.
func anomaliesOf(changes ...history.Change) []string {
	var lines []string
	for _, change := range changes {
		for _, a := range change.Anomalies {
			line := fmt.Sprintf("%s: %s", place(a.RunNo, a.StepNo), a.Kind)
			if a.Count != 1 {
				line += fmt.Sprintf(" x%d", a.Count)
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// transitionsOf lists transitions as "run 1: none -> in_progress (running)".
func transitionsOf(changes ...history.Change) []string {
	var lines []string
	for _, change := range changes {
		for _, t := range change.Transitions {
			from := "none"
			if t.FromState != "" {
				from = fmt.Sprintf("%s (%s)", t.FromStatus, t.FromState)
			}
			lines = append(lines, fmt.Sprintf("%s: %s -> %s (%s)", place(t.RunNo, t.StepNo), from, t.ToStatus, t.ToState))
		}
	}
	return lines
}

func place(runNo, stepNo int) string {
	if stepNo == 0 {
		return fmt.Sprintf("run %d", runNo)
	}
	return fmt.Sprintf("step %d.%d", runNo, stepNo)
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// anomalyCase claims which anomalies the last of some answers has.
type anomalyCase struct {
	name    string
	answers []history.Answer
	want    []string
}

func checkAnomalies(t *testing.T, cases []anomalyCase) {
	t.Helper()
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			equal(t, "anomalies of the last answer", anomaliesOf(feed(tc.answers...).last()), tc.want)
		})
	}
}
