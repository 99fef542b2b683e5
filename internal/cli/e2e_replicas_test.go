package cli

import (
	"context"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"time"

	"tracker/internal/checkhistory"
	"tracker/internal/testkit"
)

const (
	// longVariable makes the test of replicas last a minute, with claims that
	// run out by themselves.
	longVariable = "TRACKER_E2E_LONG"
	// takeOverMost is how long a job may be without a poll because of a replica
	// that is gone, where claims run out by themselves.
	takeOverMost = 30 * time.Second
	// frozenMost is longer than a claim lasts.
	frozenMost = 23 * time.Second
	// sampled is of how many jobs the history is checked where time is short.
	sampled = 25
)

// replicas are daemons on one database, each behind a line of its own.
type replicas struct {
	*world
	long    bool
	daemons []*process
	proxies []*proxy
	lost    int // requests at most whose answers died with a process, or came too late
}

func newReplicas(w *world, count int) *replicas {
	w.t.Helper()
	r := &replicas{world: w, long: os.Getenv(longVariable) != ""}
	r.daemons = make([]*process, count)
	for i := range count {
		r.proxies = append(r.proxies, newProxy(w.t, w.URL))
		r.begin(i)
	}
	return r
}

// begin starts the i-th replica.
func (r *replicas) begin(i int) {
	r.t.Helper()
	r.daemons[i] = r.with(r.t, map[string]string{"DATABASE_URL": r.proxies[i].url}).start("serve", "--listen", "off")
}

// takeOver gives up the claims of the i-th replica, which does nothing now.
// Where there is no time for that, they run out at once.
func (r *replicas) takeOver(i int) {
	r.t.Helper()
	r.lost += r.claimedBy(r.daemons[i])
	if !r.long {
		r.Exec(`UPDATE cursors SET claimed_until = clock_timestamp() - interval '1 ms' WHERE claimed_by LIKE '%/' || $1`, r.daemons[i].pid())
	}
}

// faults are what may happen to a replica; each takes a while.
func (r *replicas) faults() []func(i int) {
	return []func(i int){
		func(i int) { // killed
			r.daemons[i].kill()
			r.takeOver(i)
			r.begin(i)
		},
		func(i int) { // frozen beyond its claims
			r.daemons[i].signal(syscall.SIGSTOP)
			r.takeOver(i)
			r.pass(map[bool]time.Duration{false: 2500 * time.Millisecond, true: frozenMost}[r.long])
			r.daemons[i].signal(syscall.SIGCONT)
		},
		func(i int) { r.proxies[i].cut() },
		func(i int) { // cut off for a while
			r.proxies[i].block()
			r.pass(time.Second)
			r.proxies[i].unblock()
		},
		func(i int) { // on a line that is dead for a while
			r.proxies[i].freeze()
			r.pass(time.Second)
			r.proxies[i].thaw()
		},
		func(int) { // sessions ended in their middle
			r.Lines(`SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity
				WHERE datname = current_database() AND application_name = 'tracker' AND random() < 0.5`)
		},
	}
}

// pass lets time pass: what is tested is what happens in it.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	select {
	case <-time.After(d):
	case <-w.t.Context().Done():
	}
}

// TestReplicas runs three daemons on 300 jobs and lets all happen to them that
// can. Nothing is lost that was stored, and nothing is stored twice.
func TestReplicas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const jobs = 300
	for n := range jobs {
		w.Woosmap.Script(datasetID(n), testkit.WoosmapRun("r1", "in_progress"), testkit.WoosmapRun("r1", "success"), testkit.WoosmapRun("r1", "success"),
			testkit.WoosmapRun("r2", "in_progress"), testkit.WoosmapRun("r2", "in_progress"), testkit.WoosmapRun("r2", "failed"), testkit.WoosmapRun("r3", "success"))
	}
	w.apply(declaration(`schedule: "@every 3s", active_every: 3s, `+unlimited, jobs))
	w.latency.Store(int64(300 * time.Millisecond)) // so that each fault finds polls under way
	r := newReplicas(w, 3)
	lasts := 12 * time.Second
	if r.long {
		lasts = time.Minute
	}
	ctx, cancel := context.WithTimeout(t.Context(), lasts)
	defer cancel()
	seed := rand.Uint64()
	t.Logf("the faults follow from the seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // faults, no secrets
	faults := r.faults()
	for turn := 0; ctx.Err() == nil; turn++ {
		fault := turn % len(faults) // each at least once
		if turn >= len(faults) {
			fault = random.IntN(len(faults))
		}
		faults[fault](random.IntN(len(r.daemons)))
		r.pass(700 * time.Millisecond)
	}
	quiet := w.Lines(`SELECT clock_timestamp()::text`)[0]
	w.awaitLine(`SELECT '' FROM (SELECT DISTINCT job_id FROM polls WHERE polled_at > $1) p HAVING count(*) = $2`, quiet, jobs)
	w.must("source", "pause", "woosmap")
	w.awaitLine(`SELECT '' FROM cursors HAVING count(*) FILTER (WHERE claimed_until > clock_timestamp()) = 0`)
	for _, daemon := range r.daemons {
		daemon.stop()
	}
	r.judge(jobs)
}

// judge checks what is left when all is over.
func (r *replicas) judge(jobs int) {
	r.t.Helper()
	polls := r.Lines(`SELECT count(*)::text FROM polls`)[0]
	lost := r.unrecorded()
	r.t.Logf("%s polls of %d jobs, %d requests unrecorded of %d that can be", polls, jobs, lost, r.lost)
	if lost < 0 || lost > r.lost {
		r.t.Errorf("%d requests are unrecorded, but at most %d answers can be lost", lost, r.lost)
	}
	most := takeOverMost
	if !r.long { // beside all other tests
		most = waitLimit
	}
	r.Want("stretches without a poll that are too long", nil, `SELECT job_id || ': ' || pace FROM (
		SELECT job_id, polled_at - lag(polled_at) OVER (PARTITION BY job_id ORDER BY polled_at) AS pace FROM polls) p WHERE pace > $1::interval`,
		most.String())
	r.Want("snapshots that say what the one before says", nil, `SELECT job_id || ' ' || snapshot_no FROM (
		SELECT *, lag(sha256) OVER (PARTITION BY job_id ORDER BY snapshot_no) AS before FROM snapshots) s WHERE sha256 = before`)
	if r.long {
		r.Check()
		return
	}
	var some []string
	for n := range sampled {
		some = append(some, jobName(n*jobs/sampled))
	}
	violations, err := checkhistory.Violations(r.t.Context(), r.URL, some...)
	if err != nil || len(violations) > 0 {
		r.t.Errorf("histories: %q, %v", violations, err)
	}
}
