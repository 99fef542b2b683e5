package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

// verdict tells in a sentence how a run went.
func (v historyView) verdict(run store.RunRow, short bool) []terminal.Span {
	state := history.State(run.State)
	spans := []terminal.Span{terminal.Plain(fmt.Sprintf("run %d ", run.RunNo)).Whole()}
	_, look := words.StateMark(run.State)
	switch state {
	case history.StateSucceeded, history.StateFailed:
		spans = append(spans, terminal.Styled(look, run.State))
	case history.StatePartial:
		spans = append(spans, terminal.Styled(look, "succeeded in part"))
	case history.StateCanceled:
		spans = append(spans, terminal.Styled(look, "was canceled"))
	case history.StateUnknown:
		return append(append(spans, v.unknown(run, short)...), v.stalled(run)...)
	default:
		return append(append(spans, terminal.Plain("is "), terminal.Styled(look, run.State)), append(v.progress(run), v.extras(run, short)...)...)
	}
	if state == history.StateFailed {
		if run.FailedStep != nil {
			spans = append(spans, terminal.Plain(" in "), terminal.Styled(terminal.StyleBold, *run.FailedStep))
		}
	}
	if took := words.Bounds(run.Duration, run.DurationMax); took != "" {
		took = strings.NewReplacer("≥", "at least", "≤", "at most").Replace(took)
		spans = append(spans, terminal.Plain(" after "), terminal.Plain(took).Whole())
	}
	if state == history.StateFailed {
		if run.Why != nil {
			return append(spans, terminal.Plain(": "), terminal.Plain(words.Quote(*run.Why, short)), terminal.Styled(terminal.StyleMagenta, withdrawnText(run)))
		}
		spans = append(spans, terminal.Plain("; the service gives no reason"))
	}
	return append(spans, v.extras(run, short)...)
}

// progress tells where a run is that has not ended.
func (v historyView) progress(run store.RunRow) []terminal.Span {
	var spans []terminal.Span
	for _, step := range slices.Backward(v.steps(run)) {
		if !history.State(step.State).Terminal() && step.VanishedAt == nil && step.Step != run.State {
			spans = append(spans, terminal.Plain(" in "), terminal.Styled(terminal.StyleBold, step.Step))
			break
		}
	}
	if d := v.soFar(run); d >= time.Second {
		spans = append(spans, terminal.Plain(", "), terminal.Plain(words.AtLeast(d)+" so far").Whole())
	}
	return append(spans, v.stalled(run)...)
}

// stalled tells that a run goes on for too long, and what decides that; nothing
// of others.
func (v historyView) stalled(run store.RunRow) []terminal.Span {
	if !deref(run.Stalled) {
		return nil
	}
	return []terminal.Span{terminal.Plain(", "), terminal.Styled(terminal.StyleYellow, words.Stalled(v.pace))}
}

// soFar is how long a run is known to have lasted that has not ended: until it
// was last seen so.
func (v historyView) soFar(run store.RunRow) time.Duration {
	until := v.answeredAt
	if v.past() && v.asOf.Before(until) {
		until = v.asOf
	}
	if closing, _ := v.latestTransition(run.RunNo); run.Superseded && closing.Superseded() {
		until = deref(closing.NotBefore)
	}
	return max(0, until.Sub(run.StartedAt))
}

func (v historyView) unknown(run store.RunRow, short bool) []terminal.Span {
	if run.Superseded {
		return []terminal.Span{terminal.Plain("was superseded by another run: its end was not seen")}
	}
	return []terminal.Span{terminal.Plain("has the status "), terminal.Styled(terminal.StyleMagenta, words.Quote(run.Status, short)), terminal.Plain(", a word that nobody knows")}
}

// extras tells what else the service says of a run.
func (v historyView) extras(run store.RunRow, short bool) []terminal.Span {
	var spans []terminal.Span
	add := func(more ...terminal.Span) { spans = append(append(spans, terminal.Plain(", ")), more...) }
	if run.ResultCount != nil {
		add(terminal.Plain(terminal.Counted(*run.ResultCount, "result")).Whole())
	}
	if at := run.ResultExpiresAt; at != nil {
		word := "link expires "
		if at.Before(v.ReadAt) {
			word = "link expired "
		}
		add(terminal.Plain(word), terminal.Plain(v.Near(*at)).Whole())
	}
	if run.Errors > 0 {
		add(terminal.Styled(terminal.StyleRed, terminal.Counted(int64(run.Errors), "error")).Whole())
	}
	if run.Warnings > 0 {
		add(terminal.Styled(terminal.StyleYellow, terminal.Counted(int64(run.Warnings), "warning")).Whole())
	}
	if run.ErrorSummary != nil {
		spans = append(spans, terminal.Plain("; "), terminal.Plain(words.Quote(*run.ErrorSummary, short)), terminal.Plain(" says the service"))
	}
	return spans
}

// withdrawnText tells that the service has withdrawn what it said of why a run
// has not succeeded.
func withdrawnText(run store.RunRow) string {
	if !run.WhyWithdrawn {
		return ""
	}
	return ", which the service has withdrawn"
}

// steps are those of a run.
func (v historyView) steps(run store.RunRow) []store.StepRow {
	var steps []store.StepRow
	for _, step := range v.Steps {
		if step.RunNo == run.RunNo {
			steps = append(steps, step)
		}
	}
	return steps
}
