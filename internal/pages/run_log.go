package pages

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"tracker/internal/store"
	"tracker/internal/words"
)

// entriesMost is how many log entries stand on a page.
const entriesMost = 250

// runLog is a part of a run's log.
type runLog struct {
	Level, Part string
	All, Found  int
	Count       string
	Entries     []logLine
	Pages       pager
	ZoneNote    string
	Kept        []field // that the filter's form keeps
}

type field struct{ Name, Value string }

// logLine is an entry, after its day where that is another one than before.
type logLine struct {
	store.LogEntryRow
	Day string
	At  string
}

// newRunLog finds the entries that are asked for: the last page of them unless it says
// otherwise, since what matters stands at the end.
func newRunLog(b *runBody) runLog {
	query := b.query
	log := runLog{Level: query.Get("level"), Part: strings.TrimSpace(query.Get("find")), All: len(b.LogEntries)}
	if !slices.Contains(words.LogLevels(), log.Level) {
		log.Level = words.LogLevels()[0]
	}
	entries := words.LogAt(log.Level, b.LogEntries)
	if log.Part != "" {
		part := strings.ToLower(log.Part)
		entries = slices.DeleteFunc(entries, func(e store.LogEntryRow) bool {
			return !strings.Contains(strings.ToLower(e.Detail), part) && !strings.Contains(strings.ToLower(e.Step), part)
		})
	}
	log.Found = len(entries)
	log.Count = words.LogCount(len(entries), log.All, log.Level)
	pages := max(1, (len(entries)+entriesMost-1)/entriesMost)
	page := pages
	if query.Get("page") != "" {
		page = min(pageNo(query), pages)
	}
	log.Pages = newPager(&url.URL{RawQuery: query.Encode()}, page, len(entries), entriesMost)
	today := b.Run.StartedAt
	for _, e := range entries[(page-1)*entriesMost : min(len(entries), page*entriesMost)] {
		shown := logLine{LogEntryRow: e, At: b.Logged(e, true)}
		if at := words.LoggedAt(e); !b.SameDay(at, today) || len(log.Entries) == 0 {
			shown.Day, today = b.Date(at), at
		}
		log.Entries = append(log.Entries, shown)
		if e.ZoneAssumed {
			log.ZoneNote = words.ZoneNote
		}
	}
	for _, name := range []string{"known_at", "as_of"} {
		if value := query.Get(name); value != "" {
			log.Kept = append(log.Kept, field{name, value})
		}
	}
	return log
}

// Levels are those that may be asked for.
func (runLog) Levels() []string { return words.LogLevels() }

// Filtered reports that not all entries are meant.
func (l runLog) Filtered() bool { return l.Found < l.All }

// Moment is when an entry was logged.
func (l logLine) Moment() time.Time { return words.LoggedAt(l.LogEntryRow) }
