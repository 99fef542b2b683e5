package words

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
)

// Happening is something that happened, as it is told to somebody.
type Happening struct {
	Kind   history.EventKind
	Over   bool // what went on has ended
	Event  store.Event
	Job    string // empty: it is of a source
	Source string
	Run    *store.RunRow // nil: it is of none
	Odd    *store.AnomalyRow
	Change *store.ChangeRow
	Usual  store.Usual
	Pace   store.Pace // what a stall is judged by
	Since  time.Time  // of what goes on: since when
	SeenAt time.Time  // when it was last seen so
	Reason string     // why nobody looks
}

// noticeMost is how long the line may be that a phone shows, in columns.
const noticeMost = 300

// Notice tells what happened: a line that a phone shows, and more in further lines.
func Notice(h Happening) (line, more string) {
	line = terminal.Cut(terminal.OneLine(h.line()), noticeMost)
	var lines []string
	if h.Job != "" && h.Run != nil {
		lines = append(lines, fmt.Sprintf("run %d of %s at %s", h.Run.RunNo, h.Job, h.Source))
	} else if h.Job != "" {
		lines = append(lines, fmt.Sprintf("%s at %s", h.Job, h.Source))
	}
	if when := h.when(); when != "" {
		lines = append(lines, when)
	}
	return line, strings.Join(lines, "\n")
}

// line is the news itself.
func (h Happening) line() string {
	switch h.Kind {
	case history.EventFailed, history.EventPartial, history.EventCanceled, history.EventSucceeded, history.EventRecovered:
		return h.ended()
	case history.EventStarted:
		mark, _ := StateMark(string(history.StateRunning))
		return fmt.Sprintf("%s %s: run %d has begun", mark, h.Job, h.Event.RunNo)
	case history.EventTransition:
		return h.transition()
	case history.EventStalled:
		return h.stall()
	case history.EventUnusual:
		return h.unusual()
	case history.EventAnomaly:
		return fmt.Sprintf("! %s: %s", h.Job, Anomaly(*h.Odd))
	case history.EventNotLooking:
		return h.unseen()
	case history.EventGap:
		return fmt.Sprintf("! %s was not looked at for %s: %s", h.Job, Duration(h.Event.ObservedAt.Sub(h.Event.NotBefore)), GapReason(h.Event.Detail))
	default:
		return h.changed()
	}
}

// ended tells how a run has ended.
func (h Happening) ended() string {
	state := string(h.Event.To)
	mark, _ := StateMark(state)
	told := map[history.EventKind]string{
		history.EventFailed: "failed", history.EventPartial: "succeeded in part", history.EventCanceled: "was canceled",
		history.EventSucceeded: "succeeded", history.EventRecovered: "succeeded again",
	}[h.Kind]
	text := fmt.Sprintf("%s %s %s", mark, h.Job, told)
	if h.Run == nil {
		return text
	}
	if h.Run.FailedStep != nil && h.Kind == history.EventFailed {
		text += " in " + *h.Run.FailedStep
	}
	if took := Bounds(h.Run.Duration, h.Run.DurationMax); took != "" {
		text += " after " + took
	}
	switch why := Why(*h.Run); {
	case why != "" && h.Kind != history.EventSucceeded && h.Kind != history.EventRecovered:
		text += ": " + why
	case h.Kind == history.EventFailed:
		text += "; the service gives no reason"
	}
	return text
}

func (h Happening) transition() string {
	mark, _ := StateMark(string(h.Event.To))
	what := fmt.Sprintf("run %d", h.Event.RunNo)
	if !h.Event.OfRun {
		what += " " + h.Event.Step
	}
	if h.Event.From == "" {
		return fmt.Sprintf("%s %s: %s is %s", mark, h.Job, what, h.Event.To)
	}
	return fmt.Sprintf("%s %s: %s went from %s to %s", mark, h.Job, what, h.Event.From, h.Event.To)
}

func (h Happening) stall() string {
	if h.Over {
		return fmt.Sprintf("%s is no longer stalled", h.Job)
	}
	return fmt.Sprintf("⚠ %s goes on for %s, %s", h.Job, AtLeast(h.SeenAt.Sub(h.Since)), Stalled(h.Pace))
}

