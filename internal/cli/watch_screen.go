package cli

import (
	"slices"
	"strconv"
	"strings"

	"tracker/internal/terminal"
	"tracker/internal/words"
)

// watchView is all that the screen of a watch shows.
type watchView struct {
	words.Watch

	filter  string // what the names of the jobs have in them
	trouble string // why the rows are old; empty: they are not
}

// watchText shows how the jobs stand, in so many lines at most (0: all), from
// some row on.
func watchText(v watchView, s terminal.Screen, height, skip int) terminal.Frame {
	p := terminal.NewPage(s)
	v.headline(p)
	if v.Total() == 0 {
		v.nothing(p)
		return terminal.Frame{Text: firstLines(p.String(), height)}
	}
	v.warnings(p)
	sections := slices.DeleteFunc([]terminal.Section{v.running(s), v.failed(s), v.unseen(s), v.ended(s)}, func(one terminal.Section) bool {
		return len(one.Rows) == 0
	})
	quiet := v.Quiet()
	used := strings.Count(p.String(), "\n")
	if quiet != "" {
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
	if quiet != "" {
		p.Blank()
		p.Put(terminal.Fit([]terminal.Span{terminal.Styled(terminal.StyleBold, "QUIET"), terminal.Plain("  " + quiet)}, s.Width))
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
	line := v.Summary()
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
	if text := v.Unserved(); text != "" {
		p.Line(terminal.Styled(terminal.StyleYellow, text), terminal.Plain("; start one:  "), terminal.Plain("tracker serve").Whole())
	}
}
