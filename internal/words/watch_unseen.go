package words

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize/english"

	"tracker/internal/store"
)

// Unseen is jobs that nobody can look at, or may, for one reason.
type Unseen struct {
	Who   string
	Since string // when that began, or how long it lasts
	Why   string
	Jobs  int
	Names []string // of the first of them; none where Who is the job's

	Source  string
	Stopped bool // the source is not to be asked: it is paused or held
}

// Unseen tells of the jobs that nobody can look at, and why: of those that
// fail first.
func (w Watch) Unseen() []Unseen {
	var all []Unseen
	for _, f := range w.Failing {
		all = append(all, unseenOf(f.Names, f.Jobs, f.Source, "since "+w.Near(f.Since), Failure(string(f.Outcome), f.Error)))
	}
	for _, from := range w.Sources {
		all = append(all, w.unseenSource(from))
	}
	for _, paused := range w.Paused {
		since := "never seen"
		if !paused.PolledAt.IsZero() {
			since = "since " + w.Near(paused.PolledAt)
		}
		all = append(all, unseenOf(paused.Names, paused.Jobs, paused.Source, since, strings.TrimSuffix("paused: "+paused.Reason, ": ")))
	}
	return all
}

// unseenOf names a job, or counts those of a source.
func unseenOf(names []string, jobs int, from, since, why string) Unseen {
	if jobs == 1 {
		return Unseen{Who: names[0], Since: since, Why: why, Jobs: jobs, Source: from}
	}
	return Unseen{Who: fmt.Sprintf("%s of %s", english.Plural(jobs, "job", ""), from), Since: since, Why: why, Jobs: jobs, Names: names, Source: from}
}

func (w Watch) unseenSource(from store.WatchSource) Unseen {
	u := Unseen{Who: fmt.Sprintf("%s (%s)", from.Source, english.Plural(from.Jobs, "job", "")), Jobs: from.Jobs, Names: from.Names, Source: from.Source, Stopped: true}
	if from.PausedAt.IsZero() {
		u.Since, u.Why = "until "+w.Near(from.HeldUntil), "the service asked to be left alone"
	} else {
		u.Since, u.Why = "since "+w.Near(from.PausedAt), "source paused: "+from.Reason
	}
	return u
}
