package audit

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"tracker/internal/ledger"
	"tracker/internal/store"
)

// wrongMost is how many things that are wrong are kept; all are counted.
const wrongMost = 100

// Verification says what is to be checked, and against what.
type Verification struct {
	Store   *store.Store
	Jobs    []string            // the rows of these jobs alone; none: of all
	Key     *ledger.Verifier    // nil: signatures are checked against the keys that the database names
	Against []ledger.Checkpoint // that were published
	Tell    func(Progress)      // nil: nobody is told
}

// Progress is how far one part of a verification has come.
type Progress struct {
	What        string
	Done, Total int64
}

// Wrong is something that does not hold.
type Wrong struct {
	Job     string    `json:"job"`      // empty: of no job
	EntryNo int64     `json:"entry_no"` // 0: of none
	At      time.Time `json:"at"`       // when it was observed; zero: at no time
	What    string    `json:"what"`
}

// Again is an entry of a day of polls that has a later one: what it has sealed cannot be
// checked. Polls that were recorded late bring that about, and so can who alters them.
type Again struct {
	Day     string `json:"day"`
	EntryNo int64  `json:"entry_no"`
	Last    int64  `json:"last_entry_no"` // of the day: where it is sealed, it was checked
	Taken   bool   `json:"taken"`         // retention has taken polls of the day: nothing of it was checked
}

// Verified is what was checked, and what is wrong.
type Verified struct {
	Entries     int64    `json:"entries"`     // of the log
	Unsealed    int64    `json:"unsealed"`    // entries of the journal that are not in the log yet
	Snapshots   int64    `json:"snapshots"`   // whose leaves and bodies were checked
	Days        int64    `json:"days"`        // of polls, likewise
	Taken       int64    `json:"taken"`       // days of which retention has taken polls
	Gone        int64    `json:"gone"`        // bodies that retention has taken
	Erased      int64    `json:"erased"`      // bodies that somebody has erased
	Acts        []int64  `json:"acts"`        // the acts that did, in ascending order
	Checkpoints int64    `json:"checkpoints"` // whose roots were checked
	Signed      int64    `json:"signed"`      // of them
	Published   int      `json:"published"`   // checkpoints that the log was held against
	Jobs        int      `json:"jobs"`        // that were derived again from their snapshots
	Stale       []string `json:"stale"`       // jobs that another interpretation has recorded, and that differ: to be rebuilt
	OwnKeys     bool     `json:"own_keys"`    // signatures were checked only against keys that the database itself names
	Again       []Again  `json:"again"`       // entries of days of polls that were not checked
	Count       int      `json:"count"`       // of what is wrong
	Wrong       []Wrong  `json:"wrong"`       // the first of them, in the order of the log, then by job
}

// Verify recomputes everything from the stored rows: leaves, tree, checkpoints and
// signatures, the hashes of bodies, the days of polls, what
// the snapshots give, and what jobs and sources were registered as.
func Verify(ctx context.Context, v Verification) (Verified, error) {
	if v.Tell == nil {
		v.Tell = func(Progress) {}
	}
	r := &verifier{Verification: v}
	r.found.Wrong, r.found.Stale, r.found.Acts, r.found.Again = []Wrong{}, []string{}, []int64{}, []Again{}
	r.found.OwnKeys = v.Key == nil
	var err error
	if r.jobs, err = v.Store.Jobs(ctx); err != nil {
		return Verified{}, err
	}
	slices.SortFunc(r.jobs, func(a, b store.Job) int { return cmp.Compare(a.ID, b.ID) })
	var running errgroup.Group
	log, jobs := &findings{}, &findings{}
	running.Go(func() error { return r.checkLog(ctx, log) })
	running.Go(func() error { return r.checkJobs(ctx, jobs) })
	if err := running.Wait(); err != nil {
		return Verified{}, err
	}
	r.found.Wrong = append(append(r.found.Wrong, log.wrong...), jobs.wrong...)
	r.found.Wrong = r.found.Wrong[:min(len(r.found.Wrong), wrongMost)]
	r.found.Count = log.count + jobs.count
	return r.found, nil
}

// verifier checks what is stored.
type verifier struct {
	Verification
	jobs    []store.Job // all of them, by number
	telling sync.Mutex
	found   Verified
}

func (r *verifier) tell(p Progress) {
	r.telling.Lock()
	defer r.telling.Unlock()
	r.Tell(p)
}

// findings collects what is wrong.
type findings struct {
	mu    sync.Mutex
	wrong []Wrong
	count int
}

func (f *findings) add(w Wrong, format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	if len(f.wrong) < wrongMost {
		w.What = fmt.Sprintf(format, args...)
		f.wrong = append(f.wrong, w)
	}
}
