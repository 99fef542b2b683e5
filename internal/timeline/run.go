package timeline

import (
	"fmt"
	"slices"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

// RunParams are what is known of a run.
type RunParams struct {
	Run         store.RunRow
	Steps       []store.StepRow
	Transitions []store.TransitionRow
	Entries     []store.LogEntryRow
	Anomalies   []store.AnomalyRow
	Answers     []time.Time // that had changed, when they had been read
	Looks       []time.Time // all polls; none: they are not known
	Gaps        []Gap
	Seen        time.Time // when a run was last seen that has not ended
	Until       time.Time // the end of the picture of such a run, Seen or later
	At          time.Time // the moment that the picture is of; zero: now
	Clock       words.Clock
}

// afterMost is how many times as long as the run what came after it may take, to be in the
// picture: a run that was found long after its end is not to be a dot in it.
const afterMost = 2

// NewRun pictures a run: itself, its steps, the log, anomalies, when somebody looked and
// when nobody could.
func NewRun(p RunParams) *Timeline {
	from, to := p.Run.StartedAt, p.Until
	if p.Run.Superseded {
		to = p.Run.Left.ObservedAt
	}
	if p.Run.EndedAt != nil {
		to = *p.Run.EndedAt
		for _, at := range []time.Time{p.Run.LastChangedAt, p.At} {
			if at.Sub(to) < afterMost*max(to.Sub(from), time.Minute) {
				to = later(to, at)
			}
		}
	}
	for _, step := range p.Steps {
		if step.StartedAt.Before(from) {
			from = step.StartedAt
		}
	}
	t := newTimeline(from, later(to, from), p.Clock)
	t.HasLog = true
	t.lane(fmt.Sprintf("run %d", p.Run.RunNo), p.Run.State, newExtent(p.Run, p.Transitions, nil, p.Run.StartedAt, p.Run.EndedAt, p.Seen, to), words.Bounds(p.Run.Duration, p.Run.DurationMax))
	for _, step := range p.Steps {
		lane := t.lane(terminal.OneLine(step.Step), step.State, newExtent(p.Run, p.Transitions, &step.StepNo, step.StartedAt, step.EndedAt, p.Seen, to), words.Bounds(step.Duration, step.DurationMax))
		lane.Gone = step.VanishedAt != nil
	}
	t.log(p.Entries)
	for _, a := range p.Anomalies {
		t.mark(a.ObservedAt, "anomaly", "anomaly: "+words.Anomaly(a))
	}
	t.Looks = t.path(p.Looks, "13h0")
	t.Answers = t.path(p.Answers, "13h0")
	if !p.At.IsZero() {
		t.At = percent(t.part(p.At))
	}
	t.shade(p.Gaps)
	t.axis()
	return t
}

// log marks warnings, errors and levels that nobody knows; of other entries it tells
// where they are.
func (t *Timeline) log(entries []store.LogEntryRow) {
	times := map[string][]time.Time{}
	last := map[string]int{}
	for _, e := range entries {
		at := words.LoggedAt(e)
		if place, marked := last[e.Level]; e.Level != "info" && t.shows(at) && (!marked || t.place(at) != place) {
			last[e.Level] = t.place(at)
			t.mark(at, LevelClass(e.Level), e.Level+": "+terminal.Cut(terminal.OneLine(e.Detail), words.QuoteLimit))
		}
		times[LevelClass(e.Level)] = append(times[LevelClass(e.Level)], at)
	}
	for _, level := range append(words.LogLevels(), "anomaly") {
		if path := t.path(times[level], "8v10"); path != "" {
			t.Log = append(t.Log, Ticks{level, path})
		}
	}
}

func (t *Timeline) mark(at time.Time, class, title string) {
	if len(t.Marks) < marksMost && t.shows(at) {
		t.Marks = append(t.Marks, Mark{X: percent(t.part(at)), Class: class, Title: t.clock.At(at) + "  " + terminal.OneLine(title)})
	}
}

// LevelClass is the class of a level of the log.
func LevelClass(level string) string {
	if slices.Contains(words.LogLevels(), level) {
		return level
	}
	return "anomaly"
}

// RunsParams are what is known of several runs.
type RunsParams struct {
	From, To    time.Time
	Runs        []store.RunRow // the newest first
	Transitions []store.TransitionRow
	Gaps        []Gap
	Clock       words.Clock
}

// runsApart is how many runs have a lane each; more have one together.
const runsApart = 12

// NewRuns pictures all runs: a few a lane each, more in one.
func NewRuns(p RunsParams) *Timeline {
	for _, run := range p.Runs {
		if run.StartedAt.Before(p.From) {
			p.From = run.StartedAt
		}
	}
	t := newTimeline(p.From, p.To, p.Clock)
	together := len(p.Runs) > runsApart
	if together {
		t.most = barsMost
	}
	for _, run := range slices.Backward(p.Runs) {
		transitions := slices.DeleteFunc(slices.Clone(p.Transitions), func(r store.TransitionRow) bool { return r.RunNo != run.RunNo })
		extent := newExtent(run, transitions, nil, run.StartedAt, run.EndedAt, p.To, p.To)
		lane := t.lane(fmt.Sprintf("run %d", run.RunNo), run.State, extent, words.Bounds(run.Duration, run.DurationMax))
		if together && len(t.Lanes) > 1 {
			lane.Label, lane.Y = "", 0
		}
	}
	if together {
		t.Lanes[0].Label, t.Lanes[0].Sign, t.Lanes[0].Took = "all runs", "", ""
	}
	t.shade(p.Gaps)
	t.axis()
	return t
}

// extent is when something began and ended, each from the earliest to the latest time
// that its bounds allow.
type extent struct {
	beganFrom, began, endedFrom, ended time.Time
	superseded                         bool // nobody saw its end: by then another run was there
}

// newExtent is that of a run, or of one of its steps, by its transitions. What has not
// ended was last seen at a time, and may go on until another.
func newExtent(run store.RunRow, transitions []store.TransitionRow, stepNo *int32, began time.Time, ended *time.Time, seen, until time.Time) extent {
	if run.Superseded {
		seen, until = run.Left.NotBefore, run.Left.ObservedAt
	}
	e := extent{beganFrom: began, began: began, endedFrom: later(seen, began), ended: later(until, began), superseded: run.Superseded}
	if ended != nil {
		e.endedFrom, e.ended, e.superseded = *ended, *ended, false
	}
	first := true
	for _, t := range transitions {
		if (stepNo == nil) != (t.StepNo == nil) || stepNo != nil && *stepNo != *t.StepNo {
			continue
		}
		if first && t.NotBefore != nil && began.Equal(t.ObservedAt) {
			e.beganFrom = *t.NotBefore
		}
		if t.NotBefore != nil && ended != nil && ended.Equal(t.ObservedAt) && history.State(t.ToState).Terminal() {
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
