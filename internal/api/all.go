package api

import (
	"context"

	"tracker/internal/store"
)

// AllInput narrows a list over all jobs.
type AllInput struct {
	Paging
	InSource
	InSince
}

func (a *api) registerAll() {
	a.registerStatus()
	addList(a, operation{
		id: "list-runs", path: "/runs", tag: tagAll, summary: "Runs of all jobs", doc: "Rows of report.runs, those that began last first.",
	}, func(ctx context.Context, in *struct {
		AllInput
		InState
		InLabels
	}, page store.Page,
	) (store.Part[store.RunRow], error) {
		labels, err := in.labels()
		if err != nil {
			return store.Part[store.RunRow]{}, err
		}
		return ofAll(a, ctx, in.AllInput, page, a.Store.ListRuns, store.ListFilter{State: in.State, Labels: labels})
	})
	addList(a, operation{
		id: "list-transitions", path: "/transitions", tag: tagAll, summary: "Changes of state", doc: "Rows of report.transitions, the newest first; state is the one after.",
	}, func(ctx context.Context, in *struct {
		AllInput
		InState
	}, page store.Page,
	) (store.Part[store.TransitionRow], error) {
		return ofAll(a, ctx, in.AllInput, page, a.Store.ListTransitions, store.ListFilter{State: in.State})
	})
	addList(a, operation{
		id: "list-anomalies", path: "/anomalies", tag: tagAll, summary: "Where services contradicted themselves", doc: "Rows of report.anomalies, the newest first.",
	}, func(ctx context.Context, in *struct {
		AllInput
		Kind string `query:"kind" maxLength:"100" example:"entry_withdrawn" doc:"Of this kind alone."`
	}, page store.Page,
	) (store.Part[store.AnomalyRow], error) {
		return ofAll(a, ctx, in.AllInput, page, a.Store.ListAnomalies, store.ListFilter{Kind: in.Kind})
	})
	addList(a, operation{
		id: "list-gaps", path: "/gaps", tag: tagAll, summary: "When nobody looked", doc: "Rows of report.gaps that ended after since, or are open; the newest first.",
	}, func(ctx context.Context, in *struct {
		AllInput
		Reason string `query:"reason" maxLength:"100" example:"not_running" doc:"For this reason alone."`
	}, page store.Page,
	) (store.Part[store.GapRow], error) {
		return ofAll(a, ctx, in.AllInput, page, a.Store.ListGaps, store.ListFilter{Kind: in.Reason})
	})
	addList(a, operation{
		id: "list-stalled", path: "/stalled", tag: tagAll, summary: "What is stuck now", doc: "Rows of report.stalled by job.",
	}, func(ctx context.Context, in *AllInput, page store.Page) (store.Part[store.StalledRow], error) {
		return ofAll(a, ctx, *in, page, a.Store.ListStalled, store.ListFilter{})
	})
}

// ofAll reads a list over all jobs.
func ofAll[T any](a *api, ctx context.Context, in AllInput, page store.Page, //nolint:revive // as in ofRun
	list func(context.Context, store.ListFilter, store.Page) (store.Part[T], error), filter store.ListFilter,
) (part store.Part[T], err error) {
	filter.Source = in.Source
	if filter.Since, err = a.since(ctx, in.Since); err != nil {
		return part, err
	}
	return list(ctx, filter, page)
}

// registerStatus registers how all jobs stood at a time.
func (a *api) registerStatus() {
	addList(a, operation{
		id: "list-status", path: "/status", tag: tagAll, summary: "How every job stood at a time, by what was known at another",
		doc: "Rows of report.status_as_of by name. Later pages want the same two times, written out.",
	}, func(ctx context.Context, in *struct {
		Paging
		InPast
		InSource
		InState
	}, page store.Page,
	) (store.Part[store.StatusRow], error) {
		now, times, err := a.times(ctx, map[string]string{"as_of": in.AsOf, "known_at": in.KnownAt})
		if err != nil {
			return store.Part[store.StatusRow]{}, err
		}
		knownAt, asOf := now, now
		if in.KnownAt != "" {
			knownAt, asOf = times["known_at"], times["known_at"]
		}
		if in.AsOf != "" {
			asOf = times["as_of"]
		}
		return a.Store.ListStatus(ctx, asOf, knownAt, store.ListFilter{Source: in.Source, State: in.State}, page)
	})
}
