package tracking

import (
	"context"
	"errors"
	"fmt"

	"tracker/internal/definition"
	"tracker/internal/store"
)

// Erasure says which bodies of a job are to go: of one snapshot, or all of a run.
type Erasure struct {
	Job        store.Job
	SnapshotNo int // 0: all of the run
	RunNo      int // 0: the snapshot's
	Reason     string
	By         store.Author
	Owner      string // the process that does it
}

// Erased tells what an erasure did.
type Erased struct {
	store.ErasedBodies
	RunNo int
}

// Erase erases bodies, as soon as nobody is polling the job.
func Erase(ctx context.Context, s *store.Store, e Erasure) (Erased, error) {
	provider, err := definition.Of(ctx, s, e.Job.From.Provider, e.Job.From.Interpretation)
	if err != nil {
		return Erased{}, err
	}
	if e.SnapshotNo > 0 {
		row, err := FindBody(ctx, s, e.Job.Name, e.SnapshotNo)
		if err != nil {
			return Erased{}, err
		}
		e.RunNo = int(row.RunNo)
	} else if _, err := ReadRun(ctx, s, e.Job.Name, e.RunNo); err != nil {
		return Erased{}, err
	}
	done := Erased{RunNo: e.RunNo}
	err = unclaimed(ctx, func() (err error) {
		params := store.EraseParams{
			JobID: e.Job.ID, RunNo: e.RunNo, SnapshotNo: e.SnapshotNo, Reason: e.Reason, By: e.By, Owner: e.Owner, Interpret: provider.For(e.Job.Target).Interpret,
			Interpretation: provider.Interpretation,
		}
		if params.Now, err = s.Now(ctx); err == nil {
			done.ErasedBodies, err = s.Erase(ctx, params)
		}
		return err
	})
	if errors.Is(err, store.ErrNothingToErase) {
		err = RequestError{fmt.Errorf("run %d of job %s: %w", e.RunNo, e.Job.Name, err)}
	}
	return done, err
}
