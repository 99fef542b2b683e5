package cli

import (
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"

	"tracker/internal/audit"
	"tracker/internal/terminal"
)

// progressRetry is how soon to try again to end a picture that has just begun.
const progressRetry = 10 * time.Millisecond

// verifyProgress shows how far a verification has come, with a bar for each part, where
// stderr is a terminal.
type verifyProgress struct {
	bar   progress.Writer // nil: stderr is none
	parts map[string]*progress.Tracker
	ended chan struct{} // closed when the last picture is drawn
}

func (a *app) newVerifyProgress() *verifyProgress {
	p := &verifyProgress{parts: map[string]*progress.Tracker{}}
	if !terminal.IsTerminal(a.stderr) {
		return p
	}
	p.bar = progress.NewWriter()
	p.bar.SetOutputWriter(a.stderr)
	p.bar.SetTrackerLength(30)
	p.ended = make(chan struct{})
	go func() {
		defer close(p.ended)
		p.bar.Render()
	}()
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
	for { // it is stopped only once it draws
		p.bar.Stop()
		select {
		case <-p.ended:
			return
		case <-time.After(progressRetry):
		}
	}
}
