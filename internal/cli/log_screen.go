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
		terminal.Plain("  "), terminal.Plain(words.LogCount(len(entries), len(h.LogEntries), level)), terminal.Plain(logDay(entries, c)).Whole())
	if len(entries) > 0 {
		p.Blank()
	}
	today := run.StartedAt
	if len(entries) > 0 {
		today = words.LoggedAt(entries[0])
	}
	columns := logColumns{Clock: c, today: today}
	columns.widen(entries)
	for _, e := range entries {
		columns.entry(p, e)
	}
	if slices.ContainsFunc(entries, func(e store.LogEntryRow) bool { return e.ZoneAssumed }) {
		p.Line(terminal.Faint(" " + words.ZoneNote))
	}
	return p.String()
}

func logDay(entries []store.LogEntryRow, c words.Clock) string {
	if len(entries) == 0 {
		return ""
	}
	return ", " + c.Date(words.LoggedAt(entries[0])) + " (UTC)"
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
		c.when = max(c.when, terminal.Plain(c.Logged(e, true)).Width())
		c.step = max(c.step, terminal.Plain(lineLabel(e.Step)).Width())
		c.level = max(c.level, terminal.Plain(lineLabel(e.Level)).Width())
	}
}

// entry writes an entry, after its day where that is another one.
func (c *logColumns) entry(p *terminal.Page, e store.LogEntryRow) {
	dayLine(p, c.Clock, &c.today, words.LoggedAt(e))
	look := words.LevelStyle(e.Level)
	lead := []terminal.Span{
		terminal.Plain(c.Logged(e, true)).Pad(c.when + 2), terminal.Plain(lineLabel(e.Step)).Pad(c.step + 2),
		terminal.Styled(look, lineLabel(e.Level)).Pad(c.level + 2),
	}
	p.Entry(lead, c.LogDetail(e, c.today)...)
}
