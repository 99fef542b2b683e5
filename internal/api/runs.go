package api

import (
	"context"
	"errors"
	"net/http"

	"tracker/internal/store"
	"tracker/internal/tracking"
)

// InPast asks for what was, and was known, at earlier times.
type InPast struct {
	AsOf    string `query:"as_of" doc:"How things stood at this time; left out: at known_at."`
	KnownAt string `query:"known_at" doc:"By what was known at this time; left out: now."`
}

// InRun names a run in a path.
type InRun struct {
	InJob
	RunNo int `path:"run_no" minimum:"1" maximum:"2147483647" example:"12" doc:"Number of the run within its job."`
}

func (in InRun) filter() store.ListFilter { return store.ListFilter{Job: in.Job, RunNo: in.RunNo} }

type runsInput struct {
	InJob
	Paging
	InState
	InPast
}

type runInput struct {
	InRun
	InPast
}

// OfRunInput asks for a list of what belongs to a run.
type OfRunInput struct {
	InRun
	Paging
}

// OfPastRunInput asks so for what belonged to it.
type OfPastRunInput struct {
	OfRunInput
	InPast
}

type logInput struct {
	OfPastRunInput
	Level string `query:"level" maxLength:"100" example:"error" doc:"Of this level alone."`
}

// runFails are the errors of what belongs to a run.
var runFails = []int{http.StatusNotFound}

func (a *api) registerRuns() {
	addList(a, operation{
		id: "list-runs-of-job", path: "/jobs/{job}/runs", tag: tagRuns, summary: "Runs of a job", doc: "Rows of report.runs, the newest first.", fails: runFails,
	}, a.runsOfJob)
	addRow(a, operation{
		id: "get-run", path: "/jobs/{job}/runs/{run_no}", tag: tagRuns, summary: "A run", doc: "A row of report.runs.", fails: runFails,
	}, a.run)
	addList(a, operation{
		id: "list-steps", path: "/jobs/{job}/runs/{run_no}/steps", tag: tagRuns, summary: "Steps of a run", doc: "Rows of report.steps in their order.", fails: runFails,
	}, func(ctx context.Context, in *OfPastRunInput, page store.Page) (store.Part[store.StepRow], error) {
		return belonging(a, ctx, *in, page, a.Store.ListSteps, store.ListFilter{},
			func(h store.History) []store.StepRow { return h.Steps }, func(r store.StepRow) store.Key { return store.Key{No: int64(r.StepNo)} })
	})
	addList(a, operation{
		id: "list-log-entries", path: "/jobs/{job}/runs/{run_no}/log_entries", tag: tagRuns, summary: "The log of a run",
		doc: "Rows of report.log_entries, step by step in the order in which they were discovered, withdrawn ones too.", fails: runFails,
	}, func(ctx context.Context, in *logInput, page store.Page) (store.Part[store.LogEntryRow], error) {
		return belonging(a, ctx, in.OfPastRunInput, page, a.Store.ListLogEntries, store.ListFilter{Level: in.Level},
			func(h store.History) []store.LogEntryRow { return ofLevel(h.LogEntries, in.Level) },
			func(r store.LogEntryRow) store.Key { return store.Key{No: int64(r.StepNo), Sub: int64(r.EntryNo)} })
	})
	addList(a, operation{
		id: "list-transitions-of-run", path: "/jobs/{job}/runs/{run_no}/transitions", tag: tagRuns, summary: "Changes of state of a run and its steps",
		doc: "Rows of report.transitions in their order.", fails: runFails,
	}, func(ctx context.Context, in *OfPastRunInput, page store.Page) (store.Part[store.TransitionRow], error) {
		return belonging(a, ctx, *in, page, a.Store.ListTransitions, store.ListFilter{},
			func(h store.History) []store.TransitionRow { return h.Transitions }, func(r store.TransitionRow) store.Key { return store.Key{No: int64(r.TransitionNo)} })
	})
	addList(a, operation{
		id: "list-anomalies-of-run", path: "/jobs/{job}/runs/{run_no}/anomalies", tag: tagRuns, summary: "Where the service contradicted itself",
		doc: "Rows of report.anomalies of a run in their order.", fails: runFails,
	}, func(ctx context.Context, in *OfPastRunInput, page store.Page) (store.Part[store.AnomalyRow], error) {
		return belonging(a, ctx, *in, page, a.Store.ListAnomalies, store.ListFilter{},
			func(h store.History) []store.AnomalyRow { return h.Anomalies }, func(r store.AnomalyRow) store.Key { return store.Key{No: int64(r.AnomalyNo)} })
	})
	addList(a, operation{
		id: "list-result-items", path: "/jobs/{job}/runs/{run_no}/result_items", tag: tagRuns, summary: "Results of a run",
		doc: "Rows of report.result_items in their order.", fails: runFails,
	}, func(ctx context.Context, in *OfRunInput, page store.Page) (store.Part[store.ResultItemRow], error) {
		return ofRun(a, ctx, in.InRun, page, a.Store.ListResultItems, in.filter())
	})
	addList(a, operation{
		id: "list-snapshots", path: "/jobs/{job}/runs/{run_no}/snapshots", tag: tagRuns, summary: "Answers that told of a run",
		doc: "Rows of report.snapshots in their order, without their bodies.", fails: runFails,
	}, func(ctx context.Context, in *OfRunInput, page store.Page) (store.Part[store.SnapshotHead], error) {
		return ofRun(a, ctx, in.InRun, page, a.Store.ListSnapshots, in.filter())
	})
}

