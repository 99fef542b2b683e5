package words

import (
	"fmt"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
)

// RunSentence tells in a few words how a run stands: its number, the step that
// it is in or has failed in, how long it took and why it has not succeeded.
func RunSentence(run store.WatchRun) []terminal.Span {
	spans := []terminal.Span{terminal.Plain(fmt.Sprintf("run %d", run.RunNo))}
	if where := Where(run); where != "" {
		spans = append(spans, terminal.Plain(" "+where))
	}
	if took := Bounds(run.Duration, run.DurationMax); took != "" {
		spans = append(spans, terminal.Plain(" after "+took))
	}
	if why := Why(run.RunRow); why != "" {
		spans = append(spans, terminal.Plain(": "+why))
	}
	return spans
}

// whyMost bounds what a service says on one line, in columns.
const whyMost = 2000

// Why tells why a run has not succeeded; it is empty where nothing does.
func Why(run store.RunRow) string {
	if run.Why == nil {
		return ""
	}
	return terminal.Cut(*run.Why, whyMost) + withdrawn(run)
}

// withdrawn tells that the service has withdrawn what it said of why a run has
// not succeeded.
func withdrawn(run store.RunRow) string {
	if !run.WhyWithdrawn {
		return ""
	}
	return ", which the service has withdrawn"
}

// Where tells which step a run is in, has failed in or has behind it. It is
// empty where that adds nothing.
func Where(run store.WatchRun) string {
	switch state := history.State(run.State); {
	case run.Step == "" || state == history.StateSucceeded || run.Step == run.State:
		return ""
	case state.Terminal() && run.StepState != run.State:
		return ""
	case !state.Terminal() && history.State(run.StepState).Terminal():
		return "after " + run.Step
	default:
		return "in " + run.Step
	}
}
