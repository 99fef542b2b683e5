package sync

import (
	"hash/maphash"
	"sync"

	"tracker/internal/history"
)

// memoryMost bounds how many log entries and steps are remembered.
const memoryMost = 2_000_000

// memory is what a process remembers between polls to save itself work. All of
// it can be read again: what it knows of a job counts only while its snapshot
// is the head.
type memory struct {
	seed maphash.Seed

	mu   sync.Mutex
	raws map[int64]rawMark // by job

	// Owned by the recorder:
	known  map[int64]*history.Known
	weight int
}

// rawMark recognises a body before it is redacted. It never leaves the process.
type rawMark struct {
	snapshotNo int
	recipe     uint32 // by which the body was compared
	hash       uint64
}

func newMemory() *memory {
	return &memory{seed: maphash.MakeSeed(), raws: map[int64]rawMark{}, known: map[int64]*history.Known{}}
}

func (m *memory) hash(raw []byte) uint64 { return maphash.Bytes(m.seed, raw) }

// sameRaw reports whether a body came as the job's head did.
func (m *memory) sameRaw(jobID int64, mark rawMark) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.raws[jobID] == mark
}

func (m *memory) keepRaw(jobID int64, mark rawMark) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.raws[jobID] = mark
}

// recall gives what is known of a job if that is still the truth for its claim
// and enough to compare an answer that tells of the given run: one that goes on.
func (m *memory) recall(jobID int64, snapshotNo int, runID string) *history.Known {
	known := m.known[jobID]
	if known == nil || known.SnapshotNo != snapshotNo || known.Runs[runID] == nil {
		return nil
	}
	return known
}

// keep remembers what is known of a job after a snapshot was recorded.
func (m *memory) keep(jobID int64, known *history.Known) {
	m.forget(jobID)
	known.KeepHead()
	weight := weightOf(known)
	for id := range m.known {
		if m.weight+weight <= memoryMost {
			break
		}
		m.forget(id)
	}
	m.known[jobID] = known
	m.weight += weight
}

func (m *memory) forget(jobID int64) {
	if known := m.known[jobID]; known != nil {
		m.weight -= weightOf(known)
		delete(m.known, jobID)
	}
}

// weightOf counts what is known of a job's head run.
func weightOf(known *history.Known) int {
	weight := 1
	if run := known.HeadRun(); run != nil {
		for _, step := range run.Steps {
			weight += 1 + len(step.Entries)
		}
	}
	return weight
}
