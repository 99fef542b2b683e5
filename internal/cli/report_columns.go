package cli

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

// keyed shows the fields of rows by their JSON keys.
type keyed struct {
	words.Clock
	bounded bool // there is a screen: times are short
}

// keyColumns gives a column for each field of T. The spare ones can be left
// out, the first one first.
func keyColumns[T any](k keyed, spare []string) []terminal.Column[T] {
	var columns []terminal.Column[T]
	keys := map[string][]int{}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		keys[field.Tag.Get("json")] = field.Index
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		key := field.Tag.Get("json")
		if isBound(key) { // it is shown with what it bounds
			continue
		}
		c := terminal.Column[T]{
			Title: keyTitle(key), Right: isCount(field.Type), Prose: key == "why" || key == "line",
			Cell: func(row T) terminal.Span {
				bounds := rowBounds{row: reflect.ValueOf(row), keys: keys}
				return k.cell(key, bounds.of(key), bounds)
			},
		}
		if at := slices.Index(spare, key); at >= 0 {
			c.Spare = len(spare) - at
		}
		columns = append(columns, c)
	}
	return columns
}

// rowBounds finds the fields of a row that bound another one.
type rowBounds struct {
	row  reflect.Value
	keys map[string][]int
}

// isBound reports a key that tells how exactly another one is known.
func isBound(key string) bool {
	return strings.HasSuffix(key, "reported") || strings.HasSuffix(key, "_max")
}

func (b rowBounds) of(key string) reflect.Value { return b.row.FieldByIndex(b.keys[key]) }

// reported tells whether a time is the upstream's, or one of ours that is meant
// as such: when somebody looked.
func (b rowBounds) reported(key string) bool {
	if key == "week" || key == "first_seen_at" || key == "gap_from" || key == "gap_to" {
		return true
	}
	for _, by := range []string{key + "_reported", "reported"} {
		if _, found := b.keys[by]; found {
			return b.of(by).Bool()
		}
	}
	return true
}

// most is the upper bound of a duration, itself where it is exact.
func (b rowBounds) most(key string, least store.Interval) *store.Interval {
	if _, found := b.keys[key+"_max"]; !found {
		return &least
	}
	most, _ := reflect.TypeAssert[*store.Interval](b.of(key + "_max"))
	return most
}

// keyTitle is a key without what goes without saying.
func keyTitle(key string) string {
	if key == "run_no" {
		key = "run"
	}
	key = strings.TrimSuffix(strings.TrimSuffix(key, "_at"), "_duration")
	return strings.ToUpper(strings.ReplaceAll(key, "_", " "))
}

func isCount(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() == reflect.Float64 || t.Kind() == reflect.Int32 || t.Kind() == reflect.Int64 && t != reflect.TypeFor[store.Interval]()
}

func (k keyed) cell(key string, v reflect.Value, bounds rowBounds) terminal.Span {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return terminal.Faint(nullText(key))
		}
		v = v.Elem()
	}
	switch value := v.Interface().(type) {
	case time.Time:
		return terminal.Plain(words.By(value, bounds.reported(key), func(at time.Time) string { return k.timeText(key, at) }))
	case store.Interval:
		return terminal.Plain(words.Bounds(&value, bounds.most(key, value)))
	case string:
		if key == "state" {
			return words.State(&value)
		}
		return terminal.Plain(value)
	case float64:
		return terminal.Plain(strconv.FormatFloat(value, 'f', 1, 64))
	default:
		return terminal.Plain(strconv.FormatInt(v.Int(), 10))
	}
}

// nullText is what a null means.
func nullText(key string) string {
	switch key {
	case "gap_to":
		return "open"
	case "last_success_at":
		return "none seen"
	default:
		return ""
	}
}

func (k keyed) timeText(key string, at time.Time) string {
	switch {
	case key == "week":
		return at.UTC().Format(time.DateOnly)
	case k.bounded:
		return k.Near(at)
	default:
		return words.Time(&at)
	}
}
