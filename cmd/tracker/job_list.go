package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"tracker/internal/history"
	"tracker/internal/store"
)

func (a *app) jobListCommand() *cobra.Command {
	var all bool
	var sel selection
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
	sel.flags(cmd)
	sel.stateFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := sel.read(nil); err != nil {
			return err
		}
		return a.withStore(cmd.Context(), func(s *store.Store) error { return a.listJobs(cmd.Context(), s, sel, all, *format) })
	}
	return cmd
}

func (a *app) listJobs(ctx context.Context, s *store.Store, sel selection, all bool, format string) error {
	jobs, err := sel.jobs(ctx, s)
	if err != nil {
		return err
	}
	rows, err := s.JobRows(ctx)
	if err != nil {
		return err
	}
	now, err := s.Now(ctx)
	if err != nil {
		return err
	}
	selected := make(map[string]bool, len(jobs))
	for _, job := range jobs {
		selected[job.Name] = true
	}
	rows = slices.DeleteFunc(rows, func(row store.JobRow) bool { return !selected[row.Job] })
	sources, err := s.SourceRows(ctx)
	if err != nil {
		return err
	}
	c := clock{now}
	rows = shownJobs(rows, all)
	unasked := unaskedSources(sources, rows, c)
	shown := jobListing(rows, unasked, c)
	switch removed := int64(len(jobs)); {
	case removed > 0:
		shown.none = fmt.Sprintf("no jobs but %s; see  tracker job list --all", counted(removed, "removed one"))
	case !sel.empty():
		shown.none = fmt.Sprintf("no job fits  %s", sel)
	}
	if err := shown.write(a, format); err != nil || format != formatTable {
		return err
	}
	_, err = fmt.Fprint(a.stdout, unaskedText(unasked, c, a.screen()))
	return err
}

// unaskedSources are those of the jobs' sources that are paused or held.
func unaskedSources(sources []store.SourceRow, jobs []store.JobRow, c clock) []store.SourceRow {
	asked := map[string]bool{}
	for _, job := range jobs {
		asked[job.Source] = asked[job.Source] || job.Tracking == string(store.TrackingActive)
	}
	return slices.DeleteFunc(slices.Clone(sources), func(from store.SourceRow) bool { return !from.Unasked(c.now) || !asked[from.Source] })
}

// unaskedText tells why jobs of these sources are not polled, and the way out.
func unaskedText(sources []store.SourceRow, c clock, s screen) string {
	p := &page{screen: s}
	for i, from := range sources {
		if i == 0 {
			p.blank()
		}
		way := "to go on"
		if from.PausedAt == nil {
			way = "to ask it at once"
		}
		p.line(plain("source "+from.Source+" is "), standing(from, c, ""), plain(" "+standingWhy(from, c, "")+"; "+way+":  "), plain("tracker source resume "+from.Source).whole())
	}
	return p.out.String()
}

// jobListing shows jobs, and which of them wait for one of the sources that are
// not asked.
func jobListing(rows []store.JobRow, unasked []store.SourceRow, c clock) listing[store.JobRow] {
	blocked := map[string]string{}
	for _, from := range unasked {
		blocked[from.Source] = standing(from, c, "").text
	}
	now := c.now
	return listing[store.JobRow]{
		rows: rows, none: "no jobs yet; see  tracker apply --help  or  tracker job add --help",
		columns: []column[store.JobRow]{
			{title: "JOB", cell: func(r store.JobRow) span { return plain(r.Job) }},
			{title: "SOURCE", spare: 4, cell: func(r store.JobRow) span { return plain(r.Source) }},
			{title: "STATE", cell: func(r store.JobRow) span { return maybeMarked(r.State) }},
			{title: "SINCE", spare: 1, cell: func(r store.JobRow) span { return plain(agoBy(r.StateSince, r.StateSinceReported, now)) }},
			{title: "RUN", spare: 5, right: true, cell: func(r store.JobRow) span { return plain(runText(r)) }},
			{title: "LAST LOOK", spare: 3, cell: func(r store.JobRow) span { return plain(agoText(r.LastPolledAt, now)) }},
			{title: "OUTCOME", cell: func(r store.JobRow) span { return outcomeSpan(deref(r.LastOutcome)) }},
			{title: "TRACKING", spare: 2, cell: func(r store.JobRow) span { return trackingSpan(r.Tracking, blocked[r.Source]) }},
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

// outcomeSpan shows the outcome of a poll, marked where it had no answer.
func outcomeSpan(outcome string) span {
	switch history.Outcome(outcome) {
	case "", history.OutcomeChanged, history.OutcomeUnchanged:
		return plain(outcome)
	default:
		return styled(styleYellow, outcome)
	}
}

// trackingSpan shows how a job is tracked, marked where nobody may look. blocked
// is how its source stands, if that may not be asked.
func trackingSpan(tracking, blocked string) span {
	switch {
	case tracking == string(store.TrackingPaused):
		return styled(styleYellow, tracking)
	case tracking == string(store.TrackingActive) && blocked != "":
		return styled(styleYellow, "source "+blocked)
	}
	return plain(tracking)
}
