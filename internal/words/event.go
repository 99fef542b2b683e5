package words

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
)

// Event is something that happened in a run, or was done to its job meanwhile.
type Event struct {
	At   time.Time     // its place in time
	When terminal.Span // when it happened, as exactly as that is known
	Step string        // or what else it is of; empty: the run itself
	Body []terminal.Span

	rank int // among events of one time
}

// The ranks of events of one time.
const (
	rankStart = iota
	rankEntry
	rankEnd
	rankRunEnd
	rankAnomaly
)

// Events are the transitions, log entries and anomalies of a run, and what was
// done to the job around it, in the order of their times.
func (h History) Events(run store.RunRow) []Event {
	var events []Event
	for _, t := range h.Transitions {
		if t.RunNo == run.RunNo && !h.mirrors(t) {
			events = append(events, h.transitionEvent(t, run))
		}
	}
	for _, e := range h.LogEntries {
		if e.RunNo == run.RunNo && e.Level != "info" {
			events = append(events, h.entryEvent(e))
		}
	}
	for _, a := range h.Anomalies {
		if a.RunNo == run.RunNo {
			events = append(events, h.anomalyEvent(a))
		}
	}
	for _, c := range h.changesAround(run) {
		events = append(events, h.changeEvent(c))
	}
	slices.SortStableFunc(events, func(a, b Event) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.rank, b.rank)) })
	return events
}

// mirrors reports a transition of a step that is one of the run's statuses: the
// run's own transition tells it.
func (h History) mirrors(t store.TransitionRow) bool {
	if t.StepNo == nil || h.step(t.RunNo, *t.StepNo).StartedRaw != nil {
		return false
	}
	return slices.ContainsFunc(h.Transitions, func(of store.TransitionRow) bool {
		return of.StepNo == nil && of.RunNo == t.RunNo && of.SnapshotNo == t.SnapshotNo &&
			(of.ToStatus == *t.Step || store.OrZero(of.FromStatus) == *t.Step)
	})
}

func (h History) transitionEvent(t store.TransitionRow, run store.RunRow) Event {
	e := Event{At: t.Effective(), rank: rankStart, When: terminal.Plain(h.Bound(t.NotBefore, t.ObservedAt, h.Narrow)), Step: store.OrZero(t.Step)}
	if history.State(t.ToState).Terminal() {
		e.rank = rankEnd
		if t.StepNo == nil {
			e.rank = rankRunEnd
		}
	}
	if t.HappenedAt != nil {
		e.When = terminal.Plain(h.Exact(*t.HappenedAt))
	}
	word := t.ToStatus
	if t.Returned() {
		e.Body = append(e.Body, terminal.Plain("back as "), Marked(t.ToState, word))
		return e
	}
	if t.FromStatus != nil {
		e.Body = append(e.Body, terminal.Plain(*t.FromStatus+" → "))
	}
	if store.OrZero(t.FromStatus) == t.ToStatus { // the state alone has changed
		word = t.ToState
	}
	e.Body = append(e.Body, Marked(t.ToState, word))
	if t.StepNo == nil && t.Superseded() {
		e.Body = append(e.Body, terminal.Plain(": superseded, its end was not seen"))
	}
	for _, aside := range h.asides(t, run) {
		e.Body = append(e.Body, terminal.Plain("  "), terminal.Faint(aside).Whole())
	}
	return e
}

// asides are what else is to say of a transition: how long what ended by it
// took, and when it was seen where that is not its own time.
func (h History) asides(t store.TransitionRow, run store.RunRow) []string {
	var asides []string
	add := func(what string, took string) {
		if took != "" {
			asides = append(asides, what+took)
		}
	}
	terminal := history.State(t.ToState).Terminal()
	switch {
	case t.StepNo != nil && terminal:
		step := h.step(t.RunNo, *t.StepNo)
		if t.FromState == nil && step.StartedRaw != nil {
			add("began ", h.Exact(step.StartedAt))
		}
		add("took ", Bounds(step.Duration, step.DurationMax))
	case t.StepNo == nil && t.FromStatus != nil:
		for _, step := range h.steps(run) {
			if step.StartedRaw == nil && step.Step == *t.FromStatus && step.EndedAt != nil && step.EndedAt.Equal(t.ObservedAt) {
				add(step.Step+" took ", Bounds(step.Duration, step.DurationMax))
			}
		}
	}
	if t.HappenedAt != nil {
		add("seen ", h.Seen(t.ObservedAt, t.Effective()))
	}
	return asides
}

// entryEvent is a log entry.
func (h History) entryEvent(e store.LogEntryRow) Event {
	shown := Event{At: e.Effective(), rank: rankEntry, When: terminal.Plain(h.Logged(e, h.Narrow)), Step: e.Step}
	shown.Body = []terminal.Span{terminal.Styled(LevelStyle(e.Level), e.Level+":"), terminal.Plain(" "), terminal.Lines(terminal.StyleNone, e.Detail)}
	if e.CreatedAt == nil {
		shown.Body = append(shown.Body, terminal.Faint("  (its time "+Quote(e.CreatedRaw, true)+" is unreadable)"))
	}
	shown.Body = append(shown.Body, h.logWithdrawn(e, shown.At)...)
	return shown
}

func (h History) anomalyEvent(a store.AnomalyRow) Event {
	e := Event{At: a.ObservedAt, rank: rankAnomaly, When: terminal.Plain(h.Exact(CeilSecond(a.ObservedAt)))}
	if a.StepNo != nil {
		e.Step = h.step(a.RunNo, *a.StepNo).Step
	}
	e.Body = []terminal.Span{terminal.Styled(terminal.StyleMagenta, "anomaly:"), terminal.Plain(" " + Anomaly(a))}
	if a.Count > 1 {
		e.Body = append(e.Body, terminal.Plain(fmt.Sprintf(" (and %d more)", a.Count-1)).Whole())
	}
	return e
}
