package timeline

import (
	_ "embed" // the template
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"tracker/internal/history"
	"tracker/internal/words"
)

// Template defines "timeline", which draws a *Timeline, and "timeline-defs", which a page
// has once, before the first one.
//
//go:embed timeline.html
var Template string

const (
	laneHeight = 26
	axisHeight = 22
	lanesMost  = 40
	barsMost   = 2000 // in one lane
	marksMost  = 200
	places     = 1000 // that are told apart on the axis
)

// Timeline is a picture of bars over time.
type Timeline struct {
	From, To time.Time
	Lanes    []Lane
	Log      []Ticks // of entries that need no mark of their own
	Marks    []Mark
	Looks    string // path of dots; empty: none, or not known
	Answers  string // path of those that had changed
	Gaps     []Span
	Axis     []Tick
	At       string // where the moment is that the picture is of; empty: now
	Hidden   int    // lanes that there is no room for
	HasLog   bool   // there are rows for the log and for looks

	clock words.Clock
	most  int // lanes
}

// Span is a stretch of the axis, in percent.
type Span struct {
	X, Width string
	Title    string
}

// Lane is when something went on, and what its bounds leave open before that and after.
type Lane struct {
	Label  string // empty: of the lane before
	State  string
	Sign   string
	Took   string
	Gone   bool // the service lists it no longer
	Y      int
	Sure   Span
	Before *Span
	After  *Span
}

// Ticks are the places of the log entries of a level.
type Ticks struct{ Level, Path string }

// Mark is a warning, an error or an anomaly.
type Mark struct{ X, Class, Title string }

// Tick is a time on the axis.
type Tick struct {
	X, Text, Class string
	Edge           string // start or end, where the text would leave the picture
}

// Height is that of the picture.
func (t *Timeline) Height() int { return t.AxisY() + axisHeight }

// LogY is where the row of the log begins.
func (t *Timeline) LogY() int {
	if n := len(t.Lanes); n > 0 {
		return t.Lanes[n-1].Y + laneHeight
	}
	return 0
}

// LooksY is where the row of looks begins.
func (t *Timeline) LooksY() int { return t.LogY() + laneHeight }

// AxisY is where the axis begins.
func (t *Timeline) AxisY() int {
	if t.HasLog {
		return t.LooksY() + laneHeight
	}
	return t.LogY()
}

// Places is how many there are on the axis.
func (t *Timeline) Places() int { return places }

// Summary tells who cannot see the picture what it shows.
func (t *Timeline) Summary() string {
	texts := []string{fmt.Sprintf("Timeline from %s to %s", t.clock.Zoned(t.From), t.clock.Zoned(t.To))}
	for _, lane := range t.Lanes {
		if lane.Label != "" {
			texts = append(texts, strings.TrimSpace(lane.Label+" "+lane.State+" "+lane.Took))
		}
	}
	if n := len(t.Gaps); n > 0 {
		texts = append(texts, fmt.Sprintf("%d times when nobody looked", n))
	}
	return strings.Join(texts, "; ")
}

// newTimeline has room on both sides.
func newTimeline(from, to time.Time, clock words.Clock) *Timeline {
	room := max(to.Sub(from)/50, time.Second)
	return &Timeline{From: from.Add(-room), To: to.Add(room), clock: clock, most: lanesMost}
}

// part is where a time stands on the axis, from 0 to 1; one beyond it at its end.
func (t *Timeline) part(at time.Time) float64 {
	return min(1, max(0, float64(history.Between(t.From, at))/float64(history.Between(t.From, t.To))))
}

func percent(part float64) string {
	text := fmt.Sprintf("%.2f", 100*part)
	return strings.TrimSuffix(strings.TrimSuffix(text, "0"), ".0") + "%"
}

func (t *Timeline) place(at time.Time) int { return int(math.Round(t.part(at) * places)) }

func (t *Timeline) shows(at time.Time) bool { return !at.Before(t.From) && !at.After(t.To) }

func (t *Timeline) span(from, to time.Time, title string) Span {
	x := t.part(from)
	return Span{X: percent(x), Width: percent(max(0.002, t.part(to)-x)), Title: title}
}

