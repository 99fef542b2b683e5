package words

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
)

// Watch tells how the watched jobs stand.
type Watch struct {
	store.Watch
	Clock
}

// Unserved tells that nobody looks; it is empty where somebody does.
func (w Watch) Unserved() string { return w.Clock.Unserved(w.Now, w.Served) }

// Total counts the watched jobs.
func (w Watch) Total() int { return w.Count(func(store.WatchClass) bool { return true }) }

// Count counts the jobs of the classes that count.
func (w Watch) Count(counts func(store.WatchClass) bool) int {
	n := 0
	for _, class := range w.Classes {
		if counts(class) {
			n += class.Jobs
		}
	}
	return n
}

// Going reports jobs whose run that has not ended.
func Going(c store.WatchClass) bool { return c.State != "" && !c.State.Terminal() }

// Unsuccessful reports jobs whose run has ended other than in success.
func Unsuccessful(c store.WatchClass) bool {
	return c.State.Terminal() && c.State != history.StateSucceeded
}

// Blind reports jobs that nobody can look at, or may.
func Blind(c store.WatchClass) bool {
	return c.Tracking == store.TrackingPaused || c.Tracking == store.TrackingActive && (c.Failing || c.SourcePaused)
}

// Calm reports jobs of which there is nothing else to tell.
func Calm(c store.WatchClass) bool { return !Going(c) && !Unsuccessful(c) && !Blind(c) }

// Summary counts the jobs by what there is to know of them: those that need somebody first.
func (w Watch) Summary() []terminal.Span {
	var spans []terminal.Span
	add := func(n int, look terminal.Style, word string) {
		if n == 0 {
			return
		}
		if len(spans) > 0 {
			spans = append(spans, terminal.Faint(" · "))
		}
		spans = append(spans, terminal.Styled(look, humanize.Comma(int64(n))+" "+word))
	}
	add(w.Count(Unsuccessful), terminal.StyleRed, "failed")
	add(w.Stalled, terminal.StyleYellow, "stalled")
	add(w.Count(Blind), terminal.StyleYellow, "unseen")
	add(w.Count(Going)-w.Stalled, terminal.StyleBlue, "running")
	add(w.Count(Calm), terminal.StyleGreen, "quiet")
	return spans
}

// Quiet tells of the jobs that need no line of their own, and when one of them
// is looked at next; it is empty where there are none.
func (w Watch) Quiet() string {
	total := w.Count(Calm)
	if total == 0 {
		return ""
	}
	unseen := w.Count(func(c store.WatchClass) bool { return Calm(c) && c.State == "" })
	finished := w.Count(func(c store.WatchClass) bool { return Calm(c) && c.Tracking == store.TrackingFinished })
	text := english.Plural(total, "job", "")
	if unseen == 0 && total > 1 {
		text += ", all succeeded"
	} else if unseen == 0 {
		text += ", succeeded"
	}
	if unseen > 0 {
		text += fmt.Sprintf(", %s not seen yet", humanize.Comma(int64(unseen)))
	}
	if finished > 0 {
		text += fmt.Sprintf(", %s finished", humanize.Comma(int64(finished)))
	}
	return text + w.nextLook()
}

// nextLook tells when the next poll of a quiet job is due.
func (w Watch) nextLook() string {
	var next time.Time
	for _, class := range w.Classes {
		if at := class.NextPollAt; Calm(class) && !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	switch {
	case next.IsZero() || w.Unserved() != "":
		return ""
	case next.After(w.ReadAt.Add(time.Second)):
		return "; next look " + w.Ago(next)
	default:
		return "; next look now"
	}
}
