package history

import "time"

// Run is one import as the upstream counts them, as far as it is known.
type Run struct {
	No     int    // 1, 2, 3 within the job
	ID     string // the upstream's
	Status string
	State  State

	Start     time.Time // as reported by its steps; zero where not
	End       time.Time // likewise; zero until terminal
	FirstSeen Bounds
	EndSeen   Bounds // of the change into a terminal state; zero until then

	LastChangedAt time.Time // observed_at of the last snapshot that told of this run
	StepCount     int       // of steps that are listed
	Warnings      int       // log entries of level warning that are not withdrawn
	Errors        int       // likewise, of level error
	ErrorSummary  *string
	ResultCount   *int64
	ResultExpires Time

	UnknownWords []string // statuses and levels of this run that nobody knows, each told once
	Shape        Shape    // of the job's answers up to this run's last snapshot

	// Blind: the bodies of the run's last snapshots are erased, the first of which had
	// BlindFrom as its NotBefore. What its next answer says of steps that the upstream
	// reports may have come about at any time since then.
	Blind     bool
	BlindFrom time.Time

	// ForgottenBefore is when the first of those was taken back that are still
	// looked for in answers; zero: nothing is forgotten.
	ForgottenBefore time.Time

	LastStepNo int    // the highest number given so far
	Steps      []Step // by No, without those that are forgotten
}

// Step is a part of a run.
type Step struct {
	No       int // in order of discovery, from 1
	Name     string
	Status   string
	State    State
	Reported bool // by the upstream; else observed by us

	Start     Time // as reported; zero where not
	End       Time // likewise
	FirstSeen Bounds
	EndSeen   Bounds // of the change into a terminal state; zero until then

	VanishedAt time.Time // observed_at of the snapshot that no longer lists it; zero while listed

	LastEntryNo int     // the highest number given so far
	Entries     []Entry // by No, without those that are forgotten; all withdrawn where the step has vanished
}

// Entry is a line that the upstream logged in a step.
type Entry struct {
	No          int // in order of discovery within the step, from 1
	Position    int // in the upstream's list when it was first seen, from 1
	Created     Time
	Level       string
	Detail      string
	FirstSeen   Bounds
	WithdrawnAt time.Time // observed_at of the snapshot that no longer lists it; zero while listed
}

// Transition is a change of the status of a run or a step, or the return of a
// run that had been superseded, also to the status that it had.
type Transition struct {
	No         int
	RunNo      int
	StepNo     int // 0: of the run itself
	FromState  State
	FromStatus string // FromState and FromStatus are empty at the first sighting
	ToState    State
	ToStatus   string
	HappenedAt time.Time // the upstream's time of it; zero where it gives none
	Seen       Bounds
	SnapshotNo int
}

// stays reports a transition that changes nothing but which run is the latest.
func (t Transition) stays() bool { return t.FromState == t.ToState && t.FromStatus == t.ToStatus }

// Effective is when the change counts as done.
func (t Transition) Effective() time.Time { return EffectiveAt(t.HappenedAt, t.Seen.ObservedAt) }

// EffectiveAt is when something counts as done: at the upstream's time (zero:
// it gives none), but no later than when it was seen. The function
// report.effective_at says the same in SQL.
func EffectiveAt(happened, observed time.Time) time.Time {
	if !happened.IsZero() && happened.Before(observed) {
		return happened
	}
	return observed
}
