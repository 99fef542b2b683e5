package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tracker/internal/config"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
)

// reportRequest is what a report is asked for with.
type reportRequest struct {
	tracking.Selection

	since  string
	format string
}

func (a *app) reportCommand() *cobra.Command {
	var request reportRequest
	cmd := &cobra.Command{
		Use:   "report [NAME]",
		Short: "Answer a question about all imports, such as which failed and why",
		Long: `Answers one of the questions below, from what is known now. Without a NAME it
lists them. Times and days are in UTC; json and csv give durations in seconds.
Behind a question stands how far it looks back, unless --since says otherwise;
one without is about now, and takes no --since.
docs/sql.md has these and more as SQL, to change at will.

` + reportHelp(),
		Example: `  tracker report
  tracker report failed-imports --since 30d
  tracker report gaps --source woosmap-prod --format csv > gaps.csv
  tracker report runs-per-day --label team=geo`,
		Args:      between(0, 1, "one NAME, or none to list them"),
		ValidArgs: reportCompletions(),
	}
	format := a.formatFlag(cmd, formatTable, formatJSON, formatCSV)
	cmd.Flags().StringVar(&request.since, "since", "", "look back to a `TIME` in the past: "+config.TimeForms+" (default: the age behind the question)")
	selectionFlags(cmd, &request.Selection)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		request.format = *format
		if len(args) == 0 {
			return a.listReports(request.format)
		}
		return a.answerReport(cmd.Context(), args[0], request)
	}
	return cmd
}

// answerReport prints one report.
func (a *app) answerReport(ctx context.Context, name string, request reportRequest) error {
	all := reports()
	at := slices.IndexFunc(all, func(k reportKind) bool { return k.name == name })
	if at < 0 {
		return usageError{fmt.Errorf("there is no report %q%s; there are %s", name, tracking.Meant(name, reportNames()), strings.Join(reportNames(), ", "))}
	}
	if err := request.Read(nil); err != nil {
		return err
	}
	if request.since != "" && all[at].since == 0 {
		return usageError{fmt.Errorf("report %s tells of now and takes no --since: it would hide what is so for longest; those that do are %s",
			name, strings.Join(lookingBack(), ", "))}
	}
	if request.since != "" { // what is no time is refused before a server is started for it
		if _, err := config.ParseTime(request.since, time.Now()); err != nil {
			return usageError{fmt.Errorf("--since: %w", err)}
		}
	}
	return a.withStore(ctx, func(s *store.Store) error {
		if _, err := request.Jobs(ctx, s); err != nil {
			return err
		}
		now, err := s.Now(ctx)
		if err != nil {
			return err
		}
		since, err := sinceTime(request.since, all[at], now)
		if err != nil {
			return err
		}
		return all[at].print(ctx, a, s, store.AnswerFilter{Since: since, Now: now, Source: request.Source, Labels: request.Labels}, request)
	})
}

// sinceTime is how far a report looks back: as asked, else as it is made to.
func sinceTime(since string, kind reportKind, now time.Time) (time.Time, error) {
	switch {
	case since == "" && kind.since == 0:
		return time.Time{}, nil
	case since == "":
		return now.Add(-kind.since), nil
	}
	return tracking.PastTime("--since", since, now)
}

// listReports prints one line per report, however narrow the screen is.
func (a *app) listReports(format string) error {
	type reportLine struct {
		Name     string `json:"name"`
		Question string `json:"question"`
	}
	lines := []reportLine{}
	for _, k := range reports() {
		lines = append(lines, reportLine{Name: k.name, Question: k.question})
	}
	if format != formatTable {
		return writeRows(a, format, terminal.Table[reportLine]{Rows: lines})
	}
	width := 0
	for _, line := range lines {
		width = max(width, len(line.Name))
	}
	for _, line := range lines {
		if _, err := fmt.Fprintf(a.stdout, "%-*s  %s\n", width, line.Name, line.Question); err != nil {
			return err
		}
	}
	return nil
}
