package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

const (
	// narrowWidth is where a screen has room for long words.
	narrowWidth = 80
	// labelWidth bounds the name of a step or level beside its line.
	labelWidth = 20
)

// On a terminal the detail of a run is so many events at most: the first, and
// the last.
const (
	firstEvents = 20
	lastEvents  = 40
)

// historyText answers "what happened to this import?" in its first two lines;
// the rest is the evidence.
func historyText(h words.History, s terminal.Screen) string {
	p := terminal.NewPage(s)
	h.Narrow = s.Width > 0 && s.Width < narrowWidth
	where := historyHeadline(p, h)
	for _, line := range h.Summary(p.Width > 0) {
		p.Line(line...)
	}
	if where != nil {
		p.Line(where...)
	}
	if len(h.Runs) > 0 {
		p.Blank()
		runTable(p, h)
		p.Blank()
		runDetail(p, h, h.Detailed())
	} else if len(h.Changes) > 0 {
		p.Blank()
		changeLines(p, h)
	}
	return p.String()
}

// historyHeadline writes the job's state and, where there is room beside it,
// what the job is; else it returns that.
func historyHeadline(p *terminal.Page, h words.History) (where []terminal.Span) {
	line := append([]terminal.Span{terminal.Styled(terminal.StyleBold, h.Job.Job), terminal.Plain("  ")}, h.State()...)
	for _, short := range []bool{false, true} {
		where = h.Where(short)
		if p.Width == 0 || terminal.Width(line)+4+terminal.Width(where) <= p.Width {
			p.Line(append(append(line, terminal.Plain("    ").Whole()), where...)...)
			return nil
		}
	}
	p.Line(line...)
	if where = h.Where(false); terminal.Width(where) > p.Width {
		where = h.Where(true)
	}
	return where
}

// changeLines tells of the changes of a job that nobody knows a run of.
func changeLines(p *terminal.Page, h words.History) {
	for _, c := range h.Changes {
		kind, _, _ := strings.Cut(c.Subject, " ")
		p.Entry([]terminal.Span{terminal.Plain(" " + h.At(c.At) + "  " + kind + " ")}, words.TrackingChange(c)...)
	}
}

// runDetail writes all that happened in a run.
func runDetail(p *terminal.Page, h words.History, run store.RunRow) {
	events := h.Events(run)
	today := run.StartedAt
	if len(events) > 0 {
		today = events[0].At
	}
	p.Line(append([]terminal.Span{
		terminal.Styled(terminal.StyleBold, fmt.Sprintf("Run %d", run.RunNo)).Whole(), terminal.Plain("  "), terminal.Plain(run.RunID).Whole(),
		terminal.Plain("  "), terminal.Faint(h.Date(today) + " (UTC)").Whole(),
	}, h.Held(run)...)...)

	whenWidth, stepWidth := eventWidths(events)
	for i, e := range events {
		if p.Width > 0 && len(events) > firstEvents+lastEvents && i >= firstEvents && i < len(events)-lastEvents {
			if i == firstEvents {
				p.Line(terminal.Faint(fmt.Sprintf("   … %s more; see  tracker log %s --run %d  or  --format json",
					humanize.Comma(int64(len(events)-firstEvents-lastEvents)), h.Job.Job, run.RunNo)))
			}
			continue
		}
		dayLine(p, h.Clock, &today, e.At)
		lead := []terminal.Span{terminal.Plain(" ").Whole(), e.When.Pad(whenWidth + 2)}
		if stepWidth > 0 {
			lead = append(lead, terminal.Plain(cmp.Or(lineLabel(e.Step), "run")).Pad(stepWidth+2))
		}
		p.Entry(lead, e.Body...)
	}
	if slices.ContainsFunc(h.Steps, func(s store.StepRow) bool { return s.RunNo == run.RunNo && s.ZoneAssumed }) {
		p.Line(terminal.Faint(" " + words.ZoneNote))
	}
}

// eventWidths are those of the two first columns; the second is 0 where all
// events are the run's own.
func eventWidths(events []words.Event) (when, step int) {
	for _, e := range events {
		when = max(when, e.When.Width())
		if e.Step != "" {
			step = max(step, terminal.Plain(lineLabel(e.Step)).Width(), len("run"))
		}
	}
	return when, step
}

// lineLabel is the name of a step or level beside its lines.
func lineLabel(name string) string { return terminal.Cut(terminal.OneLine(name), labelWidth) }

// dayLine writes the day of what follows, where that is not today any more.
func dayLine(p *terminal.Page, c words.Clock, today *time.Time, at time.Time) {
	if !c.SameDay(at, *today) {
		*today = at
		p.Line(terminal.Faint(" " + c.Date(at)))
	}
}
