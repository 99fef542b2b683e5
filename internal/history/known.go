package history

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

// Apply takes in what a snapshot has changed.
func (k *Known) Apply(c Change) {
	k.SnapshotNo = c.SnapshotNo
	k.TransitionNo += len(c.Transitions)
	k.AnomalyNo += len(c.Anomalies)
	byNo := map[int]*Run{}
	for _, row := range c.Runs {
		run := k.applyRun(row)
		byNo[run.No] = run
		if run.No == c.RunNo {
			k.Head = run.ID
		}
	}
	for _, row := range c.Steps {
		applyStep(byNo[row.RunNo], row.Step)
	}
	for _, row := range c.Entries {
		applyEntry(&byNo[row.RunNo].Steps[row.StepNo-1], row.Entry)
	}
}

// KeepHead forgets all runs but the head's.
func (k *Known) KeepHead() {
	if head := k.HeadRun(); head != nil {
		k.Runs = map[string]*Run{k.Head: head}
	}
}

func (k *Known) applyRun(row Run) *Run {
	run := k.Runs[row.ID]
	if run == nil {
		run = &Run{}
		k.Runs[row.ID] = run
	}
	steps := run.Steps
	*run = row
	run.Steps = steps
	k.RunNo = max(k.RunNo, row.No)
	return run
}

// applyStep and applyEntry rely on numbers that count from 1 without holes.
func applyStep(run *Run, row Step) {
	if row.No > len(run.Steps) {
		run.Steps = append(run.Steps, row)
		return
	}
	step := &run.Steps[row.No-1]
	entries := step.Entries
	*step = row
	step.Entries = entries
}

func applyEntry(step *Step, row Entry) {
	if row.No > len(step.Entries) {
		step.Entries = append(step.Entries, row)
		return
	}
	step.Entries[row.No-1] = row
}
