package words

import (
	"time"

	"tracker/internal/store"
	"tracker/internal/terminal"
)

// taken tells what retention has taken of the job; nil: nothing.
func (h History) taken() []terminal.Span {
	var until time.Time
	for _, row := range h.Retention {
		if row.What == store.TakenPolls && row.RangeTo.After(until) {
			until = row.RangeTo
		}
	}
	if until.IsZero() {
		return nil
	}
	return []terminal.Span{terminal.Faint("polls before "), terminal.Faint(h.Near(until) + " UTC").Whole(), terminal.Faint(" were taken by retention")}
}
