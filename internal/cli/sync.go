package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// syncRequest is what a sync is asked for with.
type syncRequest struct {
	tracking.Selection

	named  []string
	format string
	budget *memoryBudget
}

func (a *app) syncCommand() *cobra.Command {
	var request syncRequest
	cmd := &cobra.Command{
		Use:   "sync [JOB...]",
		Short: "Poll jobs now, whatever their schedules say",
		Long: `Polls the named jobs, or all active ones that are selected, once and now. It
ignores schedules and back-off and keeps to the sources' rate limits, which it
shares with every other tracker on the same database. Paused jobs and sources,
and those that asked to be left alone, are listed and left; finished jobs too,
unless named.

It exits with 1 if a poll failed, a job could not be polled, or one that was
named was left.`,
		Example: `  tracker sync
  tracker sync stores-eu products-7
  tracker sync --source woosmap-prod --state failed
  tracker sync --label team=geo`,
	}
	budget := memoryBudgetFlag(cmd)
	selectionFlags(cmd, &request.Selection)
	stateFlag(cmd, &request.Selection)
	a.credentialScopeFlags(cmd)
	cmd.PreRunE = a.readTwins(memoryBudgetName, credentialDirName, credentialEnvName)
	format := a.formatFlag(cmd, formatTable, formatJSON, formatCSV)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := request.Read(args); err != nil {
			return err
		}
		request.named, request.format, request.budget = args, *format, budget
		return a.withStore(cmd.Context(), func(s *store.Store) error { return a.sync(cmd.Context(), s, request) })
	}
	return cmd
}

// syncRow is what a sync says of one job.
type syncRow struct {
	Job     string `json:"job"`
	Source  string `json:"source"`
	Result  string `json:"result"`  // polled, elsewhere, skipped or late
	Outcome string `json:"outcome"` // of the poll; empty where there was none
	State   string `json:"state"`   // of the run that a new answer tells of
	Detail  string `json:"detail"`  // what is new, what went wrong, or why it was skipped

	unable bool // it was to be polled, and was not
}

func (a *app) sync(ctx context.Context, s *store.Store, request syncRequest) error {
	request.budget.limit(a.getenv)
	if err := s.ExtendPartitions(ctx); err != nil {
		return err
	}
	jobs, skipped, err := request.chooseJobs(ctx, s)
	if err != nil {
		return err
	}
	client := source.NewClient(a.version)
	defer client.Close()
	syncer := &sync.Syncer{
		Store: s, Client: client, Getenv: a.getenv, Scope: a.scope, Owner: owner(), Logger: a.logger, MemoryBudget: int64(*request.budget),
	}

	rows := skipped
	progress := a.newProgress(len(jobs))
	syncErr := syncer.Once(ctx, jobs, func(e sync.Event) {
		progress.tell(e)
		rows = addEvent(rows, e, len(request.named) > 0)
	})
	progress.end()
	slices.SortStableFunc(rows, func(x, y syncRow) int { return cmp.Compare(x.Job, y.Job) })
	if syncErr == nil || len(rows) > 0 {
		if err := a.printSync(rows, request); err != nil {
			return err
		}
	}
	if errors.Is(syncErr, context.Canceled) {
		return fmt.Errorf("interrupted: %d of %d jobs were not polled", len(jobs)-progress.done, len(jobs))
	}
	if syncErr != nil {
		return syncErr
	}
	if slices.ContainsFunc(rows, syncRow.failed) {
		return errReported
	}
	return nil
}

// chooseJobs gives the named jobs, or all active ones that are selected, and rows
// for those that cannot be polled.
func (request syncRequest) chooseJobs(ctx context.Context, s *store.Store) (chosen []store.Job, skipped []syncRow, err error) {
	names := request.named
	all, err := request.Jobs(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		if !slices.ContainsFunc(all, func(j store.Job) bool { return j.Name == name }) {
			return nil, nil, tracking.UnknownJob(ctx, s, name)
		}
	}
	for _, job := range all {
		named := slices.Contains(names, job.Name)
		if len(names) > 0 && !named {
			continue
		}
		why := ""
		switch {
		case job.Tracking == store.TrackingRemoved && !named:
			continue
		case job.Tracking == store.TrackingRemoved:
			why = "removed"
		case job.Tracking == store.TrackingPaused:
			why = strings.TrimSuffix("paused: "+job.PausedReason, ": ")
		case job.Tracking == store.TrackingFinished && !named:
			why = "finished"
		}
		if why == "" {
			chosen = append(chosen, job)
		} else {
			skipped = append(skipped, syncRow{Job: job.Name, Source: job.Source, Result: "skipped", Detail: why, unable: named})
		}
	}
	return chosen, skipped, nil
}

