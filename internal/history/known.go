package history

import "slices"

// Known is what a job's snapshots have told so far, as far as a comparison
// needs it.
type Known struct {
	// The highest numbers given so far.
	SnapshotNo   int
	RunNo        int
	TransitionNo int
	AnomalyNo    int

	Head string          // id of the run that the newest snapshot tells of
	Runs map[string]*Run // by id: the head and, where it is another, the run that an answer may return to
}

// NewKnown is what is known of a job without snapshots.
func NewKnown() *Known { return &Known{Runs: map[string]*Run{}} }

// HeadRun is the run that the newest snapshot tells of, nil before the first.
func (k *Known) HeadRun() *Run {
	if k.SnapshotNo == 0 {
		return nil
	}
	return k.Runs[k.Head]
}

// Apply takes in what a snapshot has changed, and forgets what it has made old.
func (k *Known) Apply(c Change) {
	k.take(c)
	k.HeadRun().forget()
}

// take takes in what a snapshot has changed.
func (k *Known) take(c Change) {
	k.SnapshotNo = c.SnapshotNo
	k.TransitionNo += len(c.Transitions)
	k.AnomalyNo += len(c.Anomalies)
	byNo := map[int]*Run{}
	for _, row := range c.Runs {
		run := k.takeRun(row)
		byNo[run.No] = run
		if run.No == c.RunNo {
			k.Head = run.ID
		}
	}
	for _, row := range c.Steps {
		byNo[row.RunNo].takeStep(row.Step)
	}
	for i, row := range c.Entries {
		step := byNo[row.RunNo].Step(row.StepNo)
		if len(step.Entries) == cap(step.Entries) {
			step.Entries = slices.Grow(step.Entries, ofOneStep(c.Entries[i:]))
		}
		step.takeEntry(row.Entry)
	}
}

// ofOneStep is how many entries of one step stand first.
func ofOneStep(entries []PlacedEntry) (together int) {
	for together < len(entries) && entries[together].StepNo == entries[0].StepNo && entries[together].RunNo == entries[0].RunNo {
		together++
	}
	return together
}

// KeepHead forgets all runs but the head's.
func (k *Known) KeepHead() {
	if head := k.HeadRun(); head != nil {
		k.Runs = map[string]*Run{k.Head: head}
	}
}

func (k *Known) takeRun(row Run) *Run {
	run := k.Runs[row.ID]
	if run == nil {
		run = &Run{}
		k.Runs[row.ID] = run
	}
	steps, last := run.Steps, run.LastStepNo
	*run = row
	run.Steps, run.LastStepNo = steps, last
	k.RunNo = max(k.RunNo, row.No)
	return run
}

func (r *Run) takeStep(row Step) {
	step := r.Step(row.No)
	if step == nil {
		row.Entries, row.LastEntryNo = nil, 0
		r.Steps, r.LastStepNo = append(r.Steps, row), row.No
		return
	}
	entries, last := step.Entries, step.LastEntryNo
	*step = row
	step.Entries, step.LastEntryNo = entries, last
}

func (s *Step) takeEntry(row Entry) {
	if entry := s.entry(row.No); entry != nil {
		*entry = row
		return
	}
	s.Entries, s.LastEntryNo = append(s.Entries, row), row.No
}

// Step is a step of the run by its number, nil where there is none, or it is forgotten.
func (r *Run) Step(no int) *Step {
	at, found := slices.BinarySearchFunc(r.Steps, no, func(s Step, no int) int { return s.No - no })
	if !found {
		return nil
	}
	return &r.Steps[at]
}

func (s *Step) entry(no int) *Entry {
	at, found := slices.BinarySearchFunc(s.Entries, no, func(e Entry, no int) int { return e.No - no })
	if !found {
		return nil
	}
	return &s.Entries[at]
}
