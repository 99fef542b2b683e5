package store_test

import (
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
)

// TestClaimLeavesOut: what may not be polled is not claimed.
func TestClaimLeavesOut(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	ctx := t.Context()
	for name, test := range map[string]struct {
		change func(*feed, store.Job)
		a, b   bool // claimed
	}{
		"Nothing":             {func(*feed, store.Job) {}, true, true},
		"PausedJob":           {func(f *feed, a store.Job) { f.must(t)(f.store.PauseJob(ctx, f.by, a.Name, "")) }, false, true},
		"RemovedJob":          {func(f *feed, a store.Job) { f.must(t)(f.store.RemoveJob(ctx, f.by, a.Name)) }, false, true},
		"FinishedJobAskedFor": {func(f *feed, a store.Job) { f.must(t)(f.store.FinishJob(ctx, f.by, a.Name)) }, true, true},
		"PausedSource":        {func(f *feed, a store.Job) { f.must(t)(f.store.PauseSource(ctx, f.by, a.Source, "why")) }, false, false},
		"HeldSource":          {func(f *feed, a store.Job) { f.hold(t, a, time.Second) }, false, false},
		"HeldUntilNow":        {func(f *feed, a store.Job) { f.hold(t, a, 0) }, true, true},
		"HeldUntilPast":       {func(f *feed, a store.Job) { f.hold(t, a, -time.Second) }, true, true},
		"AlreadyClaimed":      {func(f *feed, a store.Job) { f.claimBefore(t, a, 19*time.Second) }, false, true},
		"ClaimEndsNow":        {func(f *feed, a store.Job) { f.claimBefore(t, a, 20*time.Second) }, false, true},
		"ExpiredClaim":        {func(f *feed, a store.Job) { f.claimBefore(t, a, 20*time.Second+time.Microsecond) }, true, true},
	} {
		f := f.at(name)
		jobs := f.register(t, "woosmap", "a-"+f.account, "b-"+f.account)
		test.change(f, jobs[0])
		claimed := map[int64]bool{}
		for _, c := range f.claimAt(t, claimOf(jobs...), f.now) {
			claimed[c.JobID] = true
		}
		if claimed[jobs[0].ID] != test.a || claimed[jobs[1].ID] != test.b {
			t.Errorf("%s: claimed %v of %d and %d", name, claimed, jobs[0].ID, jobs[1].ID)
		}
	}
}

func claimOf(jobs ...store.Job) store.ClaimParams {
	params := store.ClaimParams{Owner: "me", SourceIDs: []int64{jobs[0].From.ID}, Most: len(jobs)}
	for _, job := range jobs {
		params.JobIDs = append(params.JobIDs, job.ID)
	}
	return params
}

// hold lets a job's source ask to be left alone for a time from now.
func (f *feed) hold(t *testing.T, job store.Job, ahead time.Duration) {
	t.Helper()
	mustExec(t, f.conn, "UPDATE budgets SET held_until = $2 WHERE source_id = $1", job.From.ID, f.now.Add(ahead))
}

// claimBefore lets somebody else claim a job some time ago.
func (f *feed) claimBefore(t *testing.T, job store.Job, ago time.Duration) {
	t.Helper()
	mustExec(t, f.conn, "UPDATE budgets SET next_slot_at = '2000-01-01' WHERE source_id = $1", job.From.ID)
	if claims := f.claimAt(t, claimOf(job), f.now.Add(-ago)); len(claims) != 1 {
		t.Fatalf("%d claims", len(claims))
	}
}

// must fails the test unless something was changed.
func (f *feed) must(t *testing.T) func(bool, error) {
	t.Helper()
	return func(changed bool, err error) {
		t.Helper()
		if err != nil || !changed {
			t.Fatalf("changed %t: %v", changed, err)
		}
	}
}

// TestClaimLongestDueFirst: those never polled by schedule come last.
func TestClaimLongestDueFirst(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	jobs := f.register(t, "woosmap", "a", "b", "c")
	mustExec(t, f.conn, "UPDATE cursors SET next_poll_at = $2 WHERE job_id = $1", jobs[1].ID, f.now)
	f.must(t)(f.store.FinishJob(t.Context(), f.by, "a"))
	for _, want := range []store.Job{jobs[1], jobs[2], jobs[0]} {
		params := claimOf(jobs...)
		params.Most = 1
		claims := f.claimAt(t, params, f.now.Add(time.Minute))
		if len(claims) != 1 || claims[0].JobID != want.ID {
			t.Fatalf("claimed %v, not %s", claims, want.Name)
		}
	}
}

// TestClaimReleaseNeedsTheToken: only the claim itself is given back.
func TestClaimReleaseNeedsTheToken(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	jobs := f.register(t, "woosmap", "a")
	claim := f.claimAt(t, claimOf(jobs...), f.now)[0]
	stale := claim
	stale.Until = stale.Until.Add(-time.Microsecond)
	for _, test := range []struct {
		claim   store.Claim
		claimed bool
	}{{stale, true}, {claim, false}} {
		if err := f.store.ReleaseClaims(t.Context(), []store.Claim{test.claim}); err != nil {
			t.Fatal(err)
		}
		cursors, err := f.store.Cursors(t.Context(), []int64{jobs[0].ID})
		if err != nil {
			t.Fatal(err)
		}
		if claimed := !cursors[jobs[0].ID].ClaimedUntil.IsZero(); claimed != test.claimed {
			t.Errorf("claimed: %t", claimed)
		}
	}
}

