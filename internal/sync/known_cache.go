package sync

import (
	"hash/maphash"
	"sync"

	"tracker/internal/store"
)

// rawsKept is how many jobs' bodies are recognised before they are redacted: a daemon
// takes 25 MB for them at most.
const rawsKept = 1 << 20

// rowWeight is how many bytes a log entry, a step or a run takes beside its texts.
const rowWeight = 256

// knownCache keeps between polls what is known of jobs, so that it is not read again
// for each answer. What it keeps of a job counts only while the job's head is the
// snapshot that it was kept for.
type knownCache struct {
	seed maphash.Seed

	most int // weight of all that is known, in bytes

	mu     sync.Mutex
	raws   map[int64]uint64 // of rawMarks, by job, and so are the others
	known  map[int64]cachedKnown
	weight int
	heavy  map[int64]int64 // the sources of jobs whose last new answer was heavy
}

// cachedKnown is what is known of one job. Who recalls it owns it.
type cachedKnown struct {
	*store.Known
	weight   int
	rewrites int // the claim's, when it was kept
}

// rawMark recognises a body before it is redacted. It holds a hash of secrets, and
// so never leaves the process.
type rawMark struct {
	snapshotNo int
	recipe     uint32 // of the provider: how the body was redacted and compared
	hash       uint64
}

func newKnownCache(most int) *knownCache {
	return &knownCache{seed: maphash.MakeSeed(), most: most, raws: map[int64]uint64{}, known: map[int64]cachedKnown{}, heavy: map[int64]int64{}}
}

func (c *knownCache) hash(raw []byte) uint64 { return maphash.Bytes(c.seed, raw) }

// sameRaw reports whether a body is, byte for byte, the last one that was kept.
func (c *knownCache) sameRaw(jobID int64, mark rawMark) bool {
	is := maphash.Comparable(c.seed, mark)
	c.mu.Lock()
	defer c.mu.Unlock()
	was, kept := c.raws[jobID]
	return kept && was == is
}

func (c *knownCache) keepRaw(jobID int64, mark rawMark) {
	is := maphash.Comparable(c.seed, mark)
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, kept := c.raws[jobID]; !kept && len(c.raws) >= rawsKept {
		for id := range c.raws { // whichever
			delete(c.raws, id)
			break
		}
	}
	c.raws[jobID] = is
}

// wasHeavy reports whether a job's last new answer was heavy.
func (c *knownCache) wasHeavy(jobID int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, heavy := c.heavy[jobID]
	return heavy
}

// heavyOf adds the jobs of a source to ids whose last new answer was heavy.
func (c *knownCache) heavyOf(sourceID int64, ids []int64) []int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, source := range c.heavy {
		if source == sourceID {
			ids = append(ids, id)
		}
	}
	return ids
}

func (c *knownCache) keepHeavy(jobID, sourceID int64, heavy bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if heavy {
		c.heavy[jobID] = sourceID
	} else {
		delete(c.heavy, jobID)
	}
}

// recall takes what is known of a job out of the cache. It returns nil where the
// claim saw another head, or that it was written anew, or where the answer's run is not
// the one that is known: then it must be read from the store. Two answers never share
// what it returns.
func (c *knownCache) recall(claim store.Cursor, runID string) *store.Known {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := c.known[claim.JobID]
	c.drop(claim.JobID)
	if kept.Known == nil || kept.SnapshotNo != claim.SnapshotNo || kept.rewrites != claim.Rewrites || kept.Runs[runID] == nil {
		return nil
	}
	return kept.Known
}

// keep puts in the cache what is known of a job after a snapshot was recorded, and
// drops other jobs where the cache is full.
func (c *knownCache) keep(claim store.Cursor, known *store.Known) {
	jobID := claim.JobID
	known.KeepHead()
	weight := weightOf(known)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(jobID)
	if weight > c.most {
		return
	}
	for id := range c.known {
		if c.weight+weight <= c.most {
			break
		}
		c.drop(id)
	}
	c.known[jobID] = cachedKnown{known, weight, claim.Rewrites}
	c.weight += weight
}

func (c *knownCache) forget(jobID int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(jobID)
}

func (c *knownCache) drop(jobID int64) {
	c.weight -= c.known[jobID].weight
	delete(c.known, jobID)
}

// weightOf estimates how many bytes what is known of a job's head run and body takes.
func weightOf(known *store.Known) int {
	weight := 2*rowWeight + len(known.Body.Bytes)
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
