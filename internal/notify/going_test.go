package notify_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/testkit"
	"tracker/internal/tracking"
	"tracker/internal/upstreamsim"
)

// TestAStall is told when it begins and when it is over, once each, and again in between
// where the rule says so.
func TestAStall(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.jobs["stores-eu"] = "8c4c51f1-0000-4000-8000-000000000001"
	l.declare(store.Declaration{Jobs: []store.JobSpec{{
		Name: "stores-eu", Source: "woosmap", Target: map[string]string{"dataset_id": l.jobs["stores-eu"]}, StallAfter: time.Hour, FirstPollAt: time.Now(),
	}}})
	rule := hook("geo", "stalled", "succeeded")
	rule.RepeatEvery = 4 * time.Hour
	l.rules(rule)
	l.say("stores-eu", run("r1", "in_progress", 59*time.Minute, 0))
	l.tell()
	l.wantTold()
	l.say("stores-eu", run("r2", "in_progress", 61*time.Minute, 0))
	l.tell()
	l.wantTold("stalled stores-eu began")
	l.tell()
	l.pass(3 * time.Hour)
	l.tell()
	l.wantTold()
	l.pass(2 * time.Hour)
	l.tell()
	l.tell()
	again := l.receiver.take()
	if len(again) != 1 || again[0].summary() != "stalled stores-eu again" || !strings.Contains(string(again[0].body), `"text":"still, for 5 h: ⚠ stores-eu goes on for 1 h 1 m, stalled after 1 h"`) {
		t.Errorf("told again: %d %s", len(again), again)
	}
	l.say("stores-eu", run("r2", "success", 7*time.Hour, time.Second))
	l.tell()
	l.wantTold("stalled stores-eu over", "succeeded stores-eu")
	l.pass(8 * time.Hour)
	l.tell()
	l.wantTold()
}

// TestAStallThatComesBack is told anew, once by any number of trackers, and then left alone.
func TestAStallThatComesBack(t *testing.T) {
	t.Parallel()
	const dataset = "8c4c51f1-0000-4000-8000-000000000001"
	stallAfter := func(l *lab, after time.Duration) {
		l.jobs["stores-eu"] = dataset
		l.declare(store.Declaration{Jobs: []store.JobSpec{{
			Name: "stores-eu", Source: "woosmap", Target: map[string]string{"dataset_id": dataset}, StallAfter: after, FirstPollAt: time.Now(),
		}}})
	}
	goesOn := func(l *lab) { l.say("stores-eu", run("r1", "in_progress", 3*time.Hour, 0)) }
	for name, test := range map[string]struct{ end, again func(l *lab) }{
		"AfterItHadEnded": {
			end: func(l *lab) { l.say("stores-eu", run("r1", "success", 3*time.Hour, time.Second)) },
			again: func(l *lab) {
				stallAfter(l, time.Microsecond)
				for len(l.Lines(`SELECT 'stalled' FROM report.stalled`)) == 0 {
					goesOn(l)
				}
			},
		},
		"AfterAnotherRun": {
			end:   func(l *lab) { l.say("stores-eu", run("r2", "in_progress", time.Minute, 0)) },
			again: goesOn,
		},
		"AfterPatience": {
			end:   func(l *lab) { stallAfter(l, 4*time.Hour) },
			again: func(l *lab) { stallAfter(l, 2*time.Hour) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			stallAfter(l, time.Hour)
			l.rules(hook("geo", "stalled"))
			goesOn(l)
			l.tell()
			l.wantTold("stalled stores-eu began")
			test.end(l)
			l.tell()
			l.wantTold("stalled stores-eu over")
			test.again(l)
			var looking sync.WaitGroup
			for _, owner := range []string{"one", "two"} {
				n := l.newNotifier(owner, l.store)
				looking.Go(func() {
					if err := n.Look(t.Context()); err != nil && !errors.Is(err, store.ErrOvertaken) {
						t.Error(err)
					}
				})
			}
			looking.Wait()
			version := `SELECT version::text FROM notify_state`
			before := l.Lines(version)
			l.tell()
			l.Want("turns of what goes on", before, version)
			l.wantTold("stalled stores-eu began")
		})
	}
}

