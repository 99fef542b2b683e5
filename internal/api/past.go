package api

import (
	"context"
	"math"
	"slices"

	"tracker/internal/store"
	"tracker/internal/tracking"
)

func (in InPast) past() bool { return in.AsOf != "" || in.KnownAt != "" }

// known reads what was known of a job then: of one run, or of all (0).
func (a *api) known(ctx context.Context, job store.Job, runNo int, in InPast) (store.History, error) {
	now, times, err := a.times(ctx, map[string]string{"as_of": in.AsOf, "known_at": in.KnownAt})
	if err != nil {
		return store.History{}, err
	}
	k, err := tracking.ReadKnowledge(ctx, a.Store, job, tracking.KnowledgeParams{
		RunNo: runNo, Most: math.MaxInt32, Whole: true, Now: now, AsOf: times["as_of"], KnownAt: times["known_at"],
	})
	return k.History, absent(err)
}

// belonging reads a list of what belongs to a run, or belonged to it.
func belonging[T any](a *api, ctx context.Context, in OfPastRunInput, page store.Page, //nolint:revive // as in ofRun
	list func(context.Context, store.ListFilter, store.Page) (store.Part[T], error), filter store.ListFilter,
	of func(store.History) []T, key func(T) store.Key,
) (store.Part[T], error) {
	if !in.past() {
		filter.Job, filter.RunNo = in.Job, in.RunNo
		return ofRun(a, ctx, in.InRun, page, list, filter)
	}
	job, err := a.job(ctx, in.InJob)
	if err != nil {
		return store.Part[T]{}, err
	}
	h, err := a.known(ctx, job, in.RunNo, in.InPast)
	return cut(of(h), page, key), err
}

// cut takes a page out of a whole list, which is in the order of its keys.
func cut[T any](rows []T, page store.Page, key func(T) store.Key) store.Part[T] {
	from := 0
	if after := page.After; after != nil {
		from = slices.IndexFunc(rows, func(r T) bool { k := key(r); return k.No > after.No || k.No == after.No && k.Sub > after.Sub })
		if from < 0 {
			from = len(rows)
		}
	}
	part := store.Part[T]{Rows: append([]T{}, rows[from:min(from+page.Rows, len(rows))]...)}
	if from+page.Rows < len(rows) {
		part.Next = new(key(rows[from+page.Rows-1]))
	}
	return part
}

// ofLevel are the entries of a level; empty: all.
func ofLevel(entries []store.LogEntryRow, level string) []store.LogEntryRow {
	if level == "" {
		return entries
	}
	return slices.DeleteFunc(slices.Clone(entries), func(e store.LogEntryRow) bool { return e.Level != level })
}
