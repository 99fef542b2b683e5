package terminal

import (
	"strings"

	pretty "github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

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
	rows := t.grid(s, columns)
	var left []string
	for s.Width > 0 && Widest(rows) > s.Width {
		var title string
		if columns, title = leaveOut(columns); title == "" {
			break
		}
		left, rows = append(left, title), t.grid(s, columns)
	}
	if prose == nil {
		p.Rows(strings.Join(rows, "\n"))
	} else {
		t.writeWithProse(p, rows, *prose)
	}
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
func (t Table[T]) grid(s Screen, columns []Column[T]) []string {
	titles, right := make([]string, len(columns)), make([]bool, len(columns))
	for i, c := range columns {
		titles[i], right[i] = c.Title, c.Right
	}
	cells := make([][]string, len(t.Rows))
	for i, row := range t.Rows {
		for _, c := range columns {
			cells[i] = append(cells[i], s.Render(c.Cell(row)))
		}
	}
	return Grid(s, titles, right, cells)
}

// writeWithProse writes the rows with their prose beside or below them.
func (t Table[T]) writeWithProse(p *Page, rows []string, prose Column[T]) {
	longest, beside := text.StringWidthWithoutEscSequences(prose.Title), Widest(rows)+2
	for _, row := range t.Rows {
		longest = max(longest, prose.Cell(row).Width())
	}
	below := p.Width > 0 && p.Width-beside < min(longest, proseRoom)
	if below {
		p.Rows(rows[0])
	} else {
		p.Entry([]Span{{Text: text.Pad(rows[0], beside, ' ')}}, Faint(prose.Title))
	}
	for i, row := range t.Rows {
		switch said := prose.Cell(row); {
		case said.Text == "":
			p.Rows(rows[i+1])
		case below:
			p.Rows(rows[i+1])
			p.Entry([]Span{Plain("").Pad(hang)}, said)
		default:
			p.Entry([]Span{{Text: text.Pad(rows[i+1], beside, ' ')}}, said)
		}
	}
}

// Grid lays cells out under titles, two blanks apart and without lines: the
// style of all screens. The first row is the titles.
func Grid(s Screen, titles []string, right []bool, cells [][]string) []string {
	w := pretty.NewWriter()
	style := pretty.StyleDefault
	style.Options = pretty.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Format.Header = 0
	w.SetStyle(style)
	w.SuppressTrailingSpaces()
	var configs []pretty.ColumnConfig
	for i := range titles {
		if right[i] {
			configs = append(configs, pretty.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
	}
	w.SetColumnConfigs(configs)
	w.AppendHeader(tableRow(titles))
	for _, row := range cells {
		w.AppendRow(tableRow(row))
	}
	rows := strings.Split(w.Render(), "\n")
	rows[0] = s.Paint(StyleFaint, rows[0])
	return rows
}

func tableRow(cells []string) pretty.Row {
	row := make(pretty.Row, len(cells))
	for i, cell := range cells {
		row[i] = cell
	}
	return row
}

// Widest is how wide the widest of the rows is.
func Widest(rows []string) int { return text.LongestLineLen(strings.Join(rows, "\n")) }
