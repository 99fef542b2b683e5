package words

import (
	"time"

	"github.com/dustin/go-humanize/english"

	"tracker/internal/store"
	"tracker/internal/terminal"
)

// taken tells what retention has taken of the job; nil: nothing.
func (h History) taken() []terminal.Span {
	polls, _ := h.takenOf(store.TakenPolls)
	ended, runs := h.takenOf(store.TakenRuns)
	var spans []terminal.Span
	if !polls.IsZero() {
		spans = append(spans, terminal.Faint("polls before "), terminal.Faint(h.Near(polls)+" "+h.ZoneName(polls)).Whole())
	}
	if runs > 0 && spans != nil {
		spans = append(spans, terminal.Faint(" and "))
	}
	if runs > 0 {
		spans = append(spans, terminal.Faint(english.Plural(int(runs), "run", "")).Whole(), terminal.Faint(" that ended by "), terminal.Faint(h.Near(ended)+" "+h.ZoneName(ended)).Whole())
	}
	if spans != nil {
		spans = append(spans, terminal.Faint(" were taken by retention"))
	}
	return spans
}

// takenOf tells until when something was taken, and how much.
func (h History) takenOf(what string) (until time.Time, rows int64) {
	for _, row := range h.Retention {
		if row.What == what {
			rows += row.Rows
			if row.RangeTo.After(until) {
				until = row.RangeTo
			}
		}
	}
	return until, rows
}