func (h Happening) unusual() string {
	usual := fmt.Sprintf("nearly all took %s to %s", Roughly(h.Usual.P05), Roughly(h.Usual.P95))
	if h.Run.EndedAt == nil {
		return fmt.Sprintf("⚠ %s takes unusually long: %s so far, %s", h.Job, AtLeast(h.SeenAt.Sub(Began(*h.Run))), usual)
	}
	word := "quick"
	if time.Duration(*h.Run.Duration) > h.Usual.P95 {
		word = "long"
	}
	return fmt.Sprintf("⚠ %s took unusually %s: %s, %s", h.Job, word, Bounds(h.Run.Duration, h.Run.DurationMax), usual)
}

func (h Happening) unseen() string {
	if h.Over {
		return fmt.Sprintf("%s is looked at again", h.Job)
	}
	return fmt.Sprintf("! nobody can look at %s: %s", h.Job, UnseenReason(h.Reason))
}

// UnseenReason is GapReason of a job that may never have been looked at.
func UnseenReason(reason string) string {
	if reason == "never_looked" {
		return "it was never looked at since it was registered"
	}
	return GapReason(reason)
}

// changed tells what was done to a source, a job or a rule, and by whom.
func (h Happening) changed() string {
	c := h.Change
	if h.Kind == history.EventSourcePaused {
		return fmt.Sprintf("! source %s is paused: %s", h.Source, Change(c.Action, c.Before, c.After))
	}
	text := fmt.Sprintf("%s: %s by %s", c.Subject, c.Action, c.Actor)
	if how := Change(c.Action, c.Before, c.After); how != "" {
		text += ": " + how
	}
	return text
}

// when tells when it happened, by bounds where it is bounded.
func (h Happening) when() string {
	at := func(t time.Time) string { return Time(&t) }
	said := h.said()
	switch {
	case h.Kind == history.EventUnusual && h.Run.EndedAt == nil:
		return "since " + at(Began(*h.Run)) + " UTC, last seen " + at(h.SeenAt)
	case !h.Since.IsZero() && h.Over:
		return fmt.Sprintf("from %s to %s UTC", at(h.Since), at(CeilSecond(h.SeenAt)))
	case !h.Since.IsZero():
		return "since " + at(h.Since) + " UTC"
	case h.Event.Kind == store.EventGap:
		return fmt.Sprintf("from %s to %s UTC", at(h.Event.NotBefore), at(h.Event.ObservedAt))
	case h.Event.Kind == store.EventAnomaly:
		return "seen " + at(CeilSecond(h.Event.ObservedAt)) + " UTC"
	case !said.IsZero() && !said.After(h.Event.ObservedAt):
		return "at " + at(said) + " UTC, says the service"
	case h.Event.Kind == store.EventTransition && !h.Event.NotBefore.IsZero():
		return fmt.Sprintf("between %s and %s UTC", at(h.Event.NotBefore), at(CeilSecond(h.Event.ObservedAt)))
	case h.Event.Kind == store.EventTransition:
		return "by " + at(CeilSecond(h.Event.ObservedAt)) + " UTC"
	default:
		return "at " + at(h.Event.ObservedAt) + " UTC"
	}
}

// said is when it happened as the service says; zero: it does not. A run that is first
// seen ended has begun at its start, not when its transition happened.
func (h Happening) said() time.Time {
	switch {
	case h.Kind != history.EventStarted || !h.Event.To.Terminal():
		return h.Event.HappenedAt
	case h.Run == nil || h.Run.StartedAt.Equal(h.Run.FirstSeenAt): // where no time is said, the first look stands in
		return time.Time{}
	default:
		return h.Run.StartedAt
	}
}

