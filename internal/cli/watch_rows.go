package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

const (
	// wideWidth is where a screen has room for more.
	wideWidth = 130
	// leastText is how narrow the text at the end of a row may get.
	leastText = 36
)

// running is the section of the runs that go on.
func (v watchView) running(s terminal.Screen) terminal.Section {
	narrowest := 3
	var rows [][][]terminal.Span
	for detail := range narrowest + 1 {
		rows = nil
		for _, run := range v.Running {
			rows = append(rows, v.runningRow(run, s, detail))
		}
		if s.Width <= 0 || terminal.Widest(terminal.Align(rows)) <= s.Width {
			break
		}
	}
	return terminal.NewSection("RUNNING NOW", oneLined(rows, s), v.Count(words.Going))
}

// runningRow shows a run; the higher detail, the less of it.
func (v watchView) runningRow(run store.WatchRun, s terminal.Screen, detail int) [][]terminal.Span {
	width := s.Width
	if width <= 0 {
		width = wideWidth
	}
	symbol, look := words.StateMark(run.State)
	row := [][]terminal.Span{{terminal.Styled(look, symbol), terminal.Plain(" "), terminal.Plain(terminal.Cut(run.Job, max(20, width/4)))}}
	if detail == 0 && width >= wideWidth {
		row = append(row, terminal.Cell(terminal.Faint(terminal.Cut(run.Source, 24))), terminal.Cell(terminal.Faint(fmt.Sprintf("run %d", run.RunNo))))
	}
	row = append(row, terminal.Cell(terminal.Plain(terminal.Cut(words.InStep(run), max(8, width/6)))))
	if detail < 3 {
		row = append(row, v.progressBar(run, []int{width / 6, width / 7, width / 10}[detail]))
	}
	row = append(row, v.Progress(run, detail > 1))
	if detail == 0 {
		row = append(row, terminal.Cell(terminal.Faint("since "+v.Near(words.Began(run.RunRow)))))
	}
	return append(row, v.LastSeen(run, detail > 1))
}

// progressBar shows how far a run has come of what is usual.
func (v watchView) progressBar(run store.WatchRun, width int) []terminal.Span {
	d, _ := v.SoFar(run)
	usual := run.Pace.Median
	if usual == 0 {
		return terminal.Cell(terminal.Faint("·").Pad(width))
	}
	look := terminal.StyleBlue
	if store.OrZero(run.Stalled) {
		look = terminal.StyleYellow
	}
	return terminal.Bar(d.Seconds(), usual.Seconds(), width, look)
}

// ended is the section of the runs that have just ended well.
func (v watchView) ended(s terminal.Screen) terminal.Section {
	var rows [][][]terminal.Span
	for _, run := range v.Ended[:min(len(v.Ended), 5)] {
		symbol, look := words.StateMark(run.State)
		rows = append(rows, [][]terminal.Span{
			{terminal.Styled(look, symbol), terminal.Plain(" "), terminal.Plain(terminal.Cut(run.Job, jobWidth(s)))}, terminal.Cell(terminal.Faint(words.Ago(run.EndedAt, v.ReadAt))), terminal.Cell(terminal.Plain(words.Success(run))),
		})
	}
	return terminal.NewSection("JUST SUCCEEDED", oneLined(rows, s), len(v.Ended))
}

// jobWidth is how wide the name of a job may get beside other things.
func jobWidth(s terminal.Screen) int {
	if s.Width <= 0 {
		return 63
	}
	return max(12, s.Width/3)
}

// oneLined is rows that stand under each other, each of one line.
func oneLined(rows [][][]terminal.Span, s terminal.Screen) [][][]terminal.Span {
	shown := make([][][]terminal.Span, len(rows))
	for i, line := range terminal.Align(rows) {
		shown[i] = [][]terminal.Span{terminal.Fit(line, s.Width)}
	}
	return shown
}

// told is rows that end in a text of any length: beside the rest, or below it
// where there is too little room.
func told(rows [][][]terminal.Span, texts []terminal.Span, s terminal.Screen) [][][]terminal.Span {
	if s.Width <= 0 || s.Width-terminal.Widest(terminal.Align(rows))-2 >= leastText {
		for i := range rows {
			rows[i] = append(rows[i], terminal.Cell(texts[i]))
		}
		return oneLined(rows, s)
	}
	shown := oneLined(rows, s)
	for i := range shown {
		shown[i] = append(shown[i], terminal.Fit([]terminal.Span{terminal.Plain("  "), texts[i]}, s.Width))
	}
	return shown
}

// failed is the section of the runs that have ended other than well.
func (v watchView) failed(s terminal.Screen) terminal.Section {
	var rows [][][]terminal.Span
	var texts []terminal.Span
	for _, run := range v.Failed {
		symbol, look := words.StateMark(run.State)
		where := strings.TrimSpace(fmt.Sprintf("run %d %s", run.RunNo, words.Where(run)))
		rows = append(rows, [][]terminal.Span{
			{terminal.Styled(look, symbol), terminal.Plain(" "), terminal.Plain(terminal.Cut(run.Job, jobWidth(s)))},
			terminal.Cell(terminal.Faint(v.RunEnded(run))), terminal.Cell(terminal.Plain(terminal.Cut(terminal.OneLine(where), jobWidth(s)))),
		})
		texts = append(texts, terminal.Styled(look, cmp.Or(words.Why(run.RunRow), "the service gives no reason")))
	}
	return terminal.NewSection("FAILED", told(rows, texts, s), v.Count(words.Unsuccessful))
}

// unseen is the section of the jobs that nobody can look at, and why.
func (v watchView) unseen(s terminal.Screen) terminal.Section {
	var rows [][][]terminal.Span
	var texts []terminal.Span
	all := v.Unseen()
	for _, u := range all {
		mark := terminal.Styled(terminal.StyleYellow, "!")
		rows = append(rows, [][]terminal.Span{{mark, terminal.Plain(" "), terminal.Plain(terminal.Cut(u.Who, jobWidth(s)))}, terminal.Cell(terminal.Faint(u.Since))})
		texts = append(texts, terminal.Styled(terminal.StyleYellow, u.Why))
	}
	shown := told(rows, texts, s)
	for i, u := range all {
		if names := namesText(u.Names, u.Jobs, s); names != "" {
			shown[i] = append(shown[i], []terminal.Span{terminal.Plain(namesIndent), terminal.Faint(names)})
		}
	}
	return terminal.NewSection("CANNOT LOOK", shown, len(rows))
}

// namesIndent stands before names below a row.
const namesIndent = "  "

// namesText lists as many of the names as a line has room for, and counts the
// other jobs.
func namesText(names []string, jobs int, s terminal.Screen) string {
	for shown := len(names); shown > 0; shown-- {
		text := terminal.OneLine(strings.Join(names[:shown], ", "))
		if jobs > shown {
			text += fmt.Sprintf(" and %s more", humanize.Comma(int64(jobs-shown)))
		}
		if s.Width <= 0 || len(namesIndent)+terminal.Plain(text).Width() <= s.Width {
			return text
		}
	}
	return terminal.Cut(terminal.OneLine(strings.Join(names, ", ")), max(1, s.Width-len(namesIndent)))
}
