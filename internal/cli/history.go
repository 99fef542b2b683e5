package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"tracker/internal/store"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// historyRequest is what the command line asks of a history.
type historyRequest struct {
	job     string
	runNo   int
	most    int
	asOf    string
	knownAt string
	format  string
}

func (a *app) historyCommand() *cobra.Command {
	var request historyRequest
	cmd := &cobra.Command{
		Use:   "history JOB",
		Short: "Show what happened to a job's imports, and how that is known",
		Long: `Shows a job's runs and, of the newest, all that happened: steps, changes of
status, warnings and errors, where the service contradicted itself, and who
paused and resumed the job or its source meanwhile.

Times that the service gives are shown as they are; what was only seen has
bounds. Times are in UTC.

--as-of shows how things stood at a time; --known-at leaves out what was learned
after a time. Together they answer what one could have known then. A time is
one as it stands here (22:20:30, 'Nov 21 22:20', '2026-11-21 22:20'), RFC 3339,
a date, or an age such as 2h or 3d, and not still to come.`,
		Example: `  tracker history stores-eu
  tracker history stores-eu --run 12
  tracker history stores-eu --as-of 2026-03-01T12:00:00Z
  tracker history stores-eu --as-of '2026-11-21 22:20'
  tracker history stores-eu --known-at 3d
  tracker history stores-eu --format json | jq '.transitions[]'`,
		Args: exactly(1, "one JOB"),
	}
	format := a.formatFlag(cmd, formatTable, formatJSON)
	flags := cmd.Flags()
	flags.IntVar(&request.runNo, "run", 0, "show run `N` instead of the newest")
	flags.IntVar(&request.most, "runs", 10, "list the newest `N` runs")
	flags.StringVar(&request.asOf, "as-of", "", "show how things stood at `TIME` (default: when --known-at is, else now)")
	flags.StringVar(&request.knownAt, "known-at", "", "by what was known at `TIME` (default: now)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		request.job, request.format = args[0], *format
		if err := checkRunFlags(cmd, request.runNo, request.most); err != nil {
			return err
		}
		return a.withStore(cmd.Context(), func(s *store.Store) error { return a.history(cmd.Context(), s, request) })
	}
	return cmd
}

// checkRunFlags refuses numbers of runs that cannot be.
func checkRunFlags(cmd *cobra.Command, runNo, most int) error {
	if cmd.Flags().Changed("run") && !isNumber(runNo) {
		return usageError{fmt.Errorf("--run %d: runs are numbered from 1", runNo)}
	}
	if !isNumber(most) {
		return usageError{fmt.Errorf("--runs %d: want 1 or more", most)}
	}
	return nil
}

// isNumber reports a number that runs and snapshots can have.
func isNumber(n int) bool { return n >= 1 && int(int32(n)) == n }

func (a *app) history(ctx context.Context, s *store.Store, request historyRequest) error {
	job, err := tracking.FindJob(ctx, s, request.job)
	if err != nil {
		return err
	}
	params := tracking.KnowledgeParams{RunNo: request.runNo, Most: request.most, Whole: request.format == formatJSON}
	if params.Now, err = s.Now(ctx); err != nil {
		return err
	}
	if params.KnownAt, err = pastTime("--known-at", request.knownAt, params.Now); err != nil {
		return err
	}
	if params.AsOf, err = pastTime("--as-of", request.asOf, params.Now); err != nil {
		return err
	}
	known, err := tracking.ReadKnowledge(ctx, s, job, params)
	if err != nil {
		return err
	}
	h := words.NewHistory(known)
	if request.format == formatJSON {
		if text := h.Unpolled(); text != "" {
			fmt.Fprintln(a.stderr, text)
		}
		return a.writeJSON(h.History)
	}
	_, err = fmt.Fprint(a.stdout, historyText(h, a.screen()))
	return err
}
