package terminal

import (
	"fmt"
	"strings"
	"testing"
)

// sectionOf has rows of one line each.
func sectionOf(title string, rows int) Section {
	var lines [][][]Span
	for n := range rows {
		lines = append(lines, [][]Span{{Plain(fmt.Sprintf("%s%d", strings.ToLower(title), n+1))}})
	}
	return NewSection(title, lines, rows)
}

func TestShare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		height, skip int
		want         string
		skipped      int
	}{
		{13, 0, "A a1 a2 a3 a4 a5 B b1 b2 b3 b4", 0},
		{13, 9, "A a1 a2 a3 a4 a5 B b1 b2 b3 b4", 0},
		{9, 0, "A  3 of 5 a1 a2 a3 B  2 of 4 b1 b2", 0},
		{9, 1, "A  2–4 of 5 a2 a3 a4 B  2 of 4 b1 b2", 1},
		{9, 3, "A  4–5 of 5 a4 a5 B  3 of 4 b1 b2 b3", 3},
		{9, 4, "A  5–5 of 5 a5 B b1 b2 b3 b4", 4},
		{9, 99, "A  5–5 of 5 a5 B b1 b2 b3 b4", 4},
		{5, 0, "A  3 of 5 a1 a2 a3", 0},
		{5, 99, "B  2–4 of 4 b2 b3 b4", 6},
		{3, 99, "B  4–4 of 4 b4", 8},
		{2, 99, "", 8},
		{0, 0, "", 0},
	} {
		sections, skipped := Share([]Section{sectionOf("A", 5), sectionOf("B", 4)}, c.height, c.skip)
		p := NewPage(Screen{})
		for _, one := range sections {
			one.Write(p)
		}
		text := p.String()
		if got := strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' }), " "); got != c.want || skipped != c.skipped {
			t.Errorf("%d lines from row %d: %q, %d skipped, not %q, %d", c.height, c.skip, got, skipped, c.want, c.skipped)
		}
		if strings.Count(text, "\n") > c.height {
			t.Errorf("%d lines are overfilled:\n%s", c.height, text)
		}
	}
}
