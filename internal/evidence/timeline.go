package evidence

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

const (
	// The picture's size and place, in units of its own, which is about a pixel.
	timelineWidth = 1000
	timelineLeft  = 150
	timelineRow   = 22
	timelineMost  = 40 // rows
	overviewMost  = 12
)

// timeline is a picture of bars over time.
type timeline struct {
	from, to time.Time
	most     int // rows
	Height   int
	Bars     []timelineBar
	Gaps     []timelineSpan
	Marks    []timelineMark
	Ticks    []timelineTick
	Hidden   int // rows that there is no room for
}

type timelineSpan struct {
	X, Width float64
	Title    string
}

// timelineBar is a row: when something lasted, and what its bounds leave open before
// that and after it.
type timelineBar struct {
	Label string
	State string
	Y     int
	Sure  timelineSpan
	Open  []timelineSpan
}

type timelineMark struct {
	X     float64
	Y, To int
	Class string
	Title string
}

type timelineTick struct {
	X    float64
	Text string
}

// newTimeline pictures a run: itself, its steps, the log's warnings and errors,
// anomalies, and when nobody looked.
func newTimeline(d *Document, run store.RunRow, page pageRun, entries []store.LogEntryRow) *timeline {
	until := d.Snapshots[len(d.Snapshots)-1].ObservedAt
	if run.EndedAt != nil {
		until = later(*run.EndedAt, run.LastChangedAt)
	}
	t := &timeline{from: run.StartedAt, to: until, most: timelineMost}
	for _, step := range page.Steps {
		if step.StartedAt.Before(t.from) {
			t.from = step.StartedAt
		}
	}
	t.pad()
	t.bar(fmt.Sprintf("run %d", run.RunNo), run.State, newExtent(page.Transitions, nil, run.StartedAt, run.EndedAt, until), words.Bounds(run.Duration, run.DurationMax))
	for _, step := range page.Steps {
		t.bar(step.Step, step.State, newExtent(page.Transitions, &step.StepNo, step.StartedAt, step.EndedAt, until), words.Bounds(step.Duration, step.DurationMax))
	}
	rows := len(t.Bars)
	t.Height = (rows + 2) * timelineRow
	for _, s := range d.Snapshots {
		if !s.ObservedAt.Before(t.from) && !s.ObservedAt.After(t.to) {
			t.mark(s.ObservedAt, rows, "snapshot", fmt.Sprintf("snapshot %d", s.SnapshotNo))
		}
	}
	for _, e := range entries {
		if e.Level != "info" {
			t.mark(words.LoggedAt(e), rows, levelClass(e.Level), e.Level+": "+terminal.Cut(terminal.OneLine(e.Detail), words.QuoteLimit))
		}
	}
	for _, a := range page.Anomalies {
		t.mark(a.ObservedAt, rows, "anomaly", "anomaly: "+words.Anomaly(a))
	}
	t.shade(d.Gaps)
	t.ticks()
	return t
}

// newOverview pictures all runs: a few a row each, more in one.
func newOverview(d *Document, h History) *timeline {
	t := &timeline{from: d.Snapshots[0].ObservedAt, to: d.Snapshots[len(d.Snapshots)-1].ObservedAt, most: pageMost}
	for _, run := range h.Runs {
		if run.StartedAt.Before(t.from) {
			t.from = run.StartedAt
		}
	}
	t.pad()
	for _, run := range slices.Backward(h.Runs) {
		transitions := rowsOfRun(h.Transitions, func(r store.TransitionRow) bool { return r.RunNo == run.RunNo })
		t.bar(fmt.Sprintf("run %d", run.RunNo), run.State, newExtent(transitions, nil, run.StartedAt, run.EndedAt, t.to), words.Bounds(run.Duration, run.DurationMax))
	}
	if len(h.Runs) > overviewMost { // one row for all
		t.Hidden = 0
		for i := range t.Bars {
			t.Bars[i].Y, t.Bars[i].Label = 0, ""
		}
		t.Bars[0].Label = "all runs"
		t.Height = 3 * timelineRow
	} else {
		t.Height = (len(t.Bars) + 2) * timelineRow
	}
	t.shade(d.Gaps)
	t.ticks()
	return t
}

