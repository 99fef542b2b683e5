package tracking

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tracker/internal/config"
	"tracker/internal/schedule"
	"tracker/internal/store"
)

const (
	// retainTries is how often it is tried to take a month of polls beside those who
	// read polls, retainRetry the pause between.
	retainTries = 20
	retainRetry = 250 * time.Millisecond
	// clocksMost is how far apart the database's clock and ours may be: once one of them
	// has jumped, polls tell nothing of it that were made since.
	clocksMost = 24 * time.Hour
)

// Retention says for how long is kept what grows; zero: for ever.
type Retention struct {
	Polls   time.Duration
	History time.Duration // runs that ended, with all that belongs to them and the bodies of their snapshots
}

// Retain takes what is older, step by step, and tells of each: what is taken stays so
// if a later step fails. What somebody is in the way of stays, and the rest goes.
func Retain(ctx context.Context, s *store.Store, by store.Author, keep Retention, tell func([]store.Taken)) error {
	polls, runs, err := due(ctx, s, by.At, keep)
	if err != nil {
		return err
	}
	var later error // the first
	if len(polls) > 0 {
		later = again(ctx, tell, func() ([]store.Taken, error) {
			taken, err := s.TakeOldPolls(ctx, by, keep.Polls)
			if errors.Is(err, store.ErrRetentionUncounted) { // somebody else counts, where RollUp has nothing to say
				return taken, errors.Join(err, s.RollUp(ctx, by.At))
			}
			return taken, err
		})
	}
	for _, old := range runs {
		if later != nil && !RetainsLater(later) {
			return later
		}
		left := old.Runs()
		err := again(ctx, tell, func() ([]store.Taken, error) {
			if left <= 0 {
				return nil, nil
			}
			taken, err := s.TakeOldRuns(ctx, by, keep.History, old)
			if len(taken) > 0 {
				left -= taken[0].Rows
			}
			return taken, err
		})
		if later == nil || err != nil && !RetainsLater(err) {
			later = err
		}
	}
	return later
}

// RetainNotes tells, a line each, what a setting is shorter than and stays, or goes, all
// the same.
func RetainNotes(ctx context.Context, s *store.Store, now time.Time, keep Retention) ([]string, error) {
	var notes []string
	for _, one := range []struct {
		flag string
		keep time.Duration
		then string
	}{
		{"--retention-polls", keep.Polls, "polls of it go with the others, and what they told stays"},
		{"--retention-history", keep.History, "it stays until it has ended, or while it is the latest"},
	} {
		if one.keep == 0 {
			continue
		}
		open, err := s.OpenRuns(ctx, now.Add(-one.keep))
		if err != nil {
			return nil, err
		}
		if open.Count == 0 {
			continue
		}
		others := ""
		if open.Count > 1 {
			others = fmt.Sprintf(", as have %d others", open.Count-1)
		}
		notes = append(notes, fmt.Sprintf("%s %s: run %d of job %s has gone on for longer, since %s UTC%s: %s",
			one.flag, config.FormatDays(one.keep), open.RunNo, open.Job, open.FirstSeenAt.UTC().Format("2006-01-02 15:04"), others, one.then))
	}
	return notes, nil
}

// RetainsLater reports an error for which nothing is taken now, but soon.
func RetainsLater(err error) bool {
	return errors.Is(err, store.ErrRetentionBusy) || errors.Is(err, store.ErrRetentionUncounted)
}

// again takes until nothing is left to take.
func again(ctx context.Context, tell func([]store.Taken), take func() ([]store.Taken, error)) error {
	for tries := 1; ; tries++ {
		taken, err := take()
		switch {
		case err == nil && len(taken) == 0:
			return nil
		case err == nil:
			tell(taken)
			tries = 0
			continue
		case !RetainsLater(err) || tries == retainTries:
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retainRetry):
		}
	}
}

// RetainDue lists what Retain would take.
func RetainDue(ctx context.Context, s *store.Store, now time.Time, keep Retention) ([]store.Taken, error) {
	all, runs, err := due(ctx, s, now, keep)
	for _, old := range runs {
		all = append(all, old.Taken...)
	}
	return all, err
}

// RetainAnyDue tells what Retain would take of: polls, runs, or none. However much that
// is, it soon knows.
func RetainAnyDue(ctx context.Context, s *store.Store, now time.Time, keep Retention) (what []string, err error) {
	if err := checkRetention(ctx, s, now, keep); err != nil {
		return nil, err
	}
	for _, one := range []struct {
		what string
		keep time.Duration
		any  func(context.Context, time.Duration) (bool, error)
	}{{store.TakenPolls, keep.Polls, s.AnyOldPolls}, {store.TakenRuns, keep.History, s.AnyOldRuns}} {
		if one.keep == 0 {
			continue
		}
		old, err := one.any(ctx, one.keep)
		if err != nil {
			return nil, err
		}
		if old {
			what = append(what, one.what)
		}
	}
	return what, nil
}

func due(ctx context.Context, s *store.Store, now time.Time, keep Retention) (polls []store.Taken, runs []store.OldRuns, err error) {
	if err := checkRetention(ctx, s, now, keep); err != nil {
		return nil, nil, err
	}
	if keep.Polls > 0 {
		if polls, err = s.OldPolls(ctx, keep.Polls); err != nil {
			return nil, nil, err
		}
	}
	if keep.History > 0 {
		runs, err = s.OldRuns(ctx, keep.History)
	}
	return polls, runs, err
}

// checkRetention refuses where what is old cannot be told, or is still needed.
func checkRetention(ctx context.Context, s *store.Store, now time.Time, keep Retention) error {
	if here := time.Now(); now.Sub(here).Abs() > clocksMost {
		return fmt.Errorf("%w: the database's clock says %s, and that of this machine %s: a day apart at most, or what is old cannot be told",
			store.ErrRetentionRefused, now.UTC().Format(time.RFC3339), here.UTC().Format(time.RFC3339))
	}
	for _, one := range []struct {
		flag string
		keep time.Duration
	}{{"--retention-polls", keep.Polls}, {"--retention-history", keep.History}} {
		if one.keep > 0 {
			if err := checkSchedules(ctx, s, now, one.flag, one.keep); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkSchedules refuses to keep something for less than the time between two polls.
func checkSchedules(ctx context.Context, s *store.Store, now time.Time, flag string, keep time.Duration) error {
	expressions, err := s.Schedules(ctx)
	if err != nil {
		return err
	}
	for _, expression := range expressions {
		parsed, err := schedule.Parse(expression)
		if err != nil {
			continue // its jobs are not polled
		}
		if longest := parsed.Longest(now); longest > keep {
			return RequestError{fmt.Errorf("%s %s: jobs are polled by the schedule %q, up to %s apart, which is longer",
				flag, config.FormatDays(keep), expression, config.FormatDays(longest))}
		}
	}
	return nil
}
