package api

import (
	"context"

	"tracker/internal/store"
)

type eventsInput struct {
	Paging
	InSource
	InSince
	After int64  `query:"after" minimum:"0" doc:"Beyond this entry_no."`
	Job   string `query:"job" doc:"Of this job alone."`
	Kind  string `query:"kind" enum:"transition,anomaly,gap,change" doc:"Of this kind alone."`
}

func (a *api) registerEvents() {
	addList(a, operation{
		id: "list-events", path: "/events", tag: tagEvents, summary: "What happened, in one order",
		doc: "Rows of report.events by entry_no, the oldest first.",
	}, func(ctx context.Context, in *eventsInput, page store.Page) (store.Part[store.EventRow], error) {
		since, err := a.since(ctx, in.Since)
		if err != nil {
			return store.Part[store.EventRow]{}, err
		}
		if page.After == nil && in.After > 0 {
			page.After = &store.Key{No: in.After}
		}
		return a.Store.ListEvents(ctx, store.ListFilter{Job: in.Job, Source: in.Source, Kind: in.Kind, Since: since}, page)
	})
	a.registerStream()
}
