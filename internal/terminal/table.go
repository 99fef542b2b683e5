package terminal

import "strings"

// proseRoom is how narrow prose may get beside its row; it stands below otherwise.
const proseRoom = 40

// Table is rows to be shown under titles.
type Table[T any] struct {
	Rows    []T
	Columns []Column[T]
	Empty   string // what it says where there are no rows
}

// Column is one of a table.
type Column[T any] struct {
	Title string
	Cell  func(row T) Span
	Right bool // for numbers
	Spare int  // a narrow screen leaves out the column with the highest first; 0: it stays
	Prose bool // text of any length: the last column, or a line below the row
}

// Text is the table. On a screen that is too narrow for it, prose goes below
// its row, then columns are left out, and named: no cell is cut.
func (t Table[T]) Text(s Screen) string {
	p := NewPage(s)
	if len(t.Rows) == 0 {
		p.Line(Plain(t.Empty))
		return p.String()
	}
	prose, columns := t.split()
	lines := t.grid(columns)
	var left []string
	for s.Width > 0 && Widest(lines) > s.Width {
		var title string
		if columns, title = leaveOut(columns); title == "" {
			break
		}
		left, lines = append(left, title), t.grid(columns)
	}
	t.write(p, lines, prose)
	if len(left) > 0 {
		p.Line(Faint("not shown, for want of width: " + strings.Join(left, ", ")))
	}
	return p.String()
}

// split parts the column of prose, if there is one, from the others.
func (t Table[T]) split() (prose *Column[T], others []Column[T]) {
	for _, c := range t.Columns {
		if c.Prose {
			prose = &c
		} else {
			others = append(others, c)
		}
	}
	return prose, others
}

// leaveOut gives the columns without the one that can best be spared, and its
// title, which is empty where none can be.
func leaveOut[T any](columns []Column[T]) (rest []Column[T], title string) {
	at := 0
	for i, c := range columns {
		if c.Spare > columns[at].Spare {
			at = i
		}
	}
	if len(columns) == 0 || columns[at].Spare == 0 {
		return columns, ""
	}
	rest = append(rest, columns[:at]...)
	return append(rest, columns[at+1:]...), columns[at].Title
}

// grid lays the rows out under a header.
func (t Table[T]) grid(columns []Column[T]) [][]Span {
	titles, right := make([]string, len(columns)), make([]bool, len(columns))
	for i, c := range columns {
		titles[i], right[i] = c.Title, c.Right
	}
	cells := make([][][]Span, len(t.Rows))
	for i, row := range t.Rows {
		for _, c := range columns {
			cells[i] = append(cells[i], Cell(c.Cell(row)))
		}
	}
	return Grid(titles, right, cells)
}

// write writes the lines, each with its prose, if there is any, beside or below it.
func (t Table[T]) write(p *Page, lines [][]Span, prose *Column[T]) {
	said := make([]Span, len(lines))
	longest, beside := 0, Widest(lines)+columnGap
	if prose != nil {
		said[0] = Faint(prose.Title)
		for i, row := range t.Rows {
			said[i+1] = prose.Cell(row)
		}
	}
	for _, text := range said {
		longest = max(longest, text.Width())
	}
	below := p.Width > 0 && p.Width-beside < min(longest, proseRoom)
	for i, line := range lines {
		switch {
		case said[i].Text == "" || below && i == 0:
			p.Put(line)
		case below:
			p.Put(line)
			p.Entry([]Span{Plain("").Pad(hang)}, said[i])
		default:
			p.Entry(PadTo(line, beside), said[i])
		}
	}
}
