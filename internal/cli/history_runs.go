package cli

import (
	"cmp"
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

// runColumn is a column of the table of runs.
type runColumn struct {
	name  string
	right bool
	cell  func(v historyView, run store.RunRow) []terminal.Span
}

// runColumns are all columns; those at the end go first where a screen is too narrow.
func runColumns() []runColumn {
	return []runColumn{
		{"RUN", true, func(_ historyView, run store.RunRow) []terminal.Span {
			return terminal.Cell(terminal.Plain(terminal.Thousands(int64(run.RunNo))))
		}},
		{"STATE", false, func(_ historyView, run store.RunRow) []terminal.Span { return terminal.Cell(words.State(&run.State)) }},
		{"STARTED (UTC)", false, func(v historyView, run store.RunRow) []terminal.Span {
			return terminal.Cell(terminal.Plain(v.startText(run)))
		}},
		{"TOOK", false, func(v historyView, run store.RunRow) []terminal.Span {
			return terminal.Cell(terminal.Plain(v.tookText(run)))
		}},
		{"WARN", true, func(_ historyView, run store.RunRow) []terminal.Span {
			return countCell(run.Warnings, terminal.StyleYellow)
		}},
		{"ERR", true, func(_ historyView, run store.RunRow) []terminal.Span { return countCell(run.Errors, terminal.StyleRed) }},
		{"STEPS", false, historyView.stepsText},
	}
}

// runTable writes the table of runs, each with a note where there is something to say.
func (v historyView) runTable(p *terminal.Page) {
	columns := runColumns()
	shown := len(columns)
	lines := v.runLines(columns)
	for ; shown > 4 && p.Width > 0 && terminal.Widest(lines) > p.Width; shown-- {
		lines = v.runLines(columns[:shown-1])
	}
	p.Put(lines[0])
	beside := terminal.Widest(lines) + 2
	for i, run := range v.Runs {
		note := v.note(run, shown)
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
	if older := int(v.Runs[len(v.Runs)-1].RunNo) - 1; older > 0 && v.runNo == 0 {
		p.Line(terminal.Faint(terminal.Counted(int64(older), "older run") + ":  tracker history " + v.Job.Job + " --runs " + strconv.Itoa(older+len(v.Runs))))
	}
}

// runLines lays the runs out under a header.
func (v historyView) runLines(columns []runColumn) [][]terminal.Span {
	titles, right := make([]string, len(columns)), make([]bool, len(columns))
	for i, column := range columns {
		titles[i], right[i] = column.name, column.right
	}
	cells := make([][][]terminal.Span, len(v.Runs))
	for i, run := range v.Runs {
		for _, column := range columns {
			cells[i] = append(cells[i], column.cell(v, run))
		}
	}
	return terminal.Grid(titles, right, cells)
}

func (v historyView) startText(run store.RunRow) string {
	if run.StartedAt.Equal(run.FirstSeenAt) {
		return v.DayAt(words.CeilSecond(run.StartedAt), "by ")
	}
	return v.DayAt(run.StartedAt, "")
}

func (v historyView) tookText(run store.RunRow) string {
	if history.State(run.State).Terminal() {
		return words.Bounds(run.Duration, run.DurationMax)
	}
	if d := v.soFar(run); d >= time.Second {
		return "≥ " + words.AtLeast(d)
	}
	return ""
}

// stepsMost is how many steps of a run stand in its row.
const stepsMost = 10

// stepsText lists a run's steps with how long they took; a step that did not
// succeed has its symbol.
func (v historyView) stepsText(run store.RunRow) []terminal.Span {
	var spans []terminal.Span
	steps := v.steps(run)
	shown := chiefSteps(steps)
	for _, step := range shown {
		if len(spans) > 0 {
			spans = append(spans, terminal.Faint(" · "))
		}
		spans = append(spans, terminal.Plain(step.Step))
		if symbol, look := words.StateMark(step.State); step.State != string(history.StateSucceeded) {
			spans = append(spans, terminal.Plain(" "), terminal.Styled(look, symbol))
		}
		if took := words.Bounds(step.Duration, step.DurationMax); took != "" {
			spans = append(spans, terminal.Plain(" "+took))
		}
	}
	if more := len(steps) - len(shown); more > 0 {
		spans = append(spans, terminal.Faint(fmt.Sprintf(" · … %s more", terminal.Thousands(int64(more)))))
	}
	return spans
}

// chiefSteps are those that a row has room for, in their order: first those
// that did not succeed, then the first of the others.
func chiefSteps(steps []store.StepRow) []store.StepRow {
	if len(steps) <= stepsMost {
		return steps
	}
	var chief []store.StepRow
	for _, succeeded := range []bool{false, true} {
		for _, step := range steps {
			if len(chief) < stepsMost && (step.State == string(history.StateSucceeded)) == succeeded {
				chief = append(chief, step)
			}
		}
	}
	slices.SortFunc(chief, func(x, y store.StepRow) int { return cmp.Compare(x.StepNo, y.StepNo) })
	return chief
}

// note is what makes a run unlike others. It tells of log entries where their
// columns are not shown.
func (v historyView) note(run store.RunRow, columns int) terminal.Span {
	var parts []string
	look := terminal.StyleNone
	if run.Superseded {
		return terminal.Styled(terminal.StyleMagenta, "superseded, its end was not seen")
	}
	switch history.State(run.State) {
	case history.StateUnknown:
		parts, look = append(parts, "status "+words.Quote(run.Status, false)), terminal.StyleMagenta
	case history.StateFailed:
		if run.Why != nil {
			parts = append(parts, words.Quote(*run.Why, false)+withdrawnText(run))
		}
	default:
		if run.ErrorSummary != nil {
			parts = append(parts, words.Quote(*run.ErrorSummary, false))
		}
	}
	if columns < 6 && run.Errors > 0 {
		parts = append(parts, terminal.Counted(int64(run.Errors), "error"))
	}
	if columns < 5 && run.Warnings > 0 {
		parts = append(parts, terminal.Counted(int64(run.Warnings), "warning"))
	}
	if n := v.oddities(run); n > 0 {
		parts, look = append([]string{plural(n, "anomaly", "anomalies")}, parts...), terminal.StyleMagenta
	}
	if run.ResultCount != nil {
		parts = append(parts, terminal.Counted(*run.ResultCount, "result"))
	}
	return terminal.Styled(look, strings.Join(parts, ", "))
}

// oddities counts a run's anomalies.
func (v historyView) oddities(run store.RunRow) int {
	mine := slices.DeleteFunc(slices.Clone(v.Anomalies), func(a store.AnomalyRow) bool { return a.RunNo != run.RunNo })
	return len(mine)
}

func countCell(n int32, look terminal.Style) []terminal.Span {
	if n == 0 {
		look = terminal.StyleFaint
	}
	return terminal.Cell(terminal.Styled(look, terminal.Thousands(int64(n))))
}
