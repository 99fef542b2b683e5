package metrics_test

import (
	"syscall"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/metrics"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
)

// polled tells of a poll as most are: on time, and nothing new.
func polled() sync.Event {
	due := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	return sync.Event{
		Job: store.Job{From: store.Source{SourceSpec: store.SourceSpec{Provider: source.Providers()[1].Name}}}, Kind: sync.Polled,
		Outcome: history.OutcomeUnchanged, DueAt: due, SentAt: due.Add(3 * time.Millisecond), Latency: 120 * time.Millisecond,
	}
}

// BenchmarkSee is what counting adds to a poll.
func BenchmarkSee(b *testing.B) {
	m := metrics.New("test", &sync.Syncer{}, nil)
	event := polled()
	m.See(event)
	b.ReportAllocs()
	begun := cpuTime(b)
	for b.Loop() {
		m.See(event)
	}
	b.ReportMetric(float64((cpuTime(b)-begun).Nanoseconds())/float64(b.N), "cpu-ns/op") // on a crowded machine ns/op tells of others
}

// cpuTime is what the process has computed for so far.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// TestSeeAllocatesNothing is about the polls of which there are most.
func TestSeeAllocatesNothing(t *testing.T) {
	m := metrics.New("test", &sync.Syncer{}, nil)
	event := polled()
	if allocations := testing.AllocsPerRun(1000, func() { m.See(event) }); allocations > 0 {
		t.Errorf("a poll costs %v allocations", allocations)
	}
}
