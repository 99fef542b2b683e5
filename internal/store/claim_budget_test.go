package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"tracker/internal/history"
	"tracker/internal/store"
)

// limited registers a source with a rate limit and some jobs, as claims ask for them.
func (f *feed) limited(t *testing.T, every time.Duration, burst, jobs int) store.ClaimParams {
	t.Helper()
	source := f.sourceSpec("woosmap")
	source.RateEvery, source.RateBurst = every, burst
	declared := store.Declaration{Sources: []store.SourceSpec{source}}
	for i := range jobs {
		declared.Jobs = append(declared.Jobs, f.jobSpec("woosmap", fmt.Sprintf("j%03d-%s", i, f.account)))
	}
	f.apply(t, declared)
	from, err := f.store.Source(t.Context(), source.Name)
	if err != nil {
		t.Fatal(err)
	}
	return store.ClaimParams{
		Owner: "me", SourceIDs: []int64{from.ID}, Most: jobs,
		JobIDs: column[int64](t, f.conn, "SELECT job_id FROM jobs WHERE source_id = $1", from.ID),
	}
}

func (f *feed) claimAt(t *testing.T, params store.ClaimParams, now time.Time) []store.Claim {
	t.Helper()
	params.Now = now
	claims, err := f.store.ClaimJobs(t.Context(), params)
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

// starts gives when claims start, in order, as time since from.
func starts(claims []store.Claim, from time.Time) []time.Duration {
	var all []time.Duration
	for _, c := range claims {
		all = append(all, c.StartAt.Sub(from))
	}
	slices.Sort(all)
	return all
}

func seconds(s ...float64) []time.Duration {
	var all []time.Duration
	for _, x := range s {
		all = append(all, time.Duration(x*float64(time.Second)))
	}
	return all
}

func TestClaimHandsOutSlots(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	for name, test := range map[string]struct {
		every time.Duration
		burst int
		at    []float64   // claims are made at, in seconds
		want  [][]float64 // and start at
	}{
		"OneAtATime": {5 * time.Second, 1, []float64{0, 0, 3.9, 4, 4.5, 20}, [][]float64{{0}, {}, {}, {5}, {}, {20}}},
		"ManyASecond": {
			200 * time.Millisecond, 1,
			[]float64{0, 0.1, 0.2, 0.9, 10},
			[][]float64{{0, 0.2, 0.4, 0.6, 0.8, 1}, {}, {1.2}, {1.4, 1.6, 1.8}, {10, 10.2, 10.4, 10.6, 10.8, 11}},
		},
		"Burst":             {time.Second, 5, []float64{0, 0, 1, 3}, [][]float64{{0, 1}, {}, {2}, {3, 4}}},
		"BurstAfterAPause":  {time.Second, 5, []float64{0, 60, 60.5, 70}, [][]float64{{0, 1}, {60, 60, 60, 60, 60, 61}, {}, {70, 70, 70, 70, 70, 71}}},
		"SlowerThanHorizon": {time.Minute, 3, []float64{0, 30, 59, 119, 3600}, [][]float64{{0}, {}, {60}, {120}, {3600, 3600, 3600}}},
	} {
		f := f.at(name)
		params := f.limited(t, test.every, test.burst, 30)
		for i, at := range test.at {
			claims := f.claimAt(t, params, f.now.Add(seconds(at)[0]))
			if got := starts(claims, f.now); !slices.Equal(got, seconds(test.want[i]...)) {
				t.Errorf("%s: at %gs: %v, not %v", name, at, got, test.want[i])
			}
			for _, c := range claims {
				if c.Until.Sub(c.StartAt) != 20*time.Second {
					t.Errorf("%s: claim from %s until %s", name, c.StartAt, c.Until)
				}
			}
		}
	}
}

// TestClaimKeepsTheRate: over a minute, with two who claim at once all the time,
// no second has more starts than the rate allows.
func TestClaimKeepsTheRate(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	params := f.limited(t, 200*time.Millisecond, 1, 60)
	var all []store.Claim
	for tick := range 120 { // a minute
		now := f.now.Add(time.Duration(tick) * 500 * time.Millisecond)
		both := make([][]store.Claim, 2)
		var racing errgroup.Group
		for i := range both {
			racing.Go(func() (err error) {
				mine := params
				mine.Now, mine.Owner = now.Add(time.Duration(i)*7*time.Millisecond), fmt.Sprint("me", i)
				both[i], err = f.store.ClaimJobs(t.Context(), mine)
				return err
			})
		}
		if err := racing.Wait(); err != nil {
			t.Fatal(err)
		}
		for _, claims := range both {
			all = append(all, claims...)
			if err := f.store.ReleaseClaims(t.Context(), claims); err != nil {
				t.Fatal(err)
			}
			for _, c := range claims {
				if ahead := c.StartAt.Sub(now); ahead < 0 || ahead > time.Second+7*time.Millisecond {
					t.Errorf("a slot %s ahead", ahead)
				}
			}
		}
	}
	at := starts(all, f.now)
	for i := range at {
		if i > 0 && at[i]-at[i-1] < 200*time.Millisecond {
			t.Errorf("slots at %s and %s", at[i-1], at[i])
		}
	}
	if full := 60*5 + 5; len(at) < full-15 || len(at) > full {
		t.Errorf("%d slots in a minute, of %d", len(at), full)
	}
}

// TestClaimNeverTwice: however many claim at once, each job has one owner.
func TestClaimNeverTwice(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	params := f.limited(t, time.Millisecond, 1000, 100)
	params.Most = 7
	const claimers = 8
	mine := make([][]store.Claim, claimers)
	var racing errgroup.Group
	for i := range claimers {
		racing.Go(func() error {
			p := params
			p.Owner, p.Now = fmt.Sprint("claimer ", i), f.now
			for range 20 {
				claims, err := f.store.ClaimJobs(t.Context(), p)
				if err != nil {
					return err
				}
				mine[i] = append(mine[i], claims...)
			}
			return nil
		})
	}
	if err := racing.Wait(); err != nil {
		t.Fatal(err)
	}
	owners := map[int64]int{}
	for _, claims := range mine {
		for _, c := range claims {
			owners[c.JobID]++
		}
	}
	for id, n := range owners {
		if n > 1 {
			t.Errorf("job %d was claimed %d times", id, n)
		}
	}
	if claimed := value[int64](t, f.conn, "SELECT count(*) FROM cursors WHERE claimed_until IS NOT NULL"); int(claimed) != len(owners) || claimed == 0 {
		t.Errorf("%d are claimed, %d were handed out", claimed, len(owners))
	}
}

// TestClaimLeavesSpentBudgets: what was claimed is spent, whether it is used or not.
func TestClaimLeavesSpentBudgets(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	params := f.limited(t, 10*time.Second, 1, 2)
	claims := f.claimAt(t, params, f.now)
	if err := f.store.ReleaseClaims(t.Context(), claims); err != nil {
		t.Fatal(err)
	}
	if again := f.claimAt(t, params, f.now.Add(time.Second)); len(claims) != 1 || len(again) != 0 {
		t.Errorf("%d claims, then %d", len(claims), len(again))
	}
	availability, err := f.store.Availability(t.Context(), params.SourceIDs)
	if err != nil {
		t.Fatal(err)
	}
	if next := availability[params.SourceIDs[0]].NextSlotAt; !next.Equal(f.now.Add(10 * time.Second)) {
		t.Errorf("the next slot is at %s", next)
	}
	// A request beyond the one that had a slot moves the budget on.
	claim := f.claimAt(t, params, f.now.Add(10*time.Second))[0]
	jobs, err := f.store.JobsByID(t.Context(), []int64{claim.JobID})
	if err != nil {
		t.Fatal(err)
	}
	polls := pollsOf([]*take{{job: jobs[claim.JobID], claim: claim, poll: store.Poll{JobID: claim.JobID, PolledAt: claim.StartAt, Outcome: history.OutcomeTimeout}}})
	polls[0].Advance.ExtraTaken = 2
	if results, err := f.store.Record(t.Context(), polls); err != nil || results[0] != (store.RecordResult{}) {
		t.Fatalf("%v, %v", results, err)
	}
	got := starts(f.claimAt(t, params, f.now.Add(39*time.Second)), f.now)
	if !slices.Equal(got, seconds(40)) {
		t.Errorf("after two more requests: %v", got)
	}
}