// TestAFailureIsToldAgain until the job's next run.
func TestAFailureIsToldAgain(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	rule := chat("geo", "failed", "source_paused")
	rule.RepeatEvery = time.Hour
	l.rules(rule)
	l.say("stores-eu", run("r1", "failed", time.Minute, time.Second))
	l.tell()
	l.wantTold("✖ stores-eu failed in import after 59 s: Row 317: geometry is not valid")
	l.pass(90 * time.Minute)
	l.tell()
	l.wantTold("still, for 2 h: ✖ stores-eu failed in import after 59 s: Row 317: geometry is not valid")
	l.say("stores-eu", testkit.WoosmapRun("r2", "in_progress"))
	l.tell()
	l.pass(2 * time.Hour)
	l.tell()
	l.wantTold()
	by := store.Author{Actor: "alice", At: time.Now()}
	if _, err := l.store.PauseSource(t.Context(), by, "woosmap", "contract ended"); err != nil {
		t.Fatal(err)
	}
	l.tell()
	l.wantTold("! source woosmap is paused: contract ended")
	l.pass(61 * time.Minute)
	l.tell()
	l.wantTold("still, for 1 h: ! source woosmap is paused: contract ended")
	if _, err := l.store.ResumeSource(t.Context(), by, "woosmap"); err != nil {
		t.Fatal(err)
	}
	l.pass(2 * time.Hour)
	l.tell()
	l.wantTold()
}

// TestAFailureOfAFinishedJob is not told again: no run of it comes that would end it.
func TestAFailureOfAFinishedJob(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	rule := chat("geo", "failed")
	rule.RepeatEvery = time.Hour
	l.rules(rule)
	l.say("stores-eu", testkit.WoosmapRun("r1", "failed"))
	l.tell()
	l.receiver.take()
	if _, err := l.store.FinishJob(t.Context(), store.Author{Actor: "alice", At: time.Now()}, "stores-eu"); err != nil {
		t.Fatal(err)
	}
	l.pass(90 * time.Minute)
	l.tell()
	l.wantTold()
	l.Want("what goes on", nil, `SELECT kind FROM notify_going WHERE over_at IS NULL`)
}

// TestWhatIsErasedIsNotKept as what rules were told.
func TestWhatIsErasedIsNotKept(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.rules(hook("geo", "failed"))
	l.say("stores-eu", run("r1", "failed", time.Minute, time.Second))
	l.tell()
	job, err := l.store.Job(t.Context(), "stores-eu")
	if err != nil {
		t.Fatal(err)
	}
	kept := `SELECT line FROM notify_events WHERE notify_events::text LIKE '%Row 317%'`
	if len(l.Lines(kept)) != 1 {
		t.Fatal("nothing is kept that could be erased")
	}
	if _, err := tracking.Erase(t.Context(), l.store, tracking.Erasure{
		Job: job, RunNo: 1, Reason: "a person asked", By: store.Author{Actor: "alice", At: time.Now()}, Owner: "eraser",
	}); err != nil {
		t.Fatal(err)
	}
	l.Want("what is kept", nil, kept)
	l.Want("lines", []string{"failed stores-eu: what it told was erased"}, `SELECT line FROM report.deliveries`)
	l.Check()
}

// TestNotLooking is told when it begins and when it is over, once each; what was over
// before anybody told it, too.
func TestNotLooking(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.rules(hook("geo", "not_looking"))
	l.say("stores-eu", testkit.WoosmapRun("r1", "success"))
	l.tell()
	l.wantTold()
	age := func(by time.Duration) { // the last look lies further back
		l.Exec(`UPDATE cursors SET polled_at = polled_at - $1::interval, confirmed_at = confirmed_at - $1::interval, changed_at = changed_at - $1::interval,
			covered_until = covered_until - $1::interval, next_poll_at = next_poll_at - $1::interval`, by.String())
	}
	age(time.Hour)
	l.tell()
	l.wantTold("not_looking stores-eu began")
	l.tell()
	l.say("stores-eu", testkit.WoosmapRun("r1", "success"))
	l.tell()
	l.wantTold("not_looking stores-eu over")
	l.pass(2 * time.Hour)
	age(time.Hour)
	l.say("stores-eu", testkit.WoosmapRun("r1", "success")) // and nobody told that meanwhile
	l.tell()
	got := l.receiver.take()
	if len(got) != 2 || got[0].summary() != "not_looking stores-eu began" || got[1].summary() != "not_looking stores-eu over" {
		t.Fatalf("told %s", got)
	}
	if text := string(got[0].body); !strings.Contains(text, `nobody can look at stores-eu: no tracker ran`) {
		t.Errorf("it says %s", text)
	}
	l.tell()
	l.wantTold()
}

