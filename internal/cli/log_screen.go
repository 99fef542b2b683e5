package cli

import (
	"fmt"
	"slices"
	"time"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

// logText shows log entries, one a line.
func logText(h store.History, entries []store.LogEntryRow, level string, c words.Clock, s terminal.Screen) string {
	p := terminal.NewPage(s)
	if len(h.Runs) == 0 {
		p.Line(terminal.Styled(terminal.StyleBold, h.Job.Job), terminal.Plain(" has no run yet; see  tracker history "+h.Job.Job))
		return p.String()
	}
	run := h.Runs[0]
	p.Line(terminal.Styled(terminal.StyleBold, h.Job.Job), terminal.Plain(fmt.Sprintf("  run %d", run.RunNo)).Whole(), terminal.Plain("  "), words.Marked(run.State, run.State),
		terminal.Plain("  "), terminal.Plain(logCount(h, entries, level)), terminal.Plain(logDay(entries, c)).Whole())
	if len(entries) > 0 {
		p.Blank()
	}
	today := run.StartedAt
	if len(entries) > 0 {
		today = loggedAt(entries[0])
	}
	columns := logColumns{Clock: c, today: today}
	columns.widen(entries)
	for _, e := range entries {
		columns.entry(p, e)
	}
	if slices.ContainsFunc(entries, func(e store.LogEntryRow) bool { return e.ZoneAssumed }) {
		p.Line(terminal.Faint(zoneNote))
	}
	return p.String()
}

// logCount tells how many entries there are, and how many of them are shown.
func logCount(h store.History, entries []store.LogEntryRow, level string) string {
	all := int64(len(h.LogEntries))
	text := terminal.Thousands(all) + " log entries"
	if all == 1 {
		text = "1 log entry"
	}
	if len(entries) < len(h.LogEntries) {
		text = fmt.Sprintf("%s of %s, at level %s and above", terminal.Thousands(int64(len(entries))), text, level)
	}
	return text
}

func logDay(entries []store.LogEntryRow, c words.Clock) string {
	if len(entries) == 0 {
		return ""
	}
	return ", " + c.Date(loggedAt(entries[0])) + " (UTC)"
}

// logTime is the service's time of an entry, else by when it was there.
func logTime(e store.LogEntryRow, c words.Clock) string {
	if e.CreatedAt != nil {
		return words.Exact(*e.CreatedAt)
	}
	return c.Bound(nil, e.FirstSeenAt, true)
}

// logColumns lays log entries out under each other.
type logColumns struct {
	words.Clock
	today             time.Time // the day of the entry before
	when, step, level int       // widths
}

// widen makes room for entries.
func (c *logColumns) widen(entries []store.LogEntryRow) {
	for _, e := range entries {
		c.when = max(c.when, terminal.Plain(logTime(e, c.Clock)).Width())
		c.step = max(c.step, terminal.Plain(stepLabel(e.Step)).Width())
		c.level = max(c.level, terminal.Plain(terminal.Cut(terminal.OneLine(e.Level), labelWidth)).Width())
	}
}

// entry writes an entry, after its day where that is another one.
func (c *logColumns) entry(p *terminal.Page, e store.LogEntryRow) {
	if at := loggedAt(e); !words.SameDay(at, c.today) {
		c.today = at
		p.Line(terminal.Faint(" " + c.Date(at)))
	}
	look := levelStyle(e.Level)
	lead := []terminal.Span{
		terminal.Plain(logTime(e, c.Clock)).Pad(c.when + 2), terminal.Plain(stepLabel(e.Step)).Pad(c.step + 2),
		terminal.Styled(look, terminal.Cut(terminal.OneLine(e.Level), labelWidth)).Pad(c.level + 2),
	}
	body := []terminal.Span{terminal.Lines(terminal.StyleNone, e.Detail)}
	if e.WithdrawnAt != nil {
		body = append(body, terminal.Plain("  "), terminal.Styled(terminal.StyleMagenta, "withdrawn "+c.Seen(*e.WithdrawnAt, c.today)).Whole())
	}
	p.Entry(lead, body...)
}
