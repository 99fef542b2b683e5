package store_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
)

// watchJob is a job with what the service says of it.
type watchJob struct {
	name string
	said string
}

// newWatchFeed has a job for each of the ways that a watch tells apart.
func newWatchFeed(t *testing.T) (*feed, map[string]store.Job) {
	t.Helper()
	f := newFeed(t)
	told := []watchJob{
		{"running", woosmapBody("r1", "in_progress", woosmapStep("fetch", "success", "09:30:00", "09:31:00"), woosmapStep("import", "in_progress", "09:31:00", ""))},
		{"between", woosmapBody("r1", "in_progress", woosmapStep("fetch", "success", "09:30:00", "09:31:00"))},
		{"odd", woosmapBody("r1", "pondering")},
		{"good", woosmapBody("r1", "success", woosmapStep("import", "success", "09:30:00", "09:30:42"))},
		{"bad", woosmapBody("r1", "failed", woosmapStep("fetch", "failed", "09:30:00", "09:31:00", woosmapEntry("09:30:10", "error", "first"),
			woosmapEntry("09:30:20", "error", "second"), woosmapEntry("09:30:30", "warning", "third")), woosmapStep("import", "success", "09:30:00", "09:31:00"))},
		{"removed", woosmapBody("r1", "failed")},
		{"paused", woosmapBody("r1", "success")},
		{"failing", woosmapBody("r1", "success")},
	}
	var names []string
	for _, job := range told {
		names = append(names, job.name)
	}
	jobs := map[string]store.Job{}
	var answers []said
	for i, job := range f.register(t, "woosmap", append(names, "unseen")...) {
		jobs[job.Name] = job
		if i < len(told) {
			answers = append(answers, said{job: job, body: told[i].said})
		}
	}
	f.round(t, answers...)
	f.round(t, said{job: jobs["failing"], failure: history.OutcomeTimeout}, said{job: jobs["running"], body: told[0].said})
	f.round(t, said{job: jobs["failing"], failure: history.OutcomeUpstreamError})
	for name, change := range map[string]func() (bool, error){
		"removed": func() (bool, error) { return f.store.RemoveJob(t.Context(), f.by, "removed") },
		"paused":  func() (bool, error) { return f.store.PauseJob(t.Context(), f.by, "paused", "by hand") },
	} {
		if changed, err := change(); err != nil || !changed {
			t.Fatal(name, err)
		}
	}
	return f, jobs
}

