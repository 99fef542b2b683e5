package sync

import (
	"context"
	"sync"

	"tracker/internal/source"
)

const (
	// inFlightMost is how many polls of one source may be under way at once.
	// Each source has its own, so that a slow one never delays another.
	inFlightMost = 64
	// endedMost is how many ended tasks may wait to be noticed.
	endedMost = 1024
)

// flight is the tasks that are under way. One goroutine owns it, but for the
// tasks themselves.
type flight struct {
	client  *source.Client
	results chan<- result
	ended   chan int64 // the source of a task that has ended
	tasks   sync.WaitGroup

	bySource map[int64]int // how many are under way
}

func newFlight(client *source.Client, results chan<- result) *flight {
	return &flight{client: client, results: results, ended: make(chan int64, endedMost), bySource: map[int64]int{}}
}

// start begins a task. Its result comes whatever happens.
func (f *flight) start(ctx context.Context, t task) {
	f.bySource[t.job.From.ID]++
	f.tasks.Go(func() {
		f.results <- t.run(ctx, f.client)
		f.ended <- t.job.From.ID
	})
}

// land takes note of a task that has ended.
func (f *flight) land(sourceID int64) { f.bySource[sourceID]-- }

// landAll takes note of all that have ended by now.
func (f *flight) landAll() {
	for {
		select {
		case sourceID := <-f.ended:
			f.land(sourceID)
		default:
			return
		}
	}
}

// room is how many more polls of a source may be under way.
func (f *flight) room(sourceID int64) int { return inFlightMost - f.bySource[sourceID] }

// wait returns when all tasks have ended.
func (f *flight) wait() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.tasks.Wait()
	}()
	for {
		select {
		case <-f.ended:
		case <-done:
			return
		}
	}
}
