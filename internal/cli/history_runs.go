package cli

import (
	"strconv"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

// runColumn is a column of the table of runs.
type runColumn struct {
	name  string
	right bool
	cell  func(h words.History, run store.RunRow) []terminal.Span
}

// The columns of log entries, among all.
const (
	warnColumn = 4
	errColumn  = 5
)

// runColumns are all columns; those at the end go first where a screen is too narrow.
func runColumns() []runColumn {
	return []runColumn{
		{"RUN", true, func(_ words.History, run store.RunRow) []terminal.Span {
			return terminal.Cell(terminal.Plain(terminal.Thousands(int64(run.RunNo))))
		}},
		{"STATE", false, func(_ words.History, run store.RunRow) []terminal.Span { return terminal.Cell(words.State(&run.State)) }},
		{"STARTED (UTC)", false, func(h words.History, run store.RunRow) []terminal.Span {
			return terminal.Cell(terminal.Plain(h.Started(run)))
		}},
		{"TOOK", false, func(h words.History, run store.RunRow) []terminal.Span {
			return terminal.Cell(terminal.Plain(h.Took(run)))
		}},
		{"WARN", true, func(_ words.History, run store.RunRow) []terminal.Span {
			return countCell(run.Warnings, terminal.StyleYellow)
		}},
		{"ERR", true, func(_ words.History, run store.RunRow) []terminal.Span {
			return countCell(run.Errors, terminal.StyleRed)
		}},
		{"STEPS", false, words.History.RunSteps},
	}
}

// runTable writes the table of runs, each with a note where there is something to say.
func runTable(p *terminal.Page, h words.History) {
	columns := runColumns()
	shown := len(columns)
	lines := runLines(h, columns)
	for ; shown > 4 && p.Width > 0 && terminal.Widest(lines) > p.Width; shown-- {
		lines = runLines(h, columns[:shown-1])
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
	if older := h.OlderRuns(); older > 0 && h.RunNo == 0 {
		p.Line(terminal.Faint(terminal.Counted(int64(older), "older run") + ":  tracker history " + h.Job.Job + " --runs " + strconv.Itoa(older+len(h.Runs))))
	}
}

// runLines lays the runs out under a header.
func runLines(h words.History, columns []runColumn) [][]terminal.Span {
	titles, right := make([]string, len(columns)), make([]bool, len(columns))
	for i, column := range columns {
		titles[i], right[i] = column.name, column.right
	}
	cells := make([][][]terminal.Span, len(h.Runs))
	for i, run := range h.Runs {
		for _, column := range columns {
			cells[i] = append(cells[i], column.cell(h, run))
		}
	}
	return terminal.Grid(titles, right, cells)
}

func countCell(n int32, look terminal.Style) []terminal.Span {
	if n == 0 {
		look = terminal.StyleFaint
	}
	return terminal.Cell(terminal.Styled(look, terminal.Thousands(int64(n))))
}
