package history

import "time"

// Change is what one snapshot adds to a job's history: the rows to record.
type Change struct {
	SnapshotNo int
	RunNo      int    // of the run that the snapshot tells of
	Status     string // of that run
	State      State
	Returned   bool // the run had been superseded

	Runs    []Run         // new and changed, without their steps
	Steps   []PlacedStep  // new and changed, without their entries
	Entries []PlacedEntry // new, withdrawn and returned

	// Items are the results of the run where the answer lists them; they take
	// the place of those known before.
	Items       []Item
	ItemsListed bool

	// MovedFrom is when the run began by what was known before, where that is
	// another time now; else zero.
	MovedFrom time.Time

	Transitions []Transition
	Anomalies   []Anomaly
}

// Quiet reports a change that tells nothing of runs, steps and entries.
func (c Change) Quiet() bool {
	return len(c.Transitions)+len(c.Steps)+len(c.Entries)+len(c.Anomalies) == 0
}

// PlacedStep is a step with its place.
type PlacedStep struct {
	RunNo int
	Step
}

// PlacedEntry is a log entry with its place.
type PlacedEntry struct {
	RunNo  int
	StepNo int
	Entry
	New bool // else it is known and was withdrawn or came back
}
