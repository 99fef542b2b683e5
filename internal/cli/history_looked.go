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

// unseen tells why nothing is known of the job yet.
func (v historyView) unseen() []terminal.Span {
	if v.Job.LastOutcome == nil {
		spans := []terminal.Span{terminal.Plain("not polled yet")}
		if next := v.Job.NextPollAt; next != nil {
			spans = append(spans, terminal.Plain(": the first poll is due "), terminal.Plain(v.Near(*next)+" ("+v.Due(*next)+")").Whole())
		}
		return spans
	}
	return []terminal.Span{
		terminal.Styled(terminal.StyleYellow, "no poll has succeeded yet"), terminal.Plain(": the last one was "), terminal.Styled(terminal.StyleYellow, words.Outcome(*v.Job.LastOutcome)),
		terminal.Plain(", "), terminal.Plain(v.Near(deref(v.Job.LastPolledAt)) + " (" + words.Ago(v.Job.LastPolledAt, v.ReadAt) + ")").Whole(),
	}
}

// unansweredText tells since when nobody could look.
func (v historyView) unansweredText() []terminal.Span {
	return []terminal.Span{
		terminal.Styled(terminal.StyleYellow, "cannot look"), terminal.Plain(" since "), terminal.Plain(v.Near(v.answeredAt) + " (" + v.Ago(v.answeredAt) + ")").Whole(), terminal.Plain(": "),
		terminal.Plain(plural(int(v.Job.Failures), "failed poll", "failed polls")), terminal.Plain(", the last "), terminal.Plain(v.Near(deref(v.Job.LastPolledAt))).Whole(),
		terminal.Plain(": "), terminal.Styled(terminal.StyleYellow, words.Outcome(deref(v.Job.LastOutcome))),
	}
}

// looked tells how often and when somebody looked.
func (v historyView) looked() []terminal.Span {
	l := v.Looked
	if l.Polls == 1 {
		return append([]terminal.Span{terminal.Plain("looked once, "), terminal.Plain(v.Near(deref(l.LastAt))).Whole(), terminal.Plain(v.next())}, v.notLooked()...)
	}
	failed := ""
	if l.Failed > 0 {
		failed = fmt.Sprintf(" (%s failed)", terminal.Thousands(l.Failed))
	}
	last := v.Near(deref(l.LastAt))
	if !v.past() {
		last += " (" + v.Ago(deref(l.LastAt)) + ")"
	}
	return append([]terminal.Span{
		terminal.Plain(fmt.Sprintf("looked %s times%s since ", terminal.Thousands(l.Polls), failed)), terminal.Plain(v.Since(deref(l.FirstAt))).Whole(),
		terminal.Plain(", last "), terminal.Plain(last).Whole(), terminal.Plain(v.next()),
	}, v.notLooked()...)
}

// gapsShown is how many gaps a screen names.
const gapsShown = 3

// notLooked tells of the newest gaps.
func (v historyView) notLooked() []terminal.Span {
	if len(v.Gaps) == 0 {
		return nil
	}
	spans := []terminal.Span{terminal.Styled(terminal.StyleYellow, "; not looked: ")}
	for i, gap := range slices.Backward(v.Gaps) {
		if i < len(v.Gaps)-gapsShown {
			return append(spans, terminal.Plain(fmt.Sprintf(" and %s before", plural(i+1, "time", "times"))))
		}
		if i < len(v.Gaps)-1 {
			spans = append(spans, terminal.Plain(", "))
		}
		spans = append(spans, terminal.Plain(v.gapText(gap)).Whole())
	}
	return spans
}

// gapText shows a gap such as "Nov 21 03:00:00–03:42:00 (not running)".
func (v historyView) gapText(gap store.GapRow) string {
	reason := " (" + strings.ReplaceAll(gap.Reason, "_", " ") + ")"
	switch {
	case gap.GapTo == nil:
		return "since " + v.Near(gap.GapFrom) + reason
	case words.SameDay(gap.GapFrom, *gap.GapTo):
		return v.Near(gap.GapFrom) + "–" + gap.GapTo.UTC().Format(words.ClockLayout) + reason
	default:
		return v.Near(gap.GapFrom) + "–" + v.At(*gap.GapTo) + reason
	}
}

// next tells when the next poll is due.
func (v historyView) next() string {
	if v.past() || v.Job.NextPollAt == nil {
		return ""
	}
	switch wait := history.Between(v.ReadAt, *v.Job.NextPollAt); {
	case wait >= time.Second:
		return "; next " + v.Due(*v.Job.NextPollAt)
	case wait > -freshLook:
		return "; next due now"
	default:
		return "; next was due " + v.Due(*v.Job.NextPollAt)
	}
}

// tracking tells why the job is not polled; nil where it is.
func (v historyView) tracking() []terminal.Span {
	reason := func(reason *string) string { return strings.TrimSuffix(": "+deref(reason), ": ") }
	switch store.Tracking(v.Job.Tracking) {
	case store.TrackingPaused:
		return []terminal.Span{terminal.Styled(terminal.StyleYellow, "paused"), terminal.Plain(reason(v.Job.PausedReason) + "; to go on:  tracker job resume " + v.Job.Job)}
	case store.TrackingFinished:
		return []terminal.Span{terminal.Plain("finished: the import has ended, nobody looks any more")}
	case store.TrackingRemoved:
		return []terminal.Span{terminal.Styled(terminal.StyleYellow, "removed"), terminal.Plain(": nobody looks any more; the history stays")}
	}
	if v.sourcePaused != nil {
		return []terminal.Span{terminal.Styled(terminal.StyleYellow, "source "+v.Job.Source+" is paused"), terminal.Plain(reason(v.sourcePaused) + "; to go on:  tracker source resume " + v.Job.Source)}
	}
	return nil
}
