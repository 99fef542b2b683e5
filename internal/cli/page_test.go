package cli

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
		if got := printable(in); got != want {
			t.Errorf("printable(%q) is %q, not %q", in, got, want)
		}
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		width int
		write func(p *page)
		want  string
	}{
		{
			"GoesOnUnderItself", 36, func(p *page) { p.entry([]span{plain("12:00  ")}, plain("one two three four five six seven")) },
			"12:00  one two three four five six\n       seven\n",
		},
		{
			"GoesOnBelowANarrowPlace", 30, func(p *page) { p.entry([]span{plain("twelve o'clock  ")}, plain("one two three four")) },
			"twelve o'clock  one two three\n    four\n",
		},
		{
			"KeepsSolidSpans", 28, func(p *page) { p.line(plain("it took, all in all, "), plain("1 m 12 s").whole(), plain(".")) },
			"it took, all in all,\n    1 m 12 s.\n",
		},
		{
			"BreaksLongWords", 30, func(p *page) { p.line(plain("a " + strings.Repeat("x", 40))) },
			"a " + strings.Repeat("x", 28) + "\n    " + strings.Repeat("x", 12) + "\n",
		},
		{
			"KeepsTheLinesOfATerminal", 40, func(p *page) { p.entry([]span{plain("- ")}, lines(styleNone, "a:\n  b\nc")) },
			"- a:\n    b\n  c\n",
		},
		{
			"IsOneLineInAPipe", 0, func(p *page) { p.entry([]span{plain("- ")}, lines(styleNone, "a:\n  b"), plain("  ")) },
			"- a:\\n  b\n",
		},
		{
			"CountsWideCharacters", 30, func(p *page) { p.line(plain("多言語多言語多言語多言語多言語多言語")) },
			"多言語多言語多言語多言語多言語\n    多言語\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPage(screen{width: c.width})
			c.write(p)
			if got := p.String(); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
