package cli

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/progress"

	"tracker/internal/history"
	"tracker/internal/sync"
	"tracker/internal/terminal"
)

// syncProgress counts what a sync has done, with a bar where stderr is a terminal.
type syncProgress struct {
	done    int
	bar     progress.Writer
	tracker *progress.Tracker
}

func (a *app) newProgress(total int) *syncProgress {
	p := &syncProgress{}
	if !terminal.IsTerminal(a.stderr) || total == 0 {
		return p
	}
	p.bar = progress.NewWriter()
	p.bar.SetOutputWriter(a.stderr)
	p.bar.SetAutoStop(true)
	p.bar.SetTrackerLength(30)
	p.bar.Style().Visibility.Speed = false
	p.tracker = &progress.Tracker{Message: "polling", Total: int64(total), RemoveOnCompletion: true}
	p.bar.AppendTracker(p.tracker)
	go p.bar.Render()
	return p
}

// tell counts the events that end a job's turn.
func (p *syncProgress) tell(e sync.Event) {
	if e.Kind == sync.Paused || e.Kind == sync.Finished {
		return
	}
	p.done++
	if p.tracker != nil {
		p.tracker.Increment(1)
	}
}

func (p *syncProgress) end() {
	if p.bar != nil {
		p.tracker.MarkAsDone()
		p.bar.Stop()
	}
}

// changeText tells in a few words what a new answer brought.
func changeText(c history.Change) string {
	var texts []string
	for _, t := range c.Transitions {
		if t.StepNo == 0 && t.RunNo == c.RunNo {
			texts = append(texts, transitionText(t, c))
		}
	}
	if n := newEntries(c); n > 0 {
		texts = append(texts, terminal.Plural(n, "new log entry", "new log entries"))
	}
	if len(c.Anomalies) > 0 {
		texts = append(texts, terminal.Plural(len(c.Anomalies), "anomaly", "anomalies")+": "+string(c.Anomalies[0].Kind))
	}
	if len(texts) == 0 {
		texts = append(texts, terminal.Plural(len(c.Steps), "step changed", "steps changed"))
	}
	return strings.Join(texts, ", ")
}

func transitionText(t history.Transition, c history.Change) string {
	if t.FromState == "" {
		return fmt.Sprintf("run %d: %s", c.RunNo, t.ToStatus)
	}
	if t.FromStatus == t.ToStatus && t.FromState == t.ToState {
		return fmt.Sprintf("run %d: back as %s", c.RunNo, t.ToStatus)
	}
	return fmt.Sprintf("run %d: %s → %s", c.RunNo, t.FromStatus, t.ToStatus)
}

func newEntries(c history.Change) int {
	n := 0
	for _, e := range c.Entries {
		if e.New {
			n++
		}
	}
	return n
}
