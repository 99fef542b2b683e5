package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"tracker/bench/seed/seeddb"
	"tracker/internal/store"
)

// advancedAtOnce bounds a transaction.
const advancedAtOnce = 500

// finish brings up to date what follows from the polls: cursors and gaps, what
// is no longer polled, and the counts by hour and day.
func (t *target) finish(ctx context.Context, s scale, pollers []*poller) error {
	for part := range slices.Chunk(pollers, advancedAtOnce) {
		var advances []store.Advance
		for _, p := range part {
			advances = append(advances, p.past.Advance())
		}
		if err := t.store.AdvanceCursors(ctx, advances); err != nil {
			return err
		}
	}
	if err := t.decide(ctx, s, pollers); err != nil {
		return err
	}
	if err := t.store.CompleteJournal(ctx); err != nil {
		return err
	}
	// Statistics first: without them the counting takes long.
	if _, err := t.conn.Exec(ctx, "ANALYZE"); err != nil {
		return fmt.Errorf("analyze: %w", err)
	}
	var group errgroup.Group
	group.Go(func() error { return t.store.RollUp(ctx, s.end) })
	group.Go(func() error {
		_, err := t.conn.Exec(ctx, "VACUUM") // as the server would by and by: it sums up the indexes by time
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	_, err := t.conn.Exec(ctx, "ANALYZE hourly, daily")
	return err
}

// decision is a change of what is tracked.
type decision struct {
	at   time.Time
	make func(context.Context, store.Author) (bool, error)
}

// decide finishes, pauses and removes, in the order of time.
func (t *target) decide(ctx context.Context, s scale, pollers []*poller) error {
	decisions := []decision{{s.at(0.93), func(ctx context.Context, by store.Author) (bool, error) {
		return t.registry.PauseSource(ctx, by, sourceOld, "unauthorized: 401 Unauthorized: Unable to locate credentials.")
	}}}
	for _, p := range pollers {
		name := p.plan.name
		switch {
		case p.past.Finished():
			decisions = append(decisions, decision{p.polled.Add(time.Second), func(ctx context.Context, by store.Author) (bool, error) { return t.registry.FinishJob(ctx, by, name) }})
		case p.plan.ending == endsPaused:
			decisions = append(decisions, decision{s.at(0.96), func(ctx context.Context, by store.Author) (bool, error) {
				return t.registry.PauseJob(ctx, by, name, "moved elsewhere?")
			}})
		case p.plan.ending == endsRemoved:
			decisions = append(decisions, decision{s.at(0.8), func(ctx context.Context, by store.Author) (bool, error) { return t.registry.RemoveJob(ctx, by, name) }})
		}
	}
	slices.SortStableFunc(decisions, func(a, b decision) int { return cmp.Compare(a.at.UnixMicro(), b.at.UnixMicro()) })
	for _, d := range decisions {
		if _, err := d.make(ctx, store.Author{Actor: seeddb.Actor, At: d.at}); err != nil {
			return err
		}
	}
	return nil
}
