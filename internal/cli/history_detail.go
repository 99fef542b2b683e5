package cli

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

// On a terminal the detail of a run is so many events at most: the first, and
// the last.
const (
	firstEvents = 20
	lastEvents  = 40
)

const (
	// labelWidth bounds the name of a step or level beside its line.
	labelWidth = 20
	zoneNote   = " the service's times name no zone and were read as UTC"
)

// stepLabel is the name of a step beside its lines.
func stepLabel(step string) string { return terminal.Cut(terminal.OneLine(step), labelWidth) }

// The ranks of events of one time.
const (
	rankStart = iota
	rankEntry
	rankEnd
	rankRunEnd
	rankAnomaly
)

// event is a line in the detail of a run.
type event struct {
	at   time.Time // its place in time
	rank int       // among events of one time, see rank
	when terminal.Span
	step string // or what else it is of; empty: the run itself
	body []terminal.Span
}

// runDetail writes all that happened in a run, in the order of effective time.
func (v historyView) runDetail(p *terminal.Page, run store.RunRow) {
	events := v.events(run)
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.rank, b.rank)) })
	title := []terminal.Span{terminal.Styled(terminal.StyleBold, fmt.Sprintf("Run %d", run.RunNo)).Whole(), terminal.Plain("  "), terminal.Plain(run.RunID).Whole(),
		terminal.Plain("  "), terminal.Faint(v.Date(dayOf(events, run)) + " (UTC)").Whole()}
	if run.HeldAt != nil {
		title = append(title, terminal.Plain("  "), terminal.Styled(terminal.StyleYellow, "on hold since "+v.Near(*run.HeldAt)).Whole())
	}
	p.Line(title...)

	whenWidth, stepWidth := widths(events)
	today := dayOf(events, run)
	for i, e := range events {
		if p.Width > 0 && len(events) > firstEvents+lastEvents && i >= firstEvents && i < len(events)-lastEvents {
			if i == firstEvents {
				p.Line(terminal.Faint(fmt.Sprintf("   … %s more; see  tracker log %s --run %d  or  --format json",
					terminal.Thousands(int64(len(events)-firstEvents-lastEvents)), v.Job.Job, run.RunNo)))
			}
			continue
		}
		if !words.SameDay(e.at, today) {
			today = e.at
			p.Line(terminal.Faint(" " + v.Date(today)))
		}
		lead := []terminal.Span{terminal.Plain(" ").Whole(), e.when.Pad(whenWidth + 2)}
		if stepWidth > 0 {
			lead = append(lead, terminal.Plain(cmp.Or(stepLabel(e.step), "run")).Pad(stepWidth+2))
		}
		p.Entry(lead, e.body...)
	}
	v.footnote(p, run)
}

func dayOf(events []event, run store.RunRow) time.Time {
	if len(events) == 0 {
		return run.StartedAt
	}
	return events[0].at
}

// widths are those of the two first columns; the second is 0 where all events
// are the run's own.
func widths(events []event) (when, step int) {
	for _, e := range events {
		when = max(when, e.when.Width())
		if e.step != "" {
			step = max(step, terminal.Plain(stepLabel(e.step)).Width(), len("run"))
		}
	}
	return when, step
}

// footnote says how the service's times were read.
func (v historyView) footnote(p *terminal.Page, run store.RunRow) {
	if slices.ContainsFunc(v.steps(run), func(s store.StepRow) bool { return s.ZoneAssumed }) {
		p.Line(terminal.Faint(zoneNote))
	}
}
