package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// What is done to the history itself.
const (
	ActErasure = "erasure"
	ActRebuild = "rebuild"
)

// actRows is what a rebuild writes.
const actRows = "rows"

// Erasure is an act that erased bodies.
type Erasure struct {
	ActNo      int64     `json:"act_no"`
	At         time.Time `json:"at"`
	Actor      string    `json:"actor"`
	RunNo      int32     `json:"run_no"`
	SnapshotNo *int32    `json:"snapshot_no"` // nil: all of the run that still had bodies
	Rows       int64     `json:"rows"`        // bodies
	Reason     string    `json:"reason"`
}

// Erasures lists the erasures of a job, the oldest first.
func (s *Store) Erasures(ctx context.Context, jobID int64) ([]Erasure, error) {
	rows, err := s.queries.ReportErasures(ctx, jobID)
	if err != nil {
		return nil, fmt.Errorf("read what was erased of job %d: %w", jobID, err)
	}
	return convert(rows, func(row dbsqlc.ReportAct) Erasure {
		return Erasure{
			ActNo: row.ActNo, At: row.At, Actor: row.Actor, RunNo: OrZero(row.RunNo), SnapshotNo: row.SnapshotNo, Rows: row.Rows, Reason: OrZero(row.Reason),
		}
	}), nil
}

// ErasedBy is the number of the act that erased a snapshot. ErrNotFound: none did, or
// retention has taken its run.
func (s *Store) ErasedBy(ctx context.Context, job string, snapshotNo int) (int64, error) {
	act, err := s.queries.ErasedBy(ctx, dbsqlc.ErasedByParams{Job: job, SnapshotNo: int32(snapshotNo)})
	if err != nil {
		return 0, fmt.Errorf("read whether snapshot %d of job %s was erased: %w", snapshotNo, job, notFound(err))
	}
	return act, nil
}

// ErrNothingToErase means that of what is to be erased no body is there any more.
var ErrNothingToErase = errors.New("no body is there to erase")

// errSnapshotGone means that somebody has deleted snapshots.
var errSnapshotGone = errors.New("the one before is gone")

// errBodyGone means that somebody has altered a snapshot.
var errBodyGone = errors.New("its body is gone, and not by retention or erasure")

// EraseParams says which bodies of a run are to go.
type EraseParams struct {
	JobID      int64
	RunNo      int
	SnapshotNo int    // 0: all of the run
	Reason     string // not empty
	By         Author
	Owner      string    // the process that does it
	Now        time.Time // by the database's clock
	Interpret  Interpret

	Interpretation int // the version of Interpret
}

// ErasedBodies tells what an erasure did.
type ErasedBodies struct {
	ActNo     int64
	Snapshots []int // whose bodies are gone by it
	Left      []int // those of the run that still have bodies
	Rows      int64 // of what is derived: written or deleted because they told of these bodies
}

// Erase takes the bodies of snapshots and what is derived from them alone, for ever. The
// snapshots stay, with their times, their hashes and the status of their run. It needs the
// rights of the tables' owner. ErrClaimed: try again in a moment.
func (s *Store) Erase(ctx context.Context, params EraseParams) (ErasedBodies, error) {
	claimed, release, err := s.claimForRewrite(ctx, params.JobID, params.Owner, params.Now)
	if err != nil {
		return ErasedBodies{}, err
	}
	defer release()
	e := newErasure(params)
	if err := s.eachStored(ctx, params.JobID, stretch{}, params.Interpret, e.add); err != nil {
		return ErasedBodies{}, err
	}
	e.end()
	if len(e.done.Snapshots) == 0 {
		return ErasedBodies{}, ErrNothingToErase
	}
	rows, trims, err := trailRows(params.JobID, e.is)
	if err != nil {
		return ErasedBodies{}, err
	}
	err = s.inRewrite(ctx, params.JobID, claimed, func(tx pgx.Tx) error {
		q := dbsqlc.New(tx)
		if err := e.write(ctx, q); err != nil {
			return err
		}
		if err := q.CursorRewritten(ctx, cursorRewritten(params.JobID, e.is)); err != nil {
			return err
		}
		if e.done.Rows, err = rewrite(ctx, dbsqlc.New(counted{tx}), rows, trims); err != nil {
			return err
		}
		if _, err := q.NotifyStateLock(ctx); err != nil { // who has read the bodies for a rule keeps nothing of them
			return err
		}
		return q.NotifyEventErase(ctx, dbsqlc.NotifyEventEraseParams{JobID: params.JobID, RunNo: int32(params.RunNo)})
	})
	if err != nil {
		return ErasedBodies{}, fmt.Errorf("erase of job %d: %w", params.JobID, err)
	}
	return e.done, nil
}

// erasure folds a job's snapshots as they are and, beside, as if the bodies were gone
// already.
//
// Transitions and anomalies of what comes after keep their numbers: the first snapshot
// after erased ones that has a body tells of what they told, too, and its numbers are
// those that were given to all of them.
type erasure struct {
	params   EraseParams
	was, is  *history.Trail
	done     ErasedBodies
	from, to time.Time // when what goes was observed
	rows     dbsqlc.ErasedSnapshotUpsertParams
	restored []dbsqlc.SnapshotRestoreParams
	patches  dbsqlc.SnapshotRepatchParams
	touched  bool // the last snapshot is erased, and it or one right before it by this
	whole    int  // number of the last snapshot whose body is to be stored whole
	last     storedSnapshot
}

func newErasure(params EraseParams) *erasure {
	return &erasure{
		params: params, was: history.NewTrail(), is: history.NewTrail(),
		rows: dbsqlc.ErasedSnapshotUpsertParams{JobID: params.JobID}, patches: dbsqlc.SnapshotRepatchParams{JobID: params.JobID},
	}
}

