package words

import (
	"fmt"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
)

// NotPolled tells why nothing new may be seen of a job, and the way out. It is
// empty of a job that is polled and answered.
func NotPolled(p tracking.Polling) string {
	job, from := p.Job.Name, p.Job.Source
	switch {
	case p.Job.Tracking == store.TrackingPaused && p.Job.PausedReason != "":
		return fmt.Sprintf("nobody looks: job %s is paused: %s; to go on:  tracker job resume %s", job, terminal.OneLine(p.Job.PausedReason), job)
	case p.Job.Tracking == store.TrackingPaused:
		return fmt.Sprintf("nobody looks: job %s is paused; to go on:  tracker job resume %s", job, job)
	case p.Job.Tracking == store.TrackingRemoved:
		return fmt.Sprintf("nobody looks: job %s is removed; what was seen:  tracker history %s", job, job)
	case p.Job.Tracking == store.TrackingFinished:
		return fmt.Sprintf("nobody looks: job %s is finished, since its import has ended; to poll it:  tracker sync %s", job, job)
	case p.Stopped():
		return fmt.Sprintf("nobody looks: source %s is paused: %s; to go on:  tracker source resume %s", from, terminal.OneLine(p.Job.From.PausedReason), from)
	case p.Unserved:
		return "nobody looks: no tracker serves this database; start one:  tracker serve"
	case !p.HeldUntil.IsZero():
		return fmt.Sprintf("nobody looks: source %s is held until %s: the service asked to be left alone; to ask it at once:  tracker source resume %s",
			from, Time(&p.HeldUntil), from)
	case p.Outcome != "":
		return fmt.Sprintf("cannot look: the last poll of job %s was answered: %s", job, Failure(string(p.Outcome), terminal.OneLine(p.Error)))
	default:
		return ""
	}
}
