package terminal

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// word is what stays together on a line, though its parts may differ in style.
type word struct {
	newLine bool   // a line feed stands before it
	gap     string // the blanks before it
	parts   []Span
}

// splitWords cuts spans into words, at blanks outside solid spans.
func splitWords(spans []Span) []word {
	words := []word{{}}
	for _, s := range spans {
		for i, line := range strings.Split(s.Text, "\n") {
			if i > 0 {
				words = append(words, word{newLine: true})
			}
			words = appendLine(words, Span{Text: line, Look: s.Look, solid: s.solid})
		}
	}
	return words
}

// appendLine adds what stands in one line of a span to its words. The first
// goes on the last word there is, unless blanks part them.
func appendLine(words []word, s Span) []word {
	for rest := s.Text; rest != ""; {
		last := &words[len(words)-1]
		piece := rest
		if !s.solid {
			blanks := len(rest) - len(strings.TrimLeft(rest, " "))
			if blanks > 0 && len(last.parts) > 0 {
				words = append(words, word{})
				last = &words[len(words)-1]
			}
			last.gap += rest[:blanks]
			if piece = rest[blanks:]; strings.Contains(piece, " ") {
				piece = piece[:strings.IndexByte(piece, ' ')]
			}
			rest = rest[blanks:]
		}
		if piece != "" {
			last.parts = append(last.parts, Span{Text: piece, Look: s.Look})
		}
		rest = rest[len(piece):]
	}
	return words
}

// layout fills the lines of one entry of a page.
type layout struct {
	page   *Page
	row    []Span // of the line that is being filled
	used   int    // columns of it
	indent int    // of the lines that follow
	begun  bool   // the line has words of the body
}

// place writes a word on this line or the next. One that is longer than a line
// is broken.
func (l *layout) place(w word) {
	width := len(w.gap) + Width(w.parts)
	switch {
	case w.newLine:
		l.next()
	case l.begun && l.used+width > l.page.Width && l.indent+width <= l.page.Width:
		l.next()
		w.gap = ""
	}
	look := StyleNone
	if n := len(l.row); n > 0 && len(w.parts) > 0 && l.row[n-1].Look == w.parts[0].Look {
		look = w.parts[0].Look // one sequence for all
	}
	l.put(w.gap, look)
	for _, part := range w.parts {
		for _, r := range part.Text {
			if l.used+text.RuneWidth(r) > l.page.Width && l.used > l.indent {
				l.next()
			}
			l.put(string(r), part.Look)
		}
	}
	l.begun = true
}

func (l *layout) put(piece string, look Style) {
	if piece == "" {
		return
	}
	l.used += text.StringWidthWithoutEscSequences(piece)
	if n := len(l.row); n > 0 && l.row[n-1].Look == look {
		l.row[n-1].Text += piece
		return
	}
	l.row = append(l.row, Span{Text: piece, Look: look})
}

// next ends the line and begins another.
func (l *layout) next() {
	l.page.Put(l.row)
	l.row, l.used, l.begun = []Span{{Text: strings.Repeat(" ", l.indent)}}, l.indent, false
}
