package sync_test

import (
	"bytes"
	"context"
	"database/sql"
	"net/url"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"
	"time"

	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

func TestOnceEndsWithItsContext(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	gate := upstreamsim.NewGate()
	defer gate.Open()
	l.dataset("a", testkit.WoosmapRun("r1", "success"))
	l.dataset("b", testkit.WoosmapRun("r1", "success").Behind(gate))
	round := l.start(l.syncer, "a", "b")
	receive(t, gate.Reached(), "the request")
	round.await("polled a changed")
	round.stop()
	if err := round.wait(); !isCanceled(err) {
		t.Errorf("the round ends with %v", err)
	}
	if told := round.texts(); !slices.Equal(told, []string{"polled a changed"}) {
		t.Errorf("told %q", told)
	}
	l.wantPolls("a", "changed 1")
	l.wantPolls("b")
	if n := l.claims(); n != "0" {
		t.Errorf("%s jobs are claimed still", n)
	}
	gate.Open()
	l.expect("b", "changed")
}

func TestOnceRecordsWhatWasFetchedAsItsContextEnded(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	l.reconfigure("woosmap", inAnHour)
	gate := upstreamsim.NewGate()
	l.dataset("a", testkit.WoosmapRun("r1", "success").Behind(gate))
	l.dataset("b", testkit.WoosmapRun("r1", "success")) // waits for its slot
	unlock := l.lock(`LOCK TABLE polls IN EXCLUSIVE MODE`)
	round := l.start(l.syncer, "a", "b")
	receive(t, gate.Reached(), "the request")
	gate.Open()
	l.awaitLock()
	round.stop()
	unlock()
	if err := round.wait(); !isCanceled(err) {
		t.Errorf("the round ends with %v", err)
	}
	l.wantPolls("a", "changed 1")
	l.wantPolls("b")
}

// lock takes a lock that holds up the recorder.
func (l *lab) lock(statement string) (unlock func()) {
	l.t.Helper()
	tx, err := l.DB.BeginTx(l.t.Context(), nil)
	if err != nil {
		l.t.Fatal(err)
	}
	if _, err := tx.ExecContext(l.t.Context(), statement); err != nil {
		l.t.Fatal(err)
	}
	return func() { _ = tx.Rollback() }
}

// awaitLock returns once somebody waits for a lock.
func (l *lab) awaitLock() {
	l.t.Helper()
	for l.Lines(`SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)[0] == "0" {
		if l.t.Context().Err() != nil {
			l.t.Fatal("nobody waits for a lock")
		}
	}
}

func TestOnceWithAnEndedContextPollsNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	l.dataset("a", testkit.WoosmapRun("r1", "success"))
	ctx, stop := context.WithCancel(t.Context())
	stop()
	told := &events{}
	if err := l.syncer.Once(ctx, l.jobs("a"), told.tell); !isCanceled(err) {
		t.Errorf("it ends with %v", err)
	}
	if n := len(told.all()) + len(l.Requests.All()); n > 0 {
		t.Errorf("%d events and requests", n)
	}
}

// TestOnceEndsWhenTheDatabaseIsGone takes the database away while requests are
// under way and others wait for their slots.
func TestOnceEndsWhenTheDatabaseIsGone(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	gate := upstreamsim.NewGate()
	defer gate.Open()
	jobs := []string{"a", "b", "c"}
	for _, job := range jobs {
		l.dataset(job, testkit.WoosmapRun("r1", "success").Behind(gate))
	}
	l.reconfigure("woosmap", inAnHour)
	l.Exec(`UPDATE sources SET rate_burst = 2`)

	ended := make(chan error, 1)
	list, told := l.jobs(jobs...), &events{}
	go pprof.Do(t.Context(), pprof.Labels("round", t.Name()), func(ctx context.Context) {
		ended <- l.syncer.Once(ctx, list, told.tell)
	})
	receive(t, gate.Reached(), "a request")
	restore := l.takeAway()
	gate.Open()
	err := receive(t, ended, "the round's end")
	if err == nil || isCanceled(err) {
		t.Errorf("the round ends with %v", err)
	}
	if told := told.texts(); len(told) > 0 {
		t.Errorf("told %q", told)
	}
	wantNoGoroutines(t, t.Name())

	restore()
	l.Want("polls", nil, `SELECT outcome FROM polls`)
	l.Exec(`UPDATE budgets SET next_slot_at = clock_timestamp()`)
	l.Exec(`UPDATE sources SET rate_every = '1 ms'`)
	l.expireClaims()
	for _, job := range jobs {
		l.expect(job, "changed")
	}
	l.Check()
}

// takeAway ends all connections to the lab's database and lets nobody in again
// until restore is called.
func (l *lab) takeAway() (restore func()) {
	l.t.Helper()
	address, err := url.Parse(l.URL)
	if err != nil {
		l.t.Fatal(err)
	}
	name := strings.TrimPrefix(address.Path, "/")
	address.Path = "/postgres"
	beside, err := sql.Open("pgx", address.String())
	if err != nil {
		l.t.Fatal(err)
	}
	run := func(ctx context.Context, statement string) {
		if _, err := beside.ExecContext(ctx, statement); err != nil {
			l.t.Errorf("%s: %v", statement, err)
		}
	}
	l.t.Cleanup(func() {
		run(context.WithoutCancel(l.t.Context()), `ALTER DATABASE `+name+` ALLOW_CONNECTIONS true`)
		_ = beside.Close()
	})
	run(l.t.Context(), `ALTER DATABASE `+name+` ALLOW_CONNECTIONS false`)
	run(l.t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '`+name+`'`)
	return func() { run(l.t.Context(), `ALTER DATABASE `+name+` ALLOW_CONNECTIONS true`) }
}

// wantNoGoroutines checks that nothing of a round is left: goroutines inherit
// the label of those that start them. One that has just said that it ends may still do so.
func wantNoGoroutines(t *testing.T, round string) {
	t.Helper()
	left := goroutinesOf(t, round)
	for patience := time.Now().Add(10 * time.Second); left != "" && time.Now().Before(patience); left = goroutinesOf(t, round) {
		runtime.Gosched()
	}
	if left != "" {
		t.Errorf("a goroutine is left:\n%s", left)
	}
}

func goroutinesOf(t *testing.T, round string) string {
	t.Helper()
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		t.Fatal(err)
	}
	for stack := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(stack, `"`+round+`"`) && strings.Contains(stack, "tracker/internal/sync.") {
			return stack
		}
	}
	return ""
}
