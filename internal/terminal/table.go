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
	Name  string // of what it shows, where that is told apart by one
	Title string
	Cell  func(row T) Span
	Spans func(row T) []Span // instead of Cell: of several styles
	Right bool               // for numbers
	Spare int                // a narrow screen leaves out the column with the highest first; 0: it stays
	Prose bool               // text of any length: the last column, or a line below the row
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
	lines := Grid(columns, t.Rows)
	var left []string
	for s.Width > 0 && Widest(lines) > s.Width {
		var title string
		if columns, title = leaveOut(columns); title == "" {
			break
		}
		left, lines = append(left, title), Grid(columns, t.Rows)
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

// Grid lays rows out under the titles of columns, which are the first line: the
// style of all tables. Columns of numbers stand on the right.
func Grid[T any](columns []Column[T], rows []T) [][]Span {
	right, cells := make([]bool, len(columns)), make([][][]Span, 1+len(rows))
	for i, c := range columns {
		right[i] = c.Right
		cells[0] = append(cells[0], Cell(Plain(c.Title)))
		for n, row := range rows {
			cells[n+1] = append(cells[n+1], c.cell(row))
		}
	}
	lines := Align(cells, right...)
	lines[0] = Cell(Faint(Join(lines[0])))
	return lines
}

func (c Column[T]) cell(row T) []Span {
	if c.Spans != nil {
		return c.Spans(row)
	}
	return Cell(c.Cell(row))
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
