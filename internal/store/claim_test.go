package store_test

import (
	"slices"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
)

// TestClaimLeavesOut: what may not be polled is not claimed.
func TestClaimLeavesOut(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*testing.T, *feed)
		want   []string
	}{
		"Nothing":    {func(*testing.T, *feed) {}, []string{"a", "b"}},
		"PausedJob":  {func(t *testing.T, f *feed) { t.Helper(); f.must(t)(f.store.PauseJob(t.Context(), f.by, "a", "")) }, []string{"b"}},
		"RemovedJob": {func(t *testing.T, f *feed) { t.Helper(); f.must(t)(f.store.RemoveJob(t.Context(), f.by, "a")) }, []string{"b"}},
		"FinishedJobAskedFor": {
			func(t *testing.T, f *feed) { t.Helper(); f.must(t)(f.store.FinishJob(t.Context(), f.by, "a")) },
			[]string{"a", "b"},
		},
		"PausedSource": {
			func(t *testing.T, f *feed) {
				t.Helper()
				f.must(t)(f.store.PauseSource(t.Context(), f.by, "woosmap-prod", "why"))
			}, nil,
		},
		"HeldSource":     {holdUntil(time.Second), nil},
		"HeldUntilNow":   {holdUntil(0), []string{"a", "b"}},
		"HeldUntilPast":  {holdUntil(-time.Second), []string{"a", "b"}},
		"AlreadyClaimed": {claimFor(-19 * time.Second), []string{"b"}},
		"ClaimEndsNow":   {claimFor(-20 * time.Second), []string{"b"}},
		"ExpiredClaim":   {claimFor(-20*time.Second - time.Microsecond), []string{"a", "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFeed(t)
			jobs := f.register(t, "woosmap", "a", "b")
			test.change(t, f)
			var got []string
			for _, c := range f.claimAt(t, claimOf(jobs...), f.now) {
				got = append(got, map[int64]string{jobs[0].ID: "a", jobs[1].ID: "b"}[c.JobID])
				if c.Doubt != (name == "ExpiredClaim" && c.JobID == jobs[0].ID) {
					t.Errorf("doubt %t", c.Doubt)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, test.want) {
				t.Errorf("claimed %q, not %q", got, test.want)
			}
		})
	}
}

func claimOf(jobs ...store.Job) store.ClaimParams {
	params := store.ClaimParams{Owner: "me", SourceIDs: []int64{jobs[0].From.ID}, Most: len(jobs)}
	for _, job := range jobs {
		params.JobIDs = append(params.JobIDs, job.ID)
	}
	return params
}

func holdUntil(ahead time.Duration) func(*testing.T, *feed) {
	return func(t *testing.T, f *feed) {
		t.Helper()
		mustExec(t, f.conn, "UPDATE budgets SET held_until = $1", f.now.Add(ahead))
	}
}

