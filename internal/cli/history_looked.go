package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
)

// unseen tells why nothing is known of the job yet.
func (v historyView) unseen() []span {
	if v.Job.LastOutcome == nil {
		spans := []span{plain("not polled yet")}
		if next := v.Job.NextPollAt; next != nil {
			spans = append(spans, plain(": the first poll is due "), plain(v.near(*next)+" ("+v.due(*next)+")").whole())
		}
		return spans
	}
	return []span{
		styled(styleYellow, "no poll has succeeded yet"), plain(": the last one was "), styled(styleYellow, outcomeText(*v.Job.LastOutcome)),
		plain(", "), plain(v.near(deref(v.Job.LastPolledAt)) + " (" + agoText(v.Job.LastPolledAt, v.now) + ")").whole(),
	}
}

// unansweredText tells since when nobody could look.
func (v historyView) unansweredText() []span {
	return []span{
		styled(styleYellow, "cannot look"), plain(" since "), plain(v.near(v.answeredAt) + " (" + v.ago(v.answeredAt) + ")").whole(), plain(": "),
		plain(plural(int(v.Job.Failures), "failed poll", "failed polls")), plain(", the last "), plain(v.near(deref(v.Job.LastPolledAt))).whole(),
		plain(": "), styled(styleYellow, outcomeText(deref(v.Job.LastOutcome))),
	}
}

// looked tells how often and when somebody looked.
func (v historyView) looked() []span {
	l := v.Looked
	if l.Polls == 1 {
		return append([]span{plain("looked once, "), plain(v.near(deref(l.LastAt))).whole(), plain(v.next())}, v.notLooked()...)
	}
	failed := ""
	if l.Failed > 0 {
		failed = fmt.Sprintf(" (%s failed)", thousands(l.Failed))
	}
	last := v.near(deref(l.LastAt))
	if !v.past() {
		last += " (" + v.ago(deref(l.LastAt)) + ")"
	}
	return append([]span{
		plain(fmt.Sprintf("looked %s times%s since ", thousands(l.Polls), failed)), plain(v.since(deref(l.FirstAt))).whole(),
		plain(", last "), plain(last).whole(), plain(v.next()),
	}, v.notLooked()...)
}

// gapsShown is how many gaps a screen names.
const gapsShown = 3

// notLooked tells of the newest gaps.
func (v historyView) notLooked() []span {
	if len(v.Gaps) == 0 {
		return nil
	}
	spans := []span{styled(styleYellow, "; not looked: ")}
	for i, gap := range slices.Backward(v.Gaps) {
		if i < len(v.Gaps)-gapsShown {
			return append(spans, plain(fmt.Sprintf(" and %s before", plural(i+1, "time", "times"))))
		}
		if i < len(v.Gaps)-1 {
			spans = append(spans, plain(", "))
		}
		spans = append(spans, plain(v.gapText(gap)).whole())
	}
	return spans
}

// gapText shows a gap such as "Nov 21 03:00:00–03:42:00 (not running)".
func (v historyView) gapText(gap store.GapRow) string {
	reason := " (" + strings.ReplaceAll(gap.Reason, "_", " ") + ")"
	switch {
	case gap.GapTo == nil:
		return "since " + v.near(gap.GapFrom) + reason
	case sameDay(gap.GapFrom, *gap.GapTo):
		return v.near(gap.GapFrom) + "–" + gap.GapTo.UTC().Format(clockLayout) + reason
	default:
		return v.near(gap.GapFrom) + "–" + v.at(*gap.GapTo) + reason
	}
}

// next tells when the next poll is due.
func (v historyView) next() string {
	if v.past() || v.Job.NextPollAt == nil {
		return ""
	}
	switch wait := history.Between(v.now, *v.Job.NextPollAt); {
	case wait >= time.Second:
		return "; next " + v.due(*v.Job.NextPollAt)
	case wait > -freshLook:
		return "; next due now"
	default:
		return "; next was due " + v.due(*v.Job.NextPollAt)
	}
}

// tracking tells why the job is not polled; nil where it is.
func (v historyView) tracking() []span {
	reason := func(reason *string) string { return strings.TrimSuffix(": "+deref(reason), ": ") }
	switch store.Tracking(v.Job.Tracking) {
	case store.TrackingPaused:
		return []span{styled(styleYellow, "paused"), plain(reason(v.Job.PausedReason) + "; to go on:  tracker job resume " + v.Job.Job)}
	case store.TrackingFinished:
		return []span{plain("finished: the import has ended, nobody looks any more")}
	case store.TrackingRemoved:
		return []span{styled(styleYellow, "removed"), plain(": nobody looks any more; the history stays")}
	}
	if v.sourcePaused != nil {
		return []span{styled(styleYellow, "source "+v.Job.Source+" is paused"), plain(reason(v.sourcePaused) + "; to go on:  tracker source resume " + v.Job.Source)}
	}
	return nil
}

// outcomeText puts the outcome of a poll that got no answer in words.
func outcomeText(outcome string) string {
	words := map[history.Outcome]string{
		history.OutcomeSuperseded:     "superseded (another tracker had taken over)",
		history.OutcomeUnauthorized:   "401 unauthorized",
		history.OutcomeQuotaExhausted: "402 quota exhausted",
		history.OutcomeForbidden:      "403 forbidden",
		history.OutcomeNotFound:       "404 not found",
		history.OutcomeRateLimited:    "429 rate limited",
		history.OutcomeUpstreamError:  "upstream error (5xx)",
		history.OutcomeTimeout:        "no answer in time",
		history.OutcomeMalformed:      "malformed (not what the service's contract says)",
	}
	return cmp.Or(words[history.Outcome(outcome)], outcome)
}
