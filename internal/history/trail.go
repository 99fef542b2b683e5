package history

import (
	"slices"
	"time"
)

// Trail is a job's whole history, folded from its snapshots.
type Trail struct {
	*Known                     // with all runs, and what comparing has forgotten of them
	compared    *Known         // what answers are compared with
	Items       map[int][]Item // the results of each run, by its number
	Transitions []Transition
	Anomalies   []Anomaly
	Taken       []TakenRun // the runs that were skipped, in the order of their snapshots

	skipped string // id of the run whose snapshots were skipped last; empty: it was left
}

// NewTrail is the history of a job without snapshots.
func NewTrail() *Trail {
	return &Trail{Known: NewKnown(), compared: NewKnown(), Items: map[int][]Item{}}
}

// Add takes in the job's next snapshot and returns what it changed.
func (t *Trail) Add(said Answer, seen Bounds) Change {
	change := Compare(t.compared, said, seen)
	t.compared.Apply(change)
	t.leaveSkipped(said.RunID)
	t.take(change)
	t.Transitions = append(t.Transitions, change.Transitions...)
	t.Anomalies = append(t.Anomalies, change.Anomalies...)
	if change.ItemsListed {
		t.Items[change.RunNo] = change.Items
	}
	return change
}

// TakenRun is what is left of a run whose rows and bodies are gone.
type TakenRun struct {
	No           int
	ID           string
	Status       string // in one of its snapshots
	State        State
	Shape        Shape     // after its last snapshot
	ChangedFrom  time.Time // the earliest effective time of its own transitions
	TransitionNo int       // the highest numbers given by then
	AnomalyNo    int
}

// Skip takes in the next snapshot where its body is gone with its run. What it
// changed in the run before, which it superseded, is derived and returned all the same. The
// snapshots of a run that is gone follow on from each other, and the run had ended.
func (t *Trail) Skip(run TakenRun, seen Bounds) Change {
	change := Change{}
	if t.compared.Head != run.ID {
		change = Compare(t.compared, Answer{RunID: run.ID, Status: run.Status, State: run.State}, seen).without(run.No)
		t.Taken = append(t.Taken, run)
	}
	change.SnapshotNo = t.compared.SnapshotNo + 1
	t.compared.take(change)
	t.take(change)
	t.Transitions = append(t.Transitions, change.Transitions...)
	t.Anomalies = append(t.Anomalies, change.Anomalies...)
	t.leaveSkipped(run.ID)
	t.compared.Runs[run.ID] = &Run{No: run.No, ID: run.ID, Status: run.Status, State: run.State, Shape: run.Shape}
	t.compared.Head, t.skipped = run.ID, run.ID
	for _, k := range []*Known{t.compared, t.Known} {
		k.RunNo = max(k.RunNo, run.No)
	}
	t.NumberFrom(run.TransitionNo, run.AnomalyNo)
	return change
}

// Erased is what is left of a snapshot whose body somebody has erased.
type Erased struct {
	RunID         string
	Status        string
	State         State
	StepsObserved bool
	TransitionNo  int // what later snapshots bring is numbered from the next on, at least
	AnomalyNo     int
}

// AddErased takes in the next snapshot where its body alone is gone. That the run was in
// this state is known all the same. What the body told else, the next tells, if it stands
// there too.
func (t *Trail) AddErased(left Erased, seen Bounds) Change {
	change := t.Add(Answer{RunID: left.RunID, Status: left.Status, State: left.State, StepsObserved: left.StepsObserved, Erased: true}, seen)
	t.NumberFrom(left.TransitionNo, left.AnomalyNo)
	return change
}

// NumberFrom leaves out the numbers of transitions and anomalies up to these.
func (t *Trail) NumberFrom(transitionNo, anomalyNo int) {
	for _, k := range []*Known{t.compared, t.Known} {
		k.TransitionNo, k.AnomalyNo = max(k.TransitionNo, transitionNo), max(k.AnomalyNo, anomalyNo)
	}
}

// Next tells what a snapshot would change, which is not taken in.
func (t *Trail) Next(said Answer, seen Bounds) Change { return Compare(t.compared, said, seen) }

// leaveSkipped forgets a run that was skipped and is the latest no more: it is as if it
// had never been, but for its number.
func (t *Trail) leaveSkipped(head string) {
	if t.skipped != "" && t.skipped != head {
		delete(t.compared.Runs, t.skipped)
		t.skipped = ""
	}
}

// without leaves out what a change says of a run.
func (c Change) without(runNo int) Change {
	c.Runs = slices.DeleteFunc(c.Runs, func(r Run) bool { return r.No == runNo })
	c.Steps = slices.DeleteFunc(c.Steps, func(s PlacedStep) bool { return s.RunNo == runNo })
	c.Entries = slices.DeleteFunc(c.Entries, func(e PlacedEntry) bool { return e.RunNo == runNo })
	c.Transitions = slices.DeleteFunc(c.Transitions, func(t Transition) bool { return t.RunNo == runNo })
	c.Anomalies = slices.DeleteFunc(c.Anomalies, func(a Anomaly) bool { return a.RunNo == runNo })
	return c
}
