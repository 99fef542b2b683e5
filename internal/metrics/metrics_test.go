package metrics_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

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
		Job: &store.Job{From: store.Source{SourceSpec: store.SourceSpec{Provider: source.Providers()[1].Name}}}, Kind: sync.Polled,
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

// TestDeliveredBeginsAtZero: Prometheus sees no increase in what is there at one first.
func TestDeliveredBeginsAtZero(t *testing.T) {
	t.Parallel()
	m := metrics.New("test", &sync.Syncer{}, nil)
	m.Delivered("geo", store.DeliveryRetried, 2)
	want := `# HELP tracker_deliveries_total Deliveries of notifications that arrived (delivered), were tried in vain (retried), or were given up after a day (failed).
# TYPE tracker_deliveries_total counter
tracker_deliveries_total{rule="geo",state="delivered"} 0
tracker_deliveries_total{rule="geo",state="failed"} 0
tracker_deliveries_total{rule="geo",state="retried"} 2
`
	if err := testutil.GatherAndCompare(m.Registry(), strings.NewReader(want), "tracker_deliveries_total"); err != nil {
		t.Error(err)
	}
}
