package archive

import "sync"

// flight is what waits or is being fetched, so that it is not fetched twice at once.
type flight struct{ what sync.Map }

// answered is an answer that has a link.
type answered struct {
	jobID      int64
	snapshotNo int
}

// begin takes in an answer or a run, unless it is there.
func (f *flight) begin(one any) bool {
	_, there := f.what.LoadOrStore(one, true)
	return !there
}

func (f *flight) end(one any) { f.what.Delete(one) }

// answer is what the flight knows a link by before its run is read.
func (o offered) answer() answered { return answered{o.job.ID, o.snapshotNo} }
