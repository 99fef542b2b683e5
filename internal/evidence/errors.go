package evidence

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrUnsealed means that the transparency log lacks what a pack is to prove.
	ErrUnsealed = errors.New("is not sealed yet: run  tracker ledger seal  (tracker serve does it each 20 seconds), then export again")
	// ErrNoRun means that no snapshot tells of the run.
	ErrNoRun = errors.New("no answer tells of it")
	// ErrNotPack means that a file is no pack, or no longer one.
	ErrNotPack = errors.New("not a pack as  tracker export  makes it")
	// ErrLimit means that a file holds more than a pack does, as if it were to fill a disk.
	ErrLimit = errors.New("larger than anything in a pack: it is not unpacked")
	// ErrNotCompared means that what a pack says holds by itself, and that nothing of the
	// size of its log was published.
	ErrNotCompared = errors.New("it holds, but cannot be compared with what was published")

	errProof     = errors.New("not a proof that the log has it")
	errLeafTells = errors.New("its leaf tells")
	errBodyGone  = errors.New("its body is not here")
)

// WrongError is the first thing in a pack that does not hold.
type WrongError struct {
	Job  string
	What string    // it is wrong with: "snapshot 12"
	At   time.Time // zero: it has no time
	Err  error
}

// Error implements error.
func (w *WrongError) Error() string {
	at := ""
	if !w.At.IsZero() {
		at = " of " + w.At.UTC().Format(time.RFC3339Nano)
	}
	return fmt.Sprintf("job %s, %s%s: %v", w.Job, w.What, at, w.Err)
}

// Unwrap gives what is wrong.
func (w *WrongError) Unwrap() error { return w.Err }
