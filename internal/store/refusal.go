package store

import (
	"context"
	"fmt"

	"tracker/internal/history"
)

// refusalLimit is how many polls in a row, refused for their credential, pause a
// source. Where its other jobs are answered in between, they pause the job.
const refusalLimit = 3

// Refusal is a poll whose credential was refused.
type Refusal struct {
	Job    string // names
	Source string

	JobID    int64
	SourceID int64
	Reason   string // what the upstream said
}

// Paused tells what a refusal has paused: nothing, the source or the job.
type Paused struct {
	Source bool
	Job    bool
}

// CountRefusal counts a refused poll for its source and for its job, and pauses
// the one that has reached refusalLimit: the source where both have.
func (s *Store) CountRefusal(ctx context.Context, by Author, refusal Refusal) (Paused, error) {
	var paused Paused
	err := s.inRegistry(ctx, by, func(r *registry) error {
		ofSource, err := r.queries.BudgetCountRefusal(ctx, refusal.SourceID)
		if err != nil {
			return notFound(err)
		}
		ofJob, err := r.queries.CursorCountRefusal(ctx, refusal.JobID)
		if err != nil {
			return notFound(err)
		}
		switch {
		case ofSource >= refusalLimit:
			paused.Source, err = r.pauseRefused(ctx, refusal)
		case ofJob >= refusalLimit:
			paused.Job, err = r.pauseRefusedJob(ctx, refusal)
		}
		return err
	})
	if err != nil {
		return Paused{}, fmt.Errorf("count the refusal of job %s: %w", refusal.Job, err)
	}
	return paused, nil
}

func (r *registry) pauseRefused(ctx context.Context, refusal Refusal) (bool, error) {
	row, err := r.queries.SourceByName(ctx, refusal.Source)
	if err != nil || row.PausedAt != nil || row.RemovedAt != nil {
		return false, notFound(err)
	}
	return true, r.pauseSource(ctx, row, refusal.Reason, history.GapCredential)
}

func (r *registry) pauseRefusedJob(ctx context.Context, refusal Refusal) (bool, error) {
	row, err := r.queries.JobByName(ctx, refusal.Job)
	if err != nil || row.Job.Tracking != string(TrackingActive) {
		return false, notFound(err)
	}
	if err := r.track(ctx, row, TrackingPaused, refusal.Reason); err != nil {
		return false, err
	}
	return true, r.recordGaps(ctx, []int64{row.Job.JobID}, history.GapCredential)
}