// See is how to see more of what happened: the page where there are pages, at an address
// without a slash at its end, else the command.
func See(n store.Notice, pages string) string {
	switch {
	case n.Kind == store.KindTest && pages != "":
		return pages + "/notify"
	case n.Kind == store.KindTest:
		return "more:  tracker notify list"
	case pages != "" && n.Job != "" && n.RunNo > 0:
		return fmt.Sprintf("%s/jobs/%s/runs/%d", pages, n.Job, n.RunNo)
	case pages != "" && n.Job != "":
		return fmt.Sprintf("%s/jobs/%s", pages, n.Job)
	case pages != "":
		return pages + "/sources"
	case n.Job != "" && n.RunNo > 0:
		return fmt.Sprintf("more:  tracker history %s --run %d", n.Job, n.RunNo)
	case n.Job != "":
		return "more:  tracker history " + n.Job
	case n.Kind == history.EventChange:
		return "more:  tracker changes"
	default:
		return "more:  tracker source list"
	}
}

// told is a message of what happened, told at a time, late perhaps.
func told(n store.Notice, now time.Time, pages string) string {
	lines := []string{n.Line}
	if n.More != "" {
		lines = append(lines, n.More)
	}
	if late := lateness(n, now); late != "" {
		lines = append(lines, late)
	}
	return strings.Join(append(lines, See(n, pages)), "\n")
}

// lateAfter is how late something is told before that is said: most is told within a minute.
const lateAfter = 10 * time.Minute

func lateness(n store.Notice, now time.Time) string {
	if now.Sub(n.At) < lateAfter {
		return ""
	}
	return fmt.Sprintf("told late: it was seen at %s UTC, and is told at %s", Time(&n.At), Time(&now))
}

// digestMost is how many of many events a message lists.
const digestMost = 20

// Digest is one message of what happened, told at a time. Of several events it tells how
// many of each kind there are, and of which jobs, first, then the lines of the first of them. pages is as in
// See.
func Digest(notices []store.Notice, now time.Time, pages string) string {
	if len(notices) == 1 {
		return told(notices[0], now, pages)
	}
	var kinds []string
	counts := map[string]int{}
	late := 0
	for _, n := range notices {
		kind := counted(n)
		if counts[kind] == 0 {
			kinds = append(kinds, kind)
		}
		counts[kind]++
		if lateness(n, now) != "" {
			late++
		}
	}
	parts := make([]string, len(kinds))
	for i, kind := range kinds {
		parts[i] = fmt.Sprintf("%s %s", humanize.Comma(int64(counts[kind])), kind)
	}
	lines := []string{strings.Join(parts, ", ") + ": " + subjects(notices)}
	for _, n := range notices[:min(len(notices), digestMost)] {
		line := n.Line
		if lateness(n, now) != "" {
			line += " (" + Time(&n.At) + " UTC)"
		}
		lines = append(lines, line)
	}
	if rest := len(notices) - digestMost; rest > 0 {
		lines = append(lines, fmt.Sprintf("and %s more", humanize.Comma(int64(rest))))
	}
	if late > 0 {
		lines = append(lines, fmt.Sprintf("%s of them told late, at %s UTC", humanize.Comma(int64(late)), Time(&now)))
	}
	if pages != "" {
		return strings.Join(append(lines, pages+"/notify"), "\n")
	}
	return strings.Join(append(lines, "more:  tracker notify log"), "\n")
}

// counted is as what an event counts among others.
func counted(n store.Notice) string {
	switch over := n.Over(); {
	case over && n.Kind == history.EventNotLooking:
		return "looked at again"
	case over:
		return "no longer " + string(n.Kind)
	default:
		return strings.ReplaceAll(string(n.Kind), "_", " ")
	}
}

// subjectsMost is how many jobs the first line of a message names.
const subjectsMost = 3

// subjects names the first of the jobs, or sources, of what happened, and counts the rest.
func subjects(notices []store.Notice) string {
	var names []string
	for _, n := range notices {
		if name := cmp.Or(n.Job, n.Source); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	text := strings.Join(names[:min(len(names), subjectsMost)], ", ")
	if rest := len(names) - subjectsMost; rest > 0 {
		text += fmt.Sprintf(" and %s more", humanize.Comma(int64(rest)))
	}
	return text
}

// Still is the line of what is told again, since it goes on.
func Still(line string, since, now time.Time) string {
	return fmt.Sprintf("still, for %s: %s", Age(now.Sub(since)), line)
}
