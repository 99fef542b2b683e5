package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tracker/internal/store"
)

// dueIn makes jobs due: of a text such as "iRRi" the first longest. An R is one
// whose import runs, an i one whose import does not, a dot is not due yet.
func (f *feed) dueIn(t *testing.T, params store.ClaimParams, queue string) {
	t.Helper()
	for i, kind := range queue {
		due, state := f.now.Add(time.Duration(i-len(queue))*time.Minute), "succeeded"
		switch kind {
		case 'R':
			state = "running"
		case '.':
			due = f.now.Add(time.Microsecond)
		}
		mustExec(t, f.conn, "UPDATE cursors SET next_poll_at = $2, state = $3 WHERE job_id = $1", params.JobIDs[i], due, state)
	}
}

// claimDue claims at most so many jobs that are due, in the order of their slots.
func (f *feed) claimDue(t *testing.T, params store.ClaimParams, most int64) []store.Claim {
	t.Helper()
	claims, err := f.store.ClaimDue(t.Context(), store.DueParams{
		Owner: "me", Now: f.now, SourceIDs: params.SourceIDs, Mosts: []int64{most}, Most: 1000,
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(claims, func(a, b store.Claim) int { return a.StartAt.Compare(b.StartAt) })
	return claims
}

// TestClaimDueTakesTurns: three of four slots go to imports that run, the
// fourth to the longest due of the rest; what the ones leave, the others get.
func TestClaimDueTakesTurns(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t)                // no answer has brought the jobs to their states
	const every = 100 * time.Millisecond // 11 slots within the horizon
	for name, test := range map[string]struct {
		turn  int
		queue string
		most  int64
		want  string // the places in the queue, from a on, that get slots
	}{
		"Turn0":              {0, "iiiiiRRRRRRRRR", 8, "fghaijkb"},
		"Turn1":              {1, "iiiiiRRRRRRRRR", 8, "fgahijbk"},
		"Turn2":              {2, "iiiiiRRRRRRRRR", 8, "faghibjk"},
		"Turn3":              {3, "iiiiiRRRRRRRRR", 8, "afghbijk"},
		"OneSlotIsARunners":  {0, "iiRR", 1, "c"},
		"OneSlotIsOfTheRest": {3, "RRii", 1, "c"},
		"LongestDueFirst":    {0, "RiRiRiRi", 8, "acebgdfh"},
		"NoneRuns":           {0, "iiiii", 4, "abcd"},
		"AllRun":             {3, "RRRRR", 4, "abcd"},
		"FewRun":             {1, "iiiiiR", 5, "fabcd"},
		"FewDoNot":           {2, "RRRRRi", 6, "afbcde"},
		"EnoughForAll":       {2, "iRiR", 9, "badc"},
		"OnlyWhatIsDue":      {0, ".R.i.", 5, "bd"},
		"NothingIsDue":       {1, "...", 5, ""},
		"NoMoreThanTheMost":  {0, "RRRRiiii", 0, ""},
		"WithinTheHorizon":   {0, "RRRRRRRRRRRRiiii", 16, "abcmdefnghi"},
	} {
		f := f.at(name)
		params := f.limited(t, every, 1, len(test.queue))
		f.dueIn(t, params, test.queue)
		mustExec(t, f.conn, "UPDATE budgets SET turn = $2 WHERE source_id = $1", params.SourceIDs[0], test.turn)
		before := f.budget(t, params)
		claims := f.claimDue(t, params, test.most)
		var got strings.Builder
		for i, c := range claims {
			got.WriteByte('a' + byte(slices.Index(params.JobIDs, c.JobID)))
			if want := f.now.Add(time.Duration(i) * every); !c.StartAt.Equal(want) || c.Until.Sub(want) != 20*time.Second {
				t.Errorf("%s: claim %d from %s until %s, not from %s", name, i, c.StartAt, c.Until, want)
			}
		}
		if got.String() != test.want {
			t.Errorf("%s: slots for %q, not %q", name, got.String(), test.want)
		}
		after := budget{f.now.Add(time.Duration(len(claims)) * every), (test.turn + len(claims)) % 4}
		if len(claims) == 0 {
			after = before
		}
		if got := f.budget(t, params); !got.next.Equal(after.next) || got.turn != after.turn {
			t.Errorf("%s: the budget is %v, not %v", name, got, after)
		}
	}
}

// budget is what is left of a source's: the next slot, and whose turn it is.
type budget struct {
	next time.Time
	turn int
}

func (f *feed) budget(t *testing.T, params store.ClaimParams) budget {
	t.Helper()
	return budget{
		value[time.Time](t, f.conn, "SELECT next_slot_at FROM budgets WHERE source_id = $1", params.SourceIDs[0]),
		value[int](t, f.conn, "SELECT turn FROM budgets WHERE source_id = $1", params.SourceIDs[0]),
	}
}

// TestClaimDueGoesOn: claims one after the other give the same order as one
// that takes all, since the budget remembers whose turn it is.
func TestClaimDueGoesOn(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t) // no answer has brought the jobs to their states
	const queue = "iiiiRRRRRRRRRRRR"
	params := f.limited(t, time.Second, 1, len(queue))
	f.dueIn(t, params, queue)
	var got strings.Builder
	for got.Len() < len(queue) {
		claims := f.claimDue(t, params, 3)
		if len(claims) == 0 {
			t.Fatalf("nothing is claimed after %q", got.String())
		}
		for _, c := range claims {
			got.WriteByte(queue[slices.Index(params.JobIDs, c.JobID)])
		}
		f.now = f.now.Add(time.Duration(len(claims)) * time.Second)
	}
	if want := strings.Repeat("RRRi", 4); got.String() != want {
		t.Errorf("slots for %q, not %q", got.String(), want)
	}
}

// TestClaimDueInParts: no claim takes more than it may, and of sources of which all is
// due each job is claimed soon, and none twice. Jobs whose imports run do not fill a part
// of which others are to have a fourth.
func TestClaimDueInParts(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t) // no answer has brought the jobs to their states
	const jobs, most = 40, 16
	var params store.DueParams
	for _, name := range []string{"One", "Two", "Three"} {
		f := f.at(name)
		of := f.limited(t, time.Millisecond, 1000, jobs)
		f.dueIn(t, of, strings.Repeat("R", jobs/4*3)+strings.Repeat("i", jobs/4))
		params.SourceIDs, params.Mosts = append(params.SourceIDs, of.SourceIDs...), append(params.Mosts, jobs)
	}
	params.Owner, params.Now, params.Most = "me", f.now.Add(time.Hour), most
	claimed := map[int64]bool{}
	for more := true; more; {
		claims, err := f.store.ClaimDue(t.Context(), params)
		if err != nil || len(claims) > most {
			t.Fatalf("%d claims, %v", len(claims), err)
		}
		for _, c := range claims {
			if claimed[c.JobID] {
				t.Errorf("job %d is claimed twice", c.JobID)
			}
			claimed[c.JobID] = true
		}
		if first := value[int64](t, f.conn, "SELECT count(*) FROM cursors WHERE claimed_until IS NOT NULL AND NOT running"); len(claimed) == most && first != most/4 {
			t.Errorf("of the first %d %d are not running", most, first)
		}
		more = 2*len(claims) >= most
	}
	if len(claimed) != 3*jobs {
		t.Errorf("%d are claimed", len(claimed))
	}
}
