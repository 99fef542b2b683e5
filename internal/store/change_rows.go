package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// changeRows holds the rows that changes of many jobs write, by table and column, as
// the queries take them. In a column that may be null the zero value stands for null.
type changeRows struct {
	polls       dbsqlc.PollInsertParams
	snapshots   dbsqlc.SnapshotInsertParams
	runs        dbsqlc.RunUpsertParams
	steps       dbsqlc.StepUpsertParams
	entries     dbsqlc.LogEntryUpsertParams
	items       dbsqlc.ResultItemUpsertParams
	trims       dbsqlc.ResultItemTrimParams
	transitions dbsqlc.TransitionInsertParams
	anomalies   dbsqlc.AnomalyInsertParams
	recounts    dbsqlc.RecountInsertParams
}

// add takes in what one snapshot changed.
func (r *changeRows) add(jobID int64, c history.Change) error {
	for _, run := range c.Runs {
		if err := r.addRun(jobID, run); err != nil {
			return err
		}
		if run.No == c.RunNo && !c.MovedFrom.IsZero() {
			r.addRecounts(jobID, c.MovedFrom, run.Began().Shown())
		}
	}
	for _, step := range c.Steps {
		r.addStep(jobID, step.RunNo, step.Step)
	}
	for _, e := range c.Entries {
		r.addEntry(jobID, e)
	}
	if c.ItemsListed {
		if err := r.addItems(jobID, c.RunNo, c.Items); err != nil {
			return err
		}
	}
	for _, t := range c.Transitions {
		r.addTransition(jobID, t)
	}
	for _, a := range c.Anomalies {
		if err := r.addAnomaly(jobID, a); err != nil {
			return err
		}
	}
	return nil
}

func (r *changeRows) addRun(jobID int64, run history.Run) error {
	words, err := json.Marshal(nonNil(run.UnknownWords))
	if err != nil {
		return fmt.Errorf("encode unknown words: %w", err)
	}
	shape, err := json.Marshal(run.Shape)
	if err != nil {
		return fmt.Errorf("encode shape: %w", err)
	}
	p := &r.runs
	p.JobIds = append(p.JobIds, jobID)
	p.RunNos = append(p.RunNos, int32(run.No))
	p.RunIds = append(p.RunIds, run.ID)
	p.Statuses = append(p.Statuses, run.Status)
	p.States = append(p.States, string(run.State))
	p.StartedAts = append(p.StartedAts, run.Start)
	p.EndedAts = append(p.EndedAts, run.End)
	p.NotBefores = append(p.NotBefores, run.FirstSeen.NotBefore)
	p.FirstSeenAts = append(p.FirstSeenAts, run.FirstSeen.ObservedAt)
	p.EndedNotBefores = append(p.EndedNotBefores, run.EndSeen.NotBefore)
	p.EndedSeenAts = append(p.EndedSeenAts, run.EndSeen.ObservedAt)
	p.LastChangedAts = append(p.LastChangedAts, run.LastChangedAt)
	p.StepCounts = append(p.StepCounts, int32(run.StepCount))
	p.Warnings = append(p.Warnings, int32(run.Warnings))
	p.Errors = append(p.Errors, int32(run.Errors))
	p.HasErrorSummary = append(p.HasErrorSummary, run.ErrorSummary != nil)
	p.ErrorSummaries = append(p.ErrorSummaries, OrZero(run.ErrorSummary))
	p.HasResultCount = append(p.HasResultCount, run.ResultCount != nil)
	p.ResultCounts = append(p.ResultCounts, OrZero(run.ResultCount))
	p.ResultExpiresAts = append(p.ResultExpiresAts, run.ResultExpires.At)
	p.ResultExpiresRaws = append(p.ResultExpiresRaws, run.ResultExpires.Raw)
	p.UnknownWords = append(p.UnknownWords, string(words))
	p.Shapes = append(p.Shapes, string(shape))
	p.ForgottenBefores = append(p.ForgottenBefores, run.ForgottenBefore)
	return nil
}

