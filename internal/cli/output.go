package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tracker/internal/spreadsheet"
	"tracker/internal/terminal"
)

// The formats of listings.
const (
	formatTable = "table"
	formatJSON  = "json"
	formatCSV   = "csv"
)

// More formats of exports.
const (
	formatNDJSON = "ndjson" // a JSON object a line
	formatZip    = "zip"    // a pack of evidence
)

// formatFlag adds --format with those formats that the command can write, the first
// of which is the default, and --raw where csv is one of them.
func (a *app) formatFlag(cmd *cobra.Command, formats ...string) *string {
	if slices.Contains(formats, formatCSV) {
		cmd.Flags().BoolVar(&a.rawCells, "raw", false, "csv: no apostrophe before texts that spreadsheets take for formulas")
	}
	format := cmd.Flags().String("format", formats[0], "`FORMAT`: "+strings.Join(formats, ", "))
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	check := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		if a.rawCells && *format != formatCSV {
			return usageError{fmt.Errorf("--raw is for --format csv, not %s", *format)}
		}
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

// cells says how the texts in csv go to stdout.
func (a *app) cells() spreadsheet.Cells {
	return spreadsheet.Cells{Raw: a.rawCells, Visible: a.onTerminal()}
}

// screen describes stdout.
func (a *app) screen() terminal.Screen { return terminal.ScreenOf(a.stdout, a.getenv) }

// onTerminal reports that stdout is a terminal, which would obey what it is sent.
func (a *app) onTerminal() bool { return terminal.IsTerminal(a.stdout) }

// writeJSON writes one indented document.
func (a *app) writeJSON(v any) error {
	encoder := terminal.NewJSON(a.stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// writeRows writes rows, which are a table's, in one of the formats. Their JSON
// keys are the columns of json and csv.
func writeRows[T any](a *app, format string, t terminal.Table[T]) error {
	switch format {
	case formatJSON:
		return a.writeJSON(t.Rows)
	case formatCSV:
		return spreadsheet.Write(a.stdout, t.Rows, a.cells())
	default:
		_, err := fmt.Fprint(a.stdout, t.Text(a.screen()))
		return err
	}
}
