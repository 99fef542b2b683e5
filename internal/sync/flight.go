package sync

import (
	"context"
	"sync"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
)

const (
	// inFlightMost is how many requests to one source may be in flight at once.
	// Each source has its own, so that a slow one never delays another.
	inFlightMost = 128
	// holdKnown is how long after a Retry-After a claim may not have seen it yet: it
	// is recorded meanwhile.
	holdKnown = time.Second
	// endedMost is how many ended tasks may wait to be noticed, which they are once a
	// turn. With more the workers would wait, too: it is enough for 40,000 a second.
	endedMost = 16 << 10
	// resultsMost is how many results may wait for the recorder.
	resultsMost = 1024
)

// flight holds the tasks that are under way. One goroutine owns it; what the tasks
// share is under mu or a channel.
type flight struct {
	poll    func(*task) *result // sends the task's request and reads the answer
	record  func(*result) error // records a heavy answer
	results chan<- *result
	budget  *memoryBudget
	ended   chan landing
	tasks   sync.WaitGroup
	workers sync.WaitGroup

	mu       sync.Mutex
	idle     []chan *task        // of workers that wait for a task, the longest waiting first
	inFlight map[int64]int       // by source, its requests, and so are the others
	behind   map[int64][]*task   // that wait until fewer are in flight
	sentAway map[int64]time.Time // of one that sent a Retry-After: from when, by our clock, every claim has seen it

	underWay int
	bySource map[int64]int // how many of a source's are under way
	landed   map[int64]int // how many were polled since free was asked
}

// landing is the end of a task.
type landing struct {
	job    *store.Job
	unused bool // its slot passed, no request was sent
}

// newFlight returns a flight whose tasks end early when ctx ends. Heavy answers go
// to record, all other results to results.
func newFlight(ctx context.Context, syncer *Syncer, budget *memoryBudget, record func(*result) error, results chan<- *result) *flight {
	f := &flight{
		record: record, results: results, budget: budget, ended: make(chan landing, endedMost), bySource: map[int64]int{}, landed: map[int64]int{},
		inFlight: map[int64]int{}, behind: map[int64][]*task{}, sentAway: map[int64]time.Time{},
	}
	f.poll = func(t *task) *result {
		defer syncer.load.unrecorded.Add(1)
		if f.comesTooLate(t) {
			return &result{task: t, unused: true}
		}
		syncer.load.inFlight.Add(1)
		r := t.run(ctx, syncer.Client, syncer.Store)
		syncer.load.inFlight.Add(-1)
		if r.unused {
			syncer.load.claimsLost.Add(1)
		}
		f.note(r)
		return r
	}
	return f
}

// comesTooLate reports whether the service has sent a Retry-After that the task's
// claim has not seen: slots are claimed up to a second ahead.
func (f *flight) comesTooLate(t *task) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return t.clock.before.Before(f.sentAway[t.job.From.ID])
}

func (f *flight) note(r *result) {
	if r.poll.Outcome != history.OutcomeRateLimited && r.retryAfter == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sentAway[r.job.From.ID] = time.Now().Add(holdKnown)
}

// start runs a task when its slot has come. It always gives a result. A waiting task
// is only a timer: there are as many workers and connections as requests at
// once, not as claims.
func (f *flight) start(t *task) {
	f.underWay++
	f.bySource[t.job.From.ID]++
	f.tasks.Add(1)
	t.budget = f.budget
	time.AfterFunc(t.wait(), func() { f.send(t) })
}

// send gives a task to a worker, or puts it behind those of its source of which as
// many are in flight as may be.
func (f *flight) send(t *task) {
	f.mu.Lock()
	defer f.mu.Unlock()
	source := t.job.From.ID
	if f.inFlight[source] == inFlightMost {
		f.behind[source] = append(f.behind[source], t)
		return
	}
	f.inFlight[source]++
	if n := len(f.idle); n > 0 { // the last one is still warm
		f.idle[n-1] <- t
		f.idle = f.idle[:n-1]
		return
	}
	f.workers.Go(func() { f.work(t) })
}

// work runs a task, then those that it is sent.
func (f *flight) work(t *task) {
	sent := make(chan *task, 1)
	for t != nil {
		r := f.poll(t)
		over := landing{job: t.job, unused: r.unused}
		f.deliver(r)
		f.ended <- over
		next := f.next(over.job.From.ID, sent)
		f.tasks.Done()
		if next == nil {
			next = <-sent
		}
		t = next
	}
}

// next gives a worker whose task has ended the next of that source which waits for
// its place. Nil: there is none, and the worker is sent one.
func (f *flight) next(source int64, worker chan *task) *task {
	f.mu.Lock()
	defer f.mu.Unlock()
	if waiting := f.behind[source]; len(waiting) > 0 {
		f.behind[source] = waiting[1:]
		return waiting[0]
	}
	f.inFlight[source]--
	f.idle = append(f.idle, worker)
	return nil
}

// deliver records a heavy result at once, and sends any other to the recorder.
func (f *flight) deliver(r *result) {
	if r.memory.lane != nil {
		r.err = f.record(r)
		r.memory.release()
		if r.err == nil {
			return
		}
	}
	f.results <- r
}

// land counts a task as ended.
func (f *flight) land(l landing) {
	f.underWay--
	f.bySource[l.job.From.ID]--
	if !l.unused {
		f.landed[l.job.From.ID]++
	}
}

// landAll counts all tasks as ended that have by now, and returns them.
func (f *flight) landAll() (landed []landing) {
	for {
		select {
		case l := <-f.ended:
			f.land(l)
			landed = append(landed, l)
		default:
			return landed
		}
	}
}

// free is how many more polls of a source may be claimed: it is asked once for each
// turn. As many as have ended since the last may start until the next; of more the
// slots would pass unused.
func (f *flight) free(sourceID int64) int {
	ended := f.landed[sourceID]
	delete(f.landed, sourceID)
	if f.budget.failing(sourceID) {
		return 0
	}
	return inFlightMost + ended - f.bySource[sourceID]
}

// putOff adds the jobs of a source to ids that are not to be claimed now: its heavy
// answers wait for each other.
func (f *flight) putOff(sourceID int64, ids []int64) []int64 {
	if !f.budget.behind(sourceID) {
		return ids
	}
	return f.budget.cache.heavyOf(sourceID, ids)
}

// wait returns when all tasks have ended. Afterwards none can be started.
func (f *flight) wait() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.tasks.Wait()
		for _, next := range f.idle {
			close(next)
		}
		f.workers.Wait()
	}()
	for {
		select {
		case <-f.ended:
		case <-done:
			return
		}
	}
}