// lane adds one below the others.
func (t *Timeline) lane(label, state string, e extent, took string) *Lane {
	if len(t.Lanes) == t.most {
		t.Hidden++
		return &Lane{}
	}
	sign, _ := words.StateMark(state)
	t.Lanes = append(t.Lanes, Lane{
		Label: label, State: state, Sign: sign, Took: took, Y: len(t.Lanes) * laneHeight,
		Sure: t.span(e.began, e.endedFrom, strings.TrimSuffix(fmt.Sprintf("%s: %s, %s", label, state, took), ", ")),
	})
	lane := &t.Lanes[len(t.Lanes)-1]
	if e.began.After(e.beganFrom) {
		before := t.span(e.beganFrom, e.began, fmt.Sprintf("%s began between %s and %s", label, t.clock.At(e.beganFrom), t.clock.At(words.CeilSecond(e.began))))
		lane.Before = &before
	}
	if e.ended.After(e.endedFrom) {
		title := fmt.Sprintf("%s ended between %s and %s", label, t.clock.At(e.endedFrom), t.clock.At(words.CeilSecond(e.ended)))
		switch {
		case e.superseded:
			title = fmt.Sprintf("%s was superseded between %s and %s", label, t.clock.At(e.endedFrom), t.clock.At(words.CeilSecond(e.ended)))
		case !history.State(state).Terminal():
			title = fmt.Sprintf("%s was last seen %s at %s", label, state, t.clock.At(e.endedFrom))
		}
		after := t.span(e.endedFrom, e.ended, title)
		lane.After = &after
	}
	return lane
}

// Gap is a stretch in which nobody looked, or looking failed.
type Gap struct {
	From, To time.Time
	Reason   string
}

// shade marks when nobody looked.
func (t *Timeline) shade(gaps []Gap) {
	for _, g := range gaps {
		if g.To.After(t.From) && g.From.Before(t.To) && len(t.Gaps) < marksMost {
			t.Gaps = append(t.Gaps, t.span(g.From, g.To, "nobody could look: "+words.GapReason(g.Reason)))
		}
	}
}

// path draws something at each place where there is one of the times.
func (t *Timeline) path(times []time.Time, draw string) string {
	var at []int
	for _, one := range times {
		if t.shows(one) {
			at = append(at, t.place(one))
		}
	}
	slices.Sort(at)
	var b strings.Builder
	for _, x := range slices.Compact(at) {
		fmt.Fprintf(&b, "M%d %s", x, draw)
	}
	return b.String()
}

// axisSteps are how far apart times on the axis may be.
func axisSteps() []time.Duration {
	return []time.Duration{
		time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, words.Day, 2 * words.Day, 7 * words.Day, 14 * words.Day, 30 * words.Day, 90 * words.Day,
	}
}

const ticksMost = 9

// axis writes some round times below the picture. On narrow screens style sheets leave
// out those of class alt and rare.
func (t *Timeline) axis() {
	whole := history.Between(t.From, t.To)
	const year = 365 * words.Day
	step := year * (1 + whole/(year*ticksMost))
	for _, s := range axisSteps() {
		if whole/s < ticksMost {
			step = s
			break
		}
	}
	layout := "Jan 2"
	switch {
	case step >= year:
		layout = "Jan 2006"
	case step < time.Minute:
		layout = words.ClockLayout
	case step < 12*time.Hour && t.clock.SameDay(t.From, t.To):
		layout = "15:04"
	case step < words.Day:
		layout = "Jan 2 15:04"
	}
	_, offset := t.clock.In(t.From).Zone()
	shift := time.Duration(offset) * time.Second
	first := t.From.Add(shift).Truncate(step).Add(step - shift)
	for i, at := 0, first; !at.After(t.To); i, at = i+1, at.Add(step) {
		tick := Tick{X: percent(t.part(at)), Text: t.clock.In(at).Format(layout), Class: [4]string{"", "alt", "rare", "alt"}[i%4]}
		switch part := t.part(at); {
		case part < 0.04:
			tick.Edge = "start"
		case part > 0.96:
			tick.Edge = "end"
		}
		t.Axis = append(t.Axis, tick)
	}
}
