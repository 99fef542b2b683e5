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
	// DefaultMemoryBudget is how much memory answers may take, in bytes, where
	// Syncer.MemoryBudget says nothing else.
	DefaultMemoryBudget = 256 << 20
	// MemoryLeast is the least that answers of any size can be read with.
	MemoryLeast = 128 << 20

	// memoryWait is how long an answer waits for memory before its poll is given up.
	memoryWait = 5 * time.Minute
	// laneLate is how long a heavy answer may take to be recorded before no further
	// heavy job of its source is claimed. It is less than a claim lasts (20 s): else we
	// would claim the same job again.
	laneLate = 10 * time.Second
)

// memoryBudget is the memory for answers, in shares, and the lanes of heavy ones. A
// heavy body is read within one share and worked on within the next: who works
// waits for no memory, so that nobody waits for ever. Light answers have a share of
// their own and wait for no heavy one. An eighth is left for the cache.
type memoryBudget struct {
	reading share       // a quarter: heavy bodies while they come in
	light   share       // an eighth: light answers until they are recorded
	working share       // half: heavy answers until they are recorded
	cache   *knownCache // an eighth

	mu    sync.Mutex
	lanes map[int64]*lane // by source
}

func newMemoryBudget(budget int64) *memoryBudget {
	if budget == 0 {
		budget = DefaultMemoryBudget
	}
	return &memoryBudget{
		reading: newShare(budget / 4), light: newShare(budget / 8), working: newShare(budget / 2), cache: newKnownCache(int(budget / 8)), lanes: map[int64]*lane{},
	}
}

// share is a part of the budget. An answer that needs more than all of it takes all.
type share struct {
	*semaphore.Weighted
	size int64
}

func newShare(size int64) share { return share{semaphore.NewWeighted(size), size} }

// lane lets one heavy answer of a source through at a time, from when its body turns
// out to be heavy until it is recorded. Other sources do not wait for it.
type lane struct {
	turn    share
	waiting atomic.Int32
	failing atomic.Bool  // the database fails while an answer is to be recorded
	since   atomic.Int64 // when the answer took it, in Unix ms; 0: it is free
}

func (b *memoryBudget) lane(sourceID int64) *lane {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.lanes[sourceID]
	if l == nil {
		l = &lane{turn: newShare(1)}
		b.lanes[sourceID] = l
	}
	return l
}

// failing reports whether no job of a source is to be claimed, because the database
// fails while a heavy answer is to be recorded.
func (b *memoryBudget) failing(sourceID int64) bool { return b.lane(sourceID).failing.Load() }

// behind reports whether no further heavy job of a source is to be claimed, because
// its heavy answers wait.
func (b *memoryBudget) behind(sourceID int64) bool {
	l := b.lane(sourceID)
	since := l.since.Load()
	return l.waiting.Load() > 0 || since > 0 && time.Since(time.UnixMilli(since)) > laneLate
}

// reservation is the memory that an answer holds.
type reservation struct {
	budget *memoryBudget
	lane   *lane // nil: it is light
	holds  []hold
}

type hold struct {
	of     *semaphore.Weighted
	weight int64
}

func (r *reservation) take(ctx context.Context, of share, weight int64) error {
	weight = min(weight, of.size)
	if err := of.Acquire(ctx, weight); err != nil {
		return err
	}
	r.holds = append(r.holds, hold{of.Weighted, weight})
	return nil
}

// enter takes the lane of a source, and the memory to read a body of up to size
// bytes.
func (r *reservation) enter(ctx context.Context, sourceID, size int64) error {
	waiting, cancel := context.WithTimeout(ctx, memoryWait)
	defer cancel()
	l := r.budget.lane(sourceID)
	l.waiting.Add(1)
	err := r.take(waiting, l.turn, 1)
	l.waiting.Add(-1)
	if err == nil {
		r.lane = l
		l.since.Store(time.Now().UnixMilli())
		err = r.take(waiting, r.budget.reading, size)
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%w came free within %s for an answer of over %d bytes", source.ErrNoRoom, memoryWait, source.LightBody)
	}
	return err
}

// work takes the memory to redact, compare and record a new answer, in place of what
// it took to be read. A light answer waits without a limit: the recorder always
// gives back what others hold.
func (r *reservation) work(ctx context.Context, raw []byte) error {
	if r.lane == nil {
		return r.take(context.WithoutCancel(ctx), r.budget.light, weigh(raw))
	}
	if err := r.take(ctx, r.budget.working, weigh(raw)); err != nil {
		return err
	}
	read := slices.IndexFunc(r.holds, func(h hold) bool { return h.of == r.budget.reading.Weighted })
	r.budget.reading.Release(r.holds[read].weight) // the body weighs in what was taken now
	r.holds = slices.Delete(r.holds, read, read+1)
	return nil
}

// release gives everything back.
func (r *reservation) release() {
	if r.lane != nil {
		r.lane.since.Store(0)
		r.lane.failing.Store(false)
	}
	for _, held := range r.holds {
		held.of.Release(held.weight)
	}
	r.holds, r.lane = nil, nil
}

// weigh estimates how many bytes it takes to redact, read, compare and record a body, and
// to read the one before with its patches.
func weigh(raw []byte) int64 {
	return 9*int64(len(raw)) + 1200*int64(bytes.Count(raw, []byte{'{'})) + 100*int64(bytes.Count(raw, []byte{':'}))
}
