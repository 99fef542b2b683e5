package archive

import "sync"

// flight is what waits or is being fetched, so that it is not fetched twice at once.
type flight struct {
	mu   sync.Mutex
	what map[any]bool
}

// answered is an answer that has a link.
type answered struct {
	jobID      int64
	snapshotNo int
}

func newFlight() *flight { return &flight{what: map[any]bool{}} }

// begin takes in an answer or a run, unless it is there.
func (f *flight) begin(one any) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.what[one] {
		return false
	}
	f.what[one] = true
	return true
}

func (f *flight) end(one any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.what, one)
}

// answer is what the flight knows a link by before its run is read.
func (o offered) answer() answered { return answered{o.job.ID, o.snapshotNo} }
