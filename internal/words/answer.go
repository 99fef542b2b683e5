package words

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tracker/internal/store"
	"tracker/internal/terminal"
)

// Answers are shown by the names and the types of their columns alone, so that
// any question can be.

// AnswerColumns shows an answer's columns, but for those that tell how exactly
// another one is known: that one is shown so. The spare ones can be left out, the
// first one first. Times are short, or whole.
func (c Clock) AnswerColumns(columns []store.AnswerColumn, spare []string, short bool) []terminal.Column[store.AnswerRow] {
	var shown []terminal.Column[store.AnswerRow]
	for _, column := range columns {
		name := column.Name
		if strings.HasSuffix(name, reportedSuffix) || strings.HasSuffix(name, mostSuffix) {
			continue
		}
		one := terminal.Column[store.AnswerRow]{
			Name: name, Title: answerTitle(name), Right: column.Number, Prose: name == "why" || name == "line",
			Cell: func(row store.AnswerRow) terminal.Span { return c.answerCell(row, name, short) },
		}
		if at := slices.Index(spare, name); at >= 0 {
			one.Spare = len(spare) - at
		}
		shown = append(shown, one)
	}
	return shown
}

// The ends of the names of columns that tell how exactly another one is known:
// whether its time is the upstream's, and the upper bound of its duration.
const (
	reportedSuffix = "reported"
	mostSuffix     = "_max"
)

// answerTitle is a column's name without what goes without saying.
func answerTitle(name string) string {
	if name == "run_no" {
		name = "run"
	}
	name = strings.TrimSuffix(strings.TrimSuffix(name, "_at"), "_duration")
	return strings.ToUpper(strings.ReplaceAll(name, "_", " "))
}

func (c Clock) answerCell(row store.AnswerRow, name string, short bool) terminal.Span {
	value, _ := row.Value(name)
	switch value := value.(type) {
	case nil:
		return terminal.Faint(nullText(name))
	case time.Time:
		return terminal.Plain(By(value, isReported(row, name), func(at time.Time) string { return c.answerTime(name, at, short) }))
	case store.Interval:
		return terminal.Plain(Bounds(&value, mostOf(row, name, value)))
	case string:
		if name == "state" {
			return State(&value)
		}
		return terminal.Plain(value)
	case float64:
		return terminal.Plain(strconv.FormatFloat(value, 'f', 1, 64))
	default:
		return terminal.Plain(fmt.Sprint(value))
	}
}

// nullText is what a null means.
func nullText(name string) string {
	switch name {
	case "gap_to":
		return "open"
	case "last_success_at":
		return "none seen"
	default:
		return ""
	}
}

// isReported tells whether a time is the upstream's, or one of ours that is meant
// as such: when somebody looked.
func isReported(row store.AnswerRow, name string) bool {
	if name == "week" || strings.HasSuffix(name, "seen_at") || name == "gap_from" || name == "gap_to" {
		return true
	}
	for _, by := range []string{name + "_" + reportedSuffix, reportedSuffix} {
		if reported, found := row.Value(by); found {
			return reported == true
		}
	}
	return true
}

// mostOf is the upper bound of a duration, itself where it is exact.
func mostOf(row store.AnswerRow, name string, least store.Interval) *store.Interval {
	value, bounded := row.Value(name + mostSuffix)
	if !bounded {
		return &least
	}
	most, known := value.(store.Interval)
	if !known {
		return nil
	}
	return &most
}

func (c Clock) answerTime(name string, at time.Time, short bool) string {
	switch {
	case name == "week":
		return at.UTC().Format(time.DateOnly) // a week of UTC
	case short:
		return c.Near(at)
	default:
		return c.Whole(at)
	}
}
