package words

import (
	"slices"
	"strings"
	"time"

	"tracker/internal/store"
	"tracker/internal/terminal"
)

// changesAround are those between the run before and the run after this one. Of
// a run whose neighbours were not read they are those that came while it was.
func (h History) changesAround(run store.RunRow) []store.ChangeRow {
	from, to := run.FirstSeenAt, run.LastChangedAt
	if run.RunNo == 1 {
		from = time.Time{}
	}
	if latest := h.Job.RunNo; latest == nil || *latest <= run.RunNo {
		to = h.ReadAt
	}
	for _, other := range h.Runs {
		switch other.RunNo {
		case run.RunNo - 1:
			from = slices.MinFunc([]time.Time{from, other.LastChangedAt}, time.Time.Compare)
		case run.RunNo + 1:
			to = other.FirstSeenAt
		}
	}
	return slices.DeleteFunc(slices.Clone(h.Changes), func(c store.ChangeRow) bool { return c.At.Before(from) || c.At.After(to) })
}

func (h History) changeEvent(c store.ChangeRow) Event {
	kind, _, _ := strings.Cut(c.Subject, " ")
	return Event{At: c.At, rank: rankEntry, When: terminal.Plain(h.In(c.At).Format(ClockLayout)), Step: kind, Body: TrackingChange(c)}
}

// TrackingChange tells what was done to a job or its source, by whom and why.
func TrackingChange(c store.ChangeRow) []terminal.Span {
	told := map[string]string{"pause": "paused", "resume": "resumed", "remove": "removed", "revive": "tracked again"}
	done := terminal.Styled(terminal.StyleYellow, told[c.Action])
	if c.Action == "resume" || c.Action == "revive" {
		done.Look = terminal.StyleNone
	}
	spans := []terminal.Span{done, terminal.Plain(" by "), terminal.Plain(c.Actor).Whole()}
	_, held := Fields(c.Before)["held_until"]
	if why := Change(c.Action, c.Before, c.After); why != "" && (c.Action == "pause" || held) {
		spans = append(spans, terminal.Plain(": "+why))
	}
	return spans
}
