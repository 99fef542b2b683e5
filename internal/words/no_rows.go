package words

import (
	"fmt"
	"slices"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"tracker/internal/store"
)

// NoRows says what it means that a report has no rows. That nothing is
// known is no good news: it tells since when anybody has looked, and at what.
func NoRows(none string, asked store.AnswerFilter, t store.Tracked) string {
	jobs := english.Plural(int(t.Jobs), "job", "")
	switch {
	case t.Jobs == 0:
		return "nothing is known: no job is registered; see  tracker apply --help  or  tracker job add --help"
	case t.Polled == 0:
		return fmt.Sprintf("nothing is known: nobody has polled yet; %s registered since %s", jobs, Time(t.RegisteredAt))
	case t.Answered == 0:
		return fmt.Sprintf("nothing is known: no poll was answered yet, the last at %s; see  tracker job list", Time(t.PolledAt))
	}
	text := none
	if asked.Since != nil {
		text += " since " + asked.Since.Format(TimeLayout)
	}
	if asked.Since == nil || BeforeTracked(asked, t) {
		text += "; " + TrackedSince(t)
	}
	if unknown := t.Jobs - t.Answered; unknown > 0 {
		text += fmt.Sprintf("; of %s nothing is known: no poll was answered yet", ofJobs(unknown, t.Jobs))
	}
	if t.Failing > 0 {
		text += fmt.Sprintf("; nobody can look at %s now", ofJobs(t.Failing, t.Jobs))
	}
	return text
}

// BeforeTracked reports that something is asked about a time, or what was known at one,
// before anybody had an answer.
func BeforeTracked(asked store.AnswerFilter, t store.Tracked) bool {
	return slices.ContainsFunc([]*time.Time{asked.Since, asked.AsOf, asked.KnownAt}, func(at *time.Time) bool {
		return at != nil && t.FirstAnswerAt.After(*at)
	})
}

// TrackedSince tells since when anything is known.
func TrackedSince(t store.Tracked) string {
	return fmt.Sprintf("tracked since %s, nobody had an answer before", Time(t.FirstAnswerAt))
}

func ofJobs(n, all int64) string {
	return humanize.Comma(n) + " of " + english.Plural(int(all), "job", "")
}
