package store

import (
	"context"
	"fmt"
	"time"
)

// Standing says whether a source may be asked now.
type Standing struct {
	PausedAt     time.Time // zero: not paused
	PausedReason string
	HeldUntil    time.Time // by a Retry-After; zero: never held
	NextSlotAt   time.Time // when its budget has the next slot
}

// Standings returns the standing of each of the sources, by source.
func (s *Store) Standings(ctx context.Context, sourceIDs []int64) (map[int64]Standing, error) {
	rows, err := s.queries.BudgetStandings(ctx, sourceIDs)
	if err != nil {
		return nil, fmt.Errorf("read the sources' budgets: %w", err)
	}
	standings := make(map[int64]Standing, len(rows))
	for _, row := range rows {
		standings[row.SourceID] = Standing{
			PausedAt: fromPointer(row.PausedAt), PausedReason: fromPointer(row.PausedReason),
			HeldUntil: fromPointer(row.HeldUntil), NextSlotAt: row.NextSlotAt,
		}
	}
	return standings, nil
}
