package terminal

import (
	"strings"
	"testing"
)

func TestPrintable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain, 多言語, é, 👩‍👧 and →": "plain, 多言語, é, 👩‍👧 and →",
		"\x1b[2J\a\x00\x7f":        `\x1b[2J\x07\x00\x7f`,
		"\u009b31m \u202e \ufeff":  `\u009b31m \u202e \ufeff`,
		"a\r\nb\rc\td":             "a\nb\\x0dc    d",
		"not \xff UTF-8":           `not \xff UTF-8`,
		"\U000e0041":               `\U000e0041`,
		`\x1b`:                     `\x1b`,
	} {
		if got := Printable(in); got != want {
			t.Errorf("printable(%q) is %q, not %q", in, got, want)
		}
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		width int
		write func(p *Page)
		want  string
	}{
		{
			"GoesOnUnderItself", 36, func(p *Page) { p.Entry([]Span{Plain("12:00  ")}, Plain("one two three four five six seven")) },
			"12:00  one two three four five six\n       seven\n",
		},
		{
			"GoesOnBelowANarrowPlace", 30, func(p *Page) { p.Entry([]Span{Plain("twelve o'clock  ")}, Plain("one two three four")) },
			"twelve o'clock  one two three\n    four\n",
		},
		{
			"KeepsSolidSpans", 28, func(p *Page) { p.Line(Plain("it took, all in all, "), Plain("1 m 12 s").Whole(), Plain(".")) },
			"it took, all in all,\n    1 m 12 s.\n",
		},
		{
			"BreaksLongWords", 30, func(p *Page) { p.Line(Plain("a " + strings.Repeat("x", 40))) },
			"a " + strings.Repeat("x", 28) + "\n    " + strings.Repeat("x", 12) + "\n",
		},
		{
			"KeepsTheLinesOfATerminal", 40, func(p *Page) { p.Entry([]Span{Plain("- ")}, Lines(StyleNone, "a:\n  b\nc")) },
			"- a:\n    b\n  c\n",
		},
		{
			"IsOneLineInAPipe", 0, func(p *Page) { p.Entry([]Span{Plain("- ")}, Lines(StyleNone, "a:\n  b"), Plain("  ")) },
			"- a:\\n  b\n",
		},
		{
			"CountsWideCharacters", 30, func(p *Page) { p.Line(Plain("多言語多言語多言語多言語多言語多言語")) },
			"多言語多言語多言語多言語多言語\n    多言語\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := NewPage(Screen{Width: c.width})
			c.write(p)
			if got := p.String(); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
