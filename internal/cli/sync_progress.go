package cli

import (
	"github.com/jedib0t/go-pretty/v6/progress"

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
	p.bar.SetTrackerLength(16) // a line fits 60 columns
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
