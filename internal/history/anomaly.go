package history

import "time"

// Kind names a way in which an upstream contradicts itself or speaks words that nobody knows.
type Kind string

// The kinds of anomaly.
const (
	KindUnknownStatus   Kind = "unknown_status"
	KindUnknownLevel    Kind = "unknown_level"
	KindStatusRegressed Kind = "status_regressed" // out of a terminal state, or back in the provider's order
	KindOutcomeUnseen   Kind = "outcome_unseen"   // another run came while this one was not terminal
	KindRunReturned     Kind = "run_returned"     // a run that had been superseded is the latest again
	KindStepVanished    Kind = "step_vanished"
	KindStepChanged     Kind = "step_changed" // the start, end or name of an ended step
	KindEntryWithdrawn  Kind = "entry_withdrawn"
	KindTimeReversed    Kind = "time_reversed" // an end before its own start
	KindClockSkew       Kind = "clock_skew"    // an upstream time in the future
	KindShapeChanged    Kind = "shape_changed" // a path outside the provider's contract came or went
)

// Anomaly is one kind of contradiction found in one step by one snapshot.
type Anomaly struct {
	No         int
	RunNo      int
	StepNo     int // 0: of the run itself
	Kind       Kind
	Was, Now   any // the first example; nil, or what encoding/json writes
	Count      int // how often the snapshot shows it
	ObservedAt time.Time
	SnapshotNo int
}