func TestWatch(t *testing.T) {
	t.Parallel()
	f, jobs := newWatchFeed(t)
	read := func(ids ...int64) store.Watch {
		t.Helper()
		w, err := f.store.Watch(t.Context(), store.WatchParams{JobIDs: ids, Rows: 10, Ended: time.Since(f.now) + time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	w := read()
	if got := runTexts(w.Running); got != "[running run 1 running import running ] [between run 1 running fetch succeeded ] [odd run 1 unknown   ]" {
		t.Errorf("running: %s", got)
	}
	if got := runTexts(w.Failed); got != "[bad run 1 failed fetch failed second]" {
		t.Errorf("failed: %s", got)
	}
	if got := runTexts(w.Ended); got != "[good run 1 succeeded import succeeded ] [paused run 1 succeeded   ] [failing run 1 succeeded   ]" {
		t.Errorf("ended: %s", got)
	}
	if got, want := fmt.Sprint(w.Failing), fmt.Sprint([]store.WatchFailing{{
		Source: "woosmap-prod", Outcome: history.OutcomeUpstreamError, Jobs: 1, Names: []string{"failing"}, Since: w.Failing[0].Since, Job: "failing", Error: "503 Service Unavailable",
	}}); got != want {
		t.Errorf("failing: %s", got)
	}
	if len(w.Paused) != 1 || !slices.Equal(w.Paused[0].Names, []string{"paused"}) || w.Paused[0].Reason != "by hand" || w.Paused[0].Jobs != 1 || w.Paused[0].PolledAt.IsZero() {
		t.Errorf("paused: %+v", w.Paused)
	}
	total := 0
	for _, class := range w.Classes {
		total += class.Jobs
	}
	if total != len(jobs)-1 || len(w.Sources) != 0 || w.Served != (store.Served{}) {
		t.Errorf("%d jobs in %+v; sources %+v; served %+v", total, w.Classes, w.Sources, w.Served)
	}

	if w := read(jobs["good"].ID); len(w.Running)+len(w.Failed)+len(w.Failing)+len(w.Paused) != 0 || len(w.Ended) != 1 || len(w.Classes) != 1 {
		t.Errorf("of one job: %+v", w)
	}
	if _, err := f.store.PauseSource(t.Context(), f.by, "woosmap-prod", "no key"); err != nil {
		t.Fatal(err)
	}
	if w := read(); len(w.Failing) != 0 || len(w.Sources) != 1 || w.Sources[0].Reason != "no key" || w.Sources[0].Jobs != len(jobs)-2 ||
		!slices.Equal(w.Sources[0].Names, activeNames(jobs)) {
		t.Errorf("paused: %+v %+v", w.Failing, w.Sources)
	}
}

// TestWatchCountsStalledRuns counts those, too, that are more than were asked for.
func TestWatchCountsStalledRuns(t *testing.T) {
	t.Parallel()
	f, _ := newWatchFeed(t)
	mustExec(t, f.conn, `UPDATE jobs SET stall_after = '1 s' WHERE name IN ('running', 'between')`)
	for _, rows := range []int{1, 2, 3, 10} {
		w, err := f.store.Watch(t.Context(), store.WatchParams{Rows: rows, Ended: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		if len(w.Running) != min(rows, 3) || w.Stalled != 2 {
			t.Errorf("of %d rows: %d stalled, %d read", rows, w.Stalled, len(w.Running))
		}
	}
}

// TestWatchJudgesAnew takes what was judged a moment ago for those runs alone of which
// nothing new was said.
func TestWatchJudgesAnew(t *testing.T) {
	t.Parallel()
	f, jobs := newWatchFeed(t)
	remembers, err := store.Open(t.Context(), f.url, store.Options{KeepJudged: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(remembers.Close)
	stalled := func(s *store.Store) int {
		t.Helper()
		w, err := s.Watch(t.Context(), store.WatchParams{Rows: 10})
		if err != nil {
			t.Fatal(err)
		}
		shown := 0
		for _, run := range w.Running {
			if store.OrZero(run.Stalled) {
				shown++
			}
		}
		if shown != w.Stalled {
			t.Errorf("%d are shown as stalled, and %d counted", shown, w.Stalled)
		}
		return w.Stalled
	}
	mustExec(t, f.conn, `UPDATE jobs SET stall_after = '1 s' WHERE name IN ('running', 'between')`)
	if got := stalled(remembers); got != 2 {
		t.Fatalf("%d stalled", got)
	}
	mustExec(t, f.conn, `UPDATE jobs SET stall_after = '1 year'`)
	if known, anew := stalled(remembers), stalled(f.store); known != 2 || anew != 0 {
		t.Errorf("%d stalled, as was judged a moment ago, and %d now", known, anew)
	}
	f.round(t, said{job: jobs["running"], body: woosmapBody("r1", "in_progress", woosmapStep("fetch", "success", "09:30:00", "09:31:00"))})
	if got := stalled(remembers); got != 1 {
		t.Errorf("%d stalled once one had said something new", got)
	}
	f.round(t, said{job: jobs["between"], body: woosmapBody("r1", "success")})
	if got := stalled(remembers); got != 0 {
		t.Errorf("%d stalled once the other had ended", got)
	}
}

// activeNames are those of the jobs that are neither removed nor paused.
func activeNames(jobs map[string]store.Job) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(jobs)), func(name string) bool { return name == "removed" || name == "paused" })
}

func runTexts(runs []store.WatchRun) string {
	var texts []string
	for _, run := range runs {
		texts = append(texts, fmt.Sprintf("[%s run %d %s %s %s %s]", run.Job, run.RunNo, run.State, run.Step, run.StepState, store.OrZero(run.Why)))
	}
	return strings.Join(texts, " ")
}

func TestWatchChanges(t *testing.T) {
	t.Parallel()
	f, jobs := newWatchFeed(t)
	was, err := f.store.WatchHeads(t.Context(), nil)
	if err != nil || len(was) != len(jobs)-1 {
		t.Fatal(was, err)
	}
	job := jobs["running"]
	f.round(t, said{job: job, body: woosmapBody("r2", "in_progress", woosmapStep("fetch", "in_progress", "09:40:00", ""))})
	f.round(t, said{job: job, body: woosmapBody("r2", "failed", woosmapStep("fetch", "failed", "09:40:00", "09:41:00"))})
	heads, err := f.store.WatchHeads(t.Context(), []int64{job.ID})
	if err != nil || len(heads) != 1 || heads[0].SnapshotNo != 3 {
		t.Fatal(heads, err)
	}
	changes, err := f.store.WatchChanges(t.Context(), []store.WatchHead{{JobID: job.ID, SnapshotNo: 1}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range changes {
		got = append(got, fmt.Sprintf("%d %s %v", c.RunNo, c.ToState, c.Run != nil))
	}
	if want := []string{"1 unknown false", "2 running true", "2 failed true"}; !slices.Equal(got, want) {
		t.Errorf("%s, not %s", got, want)
	}
	errs, err := f.store.LastErrors(t.Context(), []int64{jobs["failing"].ID, jobs["unseen"].ID})
	if err != nil || errs[jobs["failing"].ID] != "503 Service Unavailable" || errs[jobs["unseen"].ID] != "" {
		t.Error(errs, err)
	}
}

// TestPace has a job with six runs, of 10 to 60 seconds and one that failed
// at once, and one without any.
func TestPace(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	jobs := f.register(t, "woosmap", "old", "young")
	for i := 1; i <= 6; i++ {
		body := woosmapBody(fmt.Sprintf("r%d", i), "success", woosmapStep("import", "success", "09:00:00", fmt.Sprintf("09:00:%d0", min(i, 5))))
		if i == 6 {
			body = woosmapBody("r6", "failed", woosmapStep("import", "failed", "09:00:00", "09:00:00"))
		}
		f.round(t, said{job: jobs[0], body: body})
	}
	f.round(t, said{job: jobs[1], body: woosmapBody("y1", "in_progress")})
	f.round(t, said{job: jobs[0], body: woosmapBody("r7", "in_progress", woosmapStep("import", "in_progress", "09:00:00", ""))})
	// Of its source the newest five of each job count, without that of ten seconds.
	for job, want := range map[string]store.Pace{
		jobs[0].Name: {Median: 30 * time.Second, Usual: 47500 * time.Millisecond},
		jobs[1].Name: {Median: 35 * time.Second, Usual: 48 * time.Second},
		"nobody's":   {},
	} {
		if got, err := f.store.Pace(t.Context(), job); got != want || err != nil {
			t.Errorf("of %s: %+v, not %+v: %v", job, got, want, err)
		}
	}
	running, err := f.store.LatestRun(t.Context(), jobs[0].ID)
	if err != nil || running.Pace.Median != 30*time.Second || store.OrZero(running.UsualDuration) != store.Interval(47500*time.Millisecond) {
		t.Errorf("%+v, %v", running, err)
	}
}

func TestTakeSlot(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := f.register(t, "woosmap", "stores")[0]
	spec := f.sourceSpec("woosmap")
	spec.RateEvery, spec.RateBurst = 5*time.Second, 2
	if _, err := f.store.Apply(t.Context(), f.by, store.Declaration{Sources: []store.SourceSpec{spec}}); err != nil {
		t.Fatal(err)
	}
	now := f.now.Add(time.Hour)
	take := func(want time.Duration) {
		t.Helper()
		at, err := f.store.TakeSlot(t.Context(), job.From.ID, now)
		if err != nil || at.Sub(now) != want {
			t.Errorf("a slot in %s, not %s; %v", at.Sub(now), want, err)
		}
	}
	take(0) // two that were saved up
	take(0)
	take(5 * time.Second)
	take(10 * time.Second)
	now = now.Add(12 * time.Second)
	take(3 * time.Second)
	if claims, err := f.store.ClaimJobs(t.Context(), store.ClaimParams{
		Owner: "feed", Now: now, SourceIDs: []int64{job.From.ID}, JobIDs: []int64{job.ID}, Most: 1,
	}); err != nil || len(claims) != 0 {
		t.Errorf("a poll takes a slot that is taken: %v, %v", claims, err)
	}
	if err := f.store.HoldSource(t.Context(), job.From.ID, now, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	availability, err := f.store.Availability(t.Context(), []int64{job.From.ID})
	if err != nil || !availability[job.From.ID].HeldUntil.Equal(now.Add(time.Hour)) {
		t.Error(availability, err)
	}
}