// addRecounts has two days counted again where a run's start has moved from one to the
// other.
func (r *changeRows) addRecounts(jobID int64, was, is time.Time) {
	left, joined := was.UTC().Truncate(dayLength), is.UTC().Truncate(dayLength)
	if !left.Equal(joined) {
		r.recounts.JobIds = append(r.recounts.JobIds, jobID, jobID)
		r.recounts.Days = append(r.recounts.Days, left, joined)
	}
}

func (r *changeRows) addStep(jobID int64, runNo int, step history.Step) {
	p := &r.steps
	p.JobIds = append(p.JobIds, jobID)
	p.RunNos = append(p.RunNos, int32(runNo))
	p.StepNos = append(p.StepNos, int32(step.No))
	p.Names = append(p.Names, step.Name)
	p.Statuses = append(p.Statuses, step.Status)
	p.States = append(p.States, string(step.State))
	p.Reported = append(p.Reported, step.Reported)
	p.StartedAts = append(p.StartedAts, step.Start.At)
	p.StartedRaws = append(p.StartedRaws, step.Start.Raw)
	p.StartedZonesAssumed = append(p.StartedZonesAssumed, step.Start.ZoneAssumed)
	p.EndedAts = append(p.EndedAts, step.End.At)
	p.EndedRaws = append(p.EndedRaws, step.End.Raw)
	p.EndedZonesAssumed = append(p.EndedZonesAssumed, step.End.ZoneAssumed)
	p.NotBefores = append(p.NotBefores, step.FirstSeen.NotBefore)
	p.FirstSeenAts = append(p.FirstSeenAts, step.FirstSeen.ObservedAt)
	p.EndedNotBefores = append(p.EndedNotBefores, step.EndSeen.NotBefore)
	p.EndedSeenAts = append(p.EndedSeenAts, step.EndSeen.ObservedAt)
	p.VanishedAts = append(p.VanishedAts, step.VanishedAt)
}

func (r *changeRows) addEntry(jobID int64, e history.PlacedEntry) {
	p := &r.entries
	p.JobIds = append(p.JobIds, jobID)
	p.RunNos = append(p.RunNos, int32(e.RunNo))
	p.StepNos = append(p.StepNos, int32(e.StepNo))
	p.EntryNos = append(p.EntryNos, int32(e.No))
	p.Positions = append(p.Positions, int32(e.Position))
	p.CreatedAts = append(p.CreatedAts, e.Created.At)
	p.CreatedRaws = append(p.CreatedRaws, e.Created.Raw)
	p.ZonesAssumed = append(p.ZonesAssumed, e.Created.ZoneAssumed)
	p.Levels = append(p.Levels, e.Level)
	p.Details = append(p.Details, e.Detail)
	p.NotBefores = append(p.NotBefores, e.FirstSeen.NotBefore)
	p.FirstSeenAts = append(p.FirstSeenAts, e.FirstSeen.ObservedAt)
	p.WithdrawnAts = append(p.WithdrawnAts, e.WithdrawnAt)
}

// addItems adds the items that an answer lists, and deletes those that it does not.
func (r *changeRows) addItems(jobID int64, runNo int, items []history.Item) error {
	r.trims.JobIds = append(r.trims.JobIds, jobID)
	r.trims.RunNos = append(r.trims.RunNos, int32(runNo))
	r.trims.ItemCounts = append(r.trims.ItemCounts, int32(len(items)))
	p := &r.items
	for i, item := range items {
		labels, err := json.Marshal(nonNil(item.Labels))
		if err != nil {
			return fmt.Errorf("encode labels of item %d: %w", i+1, err)
		}
		p.JobIds = append(p.JobIds, jobID)
		p.RunNos = append(p.RunNos, int32(runNo))
		p.ItemNos = append(p.ItemNos, int32(i+1))
		p.ItemIds = append(p.ItemIds, item.ID)
		p.Urls = append(p.Urls, item.URL)
		p.Labels = append(p.Labels, string(labels))
		p.Outputs = append(p.Outputs, string(item.Output))
		p.Metadatas = append(p.Metadatas, string(item.Metadata))
	}
	return nil
}

