package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

// watchView is all that the screen of a watch shows.
type watchView struct {
	store.Watch
	words.Clock

	filter  string // what the names of the jobs have in them
	trouble string // why the rows are old; empty: they are not
}

// watchText shows how the jobs stand, in so many lines at most (0: all), from
// some row on.
func watchText(v watchView, s terminal.Screen, height, skip int) terminal.Frame {
	p := terminal.NewPage(s)
	v.headline(p)
	if v.total() == 0 {
		v.nothing(p)
		return terminal.Frame{Text: firstLines(p.String(), height)}
	}
	v.warnings(p)
	sections := slices.DeleteFunc([]terminal.Section{v.running(s), v.failed(s), v.unseen(s), v.ended(s)}, func(one terminal.Section) bool {
		return len(one.Rows) == 0
	})
	quiet := v.quiet()
	used := strings.Count(p.String(), "\n")
	if quiet != nil {
		used += 2
	}
	var frame terminal.Frame
	if height > 0 {
		sections, frame.Skip = terminal.Share(sections, height-used, skip)
	}
	for _, one := range sections {
		one.Write(p)
	}
	if len(sections) > 0 {
		frame.Page = sections[0].Shown()
	}
	if quiet != nil {
		p.Blank()
		p.Put(terminal.Fit(quiet, s.Width))
	}
	frame.Text = firstLines(p.String(), height)
	return frame
}

// nothing tells that there are no jobs.
func (v watchView) nothing(p *terminal.Page) {
	if v.filter != "" {
		p.Line(terminal.Plain("no watched job has " + strconv.Quote(v.filter) + " in its name"))
		return
	}
	p.Line(terminal.Plain("no jobs yet; see  "), terminal.Plain("tracker apply --help").Whole(), terminal.Plain("  or  "), terminal.Plain("tracker job add --help").Whole())
}

// firstLines leaves out what does not fit below.
func firstLines(text string, height int) string {
	if lines := strings.SplitAfter(text, "\n"); height > 0 && len(lines) > height {
		return strings.Join(lines[:height], "")
	}
	return text
}

// headline is the answer in one line, with the time where there is room.
func (v watchView) headline(p *terminal.Page) {
	line := v.summary()
	at := terminal.Plain(v.ReadAt.UTC().Format(words.ClockLayout) + " UTC")
	if free := p.Width - terminal.Width(line) - at.Width(); free >= 2 {
		p.Put(append(line, terminal.Plain(strings.Repeat(" ", free)), terminal.Faint(at.Text)))
		return
	}
	p.Put(terminal.Fit(line, p.Width))
}

// warnings tell why what is shown may not be so.
func (v watchView) warnings(p *terminal.Page) {
	if v.trouble != "" {
		p.Line(terminal.Styled(terminal.StyleRed, "the database does not answer, this is what it said last"), terminal.Plain(": "+terminal.Cut(terminal.OneLine(v.trouble), words.QuoteLimit)))
	}
	if text := v.unserved(); text != "" {
		p.Line(terminal.Styled(terminal.StyleYellow, text), terminal.Plain("; start one:  "), terminal.Plain("tracker serve").Whole())
	}
}

// unserved tells that nobody looks; it is empty where somebody does.
func (v watchView) unserved() string { return v.Unserved(v.Now, v.Served) }

// total counts the watched jobs.
func (v watchView) total() int { return v.count(func(store.WatchClass) bool { return true }) }

func (v watchView) count(counts func(store.WatchClass) bool) int {
	n := 0
	for _, class := range v.Classes {
		if counts(class) {
			n += class.Jobs
		}
	}
	return n
}

// going reports a run that has not ended.
func going(c store.WatchClass) bool { return c.State != "" && !c.State.Terminal() }

func unsuccessful(c store.WatchClass) bool {
	return c.State.Terminal() && c.State != history.StateSucceeded
}

// blind reports jobs that nobody can look at, or may.
func blind(c store.WatchClass) bool {
	return c.Tracking == store.TrackingPaused || c.Tracking == store.TrackingActive && (c.Failing || c.SourcePaused)
}

func calm(c store.WatchClass) bool { return !going(c) && !unsuccessful(c) && !blind(c) }

// summary counts the jobs by what there is to know of them.
func (v watchView) summary() []terminal.Span {
	var spans []terminal.Span
	add := func(n int, look terminal.Style, word string) {
		if n == 0 {
			return
		}
		if len(spans) > 0 {
			spans = append(spans, terminal.Faint(" · "))
		}
		spans = append(spans, terminal.Styled(look, terminal.Thousands(int64(n))+" "+word))
	}
	stalled := 0
	for _, run := range v.Running {
		if deref(run.Stalled) {
			stalled++
		}
	}
	add(v.count(going), terminal.StyleBlue, "running")
	if stalled > 0 {
		spans = append(spans, terminal.Styled(terminal.StyleYellow, fmt.Sprintf(" (%s stalled)", terminal.Thousands(int64(stalled)))))
	}
	add(v.count(unsuccessful), terminal.StyleRed, "failed")
	add(v.count(blind), terminal.StyleYellow, "unseen")
	add(v.count(calm), terminal.StyleGreen, "quiet")
	return spans
}

// quiet tells of the jobs that need no line of their own, and when one of them
// is looked at next; nil where there are none.
func (v watchView) quiet() []terminal.Span {
	total := v.count(calm)
	if total == 0 {
		return nil
	}
	unseen := v.count(func(c store.WatchClass) bool { return calm(c) && c.State == "" })
	finished := v.count(func(c store.WatchClass) bool { return calm(c) && c.Tracking == store.TrackingFinished })
	text := terminal.Counted(int64(total), "job")
	if unseen == 0 && total > 1 {
		text += ", all succeeded"
	} else if unseen == 0 {
		text += ", succeeded"
	}
	if unseen > 0 {
		text += fmt.Sprintf(", %s not seen yet", terminal.Thousands(int64(unseen)))
	}
	if finished > 0 {
		text += fmt.Sprintf(", %s finished", terminal.Thousands(int64(finished)))
	}
	return []terminal.Span{terminal.Styled(terminal.StyleBold, "QUIET"), terminal.Plain("  " + text + v.nextLook())}
}

// nextLook tells when the next poll of a quiet job is due.
func (v watchView) nextLook() string {
	var next time.Time
	for _, class := range v.Classes {
		if at := class.NextPollAt; calm(class) && !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	switch {
	case next.IsZero() || v.unserved() != "":
		return ""
	case next.After(v.ReadAt.Add(time.Second)):
		return "; next look " + v.Ago(next)
	default:
		return "; next look now"
	}
}
