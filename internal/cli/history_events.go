package cli

import (
	"fmt"
	"slices"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

// events are the transitions, log entries and anomalies of a run, and what was
// done to the job around it.
func (v historyView) events(run store.RunRow) []event {
	var events []event
	for _, t := range v.Transitions {
		if t.RunNo == run.RunNo && !v.mirrors(t) {
			events = append(events, v.transitionEvent(t, run))
		}
	}
	for _, e := range v.LogEntries {
		if e.RunNo == run.RunNo && e.Level != "info" {
			events = append(events, v.entryEvent(e))
		}
	}
	for _, a := range v.Anomalies {
		if a.RunNo == run.RunNo {
			events = append(events, v.anomalyEvent(a))
		}
	}
	for _, c := range v.changesAround(run) {
		events = append(events, changeEvent(c))
	}
	return events
}

// mirrors reports a transition of a step that is one of the run's statuses: the
// run's own transition tells it.
func (v historyView) mirrors(t store.TransitionRow) bool {
	if t.StepNo == nil || v.step(t.RunNo, *t.StepNo).StartedRaw != nil {
		return false
	}
	return slices.ContainsFunc(v.Transitions, func(of store.TransitionRow) bool {
		return of.StepNo == nil && of.RunNo == t.RunNo && of.SnapshotNo == t.SnapshotNo &&
			(of.ToStatus == *t.Step || deref(of.FromStatus) == *t.Step)
	})
}

// step is one of a run's steps.
func (v historyView) step(runNo, stepNo int32) store.StepRow {
	for _, step := range v.Steps {
		if step.RunNo == runNo && step.StepNo == stepNo {
			return step
		}
	}
	return store.StepRow{}
}

func (v historyView) transitionEvent(t store.TransitionRow, run store.RunRow) event {
	e := event{at: t.Effective(), rank: rankStart, when: terminal.Plain(v.Bound(t.NotBefore, t.ObservedAt, v.narrow)), step: deref(t.Step)}
	if history.State(t.ToState).Terminal() {
		e.rank = rankEnd
		if t.StepNo == nil {
			e.rank = rankRunEnd
		}
	}
	if t.HappenedAt != nil {
		e.when = terminal.Plain(words.Exact(*t.HappenedAt))
	}
	word := t.ToStatus
	if t.Returned() {
		e.body = append(e.body, terminal.Plain("back as "), words.Marked(t.ToState, word))
		return e
	}
	if t.FromStatus != nil {
		e.body = append(e.body, terminal.Plain(*t.FromStatus+" → "))
	}
	if deref(t.FromStatus) == t.ToStatus { // the state alone has changed
		word = t.ToState
	}
	e.body = append(e.body, words.Marked(t.ToState, word))
	if t.StepNo == nil && t.Superseded() {
		e.body = append(e.body, terminal.Plain(": superseded, its end was not seen"))
	}
	for _, aside := range v.asides(t, run) {
		e.body = append(e.body, terminal.Plain("  "), terminal.Faint(aside).Whole())
	}
	return e
}

// asides are what else is to say of a transition: how long what ended by it
// took, and when it was seen where that is not its own time.
func (v historyView) asides(t store.TransitionRow, run store.RunRow) []string {
	var asides []string
	add := func(what string, took string) {
		if took != "" {
			asides = append(asides, what+took)
		}
	}
	terminal := history.State(t.ToState).Terminal()
	switch {
	case t.StepNo != nil && terminal:
		step := v.step(t.RunNo, *t.StepNo)
		if t.FromState == nil && step.StartedRaw != nil {
			add("began ", words.Exact(step.StartedAt))
		}
		add("took ", words.Bounds(step.Duration, step.DurationMax))
	case t.StepNo == nil && t.FromStatus != nil:
		for _, step := range v.steps(run) {
			if step.StartedRaw == nil && step.Step == *t.FromStatus && step.EndedAt != nil && step.EndedAt.Equal(t.ObservedAt) {
				add(step.Step+" took ", words.Bounds(step.Duration, step.DurationMax))
			}
		}
	}
	if t.HappenedAt != nil {
		add("seen ", v.Seen(t.ObservedAt, t.Effective()))
	}
	return asides
}

// entryEvent is a log entry.
func (v historyView) entryEvent(e store.LogEntryRow) event {
	shown := event{at: e.FirstSeenAt, rank: rankEntry, when: terminal.Plain(v.Bound(nil, e.FirstSeenAt, v.narrow)), step: e.Step}
	if e.CreatedAt != nil {
		shown.when = terminal.Plain(words.Exact(*e.CreatedAt))
		if e.CreatedAt.Before(e.FirstSeenAt) {
			shown.at = *e.CreatedAt
		}
	}
	shown.body = []terminal.Span{terminal.Styled(levelStyle(e.Level), e.Level+":"), terminal.Plain(" "), terminal.Lines(terminal.StyleNone, e.Detail)}
	if e.CreatedAt == nil {
		shown.body = append(shown.body, terminal.Faint("  (its time "+words.Quote(e.CreatedRaw, true)+" is unreadable)"))
	}
	if e.WithdrawnAt != nil {
		shown.body = append(shown.body, terminal.Plain("  "), terminal.Styled(terminal.StyleMagenta, "withdrawn "+v.Seen(*e.WithdrawnAt, shown.at)).Whole())
	}
	return shown
}

func (v historyView) anomalyEvent(a store.AnomalyRow) event {
	e := event{at: a.ObservedAt, rank: rankAnomaly, when: terminal.Plain(words.Exact(words.CeilSecond(a.ObservedAt)))}
	if a.StepNo != nil {
		e.step = v.step(a.RunNo, *a.StepNo).Step
	}
	e.body = []terminal.Span{terminal.Styled(terminal.StyleMagenta, "anomaly:"), terminal.Plain(" " + words.Anomaly(a))}
	if a.Count > 1 {
		e.body = append(e.body, terminal.Plain(fmt.Sprintf(" (and %d more)", a.Count-1)).Whole())
	}
	return e
}

// levelStyle is the style of a log level.
func levelStyle(level string) terminal.Style {
	switch level {
	case "info":
		return terminal.StyleFaint
	case "warning":
		return terminal.StyleYellow
	case "error":
		return terminal.StyleRed
	default:
		return terminal.StyleMagenta
	}
}