func (r *changeRows) addTransition(jobID int64, t history.Transition) {
	p := &r.transitions
	p.JobIds = append(p.JobIds, jobID)
	p.TransitionNos = append(p.TransitionNos, int32(t.No))
	p.RunNos = append(p.RunNos, int32(t.RunNo))
	p.StepNos = append(p.StepNos, int32(t.StepNo))
	p.FromStates = append(p.FromStates, string(t.FromState))
	p.ToStates = append(p.ToStates, string(t.ToState))
	p.FromStatuses = append(p.FromStatuses, t.FromStatus)
	p.ToStatuses = append(p.ToStatuses, t.ToStatus)
	p.HappenedAts = append(p.HappenedAts, t.HappenedAt)
	p.NotBefores = append(p.NotBefores, t.Seen.NotBefore)
	p.ObservedAts = append(p.ObservedAts, t.Seen.ObservedAt)
	p.SnapshotNos = append(p.SnapshotNos, int32(t.SnapshotNo))
}

func (r *changeRows) addAnomaly(jobID int64, a history.Anomaly) error {
	was, err := toJSON(a.Was)
	if err != nil {
		return err
	}
	now, err := toJSON(a.Now)
	if err != nil {
		return err
	}
	p := &r.anomalies
	p.JobIds = append(p.JobIds, jobID)
	p.AnomalyNos = append(p.AnomalyNos, int32(a.No))
	p.RunNos = append(p.RunNos, int32(a.RunNo))
	p.StepNos = append(p.StepNos, int32(a.StepNo))
	p.Kinds = append(p.Kinds, string(a.Kind))
	p.Was = append(p.Was, string(was))
	p.Now = append(p.Now, string(now))
	p.Counts = append(p.Counts, int32(a.Count))
	p.ObservedAts = append(p.ObservedAts, a.ObservedAt)
	p.SnapshotNos = append(p.SnapshotNos, int32(a.SnapshotNo))
	return nil
}

// insert runs the query of each table that has rows, in the order of the foreign keys.
func (r *changeRows) insert(ctx context.Context, q *dbsqlc.Queries) error {
	for _, table := range []struct {
		rows   int
		insert func() (int64, error)
	}{
		{len(r.snapshots.JobIds), func() (int64, error) { return q.SnapshotInsert(ctx, r.snapshots) }},
		{len(r.runs.JobIds), func() (int64, error) { return q.RunUpsert(ctx, r.runs) }},
		{len(r.steps.JobIds), func() (int64, error) { return q.StepUpsert(ctx, r.steps) }},
		{len(r.entries.JobIds), func() (int64, error) { return q.LogEntryUpsert(ctx, r.entries) }},
		{len(r.trims.JobIds), func() (int64, error) { return q.ResultItemTrim(ctx, r.trims) }},
		{len(r.items.JobIds), func() (int64, error) { return q.ResultItemUpsert(ctx, r.items) }},
		{len(r.transitions.JobIds), func() (int64, error) { return q.TransitionInsert(ctx, r.transitions) }},
		{len(r.anomalies.JobIds), func() (int64, error) { return q.AnomalyInsert(ctx, r.anomalies) }},
		{len(r.recounts.JobIds), func() (int64, error) { return q.RecountInsert(ctx, r.recounts) }},
		{len(r.polls.JobIds), func() (int64, error) { return q.PollInsert(ctx, r.polls) }},
	} {
		if table.rows == 0 {
			continue
		}
		if _, err := table.insert(); err != nil {
			return err
		}
	}
	return nil
}

// nonNil gives an empty slice for nil, which JSON would write as null.
func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
