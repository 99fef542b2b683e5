package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/store/internal/dbsqlc"
)

const (
	// rollupSlack is how much later than it was observed something may be
	// recorded and still be counted at once. What comes later the sweep finds.
	rollupSlack = 15 * time.Minute
	// rollupPollSweep is how old a day may be for the sweep to count its polls
	// again, which costs more than to count its runs.
	rollupPollSweep = 48 * time.Hour
)

// RollUp brings the counts by hour and day (report.hourly and report.daily) up
// to date: of the days of which something was observed since the last time and,
// to find what was missed or corrected otherwise, of one more day, another one
// each time. Each day is a transaction of its own, so that what is done stays
// done where ctx ends it. It does nothing while somebody else counts.
func (s *Store) RollUp(ctx context.Context, now time.Time) error {
	if err := s.rollUp(ctx, now); err != nil && !errors.Is(err, errCounting) {
		return fmt.Errorf("roll up: %w", err)
	}
	return nil
}

// errCounting means that somebody else is rolling up.
var errCounting = errors.New("somebody else is rolling up")

func (s *Store) rollUp(ctx context.Context, now time.Time) error {
	state, err := s.queries.RollupState(ctx)
	if err != nil {
		return err
	}
	since := state.RolledUpTo.Add(-rollupSlack)
	days, err := s.observedDays(ctx, since)
	if err != nil {
		return err
	}
	for _, day := range days {
		from, to := laterOf(since, day), day.AddDate(0, 0, 1)
		err := s.inRollup(ctx, func(q *dbsqlc.Queries, state dbsqlc.RollupLockRow) error {
			touched, err := q.RollupTouched(ctx, dbsqlc.RollupTouchedParams{FromTime: from, ToTime: to})
			if err != nil {
				return err
			}
			if err := q.RollupPolls(ctx, dbsqlc.RollupPollsParams{FromHour: from.Truncate(time.Hour), ToHour: to}); err != nil {
				return err
			}
			if err := countDays(ctx, q, append(touched, day)); err != nil {
				return err
			}
			return q.RollupAdvance(ctx, dbsqlc.RollupAdvanceParams{RolledUpTo: earlierOf(to, now), SweptDay: state.SweptDay})
		})
		if err != nil {
			return err
		}
	}
	return s.sweep(ctx, now)
}

// observedDays lists the days on which anything was observed since a time. The
// first time those on which runs began are among them.
func (s *Store) observedDays(ctx context.Context, since time.Time) ([]time.Time, error) {
	days, err := s.queries.RollupDays(ctx, since)
	if err != nil || since.Year() > 1 {
		return days, err
	}
	starts, err := s.queries.RollupStarts(ctx)
	days = append(days, starts...)
	slices.SortFunc(days, time.Time.Compare)
	return slices.CompactFunc(days, time.Time.Equal), err
}

// sweep counts the day again that comes after the one swept last; after the
// last day it begins anew.
func (s *Store) sweep(ctx context.Context, now time.Time) error {
	return s.inRollup(ctx, func(q *dbsqlc.Queries, state dbsqlc.RollupLockRow) error {
		day, err := q.RollupAfter(ctx, state.SweptDay)
		if err != nil {
			return err
		}
		if now.Sub(day) < rollupPollSweep {
			if err := q.RollupPolls(ctx, dbsqlc.RollupPollsParams{FromHour: day, ToHour: day.AddDate(0, 0, 1)}); err != nil {
				return err
			}
		}
		if err := q.RollupDay(ctx, day); err != nil {
			return err
		}
		return q.RollupAdvance(ctx, dbsqlc.RollupAdvanceParams{RolledUpTo: now, SweptDay: day})
	})
}

// inRollup runs work in a transaction, alone among all who roll up, or gives errCounting.
func (s *Store) inRollup(ctx context.Context, work func(*dbsqlc.Queries, dbsqlc.RollupLockRow) error) error {
	return s.inTx(ctx, func(q *dbsqlc.Queries) error {
		state, err := q.RollupLock(ctx)
		if errors.Is(err, pgx.ErrNoRows) {
			return errCounting
		}
		if err != nil {
			return err
		}
		return work(q, state)
	})
}

func countDays(ctx context.Context, q *dbsqlc.Queries, days []time.Time) error {
	slices.SortFunc(days, time.Time.Compare)
	for _, day := range slices.CompactFunc(days, time.Time.Equal) {
		if err := q.RollupDay(ctx, day); err != nil {
			return err
		}
	}
	return nil
}

func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlierOf(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
