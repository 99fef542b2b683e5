// Package spreadsheet writes rows as CSV that a spreadsheet may open: no text in it is a
// formula.
package spreadsheet

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

// Cells say how texts are written.
type Cells struct {
	Raw     bool // also those that a spreadsheet would take for formulas
	Visible bool // to a terminal, which would obey what is in them
}

// Write writes the rows with their JSON keys as a header.
func Write[T any](out io.Writer, rows []T, how Cells) error {
	return WriteSeq(out, slices.Values(rows), how)
}

// WriteSeq is Write for rows that are not all at hand.
func WriteSeq[T any](out io.Writer, rows iter.Seq[T], how Cells) error {
	fields := slices.DeleteFunc(reflect.VisibleFields(reflect.TypeFor[T]()), func(f reflect.StructField) bool { return !f.IsExported() || f.Anonymous })
	header := make([]string, len(fields))
	for i, field := range fields {
		header[i], _, _ = strings.Cut(field.Tag.Get("json"), ",")
	}
	return WriteRecords(out, header, func(yield func([]any) bool) {
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

// WriteRecords writes records of values under a header; null is empty.
func WriteRecords(out io.Writer, header []string, records iter.Seq[[]any], how Cells) error {
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
func (c Cells) text(v reflect.Value) string {
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
	if first, _ := utf8.DecodeRuneInString(text); !c.Raw && strings.ContainsRune(formulaStarts, first) {
		text = "'" + text
	}
	return c.shown(text)
}

func (c Cells) shown(text string) string {
	if c.Visible {
		return terminal.Printable(text)
	}
	return text
}
