package evidence

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"

	"tracker/internal/history"
	"tracker/internal/source"
	"tracker/internal/store"
)

// derivation derives a history from the snapshots of a pack, in their order.
type derivation struct {
	document *Document
	provider source.Provider
	trail    *history.Trail
	taken    map[int]TakenRun
}

func newDerivation(d *Document, provider source.Provider) *derivation {
	derived := &derivation{document: d, provider: provider, trail: history.NewTrail(), taken: map[int]TakenRun{}}
	for _, run := range d.TakenRuns {
		derived.taken[run.RunNo] = run
	}
	return derived
}

// add takes in the next snapshot, with its body unless that is gone.
func (d *derivation) add(s Snapshot, body []byte) error {
	if s.Passed != nil {
		d.trail.PassOver(*s.Passed)
	}
	if s.Body == nil && s.Erased != nil {
		d.trail.AddErased(history.Erased{
			RunID: s.Erased.RunID, Status: s.Status, State: history.State(s.State), StepsObserved: s.Erased.StepsObserved,
			TransitionNo: s.Erased.TransitionNo, AnomalyNo: s.Erased.AnomalyNo,
		}, s.bounds())
		return nil
	}
	if s.Body == nil {
		run, found := d.taken[s.RunNo]
		if !found {
			return fmt.Errorf("%w, and run %d is not one that retention took", errBodyGone, s.RunNo)
		}
		d.trail.Skip(history.TakenRun{
			No: run.RunNo, ID: run.RunID, Status: s.Status, State: history.State(s.State), Shape: run.Shape, ChangedFrom: run.ChangedFrom,
			TransitionNo: run.TransitionNo, AnomalyNo: run.AnomalyNo,
		}, s.bounds())
		return nil
	}
	said, err := d.provider.Interpret(body)
	if err != nil {
		return fmt.Errorf("interpret its body: %w", err)
	}
	change := d.trail.Add(said, s.bounds())
	if s.Interpretation != d.provider.Interpretation {
		return nil // what it was recorded as is what another interpretation read
	}
	if change.RunNo != s.RunNo || change.Status != s.Status || string(change.State) != s.State {
		return fmt.Errorf("its body tells of run %d as %q (%s): %w of run %d as %q (%s)", change.RunNo, change.Status, change.State, errLeafTells, s.RunNo, s.Status, s.State)
	}
	return nil
}

// history gives the rows of what was derived.
func (d *derivation) history() (History, error) { return historyOf(d.document, d.trail) }

func historyOf(d *Document, trail *history.Trail) (History, error) {
	target, err := json.Marshal(d.Job.Target)
	if err != nil {
		return History{}, fmt.Errorf("encode the target: %w", err)
	}
	all, err := store.TrailHistory(store.JobRow{Job: d.Job.Job, Source: d.Job.Source, Provider: d.Job.Provider, Target: target}, trail)
	if err != nil {
		return History{}, err
	}
	if d.AsOf != nil {
		all = all.AsOf(*d.AsOf)
	}
	all = all.Select(store.HistoryParams{RunNo: d.RunNo, Most: math.MaxInt32})
	h := History{Runs: all.Runs, Steps: all.Steps, Transitions: all.Transitions, Anomalies: all.Anomalies, LogEntries: all.LogEntries, ResultItems: []ResultItem{}}
	if d.AsOf != nil {
		return h, nil
	}
	for _, runNo := range slices.Sorted(maps.Keys(trail.Items)) {
		if d.RunNo != 0 && d.RunNo != runNo {
			continue
		}
		for i, item := range trail.Items[runNo] {
			h.ResultItems = append(h.ResultItems, ResultItem{
				RunNo: runNo, ItemNo: i + 1, ID: item.ID, URL: item.URL, Labels: item.Labels, Output: item.Output, Metadata: item.Metadata,
			})
		}
	}
	return h, nil
}
