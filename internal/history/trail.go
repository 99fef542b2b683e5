package history

// Trail is a job's whole history, folded from its snapshots.
type Trail struct {
	*Known                     // with all runs, and what comparing has forgotten of them
	compared    *Known         // what answers are compared with
	Items       map[int][]Item // the results of each run, by its number
	Transitions []Transition
	Anomalies   []Anomaly
}

// NewTrail is the history of a job without snapshots.
func NewTrail() *Trail {
	return &Trail{Known: NewKnown(), compared: NewKnown(), Items: map[int][]Item{}}
}

// Add takes in the job's next snapshot and returns what it changed.
func (t *Trail) Add(said Answer, seen Bounds) Change {
	change := Compare(t.compared, said, seen)
	t.compared.Apply(change)
	t.take(change)
	t.Transitions = append(t.Transitions, change.Transitions...)
	t.Anomalies = append(t.Anomalies, change.Anomalies...)
	if change.ItemsListed {
		t.Items[change.RunNo] = change.Items
	}
	return change
}
