package sync_test

import (
	"context"
	gosync "sync"
	"testing"
	"time"

	"tracker/internal/sync"
)

// TestFlightBoundsTheRequestsOfASource: of more tasks than may be in flight as many
// are as may be, the others follow.
func TestFlightBoundsTheRequestsOfASource(t *testing.T) {
	t.Parallel()
	const tasks = 3 * sync.InFlightMost
	var (
		mu          gosync.Mutex
		flying, top int
	)
	full := make(chan struct{})
	ended := sync.Fly(t.Context(), tasks, func() {
		mu.Lock()
		flying++
		top = max(top, flying)
		if top == sync.InFlightMost && flying == top {
			select {
			case <-full:
			default:
				close(full)
			}
		}
		mu.Unlock()
		<-full
		mu.Lock()
		flying--
		mu.Unlock()
	})
	if top != sync.InFlightMost || ended != tasks {
		t.Errorf("%d in flight at once, %d of %d ended", top, ended, tasks)
	}
}

// TestFlightGoesOnBetweenTurns: what can be polled until the next claim is, though nobody
// notices until then that tasks have ended. 4,000 are 10,000 polls a second.
func TestFlightGoesOnBetweenTurns(t *testing.T) {
	t.Parallel()
	const tasks = 4000
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if ended := sync.Fly(ctx, tasks, func() {}); ended != tasks {
		t.Errorf("%d of %d went on", ended, tasks)
	}
}