// owner names this process in claims.
func owner() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d", host, os.Getpid())
}

// addEvent adds a row for an event, or what it says to the job's row. Whoever
// has named a job wants it polled.
func addEvent(rows []syncRow, e sync.Event, named bool) []syncRow {
	row := syncRow{Job: e.Job.Name, Source: e.Job.Source, Outcome: string(e.Outcome), Detail: cmp.Or(e.Error, e.Reason)}
	switch e.Kind {
	case sync.Polled:
		row.Result = "polled"
		if e.Change != nil {
			row.State, row.Detail = string(e.Change.State), words.News(*e.Change)
		}
	case sync.Elsewhere:
		row.Result, row.Detail = "elsewhere", "somebody else polled it meanwhile"
	case sync.Skipped:
		row.Result, row.unable = "skipped", named || e.Error != ""
	case sync.Late:
		row.Result = "late"
	case sync.Paused, sync.Finished:
		return amend(rows, e)
	}
	return append(rows, row)
}

// amend adds to a job's row what its poll has led to.
func amend(rows []syncRow, e sync.Event) []syncRow {
	text := e.Reason
	if e.Kind == sync.Finished {
		text = "finished: not polled by schedule any more"
	}
	for i := range rows {
		if rows[i].Job == e.Job.Name {
			rows[i].Detail = strings.TrimPrefix(rows[i].Detail+"; "+text, "; ")
			return rows
		}
	}
	return append(rows, syncRow{Job: e.Job.Name, Source: e.Job.Source, Result: "polled", Detail: text})
}

// failed reports a row that makes the sync fail. Jobs that nobody named and that
// are paused or finished are none.
func (r syncRow) failed() bool {
	switch r.Result {
	case "polled", "elsewhere":
		return r.Outcome != "changed" && r.Outcome != "unchanged"
	case "late":
		return true
	default:
		return r.unable
	}
}

// resultSpan is the outcome of the poll, or what came instead of one.
func (r syncRow) resultSpan() terminal.Span {
	if r.failed() {
		return terminal.Styled(terminal.StyleYellow, cmp.Or(r.Outcome, r.Result))
	}
	return terminal.Plain(cmp.Or(r.Outcome, r.Result))
}

func (a *app) printSync(rows []syncRow, request syncRequest) error {
	none := "no jobs to poll; see  tracker job list"
	if !request.Empty() {
		none = fmt.Sprintf("no job to poll fits  %s", request.Selection)
	}
	err := writeRows(a, request.format, terminal.Table[syncRow]{
		Rows: rows, Empty: none,
		Columns: []terminal.Column[syncRow]{
			{Title: "JOB", Cell: func(r syncRow) terminal.Span { return terminal.Plain(r.Job) }},
			{Title: "SOURCE", Spare: 1, Cell: func(r syncRow) terminal.Span { return terminal.Plain(r.Source) }},
			{Title: "RESULT", Cell: func(r syncRow) terminal.Span { return r.resultSpan() }},
			{Title: "STATE", Cell: func(r syncRow) terminal.Span { return words.State(&r.State) }},
			{Title: "DETAIL", Prose: true, Cell: func(r syncRow) terminal.Span { return terminal.Plain(r.Detail) }},
		},
	})
	if err != nil || request.format != formatTable || len(rows) == 0 {
		return err
	}
	counts := map[string]int{}
	for _, row := range rows {
		counts[cmp.Or(row.Outcome, row.Result)]++
	}
	var texts []string
	for _, word := range slices.Sorted(maps.Keys(counts)) {
		texts = append(texts, fmt.Sprintf("%d %s", counts[word], word))
	}
	_, err = fmt.Fprintf(a.stdout, "\n%s\n", strings.Join(texts, ", "))
	return err
}
