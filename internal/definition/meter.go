package definition

import (
	"context"
	"errors"
	"runtime"
	"runtime/metrics"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// runTime bounds all jq that asks for one poll, and again all that reads what came, in
	// time of a processor: on a busy machine a program waits for its turns, which is not
	// its fault.
	runTime = time.Second

	// runMemory bounds likewise how much memory it may add, in bytes, beside
	// runMemoryFactor times the answer itself.
	runMemory       = 128 << 20
	runMemoryFactor = 8

	// meterEvery is how many steps of a program pass between two looks at the clock,
	// sampleEvery how much time between two looks at what it took.
	meterEvery  = 8
	sampleEvery = time.Millisecond
)

var (
	errTooLong = errors.New("it ran for more than a second")
	errTooMuch = errors.New("it took too much memory")
)

// meter is the context of all jq programs that ask for one poll, or read its answer. The interpreter asks Done
// before each of its steps, and so a program is stopped by the very goroutine that
// runs it. Between resume and pause that goroutine has a thread of its own, whose time
// is measured.
type meter struct {
	context.Context //nolint:containedctx // it is a context
	spent           time.Duration
	began           time.Duration // time of the thread when the meter began to run
	limit           uint64        // of memory
	stopped         chan struct{}
	err             error

	steps   int
	sampled time.Time
	first   uint64 // how much memory was in use at the first sample
	garbage uint64 // up to where more of it is known to be nobody's any longer
}

// newMeter gives one that stands still.
func newMeter() *meter {
	return &meter{Context: context.Background(), limit: runMemory, stopped: make(chan struct{})}
}

// resume lets the meter go on, with an answer more of so many bytes. What memory others
// have taken meanwhile does not count.
func (m *meter) resume(size int) {
	runtime.LockOSThread()
	m.began, m.sampled, m.first = threadTime(), time.Now(), 0
	m.limit += runMemoryFactor * uint64(size)
}

// pause lets the meter stand still while nothing of the poll runs.
func (m *meter) pause() {
	m.spent += threadTime() - m.began
	runtime.UnlockOSThread()
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
		m.garbage = m.first + m.limit
	case now.Sub(m.sampled) > sampleEvery:
		m.sampled = now
		if m.tookTooMuch() {
			m.err = errTooMuch
		} else if m.spent+threadTime()-m.began > runTime {
			m.err = errTooLong
		}
	}
	if m.err != nil {
		close(m.stopped)
	}
}

// tookTooMuch reports whether more memory is in use than was before, by more than the
// limit. What only waits to be collected, of this program or of the rest of the process,
// is not in use.
func (m *meter) tookTooMuch() bool {
	if memoryInUse() <= m.garbage {
		return false
	}
	runtime.GC()
	used := memoryInUse()
	m.garbage = max(m.first+m.limit, used+m.limit/4)
	return used > m.first+m.limit
}

// memoryInUse is how much memory all objects take, in bytes, with those that wait to be
// collected.
func memoryInUse() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// threadTime is how much time of a processor the thread has had.
func threadTime() time.Duration {
	var at unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &at) // every system has the clock
	return time.Duration(at.Nano())
}
