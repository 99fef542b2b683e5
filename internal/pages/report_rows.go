package pages

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"tracker/internal/store"
	"tracker/internal/terminal"
)

type reportColumn struct {
	Name, Title, Sort string
	Right             bool
	Sorted            string // ascending or descending, else empty
}

type reportRow struct{ Cells []reportCell }

type reportCell struct {
	terminal.Span
	Address string
	Bar     string // how much of the column's greatest value; empty: none
	Right   bool
}

// lay lays an answer out in the order that is asked for.
func (b *reportBody) lay(answer store.Answer) {
	by, falling := b.query.Get("by"), b.query.Get("down") != ""
	if slices.ContainsFunc(answer.Columns, func(c store.AnswerColumn) bool { return c.Name == by }) {
		slices.SortStableFunc(answer.Rows, func(x, y store.AnswerRow) int { return compareIn(x, y, by, falling) })
	}
	columns := b.AnswerColumns(answer.Columns, nil, false)
	most := map[string]float64{}
	for _, column := range columns {
		shown := reportColumn{Name: column.Name, Title: strings.ToLower(column.Title), Right: column.Right}
		down := ""
		if column.Name == by {
			if shown.Sorted = "descending"; !falling {
				shown.Sorted, down = "ascending", "1"
			}
		}
		shown.Sort = with(b.query, "by", column.Name, "down", down, "page", "")
		b.Columns = append(b.Columns, shown)
		for _, row := range answer.Rows {
			if d, is := valueOf(row, column.Name).(store.Interval); is {
				most[column.Name] = max(most[column.Name], float64(d))
			}
		}
	}
	for _, row := range answer.Rows {
		var shown reportRow
		for _, column := range columns {
			cell := reportCell{Span: column.Cell(row), Address: addressIn(row, column.Name), Right: column.Right}
			if d, is := valueOf(row, column.Name).(store.Interval); is && most[column.Name] > 0 {
				cell.Bar = strconv.FormatFloat(100*float64(max(0, d))/most[column.Name], 'f', 1, 64) + "%"
			}
			shown.Cells = append(shown.Cells, cell)
		}
		b.Rows = append(b.Rows, shown)
	}
}

func valueOf(row store.AnswerRow, name string) any {
	value, _ := row.Value(name)
	return value
}

// addressIn is where the page is of what a cell names.
func addressIn(row store.AnswerRow, name string) string {
	value := valueOf(row, name)
	switch name {
	case "job":
		if job, is := value.(string); is {
			return "/jobs/" + url.PathEscape(job)
		}
	case "source":
		if from, is := value.(string); is {
			return "/sources/" + url.PathEscape(from)
		}
	case "run_no", "last_success_no":
		if job, is := valueOf(row, "job").(string); is && value != nil {
			return fmt.Sprintf("/jobs/%s/runs/%v", url.PathEscape(job), value)
		}
	}
	return ""
}

// compareIn compares two rows by a column; what is not known comes last.
func compareIn(x, y store.AnswerRow, name string, falling bool) int {
	a, b := valueOf(x, name), valueOf(y, name)
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	order := 0
	switch a := a.(type) {
	case time.Time:
		order = a.Compare(b.(time.Time))
	case store.Interval:
		order = cmp.Compare(a, b.(store.Interval))
	case int32:
		order = cmp.Compare(a, b.(int32))
	case int64:
		order = cmp.Compare(a, b.(int64))
	case float64:
		order = cmp.Compare(a, b.(float64))
	default:
		order = cmp.Compare(fmt.Sprint(a), fmt.Sprint(b))
	}
	if falling {
		return -order
	}
	return order
}
