package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

func (a *app) jobListCommand() *cobra.Command {
	var all bool
	var sel tracking.Selection
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the jobs and how their latest runs are doing",
		Long: `Lists the jobs, the state of each one's latest run and since when, and what came
of the last poll: an OUTCOME but changed and unchanged says why nobody could
look. TRACKING says whether a job is polled by schedule; where its source is
paused or held, why stands below.`,
		Example: `  tracker job list
  tracker job list --source woosmap-prod --state failed
  tracker job list --label team=geo --label tier=1
  tracker job list --all --format csv > jobs.csv`,
		Args: exactly(0, "no arguments"),
	}
	format := a.formatFlag(cmd, formatTable, formatJSON, formatCSV)
	cmd.Flags().BoolVar(&all, "all", false, "removed jobs too")
	selectionFlags(cmd, &sel)
	stateFlag(cmd, &sel)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := sel.Read(nil); err != nil {
			return err
		}
		return a.withStore(cmd.Context(), func(s *store.Store) error { return a.listJobs(cmd.Context(), s, sel, all, *format) })
	}
	return cmd
}

func (a *app) listJobs(ctx context.Context, s *store.Store, sel tracking.Selection, all bool, format string) error {
	fit, err := sel.Rows(ctx, s)
	if err != nil {
		return err
	}
	now, err := s.Now(ctx)
	if err != nil {
		return err
	}
	sources, err := s.SourceRows(ctx)
	if err != nil {
		return err
	}
	c := words.Clock{ReadAt: now}
	rows := shownJobs(fit, all)
	unasked := unaskedSources(sources, rows, c)
	shown := jobListing(rows, unasked, c)
	switch removed := len(fit); {
	case removed > 0:
		shown.Empty = fmt.Sprintf("no jobs but %s; see  tracker job list --all", english.Plural(removed, "removed one", ""))
	case !sel.Empty():
		shown.Empty = fmt.Sprintf("no job fits  %s", sel)
	}
	if err := writeRows(a, format, shown); err != nil || format != formatTable {
		return err
	}
	_, err = fmt.Fprint(a.stdout, unaskedText(unasked, c, a.screen()))
	return err
}

// unaskedSources are those of the jobs' sources that are paused or held.
func unaskedSources(sources []store.SourceRow, jobs []store.JobRow, c words.Clock) []store.SourceRow {
	asked := map[string]bool{}
	for _, job := range jobs {
		asked[job.Source] = asked[job.Source] || job.Tracking == string(store.TrackingActive)
	}
	return slices.DeleteFunc(slices.Clone(sources), func(from store.SourceRow) bool { return !from.Unasked(c.ReadAt) || !asked[from.Source] })
}

// unaskedText tells why jobs of these sources are not polled, and the way out.
func unaskedText(sources []store.SourceRow, c words.Clock, s terminal.Screen) string {
	p := terminal.NewPage(s)
	for i, from := range sources {
		if i == 0 {
			p.Blank()
		}
		p.Line(c.Unasked(from)...)
	}
	return p.String()
}

// jobListing shows jobs, and which of them wait for one of the sources that are
// not asked.
func jobListing(rows []store.JobRow, unasked []store.SourceRow, c words.Clock) terminal.Table[store.JobRow] {
	blocked := map[string]string{}
	for _, from := range unasked {
		blocked[from.Source] = c.Availability(from, "").Text
	}
	now := c.ReadAt
	return terminal.Table[store.JobRow]{
		Rows: rows, Empty: "no jobs yet; see  tracker apply --help  or  tracker job add --help",
		Columns: []terminal.Column[store.JobRow]{
			{Title: "JOB", Cell: func(r store.JobRow) terminal.Span { return terminal.Plain(r.Job) }},
			{Title: "SOURCE", Spare: 4, Cell: func(r store.JobRow) terminal.Span { return terminal.Plain(r.Source) }},
			{Title: "STATE", Cell: func(r store.JobRow) terminal.Span { return words.State(r.State) }},
			{Title: "SINCE", Spare: 1, Cell: func(r store.JobRow) terminal.Span {
				return terminal.Plain(words.AgoBy(r.StateSince, r.StateSinceReported, now))
			}},
			{Title: "RUN", Spare: 5, Right: true, Cell: func(r store.JobRow) terminal.Span { return terminal.Plain(runText(r)) }},
			{Title: "LAST LOOK", Spare: 3, Cell: func(r store.JobRow) terminal.Span { return terminal.Plain(words.Ago(r.LastPolledAt, now)) }},
			{Title: "OUTCOME", Cell: func(r store.JobRow) terminal.Span { return words.OutcomeSpan(store.OrZero(r.LastOutcome)) }},
			{Title: "TRACKING", Spare: 2, Cell: func(r store.JobRow) terminal.Span { return words.Tracking(r.Tracking, blocked[r.Source]) }},
		},
	}
}

func shownJobs(rows []store.JobRow, all bool) []store.JobRow {
	shown := []store.JobRow{}
	for _, row := range rows {
		if all || row.Tracking != string(store.TrackingRemoved) {
			shown = append(shown, row)
		}
	}
	return shown
}

func runText(r store.JobRow) string {
	if r.RunNo == nil {
		return ""
	}
	return strconv.Itoa(int(*r.RunNo))
}
