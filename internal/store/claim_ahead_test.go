package store_test

import (
	"slices"
	"testing"
	"time"

	"tracker/internal/store"
)

// claimAhead is what the daemon claims at a time: what is due by then, and a little later.
func (f *feed) claimAhead(t *testing.T, params store.ClaimParams, now time.Time) []store.Claim {
	t.Helper()
	claims, err := f.store.ClaimDue(t.Context(), store.DueParams{
		Owner: "me", Now: now, Ahead: 750 * time.Millisecond, SourceIDs: params.SourceIDs, Mosts: []int64{int64(params.Most)}, Most: 1000,
	})
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

// TestClaimDueKeepsTheCadence: over a minute, jobs that are due each second, evenly
// spread, start when they are due: the time between claims adds nothing.
func TestClaimDueKeepsTheCadence(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t) // no poll has brought the jobs to their times
	const jobs, every = 50, time.Second
	params := f.limited(t, time.Millisecond, 1, jobs)
	mustExec(t, f.conn, "UPDATE cursors SET next_poll_at = $1::timestamptz + (job_id % $2) * $3::interval", f.now, jobs, every/jobs)
	starts := map[int64][]time.Time{}
	for turn := range 120 {
		now := f.now.Add(time.Duration(turn) * 500 * time.Millisecond)
		for _, c := range f.claimAhead(t, params, now) {
			starts[c.JobID] = append(starts[c.JobID], c.StartAt)
			if !c.StartAt.Equal(c.NextPollAt) || c.StartAt.Before(now) || c.Until.Sub(c.StartAt) != 20*time.Second {
				t.Errorf("at %s: job %d, due at %s, starts at %s", now, c.JobID, c.NextPollAt, c.StartAt)
			}
		}
		mustExec(t, f.conn, "UPDATE cursors SET claimed_until = NULL, next_poll_at = next_poll_at + $1::interval WHERE claimed_until IS NOT NULL", every)
	}
	for id, at := range starts {
		if len(at) < 60 || at[len(at)-1].Sub(at[0]) != time.Duration(len(at)-1)*every {
			t.Errorf("job %d: %d polls in %s", id, len(at), at[len(at)-1].Sub(at[0]))
		}
	}
	if len(starts) != jobs {
		t.Errorf("%d jobs were polled", len(starts))
	}
}

// TestClaimDueKeepsTheRateAhead: whenever jobs are due, no more starts lie within a
// time than the rate and its burst allow, and none before it is due.
func TestClaimDueKeepsTheRateAhead(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t) // no poll has brought the jobs to their times
	const every, burst = 100 * time.Millisecond, 3
	params := f.limited(t, every, burst, 60)
	mustExec(t, f.conn, "UPDATE cursors SET next_poll_at = $1::timestamptz + (job_id * 7919 % 4000) * interval '1 ms'", f.now)
	var starts []time.Time
	for turn := range 40 {
		for _, c := range f.claimAhead(t, params, f.now.Add(time.Duration(turn)*250*time.Millisecond)) {
			starts = append(starts, c.StartAt)
			if c.StartAt.Before(c.NextPollAt) {
				t.Errorf("job %d starts %s before it is due", c.JobID, c.NextPollAt.Sub(c.StartAt))
			}
		}
	}
	slices.SortFunc(starts, time.Time.Compare)
	if len(starts) != params.Most {
		t.Errorf("%d of %d jobs were polled", len(starts), params.Most)
	}
	for i := range starts {
		for j := i + burst; j < len(starts); j++ {
			if least := time.Duration(j-i-burst+1) * every; starts[j].Sub(starts[i]) < least {
				t.Fatalf("starts %d to %d lie within %s, not %s", i, j, starts[j].Sub(starts[i]), least)
			}
		}
	}
}

// TestClaimDueNowBeforeAhead: who is due later takes no slot from those who are due now.
func TestClaimDueNowBeforeAhead(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t) // no answer has brought the jobs to their states
	params := f.limited(t, 400*time.Millisecond, 1, 4)
	f.dueIn(t, params, "iiRR")
	mustExec(t, f.conn, "UPDATE cursors SET next_poll_at = $2 WHERE job_id = ANY($1)", params.JobIDs[2:], f.now.Add(100*time.Millisecond))
	claims := f.claimAhead(t, params, f.now)
	slices.SortFunc(claims, func(a, b store.Claim) int { return a.StartAt.Compare(b.StartAt) })
	for i, c := range claims {
		if want := f.now.Add(time.Duration(i) * 400 * time.Millisecond); c.JobID != params.JobIDs[i] && i < 2 || !c.StartAt.Equal(want) {
			t.Errorf("claim %d is of job %d, at %s", i, c.JobID, c.StartAt.Sub(f.now))
		}
	}
	if len(claims) != 3 {
		t.Errorf("%d claims", len(claims))
	}
}
