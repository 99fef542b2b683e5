package history

// State is our reading of an upstream's status word, the same for all providers.
type State string

// The states. Those a provider does not know are StateUnknown, which is not terminal.
const (
	StateQueued    State = "queued"
	StateRunning   State = "running"
	StateSucceeded State = "succeeded"
	StatePartial   State = "partial"
	StateFailed    State = "failed"
	StateCanceled  State = "canceled"
	StateUnknown   State = "unknown"
)

// States lists them all.
func States() []State {
	return []State{StateQueued, StateRunning, StateSucceeded, StatePartial, StateFailed, StateCanceled, StateUnknown}
}

// Terminal reports whether an import in this state has ended.
func (s State) Terminal() bool {
	switch s {
	case StateSucceeded, StatePartial, StateFailed, StateCanceled:
		return true
	default:
		return false
	}
}
