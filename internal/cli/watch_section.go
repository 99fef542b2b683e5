package cli

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/text"
)

// section is a heading with rows under it, each of one line or a few.
type section struct {
	title string
	rows  [][][]span
	total int // rows there are in all
	shown int // rows there is room for
}

func newSection(title string, rows [][][]span, total int) section {
	return section{title: title, rows: rows, total: max(total, len(rows)), shown: len(rows)}
}

// headingLines is a section's heading and the line before it.
const headingLines = 2

// write writes the section's heading and as many rows as there is room for.
func (s section) write(p *page) {
	p.blank()
	title := []span{styled(styleBold, s.title)}
	if s.total > s.shown {
		title = append(title, faint(fmt.Sprintf("  %s of %s", thousands(int64(s.shown)), thousands(int64(s.total)))))
	}
	p.put(title)
	for _, row := range s.rows[:s.shown] {
		for _, line := range row {
			p.put(line)
		}
	}
}

// share gives the sections the rows that so many lines have room for: in turn
// one each, so that none pushes out another. Where there is not even room for
// that, the last sections are left out.
func share(sections []section, height int) []section {
	least := func(s section) int { return headingLines + len(s.rows[0]) }
	for used, i := 0, 0; i < len(sections); i++ {
		if used += least(sections[i]); used > height {
			sections = sections[:i]
		}
	}
	for i := range sections {
		sections[i].shown = 0
		height -= headingLines
	}
	for given := true; given; {
		given = false
		for i := range sections {
			s := &sections[i]
			if s.shown < len(s.rows) && len(s.rows[s.shown]) <= height {
				height -= len(s.rows[s.shown])
				s.shown++
				given = true
			}
		}
	}
	return sections
}

// align pads the cells of rows so that they stand under each other, two blanks
// apart, and gives each row as one line of at most so many columns (0: any).
func align(rows [][][]span, width int) [][][]span {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], spansWidth(cell))
		}
	}
	aligned := make([][][]span, len(rows))
	for n, row := range rows {
		var line []span
		for i, cell := range row {
			line = append(line, cell...)
			if gap := widths[i] - spansWidth(cell) + 2; i < len(row)-1 && widths[i] > 0 {
				line = append(line, plain("").pad(gap))
			}
		}
		aligned[n] = [][]span{fit(line, width)}
	}
	return aligned
}

// widthOf is how wide the widest row of a grid is.
func widthOf(rows [][][]span) int {
	widest := 0
	for _, row := range align(rows, 0) {
		widest = max(widest, spansWidth(row[0]))
	}
	return widest
}

// fit cuts a line to so many columns (0: any).
func fit(line []span, width int) []span {
	if width <= 0 || spansWidth(line) <= width {
		return line
	}
	var fitted []span
	for _, s := range line {
		if w := s.width(); w < width {
			fitted, width = append(fitted, s), width-w
			continue
		}
		s.text = cut(s.text+" ", width) // the blank: something follows that is left out
		return append(fitted, s)
	}
	return fitted
}

// cell is a cell of one span.
func cell(s span) []span { return []span{s} }

// bar shows a part of the whole in so many columns.
func bar(part, whole float64, width int, look style) []span {
	full := width
	if part < whole {
		full = int(part / whole * float64(width))
	}
	return []span{styled(look, text.RepeatAndTrim("▓", full)), faint(text.RepeatAndTrim("░", width-full))}
}
