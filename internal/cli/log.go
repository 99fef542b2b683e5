package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tracker/internal/spreadsheet"
	"tracker/internal/store"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

func (a *app) logCommand() *cobra.Command {
	var request logRequest
	levels := words.LogLevels()
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
	cmd.Flags().StringVar(&request.level, "level", levels[0], "least `LEVEL` to show: "+strings.Join(levels, ", "))
	cmd.Flags().BoolVarP(&request.follow, "follow", "f", false, "go on with entries as they come")
	_ = cmd.RegisterFlagCompletionFunc("level", cobra.FixedCompletions(levels, cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		request.job, request.format = args[0], *format
		if err := checkRunFlags(cmd, request.runNo, 1); err != nil {
			return err
		}
		if !slices.Contains(levels, request.level) {
			return usageError{fmt.Errorf("--level %q: want one of %s", request.level, strings.Join(levels, ", "))}
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
	h, err := tracking.ReadRun(ctx, s, request.job, request.runNo)
	if err != nil {
		return err
	}
	entries := words.LogAt(request.level, h.LogEntries)
	switch request.format {
	case formatJSON:
		return a.writeJSON(entries)
	case formatCSV:
		return spreadsheet.Write(a.stdout, entries, a.cells())
	}
	now, err := s.Now(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(a.stdout, logText(h, entries, request.level, words.Clock{ReadAt: now}, a.screen()))
	return err
}