// add takes in the job's next snapshot.
func (e *erasure) add(n storedSnapshot) error {
	n.addTo(e.was)
	goes := n.body != nil && n.runNo == e.params.RunNo && (e.params.SnapshotNo == 0 || e.params.SnapshotNo == n.no)
	switch {
	case goes:
		n.erased = &history.Erased{RunID: n.said.RunID, Status: n.status, State: n.state, StepsObserved: n.said.StepsObserved}
		e.done.Snapshots = append(e.done.Snapshots, n.no)
		if e.from.IsZero() {
			e.from = n.seen.ObservedAt
		}
		e.to = n.seen.ObservedAt
		e.touched = true
	case n.body != nil:
		next := e.is.Next(n.said, n.seen)
		e.keepNumbers(len(next.Transitions), len(next.Anomalies))
		if n.runNo == e.params.RunNo {
			e.done.Left = append(e.done.Left, n.no)
		}
		e.keepBody(n)
	case n.erased != nil && e.touched:
		n.erased.TransitionNo, n.erased.AnomalyNo = 0, 0
	case n.taken != nil:
		e.touched = false
	}
	n.addTo(e.is)
	if n.erased != nil && e.touched {
		e.addRow(n)
	}
	e.last = n
	return nil
}

// keepNumbers ends a stretch of erased snapshots before one that brings so many
// transitions and anomalies.
func (e *erasure) keepNumbers(transitions, anomalies int) {
	if !e.touched {
		return
	}
	e.touched = false
	e.is.NumberFrom(e.was.TransitionNo-transitions, e.was.AnomalyNo-anomalies)
	at := len(e.rows.SnapshotNos) - 1
	e.rows.TransitionNos[at], e.rows.AnomalyNos[at] = int32(e.is.TransitionNo), int32(e.is.AnomalyNo)
}

// end ends the stretch at the job's end: no number is given again.
func (e *erasure) end() { e.keepNumbers(0, 0) }

func (e *erasure) addRow(n storedSnapshot) {
	e.rows.SnapshotNos = append(e.rows.SnapshotNos, int32(n.no))
	e.rows.RunNos = append(e.rows.RunNos, int32(n.runNo))
	e.rows.TransitionNos = append(e.rows.TransitionNos, int32(e.is.TransitionNo))
	e.rows.AnomalyNos = append(e.rows.AnomalyNos, int32(e.is.AnomalyNo))
	e.rows.StepsObserved = append(e.rows.StepsObserved, n.erased.StepsObserved)
	e.rows.RunIds = append(e.rows.RunIds, n.erased.RunID)
}

// keepBody has a body stored whole that was a patch of one that goes, and those that
// follow as so many patches after it.
func (e *erasure) keepBody(n storedSnapshot) {
	switch {
	case n.patches == 0:
		e.whole = n.no
	case e.last.erased != nil:
		e.whole = n.no
		e.restored = append(e.restored, dbsqlc.SnapshotRestoreParams{JobID: e.params.JobID, SnapshotNo: int32(n.no), Body: n.body})
	case n.no-e.whole != n.patches:
		e.patches.SnapshotNos = append(e.patches.SnapshotNos, int32(n.no))
		e.patches.Patches = append(e.patches.Patches, int16(n.no-e.whole))
	}
}

// write records the act and writes what it does to snapshots.
func (e *erasure) write(ctx context.Context, q *dbsqlc.Queries) (err error) {
	if err := e.params.By.tell(ctx, q); err != nil {
		return err
	}
	e.done.ActNo, err = q.ActInsert(ctx, dbsqlc.ActInsertParams{
		Kind: ActErasure, What: TakenBodies, JobID: e.params.JobID, RunNo: toPointer(int32(e.params.RunNo)), SnapshotNo: toPointer(int32(e.params.SnapshotNo)),
		RangeFrom: e.from, RangeTo: e.to, Rows: int64(len(e.done.Snapshots)), Reason: &e.params.Reason,
		Interpretation: toPointer(int32(e.params.Interpretation)),
	})
	if err != nil {
		return err
	}
	e.rows.ActNo = e.done.ActNo
	if err := q.ErasedSnapshotUpsert(ctx, e.rows); err != nil {
		return err
	}
	for _, body := range e.restored {
		if err := q.SnapshotRestore(ctx, body); err != nil {
			return err
		}
	}
	if err := q.SnapshotRepatch(ctx, e.patches); err != nil {
		return err
	}
	gone := dbsqlc.SnapshotEraseParams{JobID: e.params.JobID}
	for _, no := range e.done.Snapshots {
		gone.SnapshotNos = append(gone.SnapshotNos, int32(no))
	}
	return q.SnapshotErase(ctx, gone)
}

// snapshotsErased reads what is left of a job's snapshots that were erased, by number.
func snapshotsErased(ctx context.Context, q *dbsqlc.Queries, jobID int64) (map[int]history.Erased, error) {
	rows, err := q.ReportErasedSnapshots(ctx, jobID)
	if err != nil {
		return nil, fmt.Errorf("read which snapshots of job %d were erased: %w", jobID, err)
	}
	erased := make(map[int]history.Erased, len(rows))
	for _, row := range rows {
		erased[int(row.SnapshotNo)] = toErased(row)
	}
	return erased, nil
}

func toErased(row dbsqlc.ReportErasedSnapshot) history.Erased {
	return history.Erased{RunID: row.RunID, StepsObserved: row.StepsObserved, TransitionNo: int(row.TransitionNo), AnomalyNo: int(row.AnomalyNo)}
}
