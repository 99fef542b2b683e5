package sync

import (
	"hash/maphash"
	"sync"

	"tracker/internal/history"
)

// rowWeight is what a log entry, a step or a run takes in memory beside its
// texts, in bytes.
const rowWeight = 256

// memory is what a process remembers between polls to save itself work. All of
// it can be read again: what it knows of a job counts only while its snapshot
// is the head.
type memory struct {
	seed maphash.Seed

	most int // bytes of what is known

	mu     sync.Mutex
	raws   map[int64]rawMark // by job, and so are the others
	known  map[int64]remembered
	weight int
	heavy  map[int64]bool // whose last new answer was
}

// remembered is what is known of a job, which belongs to whoever recalls it.
type remembered struct {
	*history.Known
	weight int
}

// rawMark recognises a body before it is redacted. It never leaves the process.
type rawMark struct {
	snapshotNo int
	recipe     uint32 // by which the body was compared
	hash       uint64
}

func newMemory(most int) *memory {
	return &memory{seed: maphash.MakeSeed(), most: most, raws: map[int64]rawMark{}, known: map[int64]remembered{}, heavy: map[int64]bool{}}
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

// wasHeavy reports whether a job's last new answer was heavy.
func (m *memory) wasHeavy(jobID int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.heavy[jobID]
}

func (m *memory) keepHeavy(jobID int64, heavy bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if heavy {
		m.heavy[jobID] = true
	} else {
		delete(m.heavy, jobID)
	}
}

// recall gives what is known of a job if that is still the truth for its claim
// and enough to compare an answer that tells of the given run: one that goes
// on. It is remembered no more, until it is kept again: two of a job's answers
// never share it.
func (m *memory) recall(jobID int64, snapshotNo int, runID string) *history.Known {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.known[jobID].Known
	m.drop(jobID)
	if known == nil || known.SnapshotNo != snapshotNo || known.Runs[runID] == nil {
		return nil
	}
	return known
}

// keep remembers what is known of a job after a snapshot was recorded.
func (m *memory) keep(jobID int64, known *history.Known) {
	known.KeepHead()
	weight := weightOf(known)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(jobID)
	if weight > m.most {
		return
	}
	for id := range m.known {
		if m.weight+weight <= m.most {
			break
		}
		m.drop(id)
	}
	m.known[jobID] = remembered{known, weight}
	m.weight += weight
}

func (m *memory) forget(jobID int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(jobID)
}

func (m *memory) drop(jobID int64) {
	m.weight -= m.known[jobID].weight
	delete(m.known, jobID)
}

// weightOf estimates the bytes of what is known of a job's head run.
func weightOf(known *history.Known) int {
	weight := 2 * rowWeight
	if run := known.HeadRun(); run != nil {
		for _, step := range run.Steps {
			weight += rowWeight + len(step.Name)
			for _, entry := range step.Entries {
				weight += rowWeight + len(entry.Detail) + len(entry.Created.Raw)
			}
		}
	}
	return weight
}