// TestAdvanceNeedsTheToken: a poll whose claim is gone touches neither the cursor
// nor the gaps, and what it found is not kept.
func TestAdvanceNeedsTheToken(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := f.register(t, "woosmap", "a")[0]
	f.round(t, said{job: job, body: woosmapBody("r", "in_progress")})
	takes := f.take(t, said{job: job, body: woosmapBody("r", "success")})
	f.compare(t, takes)
	const cursor = "SELECT c::text FROM cursors c"
	before := value[string](t, f.conn, cursor)
	polls := pollsOf(takes)
	polls[0].PolledAt = polls[0].PolledAt.Add(time.Microsecond)
	polls[0].Advance.Claim = polls[0].Advance.Claim.Add(time.Microsecond)
	polls[0].Advance.Gaps = []history.Gap{{From: f.now, To: f.now.Add(time.Minute), Reason: "timeout"}}
	if results, err := f.store.Record(t.Context(), polls); err != nil || !results[0].Late {
		t.Fatalf("%v, %v", results, err)
	}
	if after := value[string](t, f.conn, cursor); after != before {
		t.Errorf("the cursor was %s and is %s", before, after)
	}
	if found := value[int64](t, f.conn, "SELECT (SELECT count(*) FROM gaps) + (SELECT count(*) FROM snapshots) - 1"); found != 0 {
		t.Errorf("%d gaps and snapshots", found)
	}
	f.record(t, takes)
}

// TestMiscountedLeavesLateFailuresAlone: of a poll that failed and came late the cursor
// tells nothing.
func TestMiscountedLeavesLateFailuresAlone(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := f.register(t, "woosmap", "a")[0]
	f.round(t, said{job: job, body: woosmapBody("r", "in_progress")})
	takes := f.take(t, said{job: job, failure: history.OutcomeTimeout})
	f.compare(t, takes)
	late := pollsOf(takes)
	late[0].PolledAt = late[0].PolledAt.Add(-time.Microsecond)
	late[0].Advance.Claim = late[0].Advance.Claim.Add(time.Microsecond)
	if results, err := f.store.Record(t.Context(), late); err != nil || !results[0].Late {
		t.Fatalf("%v, %v", results, err)
	}
	f.record(t, takes)
	f.countsRight(t)
	mustExec(t, f.conn, "UPDATE cursors SET failures = 3")
	if wrong, err := f.store.Miscounted(t.Context()); err != nil || len(wrong) != 1 {
		t.Errorf("of two failures three are told: %+v, %v", wrong, err)
	}
}

// countsRight checks that no cursor tells of polls what they do not give.
func (f *feed) countsRight(t *testing.T) {
	t.Helper()
	if wrong, err := f.store.Miscounted(t.Context()); err != nil || len(wrong) > 0 {
		t.Errorf("miscounted: %+v, %v", wrong, err)
	}
}

// TestAdvanceMinding: what became of a job while its poll was in flight decides
// whether there is a next one.
func TestAdvanceMinding(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	ctx := t.Context()
	due, next := f.now.Add(time.Minute), f.now.Add(5*time.Minute)
	for name, test := range map[string]struct {
		before    func(job string) // its claim; nil: nothing
		meanwhile func(job string)
		planned   time.Time // by the poll
		want      time.Time
	}{
		"Nothing":  {nil, func(string) {}, next, next},
		"Paused":   {nil, func(job string) { f.must(t)(f.store.PauseJob(ctx, f.by, job, "why")) }, next, time.Time{}},
		"Removed":  {nil, func(job string) { f.must(t)(f.store.RemoveJob(ctx, f.by, job)) }, next, time.Time{}},
		"Finished": {nil, func(job string) { f.must(t)(f.store.FinishJob(ctx, f.by, job)) }, next, time.Time{}},
		// Who polls it by hand took it for one that is not finished yet.
		"FinishedBefore": {func(job string) { f.must(t)(f.store.FinishJob(ctx, f.by, job)) }, func(string) {}, next, time.Time{}},
		// The poll was of a job that was not scheduled when it began, or has ended
		// a run for good: the job stays due until somebody says that it is finished.
		"NotBySchedule": {nil, func(string) {}, time.Time{}, due},
	} {
		f := f.at(name)
		job := f.register(t, "woosmap", f.account)[0]
		if test.before != nil {
			test.before(job.Name)
		}
		takes := f.take(t, said{job: job, failure: history.OutcomeTimeout})
		test.meanwhile(job.Name)
		polls := pollsOf(takes)
		polls[0].Advance.NextPollAt = test.planned
		if results, err := f.store.Record(ctx, polls); err != nil || results[0] != (store.RecordResult{}) {
			t.Fatalf("%v, %v", results, err)
		}
		cursors, err := f.store.Cursors(ctx, []int64{job.ID})
		if err != nil {
			t.Fatal(err)
		}
		if got := cursors[job.ID].NextPollAt; !got.Equal(test.want) {
			t.Errorf("%s: the next poll is at %s, not %s", name, got, test.want)
		}
	}
}
