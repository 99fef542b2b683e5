package terminal

import (
	"fmt"
	"slices"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Section is a heading with rows under it, each of one line or a few.
type Section struct {
	title string
	Rows  [][][]Span // each row's lines
	total int        // rows there are in all
	from  int        // rows left out before the first that is shown
	shown int        // rows there is room for
}

// NewSection is a section of these rows, of so many that there are in all.
func NewSection(title string, rows [][][]Span, total int) Section {
	return Section{title: title, Rows: rows, total: max(total, len(rows)), shown: len(rows)}
}

// Shown is how many rows there is room for.
func (s Section) Shown() int { return s.shown }

// headingLines is a section's heading and the line before it.
const headingLines = 2

// Write writes the section's heading and as many rows as there is room for.
func (s Section) Write(p *Page) {
	p.Blank()
	title := []Span{Styled(StyleBold, s.title)}
	which := humanize.Comma(int64(s.from + s.shown))
	if s.from > 0 {
		which = humanize.Comma(int64(s.from+1)) + "–" + which
	}
	if s.total > s.shown {
		title = append(title, Faint(fmt.Sprintf("  %s of %s", which, humanize.Comma(int64(s.total)))))
	}
	p.Put(title)
	for _, row := range s.Rows[s.from : s.from+s.shown] {
		for _, line := range row {
			p.Put(line)
		}
	}
}

// Share gives the sections the rows that so many lines have room for: in turn
// one each, so that none pushes out another. Where there is not even room for
// that, the last sections are left out. Rows are skipped from the first on, but
// none once there is room for all that follow. It gives the sections that are
// left, and how many rows were skipped.
func Share(sections []Section, height, skip int) (shown []Section, skipped int) {
	skipped = min(skip, leastSkip(sections, height))
	sections = skipRows(sections, skipped)
	least := func(s Section) int { return headingLines + len(s.Rows[s.from]) }
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
			if next := s.from + s.shown; next < len(s.Rows) && len(s.Rows[next]) <= height {
				height -= len(s.Rows[next])
				s.shown++
				given = true
			}
		}
	}
	return sections, skipped
}

// leastSkip is how many rows must be skipped for there to be room for all that
// follow: all but the last at most.
func leastSkip(sections []Section, height int) int {
	skip := 0
	for _, s := range sections {
		skip += len(s.Rows)
	}
	last := true
	for _, s := range slices.Backward(sections) {
		height -= headingLines
		for _, row := range slices.Backward(s.Rows) {
			if height -= len(row); height < 0 && !last {
				return skip
			}
			last = false
			skip--
		}
	}
	return skip
}

// skipRows leaves out the first rows, and the headings of none.
func skipRows(sections []Section, skip int) []Section {
	var rest []Section
	for _, s := range sections {
		s.from = min(skip, len(s.Rows))
		if skip -= s.from; s.from < len(s.Rows) {
			rest = append(rest, s)
		}
	}
	return rest
}

// Bar shows a part of the whole in so many columns.
func Bar(part, whole float64, width int, look Style) []Span {
	full := width
	if part < whole {
		full = int(part / whole * float64(width))
	}
	return []Span{Styled(look, text.RepeatAndTrim("▓", full)), Faint(text.RepeatAndTrim("░", width-full))}
}