// TestTheClockIsSetBack by a day: what was over is not taken for what goes on, and what
// waits is told once the tracker has noticed.
func TestTheClockIsSetBack(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	stalled, failed := hook("stalls", "stalled"), hook("failures", "failed")
	failed.RepeatEvery = time.Hour
	l.rules(stalled, failed)
	l.job("stores-eu", nil)
	l.declare(store.Declaration{Jobs: []store.JobSpec{{
		Name: "stores-eu", Source: "woosmap", Target: map[string]string{"dataset_id": l.jobs["stores-eu"]}, StallAfter: time.Hour, FirstPollAt: time.Now(),
	}}})
	l.say("stores-eu", run("r1", "in_progress", 2*time.Hour, 0))
	l.tell()
	l.wantTold("stalled stores-eu began")
	l.say("stores-eu", run("r2", "success", time.Minute, time.Second))
	l.tell()
	l.wantTold("stalled stores-eu over")
	l.pass(-24 * time.Hour)
	l.say("stores-eu", run("r3", "in_progress", 2*time.Hour, 0))
	l.tell()
	l.wantTold("stalled stores-eu began")
	l.receiver.answers(status(503))
	l.say("stores-eu", testkit.WoosmapRun("r4", "failed"))
	l.tell()
	l.receiver.take()
	l.receiver.answers(nil)
	l.pass(-24 * time.Hour)
	l.Exec(`UPDATE notify_lanes SET rests_until = now() + interval '1 day', sends_until = now() + interval '1 day'`)
	l.say("stores-eu", testkit.WoosmapRun("r5", "failed"))
	l.tell()
	l.wantTold()
	setBack := func() {
		now, err := l.store.Now(t.Context())
		if err == nil {
			_, err = l.store.SetClockBack(t.Context(), now)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	setBack()
	l.Want("lanes", []string{"true true", "true true"}, `SELECT (rests_until IS NULL) || ' ' || (sends_until <= now() + interval '1 min') FROM notify_lanes`)
	l.Want("what goes on or did since later", nil, `SELECT kind FROM notify_going WHERE since > now() OR over_at > now()`)
	l.pass(61 * time.Second)
	l.tell()
	l.Want("what came of all", []string{"delivered"}, `SELECT DISTINCT state FROM report.deliveries`)
}

// TestUnusual: a run's end that came too soon or too late, and a run that goes on too
// long, by ten runs before.
func TestUnusual(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.rules(hook("geo", "unusual"))
	l.say("other", run("a", "success", time.Hour, 0), run("b", "success", time.Minute, 0)) // too few to tell
	var runs []upstreamsim.Frame
	for n := range 10 {
		runs = append(runs, run("r"+string(rune('0'+n)), "success", time.Duration(60+n)*time.Second, 0))
	}
	l.say("stores-eu", runs...)
	l.tell()
	l.wantTold()
	l.say("stores-eu", run("usual", "failed", 130*time.Second, 0), run("slow", "success", 4*time.Minute, 0), run("quick", "success", 20*time.Second, 0))
	l.tell()
	var texts []string
	for _, one := range l.receiver.take() {
		_, text, _ := strings.Cut(string(one.body), `"text":"`)
		text, _, _ = strings.Cut(text, `, nearly`)
		texts = append(texts, text)
	}
	if got := strings.Join(texts, "; "); got != "⚠ stores-eu took unusually long: 4 m; ⚠ stores-eu took unusually quick: 20 s" {
		t.Errorf("told %s", got)
	}
	l.say("stores-eu", run("going", "in_progress", 8*time.Minute, 0))
	l.tell()
	l.wantTold("unusual stores-eu")
	l.tell()
	l.wantTold()
	l.say("stores-eu", run("going", "in_progress", 40*time.Minute, 0)) // stalled by now: another's matter
	l.tell()
	l.wantTold()
}

// TestWhatIsToldLateSaysSo: nobody told anything for a day.
func TestWhatIsToldLateSaysSo(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.rules(chat("geo", "failed"))
	l.receiver.answers(status(502))
	l.say("stores-eu", testkit.WoosmapRun("r1", "failed"))
	l.tell()
	l.receiver.take()
	l.receiver.answers(nil)
	l.pass(23 * time.Hour)
	l.tell()
	got := l.receiver.take()
	if len(got) != 1 || !strings.Contains(string(got[0].body), "\ntold late: it was seen at ") {
		t.Errorf("it says %s", got)
	}
}
