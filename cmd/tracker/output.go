package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"tracker/internal/store"
)

// The formats of listings.
const (
	formatTable = "table"
	formatJSON  = "json"
	formatCSV   = "csv"
)

// formatFlag adds --format with those formats that the command can write.
func formatFlag(cmd *cobra.Command, formats ...string) *string {
	format := cmd.Flags().String("format", formatTable, "`FORMAT`: "+strings.Join(formats, ", "))
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	check := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		for _, known := range formats {
			if *format == known && check != nil {
				return check(cmd, args)
			} else if *format == known {
				return nil
			}
		}
		return usageError{fmt.Errorf("--format %q: want one of %s", *format, strings.Join(formats, ", "))}
	}
	return format
}

// writeJSON writes one indented document.
func (a *app) writeJSON(v any) error {
	encoder := json.NewEncoder(a.stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// writeCSV writes the rows with their JSON keys as a header; null is empty.
func writeCSV[T any](out io.Writer, rows []T) error {
	w := csv.NewWriter(out)
	fields := slices.DeleteFunc(reflect.VisibleFields(reflect.TypeFor[T]()), func(f reflect.StructField) bool { return !f.IsExported() })
	header := make([]string, len(fields))
	for i, field := range fields {
		header[i], _, _ = strings.Cut(field.Tag.Get("json"), ",")
	}
	if err := w.Write(header); err != nil {
		return err
	}
	for _, row := range rows {
		record := make([]string, len(fields))
		for i, field := range fields {
			record[i] = csvText(reflect.ValueOf(row).FieldByIndex(field.Index))
		}
		if err := w.Write(record); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// csvText shows a value as JSON does, without quotes around text.
func csvText(v reflect.Value) string {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	switch value := v.Interface().(type) {
	case time.Time:
		return value.Format(time.RFC3339Nano)
	case store.Interval:
		return strconv.FormatFloat(time.Duration(value).Seconds(), 'f', -1, 64)
	case json.RawMessage:
		return string(value)
	default:
		return fmt.Sprint(value)
	}
}

// screen is what a text is written for.
type screen struct {
	width int  // columns; 0: unbounded, as in a pipe
	color bool // a terminal that wants colours
}

// screen describes stdout.
func (a *app) screen() screen {
	file, ok := a.stdout.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return screen{}
	}
	s := screen{color: a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"}
	if width, _, err := term.GetSize(int(file.Fd())); err == nil {
		s.width = width
	}
	return s
}
