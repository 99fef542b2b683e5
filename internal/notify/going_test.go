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
	l.patience("stores-eu", time.Hour)
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

// TestAStallGoesOnWithAWordThatNobodyKnows, until the run ends or another takes its place.
func TestAStallGoesOnWithAWordThatNobodyKnows(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func() upstreamsim.Frame{
		"Ended":      func() upstreamsim.Frame { return run("r1", "success", 3*time.Hour, time.Second) },
		"Superseded": func() upstreamsim.Frame { return run("r2", "in_progress", time.Minute, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.patience("stores-eu", time.Hour)
			l.rules(hook("geo", "stalled"))
			l.say("stores-eu", run("r1", "in_progress", 3*time.Hour, 0))
			l.tell()
			l.wantTold("stalled stores-eu began")
			l.say("stores-eu", run("r1", "pondering", 3*time.Hour, time.Second))
			l.tell()
			l.tell()
			l.wantTold()
			l.say("stores-eu", end())
			l.tell()
			l.wantTold("stalled stores-eu over")
		})
	}
}

// TestAStallThatComesBack is told anew, once by any number of trackers, and then left alone.
func TestAStallThatComesBack(t *testing.T) {
	t.Parallel()
	stallAfter := func(l *lab, after time.Duration) { l.patience("stores-eu", after) }
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

// TestWhatIsOverIsNotToldAgain by another tracker that has looked before that was read.
func TestWhatIsOverIsNotToldAgain(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	rule := hook("geo", "failed", "recovered")
	rule.RepeatEvery = time.Hour
	l.rules(rule)
	for _, status := range []string{"failed", "success"} {
		l.say("stores-eu", testkit.WoosmapRun(status, status))
		before, err := l.store.NotifyState(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		l.tell()
		if err := l.store.Tell(t.Context(), store.Telling{State: before, To: before.EntryNo}); !errors.Is(err, store.ErrOvertaken) {
			t.Errorf("after %s: %v", status, err)
		}
	}
	l.wantTold("failed stores-eu", "recovered stores-eu")
}

// TestAnotherRepeat: what a rule has told again by one interval keeps it from nothing by
// another, which tells nothing at once that was told just now.
func TestAnotherRepeat(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	rule := hook("geo", "failed")
	rule.RepeatEvery = time.Hour
	l.rules(rule)
	l.say("stores-eu", testkit.WoosmapRun("r1", "failed"))
	l.tell()
	l.wantTold("failed stores-eu")
	for range 4 {
		l.pass(time.Hour)
		l.tell()
		l.wantTold("failed stores-eu again")
	}
	rule.RepeatEvery = 2 * time.Hour
	l.rules(rule)
	l.tell()
	l.wantTold()
	for range 3 {
		l.pass(time.Hour)
		l.tell()
		l.wantTold()
		l.pass(time.Hour)
		l.tell()
		l.wantTold("failed stores-eu again")
	}
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

// TestTheClockIsSetBack by a day: what was over is not taken for what goes on, and what
// waits is told once the tracker has noticed.
func TestTheClockIsSetBack(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	stalled, failed := hook("stalls", "stalled"), hook("failures", "failed")
	failed.RepeatEvery = time.Hour
	l.rules(stalled, failed)
	l.patience("stores-eu", time.Hour)
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
