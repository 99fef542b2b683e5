package sync

import (
	"context"
	"sync"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
)

const (
	// inFlightMost is how many polls of one source may be under way at once.
	// Each source has its own, so that a slow one never delays another.
	inFlightMost = 128
	// holdKnown is how long after a service has asked to be left alone all claims
	// know of it.
	holdKnown = time.Second
	// endedMost is how many ended tasks may wait to be noticed.
	endedMost = 1024
)

// flight is the tasks that are under way. One goroutine owns it, but for the
// tasks themselves.
type flight struct {
	poll    func(*task) *result // for as long as polling goes on, whatever claims the task
	record  func(*result) error // a heavy answer
	results chan<- *result
	space   *room
	ended   chan landing
	tasks   sync.WaitGroup
	workers sync.WaitGroup

	mu       sync.Mutex
	idle     []chan *task        // of workers that wait for another task, those that have waited longest first
	sentAway map[int64]time.Time // by source that asked to be left alone: when all claims know, by our clock

	underWay int
	bySource map[int64]int // how many of them are under way
}

// landing is the end of a task.
type landing struct {
	job    *store.Job
	unused bool // its slot passed, no request was sent
}

// newFlight gives a flight whose tasks are cut short when ctx ends. Heavy
// answers are given to record, all else to results.
func newFlight(ctx context.Context, syncer *Syncer, space *room, record func(*result) error, results chan<- *result) *flight {
	f := &flight{record: record, results: results, space: space, ended: make(chan landing, endedMost), bySource: map[int64]int{}, sentAway: map[int64]time.Time{}}
	f.poll = func(t *task) *result {
		if f.comesTooLate(t) {
			return &result{task: t, unused: true}
		}
		r := t.run(ctx, syncer.Client, syncer.Store)
		f.note(r)
		return r
	}
	return f
}

// comesTooLate reports whether a service has asked to be left alone and the
// task's claim did not know: slots are claimed ahead, and holds recorded after.
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

// start has a task done when its slot has come. Its result comes whatever
// happens. Until then it is a timer only: there are as many goroutines and
// connections as requests at once, not as claims, and those are warm.
func (f *flight) start(t *task) {
	f.underWay++
	f.bySource[t.job.From.ID]++
	f.tasks.Add(1)
	t.room = f.space
	time.AfterFunc(t.wait(), func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if n := len(f.idle); n > 0 { // the last one is still warm
			f.idle[n-1] <- t
			f.idle = f.idle[:n-1]
			return
		}
		f.workers.Go(func() { f.work(t) })
	})
}

// work does a task, and others after it.
func (f *flight) work(t *task) {
	next := make(chan *task, 1)
	for ok := true; ok; t, ok = <-next {
		r := f.poll(t)
		over := landing{job: t.job, unused: r.unused}
		f.deliver(r)
		f.ended <- over
		f.mu.Lock()
		f.idle = append(f.idle, next)
		f.mu.Unlock()
		f.tasks.Done()
	}
}

// deliver has a result recorded: with others, or in the lane of its source.
func (f *flight) deliver(r *result) {
	if r.stay.lane != nil {
		r.err = f.record(r)
		r.stay.leave()
		if r.err == nil {
			return
		}
	}
	f.results <- r
}

// land takes note of a task that has ended.
func (f *flight) land(l landing) {
	f.underWay--
	f.bySource[l.job.From.ID]--
}

// landAll takes note of all that have ended by now, and returns them.
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

// room is how many more polls of a source may be under way.
func (f *flight) room(sourceID int64) int {
	if f.space.behind(sourceID) {
		return 0
	}
	return inFlightMost - f.bySource[sourceID]
}

// wait returns when all tasks have ended. None can be started any more.
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