// extent is when something began and ended, each from the earliest to the latest time
// that its bounds allow.
type extent struct{ beganFrom, began, endedFrom, ended time.Time }

// newExtent is that of a run, or of one of its steps, by its transitions. What has not
// ended lasts until a time.
func newExtent(transitions []store.TransitionRow, stepNo *int32, began time.Time, ended *time.Time, until time.Time) extent {
	e := extent{beganFrom: began, began: began, endedFrom: until, ended: until}
	if ended != nil {
		e.endedFrom, e.ended = *ended, *ended
	}
	first := true
	for _, t := range transitions {
		if (stepNo == nil) != (t.StepNo == nil) || stepNo != nil && *stepNo != *t.StepNo {
			continue
		}
		if first && t.NotBefore != nil && began.Equal(t.ObservedAt) {
			e.beganFrom = *t.NotBefore
		}
		if t.NotBefore != nil && ended != nil && ended.Equal(t.ObservedAt) {
			e.endedFrom = later(*t.NotBefore, began)
		}
		first = false
	}
	return e
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// pad leaves some room on both sides.
func (t *timeline) pad() {
	room := max(t.to.Sub(t.from)/50, time.Second)
	t.from, t.to = t.from.Add(-room), t.to.Add(room)
}

// x is where a time stands; one beyond the picture at its edge.
func (t *timeline) x(at time.Time) float64 {
	part := float64(history.Between(t.from, at)) / float64(history.Between(t.from, t.to))
	x := timelineLeft + (timelineWidth-timelineLeft-10)*min(1, max(0, part))
	return math.Round(x*10) / 10
}

func (t *timeline) bar(label, state string, e extent, took string) {
	if len(t.Bars) == t.most {
		t.Hidden++
		return
	}
	label = terminal.OneLine(label)
	bar := timelineBar{Label: terminal.Cut(label, 20), State: state, Y: len(t.Bars) * timelineRow, Sure: t.span(e.began, e.endedFrom)}
	bar.Sure.Title = fmt.Sprintf("%s: %s, %s", label, state, cmp.Or(took, "for an unknown time"))
	for _, open := range [][2]time.Time{{e.beganFrom, e.began}, {e.endedFrom, e.ended}} {
		if open[1].After(open[0]) {
			bar.Open = append(bar.Open, t.span(open[0], open[1]))
		}
	}
	t.Bars = append(t.Bars, bar)
}

func (t *timeline) span(from, to time.Time) timelineSpan {
	x := t.x(from)
	return timelineSpan{X: x, Width: math.Round(max(2, t.x(to)-x)*10) / 10}
}

func (t *timeline) mark(at time.Time, row int, class, title string) {
	if len(t.Marks) < pageMost {
		t.Marks = append(t.Marks, timelineMark{X: t.x(at), Y: row*timelineRow + 2, To: row*timelineRow + 16, Class: class, Title: title})
	}
}

// shade marks when nobody looked.
func (t *timeline) shade(gaps []Gap) {
	for _, g := range gaps {
		if g.To.After(t.from) && g.From.Before(t.to) && len(t.Gaps) < pageMost {
			span := t.span(g.From, g.To)
			span.Title = "nobody could look: " + words.GapReason(g.Reason)
			t.Gaps = append(t.Gaps, span)
		}
	}
}

// ticks writes some times below the picture.
func (t *timeline) ticks() {
	const count = 5
	whole := history.Between(t.from, t.to)
	layout := "Jan 2 15:04"
	switch {
	case whole < 5*time.Minute:
		layout = words.ClockLayout
	case whole < words.Day:
		layout = "15:04"
	}
	for i := range count {
		at := t.from.Add(whole / count * time.Duration(i)).Add(whole / count / 2)
		t.Ticks = append(t.Ticks, timelineTick{X: t.x(at), Text: at.UTC().Format(layout)})
	}
}

// levelClass is the look of a level.
func levelClass(level string) string {
	if slices.Contains(words.LogLevels(), level) {
		return level
	}
	return "anomaly"
}
