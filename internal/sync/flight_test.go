package sync_test

import (
	gosync "sync"
	"testing"

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
