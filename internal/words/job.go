package words

import (
	"time"

	"tracker/internal/store"
	"tracker/internal/terminal"
)

// Tracking shows how a job is tracked, marked where nobody polls it. blocked
// is how its source stands, if that may not be asked.
func Tracking(tracking, blocked string) terminal.Span {
	switch {
	case tracking == string(store.TrackingPaused):
		return terminal.Styled(terminal.StyleYellow, tracking)
	case tracking == string(store.TrackingActive) && blocked != "":
		return terminal.Styled(terminal.StyleYellow, "source "+blocked)
	}
	return terminal.Plain(tracking)
}

// StateSince tells since when a job has its state; nothing where it has none.
func (c Clock) StateSince(job store.JobRow) []terminal.Span {
	if job.StateSince == nil {
		return nil
	}
	at := By(*job.StateSince, job.StateSinceReported, c.Whole)
	return []terminal.Span{terminal.Plain(at).Whole(), terminal.Plain(" "), terminal.Plain("(" + AgoBy(job.StateSince, job.StateSinceReported, c.ReadAt) + ")").Whole()}
}

// TimeAnd tells when something was, or is to be, and how long that is; nothing for null.
func TimeAnd(at *time.Time, ago func(time.Time) string) []terminal.Span {
	if at == nil {
		return nil
	}
	return []terminal.Span{terminal.Plain(Time(at)).Whole(), terminal.Plain(" "), terminal.Plain("(" + ago(*at) + ")").Whole()}
}
