package history

import "maps"

// Place is where a Trail stands between two snapshots: as much of what came before as
// deriving what comes after takes, of runs that are not those before.
type Place struct {
	SnapshotNo   int `json:"snapshot_no"` // the highest numbers given so far
	RunNo        int `json:"run_no"`
	TransitionNo int `json:"transition_no"`
	AnomalyNo    int `json:"anomaly_no"`

	Head  string    `json:"run_id"` // of the run that the last snapshot tells of
	Shape Shape     `json:"shape"`  // of the job's answers by then
	Runs  []RunName `json:"runs"`   // that answers beyond return to, and Head's
}

// RunName is a run's number and the upstream's id of it.
type RunName struct {
	No int    `json:"run_no"`
	ID string `json:"run_id"`
}

// Place tells where the trail stands. It has a head once it has a snapshot.
func (t *Trail) Place() Place {
	known := t.compared
	place := Place{SnapshotNo: known.SnapshotNo, RunNo: known.RunNo, TransitionNo: known.TransitionNo, AnomalyNo: known.AnomalyNo, Head: known.Head}
	if head := known.HeadRun(); head != nil {
		place.Shape, place.Runs = maps.Clone(head.Shape), []RunName{{head.No, head.ID}}
	}
	return place
}

// PassOver goes on to a place beyond snapshots that are not at hand. What the next one
// changes in the run that it supersedes is not derived, and has its numbers before.
func (t *Trail) PassOver(place Place) {
	known := t.compared
	for _, run := range place.Runs {
		known.Runs[run.ID] = &Run{No: run.No, ID: run.ID, State: StateSucceeded, Shape: place.Shape} // one that has ended is left as it is
	}
	known.Head = place.Head
	for _, k := range []*Known{known, t.Known} {
		k.SnapshotNo, k.RunNo, k.TransitionNo, k.AnomalyNo = place.SnapshotNo, place.RunNo, place.TransitionNo, place.AnomalyNo
	}
}
