package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// The formats of listings.
const (
	formatTable = "table"
	formatJSON  = "json"
	formatCSV   = "csv"
)

// formatFlag adds --format with those formats that the command can write, and
// --raw where csv is one of them.
func (a *app) formatFlag(cmd *cobra.Command, formats ...string) *string {
	if slices.Contains(formats, formatCSV) {
		cmd.Flags().BoolVar(&a.rawCells, "raw", false, "csv: no apostrophe before texts that spreadsheets take for formulas")
	}
	format := cmd.Flags().String("format", formatTable, "`FORMAT`: "+strings.Join(formats, ", "))
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
func (a *app) cells() cells { return cells{raw: a.rawCells, visible: a.onTerminal()} }

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
