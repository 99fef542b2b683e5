package terminal

import "slices"

// columnGap is how many blanks stand between two columns.
const columnGap = 2

// Align pads the cells of rows so that they stand under each other, and gives
// each row as one line. A column that has nothing in any row takes no room.
func Align(rows [][][]Span, right ...bool) [][]Span {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], Width(cell))
		}
	}
	lines := make([][]Span, len(rows))
	for n, row := range rows {
		indent := 0 // of the next cell
		for i, cell := range row {
			free := widths[i] - Width(cell)
			if i < len(right) && right[i] {
				indent, free = indent+free, 0
			}
			if indent > 0 {
				lines[n] = append(lines[n], Plain("").Pad(indent))
			}
			lines[n] = append(lines[n], cell...)
			if indent = free; widths[i] > 0 {
				indent += columnGap
			}
		}
	}
	return lines
}

// Widest is how wide the widest of the lines is.
func Widest(lines [][]Span) int {
	widest := 0
	for _, line := range lines {
		widest = max(widest, Width(line))
	}
	return widest
}

// Cell is a cell of one span.
func Cell(s Span) []Span { return []Span{s} }

// Fit cuts a line to so many columns (0: any).
func Fit(line []Span, width int) []Span {
	if width <= 0 || Width(line) <= width {
		return line
	}
	var fitted []Span
	for _, s := range line {
		if w := s.Width(); w < width {
			fitted, width = append(fitted, s), width-w
			continue
		}
		s.Text = Cut(s.Text+" ", width) // the blank: something follows that is left out
		return append(fitted, s)
	}
	return fitted
}

// PadTo fills a line with blanks up to so many columns.
func PadTo(line []Span, width int) []Span {
	return append(slices.Clip(line), Plain("").Pad(width-Width(line)))
}
