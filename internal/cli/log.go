package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tracker/internal/store"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// logLevels are those whose weight we know, from the least.
var logLevels = []string{"info", "warning", "error"}

func (a *app) logCommand() *cobra.Command {
	var request logRequest
	cmd := &cobra.Command{
		Use:   "log JOB",
		Short: "Show what the service logged during an import",
		Long: `Shows the log entries of a job's newest run, in the order of their times.
Entries that the service has withdrawn stay, and are marked.

--level leaves out lesser ones; levels that nobody knows are always shown.

With --follow it goes on until Ctrl-C with entries as they come, says which ones
the service withdraws, and turns to the next run when that begins. It exits with
5 where nobody will poll: the job is paused, removed or finished, or its source
is paused. --format json
then writes one object a line; an entry that is withdrawn comes again, with the
time of that.`,
		Example: `  tracker log stores-eu
  tracker log stores-eu --follow
  tracker log stores-eu --run 12 --level warning
  tracker log stores-eu --format csv > log.csv`,
		Args: exactly(1, "one JOB"),
	}
	format := a.formatFlag(cmd, formatTable, formatJSON, formatCSV)
	cmd.Flags().IntVar(&request.runNo, "run", 0, "of run `N` instead of the newest")
	cmd.Flags().StringVar(&request.level, "level", logLevels[0], "least `LEVEL` to show: "+strings.Join(logLevels, ", "))
	cmd.Flags().BoolVarP(&request.follow, "follow", "f", false, "go on with entries as they come")
	_ = cmd.RegisterFlagCompletionFunc("level", cobra.FixedCompletions(logLevels, cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		request.job, request.format = args[0], *format
		if err := checkRunFlags(cmd, request.runNo, 1); err != nil {
			return err
		}
		if !slices.Contains(logLevels, request.level) {
			return usageError{fmt.Errorf("--level %q: want one of %s", request.level, strings.Join(logLevels, ", "))}
		}
		if request.follow && request.format == formatCSV {
			return usageError{errors.New("--follow writes a table or json, not csv")}
		}
		return a.withStore(cmd.Context(), func(s *store.Store) error {
			if request.follow {
				return a.followLog(cmd.Context(), s, request)
			}
			return a.log(cmd.Context(), s, request)
		})
	}
	return cmd
}

// logRequest is what somebody asked of the command.
type logRequest struct {
	job    string
	runNo  int // 0: the newest
	level  string
	format string
	follow bool
}

func (a *app) log(ctx context.Context, s *store.Store, request logRequest) error {
	h, err := readLog(ctx, s, request)
	if err != nil {
		return err
	}
	entries := logEntries(h, request.level)
	switch request.format {
	case formatJSON:
		return a.writeJSON(entries)
	case formatCSV:
		return writeCSV(a.stdout, entries, a.cells())
	}
	now, err := s.Now(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(a.stdout, logText(h, entries, request.level, words.Clock{ReadAt: now}, a.screen()))
	return err
}

// readLog reads the run that was asked for, with all of its log.
func readLog(ctx context.Context, s *store.Store, request logRequest) (store.History, error) {
	if _, err := tracking.FindJob(ctx, s, request.job); err != nil {
		return store.History{}, err
	}
	row, err := s.JobRow(ctx, request.job)
	if err != nil {
		return store.History{}, err
	}
	wanted := cmp.Or(request.runNo, int(deref(row.RunNo)))
	h, err := s.History(ctx, store.HistoryParams{Job: request.job, RunNo: wanted, Most: 1})
	if err == nil && request.runNo > 0 && len(h.Runs) == 0 {
		err = noRun(row, request.runNo, false)
	}
	return h, err
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
