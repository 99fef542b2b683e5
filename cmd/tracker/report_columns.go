package main

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"tracker/internal/store"
)

// keyed shows the fields of rows by their JSON keys.
type keyed struct {
	clock
	bounded bool // there is a screen: times are short
}

// keyColumns gives a column for each field of T. The spare ones can be left
// out, the first one first.
func keyColumns[T any](k keyed, spare []string) []column[T] {
	var columns []column[T]
	for _, field := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		key := field.Tag.Get("json")
		c := column[T]{
			title: keyTitle(key), right: isCount(field.Type), prose: key == "why" || key == "line",
			cell: func(row T) span { return k.cell(key, reflect.ValueOf(row).FieldByIndex(field.Index)) },
		}
		if at := slices.Index(spare, key); at >= 0 {
			c.spare = len(spare) - at
		}
		columns = append(columns, c)
	}
	return columns
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
	return t.Kind() == reflect.Int32 || t.Kind() == reflect.Int64 && t != reflect.TypeFor[store.Interval]()
}

func (k keyed) cell(key string, v reflect.Value) span {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return faint(nullText(key))
		}
		v = v.Elem()
	}
	switch value := v.Interface().(type) {
	case time.Time:
		return plain(k.timeText(key, value))
	case store.Interval:
		return plain(durationText(time.Duration(value)))
	case string:
		if key == "state" {
			return maybeMarked(&value)
		}
		return plain(value)
	default:
		return plain(strconv.FormatInt(v.Int(), 10))
	}
}

// nullText is what a null means.
func nullText(key string) string {
	switch key {
	case "gap_to":
		return "open"
	case "last_success_at":
		return "never"
	default:
		return ""
	}
}

func (k keyed) timeText(key string, at time.Time) string {
	switch {
	case key == "week":
		return at.UTC().Format(time.DateOnly)
	case k.bounded:
		return k.near(at)
	default:
		return timeText(&at)
	}
}
