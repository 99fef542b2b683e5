package words

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
)

// unseen tells why nothing is known of the job yet.
func (h History) unseen() []terminal.Span {
	if h.Job.LastOutcome == nil {
		spans := []terminal.Span{terminal.Plain("not polled yet")}
		if next := h.Job.NextPollAt; next != nil {
			spans = append(spans, terminal.Plain(": the first poll is due "), terminal.Plain(h.Near(*next)+" ("+h.Due(*next)+")").Whole())
		}
		return spans
	}
	return []terminal.Span{
		terminal.Styled(terminal.StyleYellow, "no poll has succeeded yet"), terminal.Plain(": the last one was "), terminal.Styled(terminal.StyleYellow, Outcome(*h.Job.LastOutcome)),
		terminal.Plain(", "), terminal.Plain(h.Near(store.OrZero(h.Job.LastPolledAt)) + " (" + Ago(h.Job.LastPolledAt, h.ReadAt) + ")").Whole(),
	}
}

// failing tells since when no poll was answered.
func (h History) failing() []terminal.Span {
	return []terminal.Span{
		terminal.Styled(terminal.StyleYellow, "cannot look"), terminal.Plain(" since "), terminal.Plain(h.Near(h.AnsweredAt) + " (" + h.Ago(h.AnsweredAt) + ")").Whole(), terminal.Plain(": "),
		terminal.Plain(terminal.Plural(int(h.Job.Failures), "failed poll", "failed polls")), terminal.Plain(", the last "), terminal.Plain(h.Near(store.OrZero(h.Job.LastPolledAt))).Whole(),
		terminal.Plain(": "), terminal.Styled(terminal.StyleYellow, Outcome(store.OrZero(h.Job.LastOutcome))),
	}
}

// polls tells how often and when the job was polled.
func (h History) polls() []terminal.Span {
	p := h.Polled
	if p.Polls == 1 {
		return append([]terminal.Span{terminal.Plain("looked once, "), terminal.Plain(h.Near(store.OrZero(p.LastAt))).Whole(), terminal.Plain(h.next())}, h.gaps()...)
	}
	failed := ""
	if p.Failed > 0 {
		failed = fmt.Sprintf(" (%s failed)", humanize.Comma(p.Failed))
	}
	last := h.Near(store.OrZero(p.LastAt))
	if !h.Past() {
		last += " (" + h.Ago(store.OrZero(p.LastAt)) + ")"
	}
	return append([]terminal.Span{
		terminal.Plain(fmt.Sprintf("looked %s times%s since ", humanize.Comma(p.Polls), failed)), terminal.Plain(h.Since(store.OrZero(p.FirstAt))).Whole(),
		terminal.Plain(", last "), terminal.Plain(last).Whole(), terminal.Plain(h.next()),
	}, h.gaps()...)
}

// gapsShown is how many gaps a screen names.
const gapsShown = 3

// gaps tells of the newest gaps.
func (h History) gaps() []terminal.Span {
	if len(h.Gaps) == 0 {
		return nil
	}
	spans := []terminal.Span{terminal.Styled(terminal.StyleYellow, "; not looked: ")}
	for i, gap := range slices.Backward(h.Gaps) {
		if i < len(h.Gaps)-gapsShown {
			return append(spans, terminal.Plain(fmt.Sprintf(" and %s before", terminal.Plural(i+1, "time", "times"))))
		}
		if i < len(h.Gaps)-1 {
			spans = append(spans, terminal.Plain(", "))
		}
		spans = append(spans, terminal.Plain(h.gapText(gap)).Whole())
	}
	return spans
}

// gapText shows a gap such as "Nov 21 03:00:00–03:42:00 (not running)". What can be
// had where a rate budget is the reason, source list tells.
func (h History) gapText(gap store.GapRow) string {
	reason := " (" + strings.ReplaceAll(gap.Reason, "_", " ") + ")"
	if gap.Reason == history.GapRateBudget {
		reason = " (rate budget: see  tracker source list)"
	}
	switch {
	case gap.GapTo == nil:
		return "since " + h.Near(gap.GapFrom) + reason
	case h.SameDay(gap.GapFrom, *gap.GapTo):
		return h.Near(gap.GapFrom) + "–" + h.In(*gap.GapTo).Format(ClockLayout) + reason
	default:
		return h.Near(gap.GapFrom) + "–" + h.At(*gap.GapTo) + reason
	}
}

// FreshPoll is how old the last poll may be that saw a run, for the run's time
// to go on being counted, and how late the next one may be without a word.
const FreshPoll = time.Minute

// next tells when the next poll is due.
func (h History) next() string {
	if h.Past() || h.Job.NextPollAt == nil {
		return ""
	}
	switch wait := history.Between(h.ReadAt, *h.Job.NextPollAt); {
	case wait >= time.Second:
		return "; next " + h.Due(*h.Job.NextPollAt)
	case wait > -FreshPoll:
		return "; next due now"
	default:
		return "; next was due " + h.Due(*h.Job.NextPollAt)
	}
}

// notTracked tells why the job is not polled; nil where it is.
func (h History) notTracked() []terminal.Span {
	reason := func(reason *string) string { return strings.TrimSuffix(": "+store.OrZero(reason), ": ") }
	switch store.Tracking(h.Job.Tracking) {
	case store.TrackingPaused:
		return []terminal.Span{terminal.Styled(terminal.StyleYellow, "paused"), terminal.Plain(reason(h.Job.PausedReason) + "; to go on:  tracker job resume " + h.Job.Job)}
	case store.TrackingFinished:
		return []terminal.Span{terminal.Plain("finished: the import has ended, nobody looks any more")}
	case store.TrackingRemoved:
		return []terminal.Span{terminal.Styled(terminal.StyleYellow, "removed"), terminal.Plain(": nobody looks any more; the history stays")}
	}
	if h.SourcePaused != nil {
		return []terminal.Span{terminal.Styled(terminal.StyleYellow, "source "+h.Job.Source+" is paused"), terminal.Plain(reason(h.SourcePaused) + "; to go on:  tracker source resume " + h.Job.Source)}
	}
	return nil
}
