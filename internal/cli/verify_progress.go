package cli

import (
	"github.com/jedib0t/go-pretty/v6/progress"

	"tracker/internal/audit"
	"tracker/internal/terminal"
)

// verifyProgress shows how far a verification has come, with a bar for each part, where
// stderr is a terminal.
type verifyProgress struct {
	bar   progress.Writer // nil: stderr is none
	parts map[string]*progress.Tracker
}

func (a *app) newVerifyProgress() *verifyProgress {
	p := &verifyProgress{parts: map[string]*progress.Tracker{}}
	if !terminal.IsTerminal(a.stderr) {
		return p
	}
	p.bar = progress.NewWriter()
	p.bar.SetOutputWriter(a.stderr)
	p.bar.SetTrackerLength(30)
	go p.bar.Render()
	return p
}

// tell moves the bar of a part on. One part tells at a time.
func (p *verifyProgress) tell(done audit.Progress) {
	if p.bar == nil {
		return
	}
	part := p.parts[done.What]
	if part == nil {
		part = &progress.Tracker{Message: done.What, Total: done.Total, RemoveOnCompletion: true}
		p.parts[done.What] = part
		p.bar.AppendTracker(part)
	}
	part.SetValue(done.Done)
}

func (p *verifyProgress) end() {
	if p.bar == nil {
		return
	}
	for _, part := range p.parts {
		part.MarkAsDone()
	}
	p.bar.Stop()
}
