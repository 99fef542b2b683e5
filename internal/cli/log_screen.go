package cli

import (
	"fmt"
	"slices"
	"time"

	"tracker/internal/store"
)

// logText shows log entries, one a line.
func logText(h store.History, entries []store.LogEntryRow, level string, c clock, s screen) string {
	p := newPage(s)
	if len(h.Runs) == 0 {
		p.line(styled(styleBold, h.Job.Job), plain(" has no run yet; see  tracker history "+h.Job.Job))
		return p.String()
	}
	run := h.Runs[0]
	p.line(styled(styleBold, h.Job.Job), plain(fmt.Sprintf("  run %d", run.RunNo)).whole(), plain("  "), marked(run.State, run.State),
		plain("  "), plain(logCount(h, entries, level)), plain(logDay(entries, c)).whole())
	if len(entries) > 0 {
		p.blank()
	}
	today := run.StartedAt
	if len(entries) > 0 {
		today = loggedAt(entries[0])
	}
	columns := logColumns{clock: c, today: today}
	columns.widen(entries)
	for _, e := range entries {
		columns.entry(p, e)
	}
	if slices.ContainsFunc(entries, func(e store.LogEntryRow) bool { return e.ZoneAssumed }) {
		p.line(faint(zoneNote))
	}
	return p.String()
}

// logCount tells how many entries there are, and how many of them are shown.
func logCount(h store.History, entries []store.LogEntryRow, level string) string {
	all := int64(len(h.LogEntries))
	text := thousands(all) + " log entries"
	if all == 1 {
		text = "1 log entry"
	}
	if len(entries) < len(h.LogEntries) {
		text = fmt.Sprintf("%s of %s, at level %s and above", thousands(int64(len(entries))), text, level)
	}
	return text
}

func logDay(entries []store.LogEntryRow, c clock) string {
	if len(entries) == 0 {
		return ""
	}
	return ", " + c.date(loggedAt(entries[0])) + " (UTC)"
}

// logTime is the service's time of an entry, else by when it was there.
func logTime(e store.LogEntryRow, c clock) string {
	if e.CreatedAt != nil {
		return exactText(*e.CreatedAt)
	}
	return c.boundText(nil, e.FirstSeenAt, true)
}

// logColumns lays log entries out under each other.
type logColumns struct {
	clock
	today             time.Time // the day of the entry before
	when, step, level int       // widths
}

// widen makes room for entries.
func (c *logColumns) widen(entries []store.LogEntryRow) {
	for _, e := range entries {
		c.when = max(c.when, plain(logTime(e, c.clock)).width())
		c.step = max(c.step, plain(stepLabel(e.Step)).width())
		c.level = max(c.level, plain(cut(oneLine(e.Level), labelWidth)).width())
	}
}

// entry writes an entry, after its day where that is another one.
func (c *logColumns) entry(p *page, e store.LogEntryRow) {
	if at := loggedAt(e); !sameDay(at, c.today) {
		c.today = at
		p.line(faint(" " + c.date(at)))
	}
	look := levelStyle(e.Level)
	lead := []span{
		plain(logTime(e, c.clock)).pad(c.when + 2), plain(stepLabel(e.Step)).pad(c.step + 2),
		styled(look, cut(oneLine(e.Level), labelWidth)).pad(c.level + 2),
	}
	body := []span{lines(styleNone, e.Detail)}
	if e.WithdrawnAt != nil {
		body = append(body, plain("  "), styled(styleMagenta, "withdrawn "+c.seenText(*e.WithdrawnAt, c.today)).whole())
	}
	p.entry(lead, body...)
}
