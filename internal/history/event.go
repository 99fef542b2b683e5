package history

// EventKind is a kind of what happens, by which rules say what they tell.
type EventKind string

// The kinds of events. Started is a run's first sighting, recovered a job's first success
// after a failed run; stalled and not_looking begin and end. A transition is any change
// of the status of a run or step.
const (
	EventFailed       EventKind = "failed"
	EventPartial      EventKind = "partial"
	EventCanceled     EventKind = "canceled"
	EventRecovered    EventKind = "recovered"
	EventStalled      EventKind = "stalled"
	EventUnusual      EventKind = "unusual"
	EventAnomaly      EventKind = "anomaly"
	EventSourcePaused EventKind = "source_paused"
	EventNotLooking   EventKind = "not_looking"
	EventStarted      EventKind = "started"
	EventSucceeded    EventKind = "succeeded"
	EventTransition   EventKind = "transition"
	EventGap          EventKind = "gap"
	EventChange       EventKind = "change"
)

// EventKinds lists them all.
func EventKinds() []EventKind {
	return []EventKind{
		EventFailed, EventPartial, EventCanceled, EventRecovered, EventStalled, EventUnusual, EventAnomaly, EventSourcePaused, EventNotLooking,
		EventStarted, EventSucceeded, EventTransition, EventGap, EventChange,
	}
}

// OfRun reports a kind of what happens to runs and nothing else.
func (k EventKind) OfRun() bool {
	switch k {
	case EventSourcePaused, EventNotLooking, EventGap, EventChange:
		return false
	default:
		return true
	}
}
