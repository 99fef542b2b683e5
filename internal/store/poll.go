package store

import (
	"time"

	"tracker/internal/history"
)

// Poll is one attempt to fetch a job's status, as it is recorded.
type Poll struct {
	JobID      int64
	PolledAt   time.Time // when the request was sent
	Outcome    history.Outcome
	HTTPStatus int // 0: no answer
	Latency    time.Duration
	Error      string // redacted
	ErrorBody  string // the beginning of the body, redacted; empty: none is kept
	SnapshotNo int    // the snapshot that the answer confirmed or made; 0: no answer

	Finding *Finding // what a changed answer brought; nil otherwise
	Advance *Advance // what it changes in the job's cursor
}

// Finding is a new snapshot and what the comparison made of it.
type Finding struct {
	ObservedAt     time.Time // when its body had been read
	NotBefore      time.Time // PolledAt of the last poll that saw the head before; zero: there was none
	PreviousPolls  int       // polls that saw the head before
	Body           []byte    // redacted
	SHA256         [32]byte  // of Body
	Interpretation int
	Change         history.Change
}

// Fate is what became of a poll that was to be recorded. The zero Fate: it was.
type Fate struct {
	Late    bool   // somebody else had taken over the job: recorded as superseded
	Refused string // not recorded: why Postgres refuses what it holds; empty: it does not
}
