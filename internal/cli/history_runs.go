package cli

import (
	"strconv"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

// The columns of log entries, among all.
const (
	warnColumn = 4
	errColumn  = 5
)

// runColumns are all columns; those at the end go first where a screen is too narrow.
func runColumns(h words.History) []terminal.Column[store.RunRow] {
	return []terminal.Column[store.RunRow]{
		{Title: "RUN", Right: true, Cell: func(run store.RunRow) terminal.Span { return terminal.Plain(humanize.Comma(int64(run.RunNo))) }},
		{Title: "STATE", Cell: func(run store.RunRow) terminal.Span { return words.State(&run.State) }},
		{Title: "STARTED (UTC)", Cell: func(run store.RunRow) terminal.Span { return terminal.Plain(h.Started(run)) }},
		{Title: "TOOK", Cell: func(run store.RunRow) terminal.Span { return terminal.Plain(h.Took(run)) }},
		{Title: "WARN", Right: true, Cell: func(run store.RunRow) terminal.Span { return countCell(run.Warnings, terminal.StyleYellow) }},
		{Title: "ERR", Right: true, Cell: func(run store.RunRow) terminal.Span { return countCell(run.Errors, terminal.StyleRed) }},
		{Title: "STEPS", Spans: h.RunSteps},
	}
}

// runTable writes the table of runs, each with a note where there is something to say.
func runTable(p *terminal.Page, h words.History) {
	columns := runColumns(h)
	shown := len(columns)
	lines := terminal.Grid(columns, h.Runs)
	for ; shown > 4 && p.Width > 0 && terminal.Widest(lines) > p.Width; shown-- {
		lines = terminal.Grid(columns[:shown-1], h.Runs)
	}
	p.Put(lines[0])
	beside := terminal.Widest(lines) + 2
	for i, run := range h.Runs {
		note := h.Note(run, shown <= errColumn, shown <= warnColumn)
		below := p.Width > 0 && p.Width-beside < terminal.LeastBody
		switch {
		case note.Text == "":
			p.Put(lines[i+1])
		case below:
			p.Put(lines[i+1])
			note.Text = terminal.Cut(note.Text, p.Width-5)
			p.Line(terminal.Plain("     ").Whole(), note.Whole())
		default:
			if p.Width > 0 {
				note.Text = terminal.Cut(note.Text, p.Width-beside)
			}
			p.Put(append(terminal.PadTo(lines[i+1], beside), note))
		}
	}
	if h.LeftOut > 0 && h.RunNo == 0 {
		p.Line(terminal.Faint(english.Plural(h.LeftOut, "older run", "") + ":  tracker history " + h.Job.Job + " --runs " + strconv.Itoa(h.LeftOut+len(h.Runs))))
	}
}

func countCell(n int32, look terminal.Style) terminal.Span {
	if n == 0 {
		look = terminal.StyleFaint
	}
	return terminal.Styled(look, humanize.Comma(int64(n)))
}
