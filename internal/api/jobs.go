package api

import (
	"context"
	"net/http"

	"tracker/internal/store"
)

// jobsInput says which jobs are listed.
type jobsInput struct {
	Paging
	InSource
	InState
	InLabels
	Tracking string `query:"tracking" enum:"active,paused,finished,removed" doc:"Tracked so alone; left out: all but removed ones."`
	Q        string `query:"q" maxLength:"100" doc:"With this in their names."`
}

func (a *api) registerJobs() {
	addList(a, operation{
		id: "list-jobs", path: "/jobs", tag: tagJobs, summary: "Jobs, and how their latest runs are doing",
		doc: "Rows of report.jobs by name.",
	}, func(ctx context.Context, in *jobsInput, page store.Page) (store.Part[store.JobRow], error) {
		labels, err := in.labels()
		if err != nil {
			return store.Part[store.JobRow]{}, err
		}
		return a.Store.ListJobs(ctx, store.ListFilter{Source: in.Source, State: in.State, Tracking: in.Tracking, Query: in.Q, Labels: labels}, page)
	})
	addRow(a, operation{
		id: "get-job", path: "/jobs/{job}", tag: tagJobs, summary: "A job", doc: "A row of report.jobs.", fails: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *InJob) (store.JobRow, error) {
		if _, err := a.job(ctx, *in); err != nil {
			return store.JobRow{}, err
		}
		return a.Store.JobRow(ctx, in.Job)
	})
}
