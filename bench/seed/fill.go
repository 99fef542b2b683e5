package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"tracker/bench/seed/seeddb"
	"tracker/internal/store"
)

const (
	// shards is how many parts of the jobs are polled at once.
	shards = 2
	// stride is how much of the past is recorded together. The rows of the jobs
	// lie on disk about as they do where the daemon wrote them.
	stride = 3 * time.Hour
	// registeredAtOnce bounds a transaction.
	registeredAtOnce = 1000
)

// fill makes the database hold a seed.
func fill(ctx context.Context, at string, s scale, stderr io.Writer) (*filled, error) {
	t, err := openTarget(ctx, at)
	if err != nil {
		return nil, err
	}
	defer t.close(context.WithoutCancel(ctx))
	bar := newProgress(stderr, s)
	defer bar.end()
	bar.tell("register %d jobs", s.jobs)
	pollers, err := t.register(ctx, s)
	if err != nil {
		return nil, err
	}
	var parts [shards][]*poller
	for i, p := range pollers {
		parts[i%shards] = append(parts[i%shards], p)
	}
	filled := &filled{}
	bar.tell("poll them from %s to %s", s.start().Format(time.DateTime), s.end.Format(time.DateTime))
	for from := s.start(); from.Before(s.end); from = from.Add(stride) {
		if err := t.extendPartitions(ctx, from); err != nil {
			return nil, err
		}
		if err := t.poll(ctx, parts, slices.MinFunc([]time.Time{from.Add(stride), s.end}, time.Time.Compare), filled); err != nil {
			return nil, err
		}
		bar.advance(stride, filled)
	}
	bar.tell("finish")
	return filled, t.finish(ctx, s, pollers)
}

// register declares sources and jobs, each when it begins, and claims the jobs
// for as long as their past is made.
func (t *target) register(ctx context.Context, s scale) ([]*poller, error) {
	plans := s.jobPlans()
	if _, err := t.registry.Apply(ctx, store.Author{Actor: seeddb.Actor, At: s.start()}, store.Declaration{Sources: s.sources()}); err != nil {
		return nil, err
	}
	slices.SortStableFunc(plans, func(a, b jobPlan) int { return a.begins.Compare(b.begins) })
	for _, batch := range batches(plans) {
		declared := store.Declaration{}
		for _, one := range batch {
			declared.Jobs = append(declared.Jobs, one.spec(s.random(-one.no-1)))
		}
		if _, err := t.registry.Apply(ctx, store.Author{Actor: seeddb.Actor, At: batch[0].begins}, declared); err != nil {
			return nil, err
		}
	}
	claimed := s.end.AddDate(1, 0, 0)
	if _, err := t.conn.Exec(ctx, "UPDATE cursors SET claimed_until = $1, claimed_by = $2", claimed, seeddb.Actor); err != nil {
		return nil, fmt.Errorf("claim all jobs: %w", err)
	}
	return t.pollers(ctx, s, plans, claimed)
}

// batches groups jobs that begin at one time, at most registeredAtOnce of them.
func batches(plans []jobPlan) [][]jobPlan {
	var all [][]jobPlan
	for from := 0; from < len(plans); {
		to := from + 1
		for to < len(plans) && to-from < registeredAtOnce && plans[to].begins.Equal(plans[from].begins) {
			to++
		}
		all, from = append(all, plans[from:to]), to
	}
	return all
}

func (t *target) pollers(ctx context.Context, s scale, plans []jobPlan, claimed time.Time) ([]*poller, error) {
	jobs, err := t.store.Jobs(ctx)
	if err != nil {
		return nil, err
	}
	byName := make(map[string]store.Job, len(jobs))
	ids := make([]int64, 0, len(jobs))
	for _, job := range jobs {
		byName[job.Name], ids = job, append(ids, job.ID)
	}
	cursors, err := t.store.Cursors(ctx, ids)
	if err != nil {
		return nil, err
	}
	pollers := make([]*poller, len(plans))
	for i, plan := range plans {
		job := byName[plan.name]
		if pollers[i], err = newPoller(ctx, s, plan, job, store.Claim{Cursor: cursors[job.ID].Cursor, Until: claimed}); err != nil {
			return nil, err
		}
	}
	return pollers, nil
}

// poll polls all jobs up to a time, some at once.
func (t *target) poll(ctx context.Context, all [shards][]*poller, to time.Time, filled *filled) error {
	var group errgroup.Group
	counts := make([]filledPart, shards)
	for shard := range shards {
		group.Go(func() (err error) {
			left, polls := all[shard], []store.Poll(nil)
			for len(left) > 0 && err == nil {
				left, polls, err = t.pollOnce(ctx, left, polls[:0], to)
				counts[shard].count(polls)
			}
			return err
		})
	}
	err := group.Wait()
	for _, count := range counts {
		filled.add(count)
	}
	return err
}

// pollOnce polls each job until it has news and records the polls. It gives the
// jobs that are to be polled on, and the polls.
func (t *target) pollOnce(ctx context.Context, pollers []*poller, polls []store.Poll, to time.Time) ([]*poller, []store.Poll, error) {
	var left []*poller
	for _, p := range pollers {
		var news bool
		var err error
		if polls, news, err = p.untilNews(polls, to); err != nil {
			return nil, nil, err
		}
		if news {
			left = append(left, p)
		}
	}
	if err := t.store.RecordPast(ctx, polls); err != nil {
		return nil, nil, err
	}
	return left, polls, nil
}
