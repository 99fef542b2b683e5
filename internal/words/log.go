package words

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"tracker/internal/store"
	"tracker/internal/terminal"
)

// ZoneNote tells how times were read that name no zone.
const ZoneNote = "the service's times name no zone and were read as UTC"

// LogLevels gives the levels of log entries whose weight we know, from the least.
func LogLevels() []string { return []string{"info", "warning", "error"} }

// LevelStyle is the style of a log level.
func LevelStyle(level string) terminal.Style {
	switch level {
	case "info":
		return terminal.StyleFaint
	case "warning":
		return terminal.StyleYellow
	case "error":
		return terminal.StyleRed
	default:
		return terminal.StyleMagenta
	}
}

// LogAt gives the log entries of a level and above, and those of levels whose
// weight we do not know, in the order of their times, and at one time in the
// order in which they were found.
func LogAt(level string, all []store.LogEntryRow) []store.LogEntryRow {
	levels := LogLevels()
	entries := slices.DeleteFunc(slices.Clone(all), func(e store.LogEntryRow) bool {
		weight := slices.Index(levels, e.Level)
		return weight >= 0 && weight < slices.Index(levels, level)
	})
	slices.SortStableFunc(entries, func(x, y store.LogEntryRow) int {
		return cmp.Or(LoggedAt(x).Compare(LoggedAt(y)), cmp.Compare(x.StepNo, y.StepNo), cmp.Compare(x.EntryNo, y.EntryNo))
	})
	return entries
}

// LoggedAt is the service's time of an entry, even one that is still to come,
// else when the entry was first seen.
func LoggedAt(e store.LogEntryRow) time.Time {
	if e.CreatedAt != nil {
		return *e.CreatedAt
	}
	return e.FirstSeenAt
}

// Logged tells the service's time of an entry, else by when the entry was there.
func (c Clock) Logged(e store.LogEntryRow, narrow bool) string {
	if e.CreatedAt != nil {
		return c.Exact(*e.CreatedAt)
	}
	return c.Bound(nil, e.FirstSeenAt, narrow)
}

// LogCount tells how many of a run's entries are shown, and from which level on.
func LogCount(shown, all int, level string) string {
	text := english.Plural(all, "log entry", "log entries")
	if shown < all {
		text = fmt.Sprintf("%s of %s, at level %s and above", humanize.Comma(int64(shown)), text, level)
	}
	return text
}

// LogDetail is what an entry says, and when the service withdrew it if it did:
// on the day of the reference or with its own.
func (c Clock) LogDetail(e store.LogEntryRow, reference time.Time) []terminal.Span {
	return append([]terminal.Span{terminal.Lines(terminal.StyleNone, e.Detail)}, c.logWithdrawn(e, reference)...)
}

func (c Clock) logWithdrawn(e store.LogEntryRow, reference time.Time) []terminal.Span {
	if e.WithdrawnAt == nil {
		return nil
	}
	return []terminal.Span{terminal.Plain("  "), terminal.Styled(terminal.StyleMagenta, "withdrawn "+c.Seen(*e.WithdrawnAt, reference)).Whole()}
}