func (a *api) runsOfJob(ctx context.Context, in *runsInput, page store.Page) (store.Part[store.RunRow], error) {
	job, err := a.job(ctx, in.InJob)
	if err != nil {
		return store.Part[store.RunRow]{}, err
	}
	if !in.past() {
		return a.Store.ListRuns(ctx, store.ListFilter{Job: in.Job, State: in.State}, page)
	}
	h, err := a.known(ctx, job, 0, in.InPast)
	var runs []store.RunRow
	for _, run := range h.Runs {
		if in.State == "" || run.State == in.State {
			runs = append(runs, run)
		}
	}
	return cut(runs, page, func(r store.RunRow) store.Key { return store.Key{No: -int64(r.RunNo)} }), err
}

func (a *api) run(ctx context.Context, in *runInput) (store.RunRow, error) {
	job, err := a.job(ctx, in.InJob)
	if err != nil {
		return store.RunRow{}, err
	}
	if in.past() {
		h, err := a.known(ctx, job, in.RunNo, in.InPast)
		if err != nil {
			return store.RunRow{}, err
		}
		return h.Runs[0], nil
	}
	run, err := a.Store.RunRow(ctx, in.Job, in.RunNo)
	if errors.Is(err, store.ErrNotFound) {
		return run, a.noRun(ctx, in.InRun)
	}
	return run, err
}

// noRun says which runs there are instead.
func (a *api) noRun(ctx context.Context, in InRun) error {
	row, err := a.Store.JobRow(ctx, in.Job)
	if err != nil {
		return err
	}
	return absent(tracking.NoRun(ctx, a.Store, row, in.RunNo, false))
}

// ofRun reads a list of what belongs to a run. Where there is nothing, the run may not be there.
func ofRun[T any](a *api, ctx context.Context, in InRun, page store.Page, //nolint:revive // the receiver of a generic function comes first
	list func(context.Context, store.ListFilter, store.Page) (store.Part[T], error), filter store.ListFilter,
) (store.Part[T], error) {
	part, err := list(ctx, filter, page)
	if err != nil || len(part.Rows) > 0 {
		return part, err
	}
	_, err = a.run(ctx, &runInput{InRun: in})
	return part, err
}
