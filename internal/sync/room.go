package sync

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"tracker/internal/source"
)

const (
	// MemoryBudget is how much memory answers may take, in bytes, where nobody
	// says otherwise.
	MemoryBudget = 256 << 20
	// MemoryLeast is the least that answers of any size can be read with.
	MemoryLeast = 128 << 20

	// roomWait is how long an answer waits for memory before its poll is given up.
	roomWait = 5 * time.Minute
	// laneLate is how long a heavy answer may take to be recorded before its
	// source is left alone: less than a claim lasts, lest we take over from ourselves.
	laneLate = 10 * time.Second
)

// room is the memory that there is for answers, and the lanes of the heavy
// ones. What is only read has a share of its own, and so have light answers:
// who holds of one share and waits for another waits for those only who wait
// for nothing, and light answers wait for no heavy one. An eighth is left for
// what the memory knows of jobs.
type room struct {
	reading share // a quarter: heavy bodies that come in
	light   share // an eighth: light answers on their way through
	working share // half: heavy answers on their way through
	known   int

	mu    sync.Mutex
	lanes map[int64]*lane // by source
}

func newRoom(budget int64) *room {
	if budget == 0 {
		budget = MemoryBudget
	}
	return &room{
		reading: newShare(budget / 4), light: newShare(budget / 8), working: newShare(budget / 2), known: int(budget / 8), lanes: map[int64]*lane{},
	}
}

// share is a part of the budget. Who needs more than all of it has it alone.
type share struct {
	*semaphore.Weighted
	size int64
}

func newShare(size int64) share { return share{semaphore.NewWeighted(size), size} }

// lane is where a source's heavy answers go through, one at a time, from the
// first byte that is not read as it comes until they are recorded: they keep no
// other source waiting.
type lane struct {
	turn    share
	waiting atomic.Int32
	failing atomic.Bool  // the database fails, with an answer still to be recorded
	since   atomic.Int64 // when the answer in it came; 0: it is free
}

func (r *room) lane(sourceID int64) *lane {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.lanes[sourceID]
	if l == nil {
		l = &lane{turn: newShare(1)}
		r.lanes[sourceID] = l
	}
	return l
}

// behind reports whether a source has to wait for its own heavy answers.
func (r *room) behind(sourceID int64) bool {
	l := r.lane(sourceID)
	since := l.since.Load()
	return l.waiting.Load() > 0 || l.failing.Load() || since > 0 && time.Since(time.UnixMilli(since)) > laneLate
}

// stay is what an answer holds of the room.
type stay struct {
	room  *room
	lane  *lane // nil: it is light
	holds []hold
}

type hold struct {
	of     *semaphore.Weighted
	weight int64
}

func (s *stay) take(ctx context.Context, of share, weight int64) error {
	weight = min(weight, of.size)
	if err := of.Acquire(ctx, weight); err != nil {
		return err
	}
	s.holds = append(s.holds, hold{of.Weighted, weight})
	return nil
}

// enter takes the lane of a source, and the memory to read a body of so many
// bytes at most.
func (s *stay) enter(ctx context.Context, sourceID, size int64) error {
	waiting, cancel := context.WithTimeout(ctx, roomWait)
	defer cancel()
	l := s.room.lane(sourceID)
	l.waiting.Add(1)
	err := s.take(waiting, l.turn, 1)
	l.waiting.Add(-1)
	if err == nil {
		s.lane = l
		l.since.Store(time.Now().UnixMilli())
		err = s.take(waiting, s.room.reading, size)
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%w came free within %s for an answer of over %d bytes", source.ErrNoRoom, roomWait, source.LightBody)
	}
	return err
}

// work takes the memory that a new answer needs from here on. A light one gets
// it whatever happens: the recorder gives back what others hold.
func (s *stay) work(ctx context.Context, raw []byte) error {
	if s.lane == nil {
		return s.take(context.WithoutCancel(ctx), s.room.light, weigh(raw))
	}
	if err := s.take(ctx, s.room.working, weigh(raw)); err != nil {
		return err
	}
	read := slices.IndexFunc(s.holds, func(h hold) bool { return h.of == s.room.reading.Weighted })
	s.room.reading.Release(s.holds[read].weight) // the body weighs in what was taken now
	s.holds = slices.Delete(s.holds, read, read+1)
	return nil
}

// leave gives everything back.
func (s *stay) leave() {
	if s.lane != nil {
		s.lane.since.Store(0)
		s.lane.failing.Store(false)
	}
	for _, held := range s.holds {
		held.of.Release(held.weight)
	}
	s.holds, s.lane = nil, nil
}

// weigh estimates what it takes to redact, read, compare and record a body.
func weigh(raw []byte) int64 {
	return 6*int64(len(raw)) + 1200*int64(bytes.Count(raw, []byte{'{'})) + 100*int64(bytes.Count(raw, []byte{':'}))
}