// claimFor lets somebody else claim the job a at some time.
func claimFor(ahead time.Duration) func(*testing.T, *feed) {
	return func(t *testing.T, f *feed) {
		t.Helper()
		job, err := f.store.Job(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		mustExec(t, f.conn, "UPDATE budgets SET next_slot_at = '2000-01-01'")
		if claims := f.claimAt(t, claimOf(job), f.now.Add(ahead)); len(claims) != 1 {
			t.Fatalf("%d claims", len(claims))
		}
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

// TestClaimDoubtOutlivesARelease: while a cursor may be behind the truth, each
// claim says so, until a poll was recorded. Else an answer like the one before
// the newest would be taken for one that confirms it.
func TestClaimDoubtOutlivesARelease(t *testing.T) {
	t.Parallel()
	for name, release := range map[string]func(*testing.T, *feed, store.Job){
		"UnusedClaim": func(t *testing.T, f *feed, job store.Job) {
			t.Helper()
			claims := f.claimAt(t, claimOf(job), f.now)
			if len(claims) != 1 || !claims[0].Doubt {
				t.Fatalf("claims: %+v", claims)
			}
			if err := f.store.ReleaseClaims(t.Context(), claims); err != nil {
				t.Fatal(err)
			}
		},
		"Rebuild": func(t *testing.T, f *feed, job store.Job) {
			t.Helper()
			if rows := f.rebuild(t, job); rows != 0 {
				t.Errorf("the rebuild wrote %d rows", rows)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFeed(t)
			job := f.register(t, "woosmap", "a")[0]
			a, b := woosmapBody("r", "in_progress"), woosmapBody("r", "success")
			f.round(t, said{job: job, body: a})
			takes := f.take(t, said{job: job, body: b})
			f.compare(t, takes)
			f.record(t, takes) // and the process ends before the cursor has moved on
			f.now = f.now.Add(time.Minute)
			release(t, f, job)
			f.round(t, said{job: job, body: a})
			equalLines(t, column[string](t, f.conn, "SELECT concat_ws(' ', outcome, snapshot_no) FROM report.polls ORDER BY polled_at"),
				"changed 1", "changed 2", "changed 3")
		})
	}
}

// TestAdvanceNeedsTheToken: a poll whose claim is gone does not touch the cursor.
func TestAdvanceNeedsTheToken(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := f.register(t, "woosmap", "a")[0]
	f.round(t, said{job: job, body: woosmapBody("r", "in_progress")})
	takes := f.take(t, said{job: job, body: woosmapBody("r", "success")})
	const cursor = "SELECT c::text FROM cursors c"
	before := value[string](t, f.conn, cursor)
	late := takes[0].advance()
	late.Claim = late.Claim.Add(time.Microsecond)
	late.Gaps = []store.Gap{{From: f.now, To: f.now, Reason: "timeout"}}
	if err := f.store.AdvanceCursors(t.Context(), []store.Advance{late}); err != nil {
		t.Fatal(err)
	}
	if after := value[string](t, f.conn, cursor); after != before {
		t.Errorf("the cursor was %s and is %s", before, after)
	}
	if gaps := value[int64](t, f.conn, "SELECT count(*) FROM gaps"); gaps != 0 {
		t.Errorf("%d gaps", gaps)
	}
	f.compare(t, takes)
	f.advance(t, takes, f.record(t, takes))
}

// TestAdvanceMinding: what became of a job while its poll was in flight decides
// whether there is a next one.
func TestAdvanceMinding(t *testing.T) {
	t.Parallel()
	next := time.Date(2024, 6, 7, 10, 5, 0, 0, time.UTC)
	due := time.Date(2024, 6, 7, 10, 1, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		meanwhile func(*store.Store, *testing.T, store.Author) (bool, error)
		planned   time.Time // by the poll
		want      time.Time
	}{
		"Nothing": {nil, next, next},
		"Paused": {func(s *store.Store, t *testing.T, by store.Author) (bool, error) {
			t.Helper()
			return s.PauseJob(t.Context(), by, "a", "why")
		}, next, time.Time{}},
		"Removed": {func(s *store.Store, t *testing.T, by store.Author) (bool, error) {
			t.Helper()
			return s.RemoveJob(t.Context(), by, "a")
		}, next, time.Time{}},
		"Finished": {func(s *store.Store, t *testing.T, by store.Author) (bool, error) {
			t.Helper()
			return s.FinishJob(t.Context(), by, "a")
		}, next, time.Time{}},
		// The poll was of a job that was not scheduled when it began, or has ended
		// a run for good: the job stays due until somebody says that it is finished.
		"NotBySchedule": {nil, time.Time{}, due},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFeed(t)
			job := f.register(t, "woosmap", "a")[0]
			takes := f.take(t, said{job: job, failure: history.OutcomeTimeout})
			if test.meanwhile != nil {
				f.must(t)(test.meanwhile(f.store, t, f.by))
			}
			f.record(t, takes)
			advance := takes[0].advance()
			advance.NextPollAt = test.planned
			if err := f.store.AdvanceCursors(t.Context(), []store.Advance{advance}); err != nil {
				t.Fatal(err)
			}
			cursors, err := f.store.Cursors(t.Context(), []int64{job.ID})
			if err != nil {
				t.Fatal(err)
			}
			if got := cursors[job.ID].NextPollAt; !got.Equal(test.want) {
				t.Errorf("the next poll is at %s, not %s", got, test.want)
			}
		})
	}
}
