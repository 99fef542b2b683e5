package cli

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

const (
	// leastBody is how narrow a text may get beside its lead; it goes on below otherwise.
	leastBody = 24
	// hang is the indent of lines that go on.
	hang = 4
)

// span is a piece of text in one style. It is made by the functions below,
// which make any text safe to show.
type span struct {
	text  string
	look  style
	solid bool // never broken over two lines
}

// plain is a text of one line, styled is one in a style.
func plain(text string) span { return span{text: oneLine(text)} }

func styled(look style, text string) span { return span{text: oneLine(text), look: look} }

// lines is a text that may have several lines.
func lines(look style, text string) span { return span{text: printable(text), look: look} }

func faint(text string) span { return styled(styleFaint, text) }

// whole keeps the span on one line.
func (s span) whole() span {
	s.solid = true
	return s
}

func (s span) width() int { return text.StringWidthWithoutEscSequences(s.text) }

// pad fills the span with blanks.
func (s span) pad(width int) span {
	s.text = text.Pad(s.text, width, ' ')
	return s
}

// spansWidth is how many columns spans in a row take.
func spansWidth(spans []span) int {
	width := 0
	for _, s := range spans {
		width += s.width()
	}
	return width
}

// joinSpans is the text of spans in a row, without their styles.
func joinSpans(spans []span) string { return screen{}.render(spans...) }

// render writes spans in a row.
func (s screen) render(spans ...span) string {
	var b strings.Builder
	for _, one := range spans {
		b.WriteString(s.paint(one.look, one.text))
	}
	return b.String()
}

// page is a text in the making, laid out for a screen.
type page struct {
	screen
	out strings.Builder
}

// newPage begins a page.
func newPage(s screen) *page { return &page{screen: s} }

// String is the text so far.
func (p *page) String() string { return p.out.String() }

// Write implements io.Writer, for what lays itself out.
func (p *page) Write(text []byte) (int, error) { return p.out.Write(text) }

// line writes spans as one paragraph, which goes on in an indented line where
// the screen ends.
func (p *page) line(spans ...span) { p.entry(nil, spans...) }

// blank writes an empty line.
func (p *page) blank() { p.out.WriteString("\n") }

// rows writes lines that are laid out already.
func (p *page) rows(lines string) { p.out.WriteString(strings.TrimRight(lines, "\n") + "\n") }

// entry writes a body beside its lead. The body goes on under itself, or under
// the lead where there is too little room. Where the screen is unbounded an
// entry is one line, whatever is in it.
func (p *page) entry(lead []span, body ...span) {
	if p.width <= 0 {
		row := append([]span{}, lead...)
		for _, s := range body {
			s.text = oneLine(s.text)
			row = append(row, s)
		}
		p.put(row)
		return
	}
	l := layout{page: p, row: append([]span{}, lead...), used: spansWidth(lead), indent: spansWidth(lead)}
	if l.used == 0 || p.width-l.used < leastBody {
		l.indent = min(hang, p.width/2)
	}
	for _, w := range splitWords(body) {
		l.place(w)
	}
	p.put(l.row)
}

// put writes one line of the screen, without the blanks at its end.
func (p *page) put(row []span) {
	for len(row) > 0 {
		last := &row[len(row)-1]
		if last.text = strings.TrimRight(last.text, " "); last.text != "" {
			break
		}
		row = row[:len(row)-1]
	}
	p.out.WriteString(p.render(row...) + "\n")
}
