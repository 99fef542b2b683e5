package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

// readChanges reads what was done to the job and to its source: since the first
// of the runs that are shown, or since ever where there is none before it.
func (v *historyView) readChanges(ctx context.Context, s *store.Store, job store.Job) (err error) {
	var since time.Time
	if n := len(v.Runs); n > 0 && v.Runs[n-1].RunNo > 1 {
		since = v.Runs[n-1].FirstSeenAt
	}
	if v.Changes, err = s.TrackingChanges(ctx, job, since); err != nil {
		return err
	}
	if v.past() {
		v.Changes = slices.DeleteFunc(v.Changes, func(c store.ChangeRow) bool { return c.At.After(v.asOf) || c.At.After(v.knownAt) })
	}
	return nil
}

// changesAround are those between the run before and the run after this one. Of
// a run whose neighbours were not read they are those that came while it was.
func (v historyView) changesAround(run store.RunRow) []store.ChangeRow {
	from, to := run.FirstSeenAt, run.LastChangedAt
	if run.RunNo == 1 {
		from = time.Time{}
	}
	if latest := v.Job.RunNo; latest == nil || *latest <= run.RunNo {
		to = v.ReadAt
	}
	for _, other := range v.Runs {
		switch other.RunNo {
		case run.RunNo - 1:
			from = slices.MinFunc([]time.Time{from, other.LastChangedAt}, time.Time.Compare)
		case run.RunNo + 1:
			to = other.FirstSeenAt
		}
	}
	return slices.DeleteFunc(slices.Clone(v.Changes), func(c store.ChangeRow) bool { return c.At.Before(from) || c.At.After(to) })
}

func changeEvent(c store.ChangeRow) event {
	kind, _, _ := strings.Cut(c.Subject, " ")
	return event{at: c.At, rank: rankEntry, when: terminal.Plain(c.At.UTC().Format(words.ClockLayout)), step: kind, body: changeSpans(c)}
}

// changeLines tells of the changes of a job that nobody knows a run of.
func (v historyView) changeLines(p *terminal.Page) {
	for _, c := range v.Changes {
		kind, _, _ := strings.Cut(c.Subject, " ")
		p.Entry([]terminal.Span{terminal.Plain(" " + v.At(c.At) + "  " + kind + " ")}, changeSpans(c)...)
	}
}

// changeSpans tells what was done, by whom and why.
func changeSpans(c store.ChangeRow) []terminal.Span {
	told := map[string]string{"pause": "paused", "resume": "resumed", "remove": "removed", "revive": "tracked again"}
	done := terminal.Styled(terminal.StyleYellow, told[c.Action])
	if c.Action == "resume" || c.Action == "revive" {
		done.Look = terminal.StyleNone
	}
	spans := []terminal.Span{done, terminal.Plain(" by "), terminal.Plain(c.Actor).Whole()}
	_, held := words.Fields(c.Before)["held_until"]
	if why := words.Change(c.Action, c.Before, c.After); why != "" && (c.Action == "pause" || held) {
		spans = append(spans, terminal.Plain(": "+why))
	}
	return spans
}
