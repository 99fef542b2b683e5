package main

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"tracker/internal/store"
)

// reportKind is a report: a question, how far it looks back unless told
// otherwise (0: it knows no bound), and how its answer is printed.
type reportKind struct {
	name     string
	question string
	since    time.Duration
	print    func(ctx context.Context, a *app, s *store.Store, filter store.AnswerFilter, format string) error
}

// reports are those that there are. docs/sql.md has the same questions.
func reports() []reportKind {
	const week = 7 * day
	return []reportKind{
		{"failed-imports", "Which imports failed lately, and why?", week, answering((*store.Store).FailedImports, "no import has failed")},
		{"stalled", "What is stuck now?", 0, answering((*store.Store).Stalled, "nothing is stuck")},
		{"gaps", "When did we not look?", week, answering((*store.Store).LastedGaps, "we always looked")},
		{"new-errors", "Which error lines are new?", week, answering((*store.Store).NewErrors, "no error line is new")},
		{"step-durations", "How long does each step take by week, such as fetch?", 8 * week, answering((*store.Store).StepDurations, "no step has ended")},
		{"time-in-state", "How long was each run in each state?", week, answering((*store.Store).TimeInState, "nothing has run")},
		{"runs-per-day", "How many imports ran per day and source?", 2 * week, answering((*store.Store).RunsPerDay, "no run has begun")},
		{"broken-streaks", "Which imports failed after a row of successes?", week, answering((*store.Store).BrokenStreaks, "no import has failed after five successes")},
		{
			"unusual-durations", "Which imports took much longer, or were much quicker, than usual?", week,
			answering((*store.Store).UnusualDurations, "no import took over twice, or under half, as long as usual"),
		},
		{"no-recent-success", "Which jobs have not succeeded lately?", week, answering((*store.Store).NoRecentSuccess, "every job has succeeded")},
	}
}

func reportNames() []string {
	names := []string{}
	for _, k := range reports() {
		names = append(names, k.name)
	}
	return names
}

// reportHelp tells of each report how far it looks back.
func reportHelp() string {
	var b strings.Builder
	for _, k := range reports() {
		back := ""
		if k.since > 0 {
			back = fmt.Sprintf(" (%dd)", k.since/day)
		}
		fmt.Fprintf(&b, "  %-18s %s%s\n", k.name, k.question, back)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// answering prints what the store answers; none is said where that is nothing.
func answering[T any](
	ask func(*store.Store, context.Context, store.AnswerFilter) ([]T, error), none string,
) func(context.Context, *app, *store.Store, store.AnswerFilter, string) error {
	return func(ctx context.Context, a *app, s *store.Store, filter store.AnswerFilter, format string) error {
		rows, err := ask(s, ctx, filter)
		if err != nil {
			return err
		}
		empty := none
		if !filter.Since.IsZero() {
			empty += " since " + filter.Since.Format(timeLayout)
		}
		screen := a.screen()
		return listing[T]{
			rows: rows, none: empty, columns: keyTitles[T](),
			cells: func(row T) table.Row { return keyCells(row, screen) },
		}.write(a, format)
	}
}

// keyTitles heads a table by the JSON keys of its rows.
func keyTitles[T any]() table.Row {
	var titles table.Row
	for _, field := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		titles = append(titles, strings.ToUpper(strings.ReplaceAll(field.Tag.Get("json"), "_", " ")))
	}
	return titles
}

// keyCells shows the fields of a row for people.
func keyCells[T any](row T, s screen) table.Row {
	var cells table.Row
	for _, field := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		cells = append(cells, keyCell(field.Tag.Get("json"), reflect.ValueOf(row).FieldByIndex(field.Index), s))
	}
	return cells
}

func keyCell(key string, v reflect.Value, s screen) any {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	switch value := v.Interface().(type) {
	case time.Time:
		return value.UTC().Format(timeLayout)
	case store.Interval:
		return durationText(time.Duration(value))
	case string:
		if key == "state" {
			return stateText(value, s)
		}
		return oneLine(value)
	default:
		return value
	}
}
