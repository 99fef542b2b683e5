package words

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
)

// Verdict tells in a sentence how a run went.
func (h History) Verdict(run store.RunRow, short bool) []terminal.Span {
	state := history.State(run.State)
	spans := []terminal.Span{terminal.Plain(fmt.Sprintf("run %d ", run.RunNo)).Whole()}
	_, look := StateMark(run.State)
	switch state {
	case history.StateSucceeded, history.StateFailed:
		spans = append(spans, terminal.Styled(look, run.State))
	case history.StatePartial:
		spans = append(spans, terminal.Styled(look, "succeeded in part"))
	case history.StateCanceled:
		spans = append(spans, terminal.Styled(look, "was canceled"))
	case history.StateUnknown:
		return append(append(spans, h.unknown(run, short)...), h.stalled(run)...)
	default:
		return append(append(spans, terminal.Plain("is "), terminal.Styled(look, run.State)), append(h.progress(run), h.extras(run, short)...)...)
	}
	if state == history.StateFailed {
		if run.FailedStep != nil {
			spans = append(spans, terminal.Plain(" in "), terminal.Styled(terminal.StyleBold, *run.FailedStep))
		}
	}
	if took := Bounds(run.Duration, run.DurationMax); took != "" {
		took = strings.NewReplacer("≥", "at least", "≤", "at most").Replace(took)
		spans = append(spans, terminal.Plain(" after "), terminal.Plain(took).Whole())
	}
	if state == history.StateFailed {
		if run.Why != nil {
			return append(spans, terminal.Plain(": "), terminal.Plain(Quote(*run.Why, short)), terminal.Styled(terminal.StyleMagenta, withdrawn(run)))
		}
		spans = append(spans, terminal.Plain("; the service gives no reason"))
	}
	return append(spans, h.extras(run, short)...)
}

// progress tells where a run is that has not ended.
func (h History) progress(run store.RunRow) []terminal.Span {
	var spans []terminal.Span
	for _, step := range slices.Backward(h.steps(run)) {
		if !history.State(step.State).Terminal() && step.VanishedAt == nil && step.Step != run.State {
			spans = append(spans, terminal.Plain(" in "), terminal.Styled(terminal.StyleBold, step.Step))
			break
		}
	}
	if d := h.soFar(run); d >= time.Second {
		spans = append(spans, terminal.Plain(", "), terminal.Plain(AtLeast(d)+" so far").Whole())
	}
	return append(spans, h.stalled(run)...)
}

// stalled tells that a run goes on for too long, and what decides that; nothing
// of others.
func (h History) stalled(run store.RunRow) []terminal.Span {
	if !store.OrZero(run.Stalled) {
		return nil
	}
	return []terminal.Span{terminal.Plain(", "), terminal.Styled(terminal.StyleYellow, Stalled(h.Pace))}
}

// soFar is how long a run is known to have lasted that has not ended.
func (h History) soFar(run store.RunRow) time.Duration {
	return max(0, h.LastSeen(run).Sub(Began(run)))
}

// LastSeen is until when a run that has not ended is known to have gone on: until a poll
// last saw it so.
func (h History) LastSeen(run store.RunRow) time.Time {
	if run.Superseded {
		return run.Left.NotBefore
	}
	if h.Past() && h.AsOf.Before(h.AnsweredAt) {
		return h.AsOf
	}
	return h.AnsweredAt
}

func (h History) unknown(run store.RunRow, short bool) []terminal.Span {
	if run.Superseded {
		return []terminal.Span{terminal.Plain("was superseded by another run: its end was not seen")}
	}
	return []terminal.Span{terminal.Plain("has the status "), terminal.Styled(terminal.StyleMagenta, Quote(run.Status, short)), terminal.Plain(", a word that nobody knows")}
}

// extras tells what else the service says of a run.
func (h History) extras(run store.RunRow, short bool) []terminal.Span {
	var spans []terminal.Span
	add := func(more ...terminal.Span) { spans = append(append(spans, terminal.Plain(", ")), more...) }
	if run.ResultCount != nil {
		add(terminal.Plain(english.Plural(int(*run.ResultCount), "result", "")).Whole())
	}
	if at := run.ResultExpiresAt; at != nil {
		word := "link expires "
		if at.Before(h.ReadAt) {
			word = "link expired "
		}
		add(terminal.Plain(word), terminal.Plain(h.Near(*at)).Whole())
	}
	if run.Errors > 0 {
		add(terminal.Styled(terminal.StyleRed, english.Plural(int(run.Errors), "error", "")).Whole())
	}
	if run.Warnings > 0 {
		add(terminal.Styled(terminal.StyleYellow, english.Plural(int(run.Warnings), "warning", "")).Whole())
	}
	if run.ErrorSummary != nil {
		spans = append(spans, terminal.Plain("; "), terminal.Plain(Quote(*run.ErrorSummary, short)), terminal.Plain(" says the service"))
	}
	return spans
}
