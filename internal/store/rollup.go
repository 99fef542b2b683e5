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
	// rollupSlack is how long after it was observed a change may be recorded and is
	// still counted by the next RollUp; of polls of a full hour partSlack is. The sweep
	// finds what comes later.
	rollupSlack = 15 * time.Minute
	// rollupPollSweep is up to which age of a day the sweep counts its polls again, an
	// hour of them with each call. They cost more to count than runs.
	rollupPollSweep = 48 * time.Hour
	dayLength       = 24 * time.Hour // of a day of UTC
)

// RollUp brings the counts by hour and day (report.hourly and report.daily) up to
// date. It counts
//
//   - the days since the last time,
//   - the days on which runs began that have changed since,
//   - and the days between which a run's start has moved.
//
// Each day is a transaction of its own: what is done stays done when ctx ends. While
// somebody else writes counts it does nothing.
func (s *Store) RollUp(ctx context.Context, now time.Time) error {
	return s.alone(func() error { return s.rollUp(ctx, now) })
}

// alone rolls up, unless somebody is at it.
func (s *Store) alone(work func() error) error {
	if !s.counting.TryLock() {
		return nil
	}
	defer s.counting.Unlock()
	if err := work(); err != nil && !errors.Is(err, errCounting) {
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
	since, days := state.RolledUpTo.Add(-rollupSlack), []time.Time(nil)
	if state.RolledUpTo.Year() == 1 { // never before
		if err := s.pool.QueryRow(ctx, firstObserved, now).Scan(&since); err != nil {
			return err
		}
		if days, err = s.queries.RollupStarts(ctx); err != nil {
			return err
		}
	}
	for day := since.Truncate(dayLength); !day.After(now); day = day.Add(dayLength) {
		days = append(days, day)
	}
	s.counted.forget(since, now)
	for _, day := range inOrder(days) {
		if err := s.rollUpDay(ctx, day, since, now); err != nil {
			return err
		}
	}
	return s.recount(ctx)
}

// firstObserved gives a time before which no poll was sent and no run was seen. For
// polls it takes the first partition's month from its name, and reads only those that
// are older than all partitions: reading all polls takes too long. (It is not among
// the queries since sqlc does not know pg_tables.)
const firstObserved = `WITH month AS (
	SELECT min(to_date(right(tablename, 6), 'YYYYMM'))::timestamp AT TIME ZONE 'UTC' AS began FROM pg_tables
	WHERE schemaname = 'public' AND tablename ~ '^polls_[0-9]{6}$'
) SELECT coalesce(least(
	(SELECT min(polled_at) FROM polls WHERE polled_at < coalesce((SELECT began FROM month), 'infinity')),
	(SELECT began FROM month),
	(SELECT min(first_seen_at) FROM runs)), $1)`

// rollUpDay counts the polls of a day since a time, the runs that began on it,
// and those of the days on which runs began that were observed to change then.
func (s *Store) rollUpDay(ctx context.Context, day, since, now time.Time) error {
	from, to := day, day.Add(dayLength)
	if since.After(from) {
		from = since
	}
	polls, err := s.countPolls(ctx, pollPart{from.Truncate(time.Hour), to}, &s.counted, now)
	if err != nil {
		return err
	}
	return s.inRollup(ctx, func(q *dbsqlc.Queries, state dbsqlc.RollupLockRow) error {
		touched, err := q.RollupTouched(ctx, dbsqlc.RollupTouchedParams{FromTime: from, ToTime: to})
		if err != nil {
			return err
		}
		if err := q.RollupHours(ctx, polls); err != nil {
			return err
		}
		for _, counted := range inOrder(append(touched, day)) {
			if err := q.RollupDay(ctx, counted); err != nil {
				return err
			}
		}
		done := to
		if now.Before(done) {
			done = now
		}
		return q.RollupAdvance(ctx, dbsqlc.RollupAdvanceParams{RolledUpTo: done, SweptTo: state.SweptTo})
	})
}

// recount counts again the days that runs have left or joined, and those that a
// rebuild has changed.
func (s *Store) recount(ctx context.Context) error {
	days, err := s.queries.RecountDays(ctx)
	if err != nil {
		return err
	}
	for _, day := range days {
		err := s.inRollup(ctx, func(q *dbsqlc.Queries, _ dbsqlc.RollupLockRow) error {
			if err := q.RecountTake(ctx, day); err != nil {
				return err
			}
			return q.RollupDay(ctx, day)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Sweep counts again what RollUp may have missed: with each call the next day, of a recent
// one with the polls of its next hour, once that has ended. After the last day it begins
// again with the first.
func (s *Store) Sweep(ctx context.Context, now time.Time) error {
	return s.alone(func() error { return s.sweep(ctx, now) })
}

func (s *Store) sweep(ctx context.Context, now time.Time) error {
	state, err := s.queries.RollupState(ctx)
	if err != nil {
		return err
	}
	day, err := s.queries.RollupFrom(ctx, state.SweptTo.Truncate(dayLength))
	if err != nil {
		return err
	}
	to := day.Add(dayLength)
	var polls dbsqlc.RollupHoursParams
	if now.Sub(day) < rollupPollSweep {
		hour := pollPart{from: day}
		if state.SweptTo.After(day) {
			hour.from = state.SweptTo
		}
		if hour.to = hour.from.Add(time.Hour); !hour.to.After(now.Add(-partSlack)) {
			to = hour.to
			if polls, err = s.countPolls(ctx, hour, &countedHours{}, now); err != nil {
				return err
			}
		}
	}
	return s.inRollup(ctx, func(q *dbsqlc.Queries, state dbsqlc.RollupLockRow) error {
		if err := q.RollupHours(ctx, polls); err != nil {
			return err
		}
		if err := q.RollupDay(ctx, day); err != nil {
			return err
		}
		return q.RollupAdvance(ctx, dbsqlc.RollupAdvanceParams{RolledUpTo: state.RolledUpTo, SweptTo: to})
	})
}

// inRollup runs work in a transaction, alone among all who roll up; else it returns
// errCounting.
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

// inOrder sorts days and leaves each once.
func inOrder(days []time.Time) []time.Time {
	slices.SortFunc(days, time.Time.Compare)
	return slices.CompactFunc(days, time.Time.Equal)
}
