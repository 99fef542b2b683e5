package store

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/store/internal/dbsqlc"
)

// Availability says whether a source may be asked now, and when.
type Availability struct {
	PausedAt     time.Time // zero: not paused
	PausedReason string
	HeldUntil    time.Time // by a Retry-After, or after a 429 without one; zero: never held
	NextSlotAt   time.Time // when its budget has the next slot
}

// Availability returns the availability of each of the sources, by source.
func (s *Store) Availability(ctx context.Context, sourceIDs []int64) (map[int64]Availability, error) {
	rows, err := s.queries.BudgetAvailability(ctx, sourceIDs)
	if err != nil {
		return nil, fmt.Errorf("read the sources' budgets: %w", err)
	}
	availability := make(map[int64]Availability, len(rows))
	for _, row := range rows {
		availability[row.SourceID] = Availability{
			PausedAt: OrZero(row.PausedAt), PausedReason: OrZero(row.PausedReason),
			HeldUntil: OrZero(row.HeldUntil), NextSlotAt: row.NextSlotAt,
		}
	}
	return availability, nil
}

// TakeSlot takes the next slot of a source's rate budget for a request that
// polls no job, and returns when it may be sent. There always is a next slot:
// the more are taken, the later it is.
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
	By       time.Time // a later slot is of no use
}

// TakeSlotBy takes the next slot of a source's rate budget for one more request
// of a poll, and returns when it may be sent. Where that slot is too late, or
// the source may not be asked, it takes none and returns ErrNotFound.
func (s *Store) TakeSlotBy(ctx context.Context, params SlotParams) (time.Time, error) {
	at, err := s.queries.BudgetTakeBy(ctx, dbsqlc.BudgetTakeByParams{SourceID: params.SourceID, Now: params.Now, By: params.By})
	if err != nil {
		return time.Time{}, fmt.Errorf("take a slot of the source's budget: %w", notFound(err))
	}
	return at, nil
}

// LimitSource holds a source after a 429 without a Retry-After: nobody asks it
// for limitedFirst, twice as long after each further 429, up to limitedMost.
func (s *Store) LimitSource(ctx context.Context, sourceID int64, now time.Time) error {
	if err := s.queries.BudgetLimit(ctx, limitation(&Advance{SourceID: sourceID, Cursor: Cursor{PolledAt: now}, ToldAt: now})); err != nil {
		return fmt.Errorf("hold the source: %w", err)
	}
	return nil
}

// HoldSource holds a source after a Retry-After: nobody asks it until then.
func (s *Store) HoldSource(ctx context.Context, sourceID int64, now, until time.Time) error {
	if err := s.queries.BudgetHold(ctx, dbsqlc.BudgetHoldParams{SourceID: sourceID, Now: now, HeldUntil: until}); err != nil {
		return fmt.Errorf("hold the source: %w", err)
	}
	return nil
}
