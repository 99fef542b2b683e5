package cli

import (
	"strings"

	pretty "github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// proseRoom is how narrow prose may get beside its row; it stands below otherwise.
const proseRoom = 40

// table is rows to be shown under titles.
type table[T any] struct {
	rows    []T
	columns []column[T]
	none    string // what it says where there are no rows
}

// column is one of a table.
type column[T any] struct {
	title string
	cell  func(row T) span
	right bool // for numbers
	spare int  // a narrow screen leaves out the column with the highest first; 0: it stays
	prose bool // text of any length: the last column, or a line below the row
}

// text is the table. On a screen that is too narrow for it, prose goes below
// its row, then columns are left out, and named: no cell is cut.
func (t table[T]) text(s screen) string {
	p := newPage(s)
	if len(t.rows) == 0 {
		p.line(plain(t.none))
		return p.String()
	}
	prose, columns := t.split()
	rows := t.grid(s, columns)
	var left []string
	for s.width > 0 && widest(rows) > s.width {
		var title string
		if columns, title = leaveOut(columns); title == "" {
			break
		}
		left, rows = append(left, title), t.grid(s, columns)
	}
	if prose == nil {
		p.rows(strings.Join(rows, "\n"))
	} else {
		t.writeWithProse(p, rows, *prose)
	}
	if len(left) > 0 {
		p.line(faint("not shown, for want of width: " + strings.Join(left, ", ")))
	}
	return p.String()
}

// split parts the column of prose, if there is one, from the others.
func (t table[T]) split() (prose *column[T], others []column[T]) {
	for _, c := range t.columns {
		if c.prose {
			prose = &c
		} else {
			others = append(others, c)
		}
	}
	return prose, others
}

// leaveOut gives the columns without the one that can best be spared, and its
// title, which is empty where none can be.
func leaveOut[T any](columns []column[T]) (rest []column[T], title string) {
	at := 0
	for i, c := range columns {
		if c.spare > columns[at].spare {
			at = i
		}
	}
	if len(columns) == 0 || columns[at].spare == 0 {
		return columns, ""
	}
	rest = append(rest, columns[:at]...)
	return append(rest, columns[at+1:]...), columns[at].title
}

// grid lays the rows out under a header.
func (t table[T]) grid(s screen, columns []column[T]) []string {
	titles, right := make([]string, len(columns)), make([]bool, len(columns))
	for i, c := range columns {
		titles[i], right[i] = c.title, c.right
	}
	cells := make([][]string, len(t.rows))
	for i, row := range t.rows {
		for _, c := range columns {
			cells[i] = append(cells[i], s.render(c.cell(row)))
		}
	}
	return gridRows(s, titles, right, cells)
}

// writeWithProse writes the rows with their prose beside or below them.
func (t table[T]) writeWithProse(p *page, rows []string, prose column[T]) {
	longest, beside := text.StringWidthWithoutEscSequences(prose.title), widest(rows)+2
	for _, row := range t.rows {
		longest = max(longest, prose.cell(row).width())
	}
	below := p.width > 0 && p.width-beside < min(longest, proseRoom)
	if below {
		p.rows(rows[0])
	} else {
		p.entry([]span{{text: text.Pad(rows[0], beside, ' ')}}, faint(prose.title))
	}
	for i, row := range t.rows {
		switch said := prose.cell(row); {
		case said.text == "":
			p.rows(rows[i+1])
		case below:
			p.rows(rows[i+1])
			p.entry([]span{plain("").pad(hang)}, said)
		default:
			p.entry([]span{{text: text.Pad(rows[i+1], beside, ' ')}}, said)
		}
	}
}

// gridRows lays cells out under titles, two blanks apart and without lines: the
// style of all screens. The first row is the titles.
func gridRows(s screen, titles []string, right []bool, cells [][]string) []string {
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
	rows[0] = s.paint(styleFaint, rows[0])
	return rows
}

func tableRow(cells []string) pretty.Row {
	row := make(pretty.Row, len(cells))
	for i, cell := range cells {
		row[i] = cell
	}
	return row
}

// widest is how wide the widest of the rows is.
func widest(rows []string) int { return text.LongestLineLen(strings.Join(rows, "\n")) }
