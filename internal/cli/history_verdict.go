package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
)

// quoteLimit bounds a message in the verdict on a terminal, in columns; the
// detail has all of it.
const quoteLimit = 160

// verdict tells in a sentence how a run went.
func (v historyView) verdict(run store.RunRow, short bool) []span {
	state := history.State(run.State)
	spans := []span{plain(fmt.Sprintf("run %d ", run.RunNo)).whole()}
	_, look := stateMark(run.State)
	switch state {
	case history.StateSucceeded, history.StateFailed:
		spans = append(spans, styled(look, run.State))
	case history.StatePartial:
		spans = append(spans, styled(look, "succeeded in part"))
	case history.StateCanceled:
		spans = append(spans, styled(look, "was canceled"))
	case history.StateUnknown:
		return append(append(spans, v.unknown(run, short)...), v.stalled(run)...)
	default:
		return append(append(spans, plain("is "), styled(look, run.State)), append(v.progress(run), v.extras(run, short)...)...)
	}
	if state == history.StateFailed {
		if run.FailedStep != nil {
			spans = append(spans, plain(" in "), styled(styleBold, *run.FailedStep))
		}
	}
	if took := boundsText(run.Duration, run.DurationMax); took != "" {
		took = strings.NewReplacer("≥", "at least", "≤", "at most").Replace(took)
		spans = append(spans, plain(" after "), plain(took).whole())
	}
	if state == history.StateFailed {
		if run.Why != nil {
			return append(spans, plain(": "), plain(quote(*run.Why, short)), styled(styleMagenta, withdrawnText(run)))
		}
		spans = append(spans, plain("; the service gives no reason"))
	}
	return append(spans, v.extras(run, short)...)
}

// progress tells where a run is that has not ended.
func (v historyView) progress(run store.RunRow) []span {
	var spans []span
	for _, step := range slices.Backward(v.steps(run)) {
		if !history.State(step.State).Terminal() && step.VanishedAt == nil && step.Step != run.State {
			spans = append(spans, plain(" in "), styled(styleBold, step.Step))
			break
		}
	}
	if d := v.soFar(run); d >= time.Second {
		spans = append(spans, plain(", "), plain(floorText(d)+" so far").whole())
	}
	return append(spans, v.stalled(run)...)
}

// stalled tells that a run goes on for too long, and what decides that; nothing
// of others.
func (v historyView) stalled(run store.RunRow) []span {
	if run.RunNo != deref(v.Job.RunNo) || !v.patience.exceededBy(v.soFar(run)) {
		return nil
	}
	return []span{plain(", "), styled(styleYellow, v.patience.text())}
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

func (v historyView) unknown(run store.RunRow, short bool) []span {
	if run.Superseded {
		return []span{plain("was superseded by another run: its end was not seen")}
	}
	return []span{plain("has the status "), styled(styleMagenta, quote(run.Status, short)), plain(", a word that nobody knows")}
}

// extras tells what else the service says of a run.
func (v historyView) extras(run store.RunRow, short bool) []span {
	var spans []span
	add := func(more ...span) { spans = append(append(spans, plain(", ")), more...) }
	if run.ResultCount != nil {
		add(plain(counted(*run.ResultCount, "result")).whole())
	}
	if at := run.ResultExpiresAt; at != nil {
		word := "link expires "
		if at.Before(v.now) {
			word = "link expired "
		}
		add(plain(word), plain(v.near(*at)).whole())
	}
	if run.Errors > 0 {
		add(styled(styleRed, counted(int64(run.Errors), "error")).whole())
	}
	if run.Warnings > 0 {
		add(styled(styleYellow, counted(int64(run.Warnings), "warning")).whole())
	}
	if run.ErrorSummary != nil {
		spans = append(spans, plain("; "), plain(quote(*run.ErrorSummary, short)), plain(" says the service"))
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

// quote shows what the service says, on a terminal not too much of it.
func quote(message string, short bool) string {
	message = oneLine(message)
	if short {
		message = cut(message, quoteLimit)
	}
	return `"` + message + `"`
}
