package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tracker/internal/config"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// reportRequest is what a report is asked for with.
type reportRequest struct {
	tracking.Selection

	since    string
	asOf     string
	knownAt  string
	format   string
	question words.Question
}

func (a *app) reportCommand() *cobra.Command {
	var request reportRequest
	cmd := &cobra.Command{
		Use:   "report [NAME]",
		Short: "Answer a question about all imports, such as which failed and why",
		Long: `Answers one of the questions below, from what is known now. Without a NAME it
lists them. Times and days are in UTC; json and csv give durations in seconds.
Behind a question stands how far it looks back, unless --since says otherwise;
one without is about one moment, whatever --since says.

--as-of answers for the imports as they stood at a time, as it is known today;
--known-at leaves out what was learned after a time: it is the answer that was
given then. Jobs are chosen by the labels that they have now.
docs/sql.md has these and more as SQL, to change at will.

` + reportHelp(),
		Example: `  tracker report
  tracker report failed-imports --since 30d
  tracker report gaps --source woosmap-prod --format csv > gaps.csv
  tracker report runs-per-day --label team=geo
  tracker report failed-imports --known-at 3d`,
		Args:      between(0, 1, "one NAME, or none to list them"),
		ValidArgs: reportCompletions(),
	}
	format := a.formatFlag(cmd, formatTable, formatJSON, formatCSV)
	cmd.Flags().StringVar(&request.since, "since", "", "look back to a `TIME` in the past: "+config.TimeForms+" (default: the age behind the question)")
	cmd.Flags().StringVar(&request.asOf, "as-of", "", "how things stood at `TIME` (default: when --known-at is, else now)")
	cmd.Flags().StringVar(&request.knownAt, "known-at", "", "by what was known at `TIME` (default: now)")
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

// listReports prints one line per report, however narrow the screen is.
func (a *app) listReports(format string) error {
	type reportLine struct {
		Name     string `json:"name"`
		Question string `json:"question"`
	}
	lines := []reportLine{}
	width := 0
	for _, q := range words.Questions() {
		lines = append(lines, reportLine{q.Name, q.Asks})
		width = max(width, len(q.Name))
	}
	if format != formatTable {
		return writeRows(a, format, terminal.Table[reportLine]{Rows: lines})
	}
	for _, line := range lines {
		if _, err := fmt.Fprintf(a.stdout, "%-*s  %s\n", width, line.Name, line.Question); err != nil {
			return err
		}
	}
	return nil
}

// reportCompletions are the names with their questions.
func reportCompletions() []cobra.Completion {
	var offered []cobra.Completion
	for _, q := range words.Questions() {
		offered = append(offered, cobra.CompletionWithDesc(q.Name, q.Asks))
	}
	return offered
}

// reportHelp tells of each report how far it looks back.
func reportHelp() string {
	p := terminal.NewPage(terminal.Screen{Width: helpWidth - 8}) // the manual indents it
	for _, q := range words.Questions() {
		back := ""
		if q.Since > 0 {
			back = fmt.Sprintf(" (%dd)", q.Since/words.Day)
		}
		p.Entry([]terminal.Span{terminal.Plain(fmt.Sprintf("  %-17s  ", q.Name))}, terminal.Plain(q.Asks+back))
	}
	return strings.TrimSuffix(p.String(), "\n")
}
