package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"tracker/internal/store"
)

// soon records polls of which each is followed by the next in a second, and gives the
// claims that are kept for those.
func (f *feed) soon(t *testing.T, takes []*take) (kept []store.KeptClaim) {
	t.Helper()
	f.compare(t, takes)
	polls := pollsOf(takes)
	for i := range polls {
		next := polls[i].Advance
		next.NextPollAt, next.PlannedEvery = next.PolledAt.Add(time.Second), time.Second
		next.Keep()
	}
	results, err := f.store.Record(t.Context(), polls)
	if err != nil {
		t.Fatal(err)
	}
	for i := range polls {
		if results[i] != (store.RecordResult{}) {
			t.Fatalf("poll %d: %v", i, results[i])
		}
		if claim, found := polls[i].Advance.Kept(); found {
			kept = append(kept, claim)
		}
	}
	return kept
}

func (f *feed) goOn(t *testing.T, kept []store.KeptClaim) []store.KeptClaim {
	t.Helper()
	going, resting, err := f.store.GoOn(t.Context(), f.now, kept)
	if err != nil || len(going)+len(resting) != len(kept) {
		t.Fatalf("of %v %v and %v: %v", kept, going, resting, err)
	}
	return going
}

func dueOf(job store.Job) store.ClaimParams {
	return store.ClaimParams{SourceIDs: []int64{job.From.ID}, JobIDs: []int64{job.ID}, Most: 1}
}

// TestKeptClaim: from poll to poll a claim goes on, for as long as one lasts, and nobody
// else has the job meanwhile; then everybody may. The index of due jobs is not written.
func TestKeptClaim(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := f.register(t, "woosmap", "a")[0]
	body := woosmapBody("r", "in_progress")
	const cursor = "SELECT due_at FROM cursors"
	kept, polls := f.soon(t, f.take(t, said{job: job, body: body})), 1
	dueAt := value[time.Time](t, f.conn, cursor)
	for ; len(kept) == 1; polls++ {
		if others := append(f.claimAhead(t, dueOf(job), f.now), f.claimAt(t, dueOf(job), f.now.Add(time.Second))...); len(others) > 0 {
			t.Fatalf("after %d polls others claim it: %v", polls, others)
		}
		if at := value[time.Time](t, f.conn, cursor); !at.Equal(dueAt) {
			t.Fatalf("after %d polls it is due at %s, not %s", polls, at, dueAt)
		}
		claims := f.goOn(t, kept)
		f.now = f.now.Add(time.Second)
		if len(claims) != 1 || !claims[0].StartAt.Equal(f.now) || claims[0].Until.Sub(f.now) != 20*time.Second {
			t.Fatalf("after %d polls: %v", polls, claims)
		}
		kept = f.soon(t, []*take{f.takeOf(t, claims[0].Claim, said{job: job, body: body})})
	}
	if polls != 21 { // for the first a claim was taken
		t.Errorf("it is kept for %d polls", polls)
	}
	if claims := f.claimAhead(t, dueOf(job), f.now.Add(time.Second)); len(claims) != 1 || !claims[0].KeptUntil.IsZero() {
		t.Errorf("then others claim %v", claims)
	}
}

// TestGoOnNoMore: a kept claim goes on only where nobody has taken the job or asked for
// it, or changed anything that the next poll goes by.
func TestGoOnNoMore(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t) // rows are changed by hand
	ctx := t.Context()
	update := func(set string) func(*feed, store.Job) {
		return func(f *feed, job store.Job) {
			mustExec(t, f.conn, "UPDATE cursors SET "+set+" WHERE job_id = $1", job.ID)
		}
	}
	budget := func(set string) func(*feed, store.Job) {
		return func(f *feed, job store.Job) {
			mustExec(t, f.conn, "UPDATE budgets SET "+set+" WHERE source_id = $1", job.From.ID)
		}
	}
	for name, test := range map[string]struct {
		change func(*feed, store.Job)
		goesOn bool
	}{
		"Nothing":        {func(*feed, store.Job) {}, true},
		"HoldIsOver":     {func(f *feed, job store.Job) { f.hold(t, job, 0) }, true},
		"JobPaused":      {func(f *feed, job store.Job) { f.must(t)(f.store.PauseJob(ctx, f.by, job.Name, "why")) }, false},
		"JobRemoved":     {func(f *feed, job store.Job) { f.must(t)(f.store.RemoveJob(ctx, f.by, job.Name)) }, false},
		"JobFinished":    {func(f *feed, job store.Job) { f.must(t)(f.store.FinishJob(ctx, f.by, job.Name)) }, false},
		"SourcePaused":   {func(f *feed, job store.Job) { f.must(t)(f.store.PauseSource(ctx, f.by, job.Source, "why")) }, false},
		"SourceHeld":     {func(f *feed, job store.Job) { f.hold(t, job, time.Second) }, false},
		"SourceLimited":  {budget("limited = 1"), false},
		"BudgetSpent":    {budget("next_slot_at = '2024-06-07 12:00:00+00'"), false},
		"DueSooner":      {update("next_poll_at = next_poll_at - interval '1 us'"), false},
		"Covered":        {update("covered_until = covered_until + interval '1 us'"), false},
		"Unseen":         {update("unseen_reason = 'paused'"), false},
		"WrittenAnew":    {update("rewrites = rewrites + 1"), false},
		"TakenByAnother": {update("claimed_until = claimed_until + interval '1 us'"), false},
		"AskedFor": {func(f *feed, job store.Job) {
			if _, err := f.store.Rebuild(ctx, f.rebuildParams(t, job)); !errors.Is(err, store.ErrClaimed) {
				t.Errorf("rebuild: %v", err)
			}
		}, false},
		"RunOut": {func(f *feed, _ store.Job) { f.now = f.now.Add(21 * time.Second) }, false},
	} {
		f := f.at(name)
		job := f.register(t, "woosmap", "a-"+f.account)[0]
		kept := f.soon(t, f.take(t, said{job: job, body: woosmapBody("r", "in_progress")}))
		test.change(f, job)
		if claims := f.goOn(t, kept); (len(claims) == 1) != test.goesOn {
			t.Errorf("%s: %v goes on", name, claims)
		}
	}
}

