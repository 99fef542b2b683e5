package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

const (
	// foldPage is how many snapshots are read at once, foldBytes how large they may
	// be together. One snapshot alone may be larger.
	foldPage  = 200
	foldBytes = 8 << 20
	// foldMoment is oneMoment for as long as it may take to fold what is read at once:
	// patches of 8 MiB may be of bodies that are far larger. No row is locked meanwhile.
	foldMoment = oneMoment + "; SET LOCAL idle_in_transaction_session_timeout = '10min'"
)

// Folded is a snapshot that was folded into a trail.
type Folded struct {
	No     int
	RunNo  int // as it was recorded
	Seen   history.Bounds
	Body   []byte            // nil: it is gone
	Taken  *history.TakenRun // what is left of its run, where retention took that; nil: it did not
	Erased *history.Erased   // what is left where somebody has erased the body; nil: nobody has
	Change history.Change    // what it has changed
	SHA256 [32]byte          // what the hash of Body is to be
	Size   int64             // what its length is to be
	IsText bool              // whether it is to be text, as it is shown
}

// BodyIsText reports whether the body is shown as text.
func (f Folded) BodyIsText() bool { return isText(f.Body) }

// Fold derives a job's history from its snapshots up to the last that was observed by
// knownAt (zero: all).
func (s *Store) Fold(ctx context.Context, jobID int64, knownAt time.Time, interpret Interpret) (*history.Trail, error) {
	return s.FoldEach(ctx, jobID, knownAt, interpret, nil)
}

// FoldEach is Fold that tells of each snapshot, in their order (each is nil: of none).
func (s *Store) FoldEach(ctx context.Context, jobID int64, knownAt time.Time, interpret Interpret, each func(*history.Trail, Folded) error) (*history.Trail, error) {
	trail := history.NewTrail()
	err := s.eachStored(ctx, jobID, stretch{knownAt: knownAt}, interpret, func(n storedSnapshot) error {
		folded := n.foldInto(trail)
		if each == nil {
			return nil
		}
		return each(trail, folded)
	})
	if err != nil {
		return nil, err
	}
	return trail, nil
}

// storedSnapshot is a snapshot as it is read to be folded.
type storedSnapshot struct {
	no, runNo int
	seen      history.Bounds
	status    string
	state     history.State
	patches   int
	body      []byte            // whole; nil: it is gone
	sha256    [32]byte          // as it was recorded
	size      int64             // likewise
	isText    bool              // likewise
	said      history.Answer    // what it says
	taken     *history.TakenRun // its run, where retention took that
	erased    *history.Erased   // what is left, where it is erased

	interpretation int // by which it was recorded
}

// foldInto adds the snapshot to a trail and tells of it.
func (n storedSnapshot) foldInto(trail *history.Trail) Folded {
	return Folded{
		No: n.no, RunNo: n.runNo, Seen: n.seen, Body: n.body, Taken: n.taken, Erased: n.erased, Change: n.addTo(trail),
		SHA256: n.sha256, Size: n.size, IsText: n.isText,
	}
}

// addTo adds the snapshot to a trail and returns what it changed.
func (n storedSnapshot) addTo(trail *history.Trail) history.Change {
	switch {
	case n.taken != nil:
		return trail.Skip(*n.taken, n.seen)
	case n.erased != nil:
		return trail.AddErased(*n.erased, n.seen)
	default:
		return trail.Add(n.said, n.seen)
	}
}

// stretch is a part of a job's snapshots: from the first of a run on, whose body is whole
// (0: from the job's first), up to the last that was observed by a time (zero: all).
type stretch struct {
	fromNo  int
	knownAt time.Time
}

// eachStored reads a stretch of a job's snapshots one after the other, all as they are at
// one moment: what retention takes meanwhile is there.
func (s *Store) eachStored(ctx context.Context, jobID int64, of stretch, interpret Interpret, each func(storedSnapshot) error) error {
	return s.inMoment(ctx, foldMoment, func(tx pgx.Tx) error {
		return eachStored(ctx, s.queries.WithTx(tx), jobID, of, interpret, each)
	})
}

