package sync_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

// wantSpaced checks that no request came before its slot: of those that began
// after start, the burst may come at once and each further one after the rate.
func wantSpaced(t *testing.T, requests []upstreamsim.Request, start time.Time, every time.Duration, burst int) {
	t.Helper()
	for i, request := range requests {
		slot := start.Add(time.Duration(i-burst+1) * every)
		if request.At.Before(slot) {
			t.Errorf("request %d of %d came %s before its slot", i+1, len(requests), slot.Sub(request.At))
		}
	}
}

func TestOnceKeepsToTheBudget(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	const every, burst = 60 * time.Millisecond, 3
	l.reconfigure("woosmap", func(s *store.SourceSpec) { s.RateEvery, s.RateBurst = every, burst })
	jobs := l.datasets("woosmap", "job", 25, testkit.WoosmapRun("r1", "success"))
	start := time.Now() // the server's clock is this machine's
	if n := len(l.once(jobs...).all()); n != len(jobs) {
		t.Errorf("%d events", n)
	}
	requests := l.Requests.All()
	wantSpaced(t, requests, start, every, burst)
	if took := requests[len(requests)-1].At.Sub(start); took > time.Minute {
		t.Errorf("%d slots of %s took %s", len(jobs), every, took)
	}
}

func TestOnceKeepsToTheBudgetThatSyncersShare(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	const every = 40 * time.Millisecond
	l.reconfigure("woosmap", func(s *store.SourceSpec) { s.RateEvery, s.RateBurst = every, 1 })
	jobs := l.datasets("woosmap", "job", 30, testkit.WoosmapRun("r1", "success"))
	start := time.Now()
	one := l.start(l.syncer, jobs...)
	two := l.start(l.newSyncer("other", testkit.OpenStore(l.t, l.URL)), jobs...)
	for _, round := range []*running{one, two} {
		if err := round.wait(); err != nil {
			t.Fatal(err)
		}
		if n := len(round.all()); n != len(jobs) {
			t.Errorf("%d events for %d jobs: %q", n, len(jobs), round.texts())
		}
	}
	requests := l.Requests.All()
	wantSpaced(t, requests, start, every, 1)
	if polls := l.Lines(`SELECT count(*)::text FROM polls`)[0]; polls != strconv.Itoa(len(requests)) {
		t.Errorf("%s polls for %d requests", polls, len(requests))
	}
	l.Want("snapshots", []string{"30"}, `SELECT count(*)::text FROM snapshots`)
}

func TestOncePollsManySourcesAtOnce(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	var jobs []string
	for _, from := range []string{"x", "y", "z"} {
		l.declare(store.Declaration{Sources: []store.SourceSpec{l.sourceSpec(from, "woosmap", l.WoosmapAt)}})
		jobs = append(jobs, l.datasets(from, from, 70, testkit.WoosmapRun("r1", "success"))...)
	}
	defer l.Check(jobs[:3]...)
	if n := len(l.once(jobs...).all()); n != len(jobs) {
		t.Errorf("%d events for %d jobs", n, len(jobs))
	}
	l.Want("polls", []string{strconv.Itoa(len(jobs))}, `SELECT count(*)::text FROM polls`)
}

func TestOnceIsNotDelayedByASourceThatHangs(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check("quick", "slow-00", "slow-99")
	gate := upstreamsim.NewGate()
	defer gate.Open()
	jobs := l.datasets("woosmap", "slow", 100, testkit.WoosmapRun("r1", "success").Behind(gate))
	l.request("quick", safetykitRun("r1", "queued"))
	round := l.start(l.syncer, slices.Concat(jobs, []string{"quick"})...)
	round.await("polled quick changed")
	gate.Open()
	if err := round.wait(); err != nil {
		t.Fatal(err)
	}
	if n := len(round.all()); n != 101 {
		t.Errorf("%d events for 101 jobs", n)
	}
}