// TestKeptClaimEndsForOthers: who waits for the job has it when the poll ends that is
// under way, or once the claim is given back.
func TestKeptClaimEndsForOthers(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	jobs := f.register(t, "woosmap", "a", "b")
	body := woosmapBody("r", "in_progress")
	kept := f.soon(t, f.take(t, said{job: jobs[0], body: body}, said{job: jobs[1], body: body}))
	claims := f.goOn(t, kept)
	f.now = f.now.Add(time.Second)
	takes := []*take{f.takeOf(t, claims[0].Claim, said{job: jobs[0], body: body})}
	for _, job := range jobs {
		if _, err := f.store.Rebuild(t.Context(), f.rebuildParams(t, job)); !errors.Is(err, store.ErrClaimed) {
			t.Fatalf("rebuild: %v", err)
		}
	}
	f.soon(t, takes)
	if err := f.store.ReleaseKept(t.Context(), kept[1:]); err != nil {
		t.Fatal(err)
	}
	equalLines(t, column[string](t, f.conn, "SELECT concat_ws(' ', claimed_until, claimed_by, kept_until) FROM cursors"), "", "")
	for _, job := range jobs {
		if rebuilt, err := f.store.Rebuild(t.Context(), f.rebuildParams(t, job)); err != nil || rebuilt.Snapshots != 1 {
			t.Errorf("rebuild: %v, %v", rebuilt, err)
		}
	}
}

// TestGoOnKeepsTheRate: of claims whose polls are due at one moment those go on that need
// not wait for long, no more at once than the burst allows, and the slots count for others.
func TestGoOnKeepsTheRate(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t) // what is claimed is not polled
	const every, burst = 200 * time.Millisecond, 3
	params := f.limited(t, every, 100, 8)
	var answers []said
	for _, name := range column[string](t, f.conn, "SELECT name FROM jobs") {
		job, err := f.store.Job(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, said{job: job, body: woosmapBody("r", "in_progress")})
	}
	kept := f.soon(t, f.take(t, answers...))
	mustExec(t, f.conn, "UPDATE budgets SET next_slot_at = '2000-01-01', rate_burst = $1", burst)
	f.now = f.now.Add(500 * time.Millisecond)
	var claims []store.Claim
	for _, c := range f.goOn(t, kept) {
		claims = append(claims, c.Claim)
	}
	if got, want := starts(claims, kept[0].NextPollAt), seconds(0, 0, 0, 0.2, 0.4); len(kept) != params.Most || !slices.Equal(got, want) {
		t.Errorf("of %d those go on that start after %v, not %v", len(kept), got, want)
	}
	if next := f.budget(t, params).next; !next.Equal(kept[0].NextPollAt.Add(3 * every)) {
		t.Errorf("the next slot is at %s", next)
	}
}

// TestKeep: a claim is kept where the next poll comes soon and polls are in time.
func TestKeep(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 6, 7, 10, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		advance store.Advance
		late    time.Duration
		kept    bool
	}{
		"Soon":         {store.Advance{Cursor: store.Cursor{PolledAt: at, NextPollAt: at.Add(5 * time.Second)}}, 0, true},
		"Later":        {store.Advance{Cursor: store.Cursor{PolledAt: at, NextPollAt: at.Add(5*time.Second + 1)}}, 0, false},
		"Never":        {store.Advance{Cursor: store.Cursor{PolledAt: at}}, 0, false},
		"InTime":       {store.Advance{Cursor: store.Cursor{PolledAt: at, NextPollAt: at.Add(time.Second)}}, time.Second, true},
		"Late":         {store.Advance{Cursor: store.Cursor{PolledAt: at, NextPollAt: at.Add(time.Second)}}, time.Second + 1, false},
		"Failed":       {store.Advance{Cursor: store.Cursor{PolledAt: at, NextPollAt: at.Add(time.Second), Failures: 1}}, 0, false},
		"WhileItLasts": {store.Advance{Cursor: store.Cursor{PolledAt: at, NextPollAt: at.Add(time.Second), KeptUntil: at.Add(time.Second + 1)}}, 0, true},
		"AtItsEnd":     {store.Advance{Cursor: store.Cursor{PolledAt: at, NextPollAt: at.Add(time.Second), KeptUntil: at.Add(time.Second)}}, 0, false},
	} {
		test.advance.ClaimedPoll = at.Add(-test.late)
		test.advance.Keep()
		if _, kept := test.advance.Kept(); kept != test.kept || test.advance.KeptUntil.IsZero() == kept {
			t.Errorf("%s: %t, until %s", name, kept, test.advance.KeptUntil)
		}
	}
}
