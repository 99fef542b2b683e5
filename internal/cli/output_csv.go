package cli

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tracker/internal/store"
	"tracker/internal/terminal"
)

// formulaStarts are what a spreadsheet takes for the beginning of a formula, in
// the first place of a cell (OWASP, "CSV Injection").
const formulaStarts = "=+-@\t\r\n＝＋－＠"

// cells say how the texts in csv are written.
type cells struct {
	raw     bool // also those that a spreadsheet would take for formulas
	visible bool // to a terminal, which would obey what is in them
}

// writeCSV writes the rows with their JSON keys as a header.
func writeCSV[T any](out io.Writer, rows []T, how cells) error {
	return writeCSVOf(out, slices.Values(rows), how)
}

// writeCSVOf is writeCSV for rows that are not all at hand.
func writeCSVOf[T any](out io.Writer, rows iter.Seq[T], how cells) error {
	fields := slices.DeleteFunc(reflect.VisibleFields(reflect.TypeFor[T]()), func(f reflect.StructField) bool { return !f.IsExported() || f.Anonymous })
	header := make([]string, len(fields))
	for i, field := range fields {
		header[i], _, _ = strings.Cut(field.Tag.Get("json"), ",")
	}
	return writeRecords(out, header, func(yield func([]any) bool) {
		for row := range rows {
			record := make([]any, len(fields))
			for i, field := range fields {
				record[i] = reflect.ValueOf(row).FieldByIndex(field.Index).Interface()
			}
			if !yield(record) {
				return
			}
		}
	}, how)
}

// writeRecords writes records of values under a header; null is empty.
func writeRecords(out io.Writer, header []string, records iter.Seq[[]any], how cells) error {
	w := csv.NewWriter(out)
	if err := w.Write(header); err != nil {
		return err
	}
	texts := make([]string, len(header))
	for record := range records {
		for i, value := range record {
			texts[i] = how.text(reflect.ValueOf(value))
		}
		if err := w.Write(texts); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// text shows a value as JSON does, without quotes around text. Numbers and
// times begin no formula, whatever their sign.
func (c cells) text(v reflect.Value) string {
	v = reflect.Indirect(v)
	if !v.IsValid() {
		return ""
	}
	switch value := v.Interface().(type) {
	case time.Time:
		return value.Format(time.RFC3339Nano)
	case store.Interval:
		return strconv.FormatFloat(time.Duration(value).Seconds(), 'f', -1, 64)
	case json.RawMessage:
		return c.shown(string(value)) // JSON, in which only a number begins with a sign
	}
	text := fmt.Sprint(v.Interface())
	if v.CanInt() || v.CanUint() || v.CanFloat() {
		return text
	}
	if first, _ := utf8.DecodeRuneInString(text); !c.raw && strings.ContainsRune(formulaStarts, first) {
		text = "'" + text
	}
	return c.shown(text)
}

func (c cells) shown(text string) string {
	if c.visible {
		return terminal.Printable(text)
	}
	return text
}
