package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tracker/internal/store"
)

// logLevels are those whose weight we know, from the least.
var logLevels = []string{"info", "warning", "error"}

func (a *app) logCommand() *cobra.Command {
	var runNo int
	var level string
	cmd := &cobra.Command{
		Use:   "log JOB",
		Short: "Show what the service logged during an import",
		Long: `Shows the log entries of a job's newest run, in the order of their times. Entries
that the service has withdrawn stay, and are marked.

--level leaves out lesser ones; levels that nobody knows are always shown.`,
		Example: `  tracker log stores-eu
  tracker log stores-eu --run 12 --level warning
  tracker log stores-eu --format csv > log.csv`,
		Args: exactly(1, "one JOB"),
	}
	format := formatFlag(cmd, formatTable, formatJSON, formatCSV)
	cmd.Flags().IntVar(&runNo, "run", 0, "of this run instead of the newest")
	cmd.Flags().StringVar(&level, "level", logLevels[0], "least level to show: "+strings.Join(logLevels, ", "))
	_ = cmd.RegisterFlagCompletionFunc("level", cobra.FixedCompletions(logLevels, cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := checkRunFlags(cmd, runNo, 1); err != nil {
			return err
		}
		if !slices.Contains(logLevels, level) {
			return usageError{fmt.Errorf("--level %q: want one of %s", level, strings.Join(logLevels, ", "))}
		}
		return a.withStore(cmd.Context(), func(s *store.Store) error { return a.log(cmd.Context(), s, args[0], runNo, level, *format) })
	}
	return cmd
}

func (a *app) log(ctx context.Context, s *store.Store, job string, runNo int, level, format string) error {
	if _, err := findJob(ctx, s, job); err != nil {
		return err
	}
	row, err := s.JobRow(ctx, job)
	if err != nil {
		return err
	}
	wanted := cmp.Or(runNo, int(deref(row.RunNo)))
	h, err := s.History(ctx, store.HistoryParams{Job: job, RunNo: wanted, Most: 1})
	if err != nil {
		return err
	}
	if runNo > 0 && len(h.Runs) == 0 {
		return noRun(row, runNo, false)
	}
	entries := logEntries(h, level)
	switch format {
	case formatJSON:
		return a.writeJSON(entries)
	case formatCSV:
		return writeCSV(a.stdout, entries)
	}
	now, err := s.Now(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(a.stdout, logText(h, entries, level, clock{now}, a.screen()))
	return err
}

// logEntries are those of a level and above, in the order of their times, and
// at one time in the order in which they were found.
func logEntries(h store.History, level string) []store.LogEntryRow {
	entries := slices.DeleteFunc(slices.Clone(h.LogEntries), func(e store.LogEntryRow) bool {
		weight := slices.Index(logLevels, e.Level)
		return weight >= 0 && weight < slices.Index(logLevels, level)
	})
	slices.SortStableFunc(entries, func(x, y store.LogEntryRow) int {
		return cmp.Or(loggedAt(x).Compare(loggedAt(y)), cmp.Compare(x.StepNo, y.StepNo), cmp.Compare(x.EntryNo, y.EntryNo))
	})
	return entries
}

// loggedAt is the service's time of an entry, else when it was first seen.
func loggedAt(e store.LogEntryRow) time.Time {
	if e.CreatedAt != nil {
		return *e.CreatedAt
	}
	return e.FirstSeenAt
}
