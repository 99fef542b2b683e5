package words

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize/english"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
)

// SoFar is how long a run is known to go on, and whether that is up to now.
func (w Watch) SoFar(run store.WatchRun) (d time.Duration, now bool) {
	until := run.ConfirmedAt
	if run.Failures == 0 && w.ReadAt.Sub(run.ConfirmedAt) <= FreshPoll && w.Unserved() == "" {
		until, now = w.ReadAt, true
	}
	return max(0, until.Sub(Began(run.RunRow))), now
}

// Began is when a run began, but no later than when it was first seen: a
// service's clock may be ahead.
func Began(run store.RunRow) time.Time {
	if run.FirstSeenAt.IsZero() {
		return run.StartedAt
	}
	return history.EffectiveAt(run.StartedAt, run.FirstSeenAt)
}

// InStep names the step that a run is in, or tells how it stands where there is none.
func InStep(run store.WatchRun) string {
	switch {
	case run.Step == "" && history.State(run.State) == history.StateUnknown:
		return terminal.OneLine(run.Status)
	case run.Step == "":
		return run.State
	case history.State(run.StepState).Terminal():
		return "after " + run.Step
	default:
		return run.Step
	}
}

// Progress tells how long a run goes on, and how long that usually takes.
func (w Watch) Progress(run store.WatchRun, short bool) []terminal.Span {
	d, now := w.SoFar(run)
	usual := run.Pace.Median
	elapsed := AtLeast(d)
	if !now || !run.Reported {
		elapsed = "≥ " + elapsed
	}
	about := Roughly(usual)
	switch {
	case store.OrZero(run.Stalled) && short:
		return terminal.Cell(terminal.Styled(terminal.StyleYellow, elapsed+" stalled"))
	case store.OrZero(run.Stalled):
		return terminal.Cell(terminal.Styled(terminal.StyleYellow, elapsed+", "+Stalled(run.Pace)))
	case usual == 0:
		return terminal.Cell(terminal.Plain(elapsed))
	case short:
		return []terminal.Span{terminal.Plain(elapsed), terminal.Faint("/" + about)}
	case d > usual:
		return []terminal.Span{terminal.Plain(elapsed), terminal.Faint(", usually " + about)}
	default:
		return []terminal.Span{terminal.Plain(elapsed), terminal.Faint(" of about " + about)}
	}
}

// LastSeen tells when somebody last saw the run.
func (w Watch) LastSeen(run store.WatchRun, short bool) []terminal.Span {
	age := max(0, w.ReadAt.Sub(run.ConfirmedAt))
	text, look := Age(age), terminal.StyleFaint
	if !short {
		text = "seen " + w.Ago(run.ConfirmedAt)
	}
	if _, now := w.SoFar(run); !now {
		look = terminal.StyleYellow
	}
	return terminal.Cell(terminal.Styled(look, text))
}

// RunEnded tells when a run has ended.
func (w Watch) RunEnded(run store.WatchRun) string {
	return By(store.OrZero(run.EndedAt), run.Reported, w.Near)
}

// Success tells in a few words of a run that has ended well.
func Success(run store.WatchRun) string {
	sentence := fmt.Sprintf("run %d", run.RunNo)
	if took := Bounds(run.Duration, run.DurationMax); took != "" {
		sentence += " after " + took
	}
	if run.Warnings > 0 {
		sentence += ", " + english.Plural(int(run.Warnings), "warning", "")
	}
	if run.ErrorSummary != nil {
		sentence += "; " + Quote(*run.ErrorSummary, false)
	}
	return sentence
}
