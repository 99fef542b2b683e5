// Command reports measures how long the history's readers wait on the database
// that make seed has filled: the command line, the reports, the dashboards. It
// prints a table and fails where a bar is missed.
//
//	go run ./bench/reports -tracker bin/tracker
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"tracker/bench/program"
	"tracker/bench/seed/seeddb"
)

func main() { program.Run("reports", run) }

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("reports", flag.ContinueOnError)
	flags.SetOutput(stderr)
	tracker := flags.String("tracker", "bin/tracker", "the built program")
	times := flags.Int("times", 5, "how often each is measured, after once to warm up")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *times < 1 {
		return errors.New("want -times of 1 or more")
	}
	return seeddb.With(ctx, getenv, nil, func(db seeddb.Database) error {
		subject, err := findSubject(ctx, db.URL)
		if err != nil {
			return err
		}
		defer subject.close(context.WithoutCancel(ctx))
		fmt.Fprintln(stdout, subject)
		tasks, err := subject.tasks(*tracker)
		if err != nil {
			return err
		}
		var measured []measurement
		for _, task := range tasks {
			m, err := measure(ctx, task, *times)
			if err != nil {
				return fmt.Errorf("%s: %w", task.name, err)
			}
			fmt.Fprintf(stderr, "%s: %s\n", task.name, milliseconds(m.median))
			measured = append(measured, m)
		}
		if printTable(stdout, measured) {
			return program.ErrMissed
		}
		return nil
	})
}
