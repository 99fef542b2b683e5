package evidence

import (
	"bytes"
	_ "embed" // the page
	"fmt"
	"html/template"
	"slices"
	"time"

	"github.com/dustin/go-humanize"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/timeline"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// pageMost is how many rows of a kind the page shows; run.json has all.
const pageMost = 2000

//go:embed page.html
var pageText string

// pageFunctions are how the page writes what rows hold.
var pageFunctions = template.FuncMap{
	"time":    pageTime,
	"at":      func(at time.Time) string { return pageTime(&at) },
	"by":      pageBound,
	"took":    words.Bounds,
	"symbol":  func(state string) string { symbol, _ := words.StateMark(state); return symbol },
	"anomaly": words.Anomaly,
	"gap":     words.GapReason,
	"count":   func(n int) string { return humanize.Comma(int64(n)) },
	"kb":      func(n int) string { return humanize.IBytes(uint64(max(0, n))) },
	"text":    terminal.Printable,
	"for":     func(g Gap) string { return words.Duration(g.To.Sub(g.From)) },
	"why":     words.Why,
	"level":   timeline.LevelClass,
}

// pageTime is a time in UTC, to the millisecond before it.
func pageTime(at *time.Time) string {
	if at == nil {
		return ""
	}
	layout := "2006-01-02 15:04:05"
	if at.Nanosecond() != 0 {
		layout += ".000"
	}
	return at.UTC().Format(layout)
}

// pageBound is a time by which something had happened: it stays a bound.
func pageBound(at time.Time) string {
	at = at.Add(time.Millisecond - 1).Truncate(time.Millisecond)
	return pageTime(&at)
}

// pageModel is what the page shows.
type pageModel struct {
	*Document
	Verdict  string // how the run went, in a sentence; of all runs how many there are
	First    Snapshot
	Last     Snapshot
	Target   []string
	Runs     []pageRun
	MoreRuns int // that are not shown
	Overview *timeline.Timeline
	Taken    int // bodies that are gone
	Holes    bool
	Gone     int // snapshots that the page does not list
	Listed   []Snapshot
	ZoneNote string
	HasZone  bool
}

// pageRun is a run with what belongs to it.
type pageRun struct {
	store.RunRow
	Verdict     string
	Timeline    *timeline.Timeline
	Steps       []store.StepRow
	Transitions []store.TransitionRow
	Anomalies   []store.AnomalyRow
	Entries     []store.LogEntryRow
	AllEntries  int
	Results     int
}

// newPage writes report.html: one file without scripts, for a screen and for paper.
func newPage(d *Document, h History) ([]byte, error) {
	model := pageModel{
		Document: d, First: d.Snapshots[0], Last: d.Snapshots[len(d.Snapshots)-1], ZoneNote: words.ZoneNote,
		Listed: d.Snapshots[:min(len(d.Snapshots), pageMost)],
	}
	model.Gone = len(d.Snapshots) - len(model.Listed)
	for name, value := range d.Job.Target {
		model.Target = append(model.Target, name+" "+value)
	}
	slices.Sort(model.Target)
	for _, s := range d.Snapshots {
		if s.Body == nil {
			model.Taken++
		}
		model.Holes = model.Holes || s.Passed != nil
	}
	model.HasZone = slices.ContainsFunc(h.Steps, func(s store.StepRow) bool { return s.ZoneAssumed })
	known := words.NewHistory(tracking.Knowledge{
		History:    store.History{Runs: h.Runs, Steps: h.Steps, Transitions: h.Transitions, Anomalies: h.Anomalies, LogEntries: h.LogEntries},
		Now:        model.Last.ObservedAt,
		AnsweredAt: model.Last.PolledAt,
	})
	runs := slices.Backward(h.Runs)
	rows := newRunRows(d, h)
	for _, run := range runs {
		if len(model.Runs) == pageMost {
			model.MoreRuns++
			continue
		}
		model.Runs = append(model.Runs, newPageRun(rows, known, run))
	}
	switch {
	case len(model.Runs) == 1:
		model.Verdict = model.Runs[0].Verdict
	default:
		model.Verdict = fmt.Sprintf("%s runs", humanize.Comma(int64(len(h.Runs))))
		model.Overview = timeline.NewRuns(timeline.RunsParams{
			From: model.First.ObservedAt, To: model.Last.ObservedAt, Runs: h.Runs, Transitions: h.Transitions, Gaps: rows.gaps, Clock: known.Clock,
		})
	}
	var text bytes.Buffer
	t := template.Must(template.New(pageName).Funcs(pageFunctions).Parse(timeline.Template + pageText))
	if err := t.Execute(&text, model); err != nil {
		return nil, fmt.Errorf("write %s: %w", pageName, err)
	}
	return text.Bytes(), nil
}

// runRows are what belongs to each run, by its number, and what all share.
type runRows struct {
	steps       map[int32][]store.StepRow
	transitions map[int32][]store.TransitionRow
	anomalies   map[int32][]store.AnomalyRow
	entries     map[int32][]store.LogEntryRow
	results     map[int32]int
	answers     []time.Time
	gaps        []timeline.Gap
}

func newRunRows(d *Document, h History) runRows {
	rows := runRows{
		steps:       byRun(h.Steps, func(r store.StepRow) int32 { return r.RunNo }),
		transitions: byRun(h.Transitions, func(r store.TransitionRow) int32 { return r.RunNo }),
		anomalies:   byRun(h.Anomalies, func(r store.AnomalyRow) int32 { return r.RunNo }),
		entries:     byRun(h.LogEntries, func(r store.LogEntryRow) int32 { return r.RunNo }),
		results:     map[int32]int{}, answers: answersOf(d), gaps: gapsOf(d),
	}
	for _, item := range h.ResultItems {
		rows.results[int32(item.RunNo)]++
	}
	return rows
}

func byRun[T any](rows []T, run func(T) int32) map[int32][]T {
	runs := map[int32][]T{}
	for _, row := range rows {
		runs[run(row)] = append(runs[run(row)], row)
	}
	return runs
}

func newPageRun(rows runRows, known words.History, run store.RunRow) pageRun {
	entries := rows.entries[run.RunNo]
	page := pageRun{
		RunRow: run, Verdict: terminal.Join(known.Verdict(run, false)), Results: rows.results[run.RunNo],
		Steps: rows.steps[run.RunNo], Transitions: rows.transitions[run.RunNo], Anomalies: rows.anomalies[run.RunNo],
		Entries: words.LogAt("info", entries), AllEntries: len(entries),
	}
	page.Timeline = timeline.NewRun(timeline.RunParams{
		Run: run, Steps: page.Steps, Transitions: page.Transitions, Entries: entries, Anomalies: page.Anomalies, Answers: rows.answers, Gaps: rows.gaps,
		Seen: known.AnsweredAt, Until: known.AnsweredAt, Clock: known.Clock,
	})
	page.Steps, page.Transitions = page.Steps[:min(len(page.Steps), pageMost)], page.Transitions[:min(len(page.Transitions), pageMost)]
	page.Anomalies, page.Entries = page.Anomalies[:min(len(page.Anomalies), pageMost)], page.Entries[:min(len(page.Entries), pageMost)]
	return page
}

// answersOf are when the answers had been read.
func answersOf(d *Document) []time.Time {
	var times []time.Time
	for _, s := range d.Snapshots {
		times = append(times, s.ObservedAt)
	}
	return times
}

func gapsOf(d *Document) []timeline.Gap {
	var gaps []timeline.Gap
	for _, g := range d.Gaps {
		gaps = append(gaps, timeline.Gap{From: g.From, To: g.To, Reason: g.Reason})
	}
	return gaps
}

// Cut tells that not all entries are on the page.
func (r pageRun) Cut() bool { return len(r.Entries) < r.AllEntries }

// Step is the name of a step, as a transition or an anomaly has its number.
func (r pageRun) Step(no *int32) string {
	if no == nil {
		return "the run"
	}
	return terminal.Printable(words.StepName(r.Steps, *no))
}

// StateNames are all states, for the picture.
func (pageModel) StateNames() []history.State { return history.States() }

// States are all there are, with what they mean.
func (pageModel) States() []pageTerm {
	return []pageTerm{
		{"queued", "the service has taken the import on and has not begun"},
		{"running", "it is under way"},
		{"succeeded", "the service says that it is done"},
		{"partial", "the service says that part of it is done, and the rest will not be"},
		{"failed", "the service says that it failed"},
		{"canceled", "the service says that somebody stopped it"},
		{"unknown", "the service's word is one that nobody knows, or another run took this one's place before its end was seen: never a guess"},
	}
}

// pageTerm is a word with its meaning.
type pageTerm struct{ Word, Meaning string }
