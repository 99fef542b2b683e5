package store

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"tracker/internal/history"
)

// TrailHistory shows a trail as the report views show what is stored: all of
// its runs, with all log entries.
func TrailHistory(job JobRow, trail *history.Trail) (History, error) {
	h := History{
		Job: job, Runs: []RunRow{}, Steps: []StepRow{}, Transitions: []TransitionRow{}, Anomalies: []AnomalyRow{}, LogEntries: []LogEntryRow{}, Gaps: []GapRow{},
		Taken: trail.Taken,
	}
	runs := runsInOrder(trail)
	names := map[[2]int]string{}
	for _, run := range runs {
		h.Runs = append(h.Runs, trailRun(job, run))
		for _, step := range run.Steps {
			names[[2]int{run.No, step.No}] = step.Name
			h.Steps = append(h.Steps, trailStep(job, run.No, step))
			for _, e := range step.Entries {
				h.LogEntries = append(h.LogEntries, trailEntry(job, run.No, step, e))
			}
		}
	}
	slices.Reverse(h.Runs)
	for _, t := range trail.Transitions {
		h.Transitions = append(h.Transitions, trailTransition(job, t, names[[2]int{t.RunNo, t.StepNo}]))
	}
	for _, a := range trail.Anomalies {
		row, err := trailAnomaly(job, a)
		if err != nil {
			return History{}, err
		}
		h.Anomalies = append(h.Anomalies, row)
	}
	h.showLatest(farTime())
	h.explainRuns()
	return h, nil
}

func runsInOrder(trail *history.Trail) []*history.Run {
	return slices.SortedFunc(maps.Values(trail.Runs), func(a, b *history.Run) int { return cmp.Compare(a.No, b.No) })
}

// TrailItems shows a trail's results as report.result_items shows what is stored.
func TrailItems(trail *history.Trail) []ResultItemRow {
	rows := []ResultItemRow{}
	for _, runNo := range slices.Sorted(maps.Keys(trail.Items)) {
		rows = appendItems(rows, trail, runNo)
	}
	return rows
}

func appendItems(rows []ResultItemRow, trail *history.Trail, runNo int) []ResultItemRow {
	for i, item := range trail.Items[runNo] {
		rows = append(rows, ResultItemRow{
			RunNo: int32(runNo), ItemNo: int32(i + 1), ItemID: item.ID, URL: item.URL, Labels: append([]string{}, item.Labels...), Output: item.Output, Metadata: item.Metadata,
		})
	}
	return rows
}

func trailRun(job JobRow, run *history.Run) RunRow {
	began, ended := run.Began(), run.Ended()
	row := RunRow{
		Job: job.Job, Source: job.Source, Provider: job.Provider, Labels: job.Labels,
		RunNo: int32(run.No), RunID: run.ID, State: string(run.State), Status: run.Status, StartedAt: began.Shown(),
		Reported:    !began.Reported.IsZero() && (!run.State.Terminal() || !ended.Reported.IsZero()),
		FirstSeenAt: run.FirstSeen.ObservedAt, LastChangedAt: run.LastChangedAt, Steps: int32(run.StepCount),
		Warnings: int32(run.Warnings), Errors: int32(run.Errors),
		ErrorSummary: run.ErrorSummary, ResultCount: run.ResultCount, ResultExpiresAt: toPointer(run.ResultExpires.At),
	}
	if run.State.Terminal() {
		row.EndedAt = toPointer(ended.Shown())
		row.Duration, row.DurationMax = spanIntervals(began, ended)
	} else if run.ResultCount != nil && *run.ResultCount == 0 {
		row.ResultCount = nil // none yet: report.runs has it so
	}
	return row
}

func trailStep(job JobRow, runNo int, step history.Step) StepRow {
	began, ended := step.Began(), step.Ended()
	unended := step.End.Raw == "" && !step.State.Terminal()
	row := StepRow{
		Job: job.Job, Source: job.Source, Provider: job.Provider, RunNo: int32(runNo), StepNo: int32(step.No),
		Step: step.Name, State: string(step.State), Status: step.Status, StartedAt: began.Shown(), EndedAt: toPointer(ended.Shown()),
		Reported:   !began.Reported.IsZero() && (unended || !ended.Reported.IsZero()),
		StartedRaw: toPointer(step.Start.Raw), EndedRaw: toPointer(step.End.Raw),
		ZoneAssumed: step.Start.ZoneAssumed || step.End.ZoneAssumed,
		FirstSeenAt: step.FirstSeen.ObservedAt, VanishedAt: toPointer(step.VanishedAt),
	}
	if row.EndedAt != nil {
		row.Duration, row.DurationMax = spanIntervals(began, ended)
	}
	return row
}

func spanIntervals(began, ended history.Moment) (least, most *Interval) {
	shortest, longest, hasMost := history.Span(began, ended)
	least = (*Interval)(&shortest)
	if hasMost {
		most = (*Interval)(&longest)
	}
	return least, most
}

func trailEntry(job JobRow, runNo int, step history.Step, e history.Entry) LogEntryRow {
	return LogEntryRow{
		Job: job.Job, Source: job.Source, Provider: job.Provider, RunNo: int32(runNo), StepNo: int32(step.No), Step: step.Name,
		EntryNo: int32(e.No), CreatedAt: toPointer(e.Created.At), Level: e.Level, Detail: e.Detail, FirstSeenAt: e.FirstSeen.ObservedAt,
		WithdrawnAt: toPointer(e.WithdrawnAt), CreatedRaw: e.Created.Raw, ZoneAssumed: e.Created.ZoneAssumed,
	}
}

func trailTransition(job JobRow, t history.Transition, step string) TransitionRow {
	row := TransitionRow{
		Job: job.Job, Source: job.Source, Provider: job.Provider, TransitionNo: int32(t.No), RunNo: int32(t.RunNo),
		StepNo: toPointer(int32(t.StepNo)), FromState: toPointer(string(t.FromState)), ToState: string(t.ToState), ToStatus: t.ToStatus,
		HappenedAt: toPointer(t.HappenedAt), NotBefore: toPointer(t.Seen.NotBefore), ObservedAt: t.Seen.ObservedAt, SnapshotNo: int32(t.SnapshotNo),
	}
	if t.StepNo > 0 {
		row.Step = &step
	}
	if t.FromState != "" {
		row.FromStatus = &t.FromStatus
	}
	return row
}

func trailAnomaly(job JobRow, a history.Anomaly) (AnomalyRow, error) {
	row := AnomalyRow{
		Job: job.Job, Source: job.Source, Provider: job.Provider, AnomalyNo: int32(a.No), RunNo: int32(a.RunNo),
		StepNo: toPointer(int32(a.StepNo)), Kind: string(a.Kind), Count: int32(a.Count), ObservedAt: a.ObservedAt, SnapshotNo: int32(a.SnapshotNo),
	}
	var err error
	if row.Was, err = toJSON(a.Was); err != nil {
		return AnomalyRow{}, fmt.Errorf("anomaly %d: %w", a.No, err)
	}
	row.Now, err = toJSON(a.Now)
	return row, err
}
