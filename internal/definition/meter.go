package definition

import (
	"context"
	"errors"
	"runtime/metrics"
	"time"
)

const (
	// runTime bounds all jq of one poll.
	runTime = time.Second

	// runMemory bounds how much memory all jq of one poll may add, in bytes, beside
	// runMemoryFactor times the answer itself.
	runMemory       = 128 << 20
	runMemoryFactor = 8

	// meterEvery is how many steps of a program pass between two looks at the clock,
	// sampleEvery how much time between two looks at the memory.
	meterEvery  = 8
	sampleEvery = time.Millisecond
)

var (
	errTooLong = errors.New("it ran for more than a second")
	errTooMuch = errors.New("it took too much memory")
)

// meter is the context of all jq programs of one poll. The interpreter asks Done
// before each of its steps, and so a program is stopped by the very goroutine that
// runs it.
type meter struct {
	context.Context //nolint:containedctx // it is a context
	ends            time.Time
	left            time.Duration // of a meter that stands still
	limit           uint64
	stopped         chan struct{}
	err             error

	steps   int
	sampled time.Time
	first   uint64 // how much memory was in use at the first sample
}

// newMeter gives the meter of a poll whose answer has so many bytes.
func newMeter(size int) *meter {
	now := time.Now()
	return &meter{
		Context: context.Background(), ends: now.Add(runTime), sampled: now,
		limit: runMemory + runMemoryFactor*uint64(size), stopped: make(chan struct{}),
	}
}

// pause lets the meter stand still while nothing of the poll runs.
func (m *meter) pause() { m.left = time.Until(m.ends) }

// resume lets it go on, with an answer more of so many bytes. What memory others have
// taken meanwhile does not count.
func (m *meter) resume(size int) {
	now := time.Now()
	m.ends, m.sampled, m.first = now.Add(m.left), now, 0
	m.limit += runMemoryFactor * uint64(size)
}

// Done is closed when the program has to stop.
func (m *meter) Done() <-chan struct{} {
	if m.steps++; m.steps%meterEvery == 0 && m.err == nil {
		m.look(time.Now())
	}
	return m.stopped
}

// Err tells why.
func (m *meter) Err() error { return m.err }

func (m *meter) look(now time.Time) {
	switch {
	case m.first == 0:
		m.first = memoryInUse()
	case now.Sub(m.sampled) > sampleEvery:
		m.sampled = now
		if used := memoryInUse(); used > m.first && used-m.first > m.limit {
			m.err = errTooMuch
		} else if now.After(m.ends) {
			m.err = errTooLong
		}
	}
	if m.err != nil {
		close(m.stopped)
	}
}

// memoryInUse is how much memory all objects take, in bytes.
func memoryInUse() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