func eachStored(ctx context.Context, q *dbsqlc.Queries, jobID int64, of stretch, interpret Interpret, each func(storedSnapshot) error) error {
	taken, err := runsTaken(ctx, q, jobID)
	if err != nil {
		return err
	}
	erased, err := snapshotsErased(ctx, q, jobID)
	if err != nil {
		return err
	}
	last := int32(math.MaxInt32)
	if !of.knownAt.IsZero() {
		if last, err = q.SnapshotLastBy(ctx, dbsqlc.SnapshotLastByParams{JobID: jobID, KnownAt: of.knownAt}); err != nil {
			return fmt.Errorf("read which snapshot of job %d was the last by %s: %w", jobID, of.knownAt, err)
		}
	}
	reader := storedReader{taken: taken, erased: erased, interpret: interpret, no: max(0, of.fromNo-1)}
	for {
		rows, err := q.SnapshotList(ctx, dbsqlc.SnapshotListParams{
			JobID: jobID, After: int32(reader.no), Last: last, Rows: foldPage, Most: foldBytes,
		})
		if err != nil {
			return fmt.Errorf("read snapshots of job %d: %w", jobID, err)
		}
		if len(rows) == 0 {
			return nil
		}
		for _, row := range rows {
			n, err := reader.next(row)
			if err == nil {
				err = each(n)
			}
			if err != nil {
				return fmt.Errorf("snapshot %d of job %d: %w", n.no, jobID, err)
			}
		}
	}
}

// storedReader makes a job's snapshots of their rows, one after the other.
type storedReader struct {
	taken     map[int]history.TakenRun
	erased    map[int]history.Erased
	interpret Interpret
	no        int    // of the last
	body      []byte // likewise
	patches   int    // likewise
}

func (r *storedReader) next(row dbsqlc.SnapshotListRow) (n storedSnapshot, err error) {
	n = storedSnapshot{
		no: int(row.SnapshotNo), runNo: int(row.RunNo), status: row.Status, state: history.State(row.State), patches: int(row.Patches),
		interpretation: int(row.Interpretation), sha256: storedHash(row.Sha256), size: row.Size, isText: row.IsText,
		seen: history.Bounds{NotBefore: OrZero(row.NotBefore).UTC(), ObservedAt: row.ObservedAt.UTC()},
	}
	if n.no != r.no+1 {
		return n, errSnapshotGone
	}
	if row.Body == nil {
		r.no, r.body, r.patches = n.no, nil, 0
		err = n.findGone(r.taken, r.erased)
		return n, err
	}
	if n.patches != 0 && n.patches != r.patches+1 { // it would be read from another body on
		return n, fmt.Errorf("read its body: %w", errPatch)
	}
	if n.body, err = nextBody(r.body, row.Body, row.Patches); err != nil {
		return n, fmt.Errorf("read its body: %w", err)
	}
	r.no, r.body, r.patches = n.no, n.body, n.patches // the one before is not held while this one is read
	if n.said, err = r.interpret(n.body); err != nil {
		return n, fmt.Errorf("interpret it: %w", err)
	}
	return n, nil
}

// findGone finds out by what act a body has gone.
func (n *storedSnapshot) findGone(taken map[int]history.TakenRun, erased map[int]history.Erased) error {
	if run, found := taken[n.runNo]; found {
		run.Status, run.State = n.status, n.state
		n.taken = &run
		return nil
	}
	if left, found := erased[n.no]; found {
		left.Status, left.State = n.status, n.state
		n.erased = &left
		return nil
	}
	return errBodyGone
}

// storedHash gives a stored hash; zero, which is of nothing, where it is none.
func storedHash(stored []byte) (hash [32]byte) {
	if len(stored) == len(hash) {
		copy(hash[:], stored)
	}
	return hash
}
