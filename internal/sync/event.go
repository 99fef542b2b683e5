package sync

import (
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
)

// Event tells what became of a job's poll.
type Event struct {
	Job  *store.Job
	Kind EventKind

	Outcome history.Outcome // of Polled, Late and Elsewhere
	Error   string          // why the poll failed, redacted; of Skipped: why the job cannot be polled
	Change  *history.Change // what a changed answer brought

	SnapshotNo int // of Polled: of the answer, changed or not; 0: there was none

	DueAt   time.Time     // of Polled and Late: when the poll was planned; zero: it was not
	SentAt  time.Time     // of these: when its request was sent
	Latency time.Duration // of these: how long it took

	Failures     int    // of Polled: failed polls in a row, this one included
	FailedBefore int    // of Polled: failed polls in a row before this one
	Reason       string // of Skipped, Late and Paused

	// ResultLink gives the link to results that a polled answer holds, where the source
	// has an archive; nil: there is none. It is a secret.
	ResultLink func() string `json:"-"`
}

// EventKind says what an Event tells.
type EventKind int

// The kinds of event.
const (
	Polled    EventKind = iota // polled and recorded
	Elsewhere                  // polled by somebody else meanwhile
	Skipped                    // not polled
	Late                       // polled, but somebody else had taken over: not recorded
	Paused                     // the poll's refusal has paused the job or its source
	Finished                   // the import has ended and is not polled any more
)
