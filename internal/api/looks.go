package api

import (
	"context"
	"net/http"

	"tracker/internal/store"
)

type looksInput struct {
	InJob
	Paging
	InSpan
}

// registerLooks registers when somebody looked at a job, and when nobody did.
func (a *api) registerLooks() {
	addList(a, operation{
		id: "list-polls", path: "/jobs/{job}/polls", tag: tagJobs, summary: "When somebody looked at a job, and what came of it",
		doc: "Rows of report.polls, the newest first.", fails: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *looksInput, page store.Page) (store.Part[store.PollRow], error) {
		filter, err := a.looked(ctx, *in)
		if err != nil {
			return store.Part[store.PollRow]{}, err
		}
		return a.Store.ListPolls(ctx, filter, page)
	})
	addList(a, operation{
		id: "list-gaps-of-job", path: "/jobs/{job}/gaps", tag: tagJobs, summary: "When nobody looked at a job",
		doc: "Rows of report.gaps that ended after since, or are open; the newest first.", fails: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *looksInput, page store.Page) (store.Part[store.GapRow], error) {
		filter, err := a.looked(ctx, *in)
		if err != nil {
			return store.Part[store.GapRow]{}, err
		}
		return a.Store.ListGaps(ctx, filter, page)
	})
}

func (a *api) looked(ctx context.Context, in looksInput) (store.ListFilter, error) {
	job, err := a.job(ctx, in.InJob)
	if err != nil || in.Since == "" && in.Until == "" {
		return store.ListFilter{Job: in.Job, JobID: job.ID}, err
	}
	_, times, err := a.times(ctx, map[string]string{"since": in.Since, "until": in.Until})
	return store.ListFilter{Job: in.Job, JobID: job.ID, Since: times["since"], Until: times["until"]}, err
}
