package store

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/store/internal/dbsqlc"
)

// TakeSlot takes the next slot of a source's rate budget for a request that is
// no poll of a job, and returns when it may be sent. It never fails to give
// one: the more are taken, the later they are.
func (s *Store) TakeSlot(ctx context.Context, sourceID int64, now time.Time) (time.Time, error) {
	at, err := s.queries.BudgetTake(ctx, dbsqlc.BudgetTakeParams{SourceID: sourceID, Now: now})
	if err != nil {
		return time.Time{}, fmt.Errorf("take a slot of the source's budget: %w", notFound(err))
	}
	return at, nil
}

// SlotParams says which slot a poll needs for one more request.
type SlotParams struct {
	SourceID int64
	Now      time.Time // by the database's clock
	By       time.Time // later it is of no use
}

// TakeSlotBy takes the next slot of a source's rate budget for one more request
// of a poll, and returns when it may be sent. It fails with ErrNotFound, and
// takes none, where the next one is too late or the source may not be asked.
func (s *Store) TakeSlotBy(ctx context.Context, params SlotParams) (time.Time, error) {
	at, err := s.queries.BudgetTakeBy(ctx, dbsqlc.BudgetTakeByParams{SourceID: params.SourceID, Now: params.Now, By: params.By})
	if err != nil {
		return time.Time{}, fmt.Errorf("take a slot of the source's budget: %w", notFound(err))
	}
	return at, nil
}

// LimitSource keeps everybody from asking a source for a while, as it answered
// 429 and did not say for how long.
func (s *Store) LimitSource(ctx context.Context, sourceID int64, now time.Time) error {
	if err := s.queries.BudgetLimit(ctx, limitation(Advance{SourceID: sourceID, Cursor: Cursor{PolledAt: now}, ToldAt: now})); err != nil {
		return fmt.Errorf("hold the source: %w", err)
	}
	return nil
}

// HoldSource keeps everybody from asking a source until a time, as it wanted.
func (s *Store) HoldSource(ctx context.Context, sourceID int64, now, until time.Time) error {
	if err := s.queries.BudgetHold(ctx, dbsqlc.BudgetHoldParams{SourceID: sourceID, Now: now, HeldUntil: until}); err != nil {
		return fmt.Errorf("hold the source: %w", err)
	}
	return nil
}
