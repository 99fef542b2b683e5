package terminal

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Section is a heading with rows under it, each of one line or a few.
type Section struct {
	title string
	Rows  [][][]Span // each row's lines
	total int        // rows there are in all
	shown int        // rows there is room for
}

// NewSection is a section of these rows, of so many that there are in all.
func NewSection(title string, rows [][][]Span, total int) Section {
	return Section{title: title, Rows: rows, total: max(total, len(rows)), shown: len(rows)}
}

// headingLines is a section's heading and the line before it.
const headingLines = 2

// Write writes the section's heading and as many rows as there is room for.
func (s Section) Write(p *Page) {
	p.Blank()
	title := []Span{Styled(StyleBold, s.title)}
	if s.total > s.shown {
		title = append(title, Faint(fmt.Sprintf("  %s of %s", Thousands(int64(s.shown)), Thousands(int64(s.total)))))
	}
	p.Put(title)
	for _, row := range s.Rows[:s.shown] {
		for _, line := range row {
			p.Put(line)
		}
	}
}

// Share gives the sections the rows that so many lines have room for: in turn
// one each, so that none pushes out another. Where there is not even room for
// that, the last sections are left out.
func Share(sections []Section, height int) []Section {
	least := func(s Section) int { return headingLines + len(s.Rows[0]) }
	for used, i := 0, 0; i < len(sections); i++ {
		if used += least(sections[i]); used > height {
			sections = sections[:i]
		}
	}
	for i := range sections {
		sections[i].shown = 0
		height -= headingLines
	}
	for given := true; given; {
		given = false
		for i := range sections {
			s := &sections[i]
			if s.shown < len(s.Rows) && len(s.Rows[s.shown]) <= height {
				height -= len(s.Rows[s.shown])
				s.shown++
				given = true
			}
		}
	}
	return sections
}

// Bar shows a part of the whole in so many columns.
func Bar(part, whole float64, width int, look Style) []Span {
	full := width
	if part < whole {
		full = int(part / whole * float64(width))
	}
	return []Span{Styled(look, text.RepeatAndTrim("▓", full)), Faint(text.RepeatAndTrim("░", width-full))}
}
