package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"tracker/bench/program"
)

// figures are what was measured, each beside its bar.
type figures []figure

type figure struct {
	what, measured, bar string
	missed              bool
}

// print prints a table, and tells whether a bar is missed.
func (f figures) print(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nFIGURE\tMEASURED\tBAR\t")
	var err error
	for _, one := range f {
		note := "reached"
		if one.missed {
			err, note = program.ErrMissed, "MISSED"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", one.what, one.measured, one.bar, note)
	}
	_ = table.Flush()
	return err
}
