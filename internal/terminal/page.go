package terminal

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

const (
	// LeastBody is how narrow a text may get beside its lead; it goes on below otherwise.
	LeastBody = 24
	// hang is the indent of lines that go on.
	hang = 4
)

// Span is a piece of text in one style. It is made by the functions below,
// which make any text safe to show.
type Span struct {
	Text  string
	Look  Style
	solid bool // never broken over two lines
}

// Plain is a text of one line.
func Plain(text string) Span { return Span{Text: OneLine(text)} }

// Styled is a text of one line in a style.
func Styled(look Style, text string) Span { return Span{Text: OneLine(text), Look: look} }

// Lines is a text that may have several lines.
func Lines(look Style, text string) Span { return Span{Text: Printable(text), Look: look} }

// Faint is a text of one line that is less than the others.
func Faint(text string) Span { return Styled(StyleFaint, text) }

// Whole keeps the span on one line.
func (s Span) Whole() Span {
	s.solid = true
	return s
}

// Width is how many columns the span takes.
func (s Span) Width() int { return text.StringWidthWithoutEscSequences(s.Text) }

// Pad fills the span with blanks.
func (s Span) Pad(width int) Span {
	s.Text = text.Pad(s.Text, width, ' ')
	return s
}

// Width is how many columns spans in a row take.
func Width(spans []Span) int {
	width := 0
	for _, s := range spans {
		width += s.Width()
	}
	return width
}

// Join is the text of spans in a row, without their styles.
func Join(spans []Span) string { return Screen{}.Render(spans...) }

// Render writes spans in a row.
func (s Screen) Render(spans ...Span) string {
	var b strings.Builder
	for _, one := range spans {
		b.WriteString(s.Paint(one.Look, one.Text))
	}
	return b.String()
}

// Page is a text in the making, laid out for a screen.
type Page struct {
	Screen
	out strings.Builder
}

// NewPage begins a page.
func NewPage(s Screen) *Page { return &Page{Screen: s} }

// String is the text so far.
func (p *Page) String() string { return p.out.String() }

// Write implements io.Writer, for what lays itself out.
func (p *Page) Write(text []byte) (int, error) { return p.out.Write(text) }

// Line writes spans as one paragraph, which goes on in an indented line where
// the screen ends.
func (p *Page) Line(spans ...Span) { p.Entry(nil, spans...) }

// Blank writes an empty line.
func (p *Page) Blank() { p.out.WriteString("\n") }

// Entry writes a body beside its lead. The body goes on under itself, or under
// the lead where there is too little room. Where the screen is unbounded an
// entry is one line, whatever is in it.
func (p *Page) Entry(lead []Span, body ...Span) {
	if p.Width <= 0 {
		row := append([]Span{}, lead...)
		for _, s := range body {
			s.Text = OneLine(s.Text)
			row = append(row, s)
		}
		p.Put(row)
		return
	}
	l := layout{page: p, row: append([]Span{}, lead...), used: Width(lead), indent: Width(lead)}
	if l.used == 0 || p.Width-l.used < LeastBody {
		l.indent = min(hang, p.Width/2)
	}
	for _, w := range splitWords(body) {
		l.place(w)
	}
	p.Put(l.row)
}

// Put writes one line of the screen, without the blanks at its end.
func (p *Page) Put(row []Span) {
	for len(row) > 0 {
		last := &row[len(row)-1]
		if last.Text = strings.TrimRight(last.Text, " "); last.Text != "" {
			break
		}
		row = row[:len(row)-1]
	}
	p.out.WriteString(p.Render(row...) + "\n")
}
