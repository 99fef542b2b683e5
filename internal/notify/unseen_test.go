package notify_test

import (
	"strings"
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

// TestNotLooking is told when it begins and when it is over, once each; what was over
// before anybody told it, too.
func TestNotLooking(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.rules(hook("geo", "not_looking"))
	l.say("stores-eu", testkit.WoosmapRun("r1", "success"))
	l.tell()
	l.wantTold()
	l.age(time.Hour)
	l.tell()
	l.wantTold("not_looking stores-eu began")
	l.tell()
	l.say("stores-eu", testkit.WoosmapRun("r1", "success"))
	l.tell()
	l.wantTold("not_looking stores-eu over")
	l.pass(2 * time.Hour)
	l.age(time.Hour)
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

// TestNotLookingForTwoReasons: nobody looked for an hour, then looking failed, and only
// then somebody tells of it. That is one beginning, since the first, and one end.
func TestNotLookingForTwoReasons(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(l *lab){
		"TellingAsItHappens": func(l *lab) { l.tell() },
		"TellingLate":        func(*lab) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.rules(hook("geo", "not_looking"))
			l.say("stores-eu", testkit.WoosmapRun("r1", "success"))
			l.tell()
			l.age(time.Hour)
			l.say("stores-eu", upstreamsim.WoosmapError(503))
			test(l)
			l.say("stores-eu", testkit.WoosmapRun("r1", "success"))
			l.tell()
			got := l.receiver.take()
			if len(got) != 2 || got[0].summary() != "not_looking stores-eu began" || got[1].summary() != "not_looking stores-eu over" {
				t.Fatalf("told %s", got)
			}
			l.Want("gaps", []string{"not_running", "upstream_error"}, `SELECT reason FROM report.gaps ORDER BY gap_from`)
			since := l.Lines(`SELECT DISTINCT what ->> 'since' FROM notify_events`)
			l.Want("since", since, `SELECT to_json(min(gap_from) AT TIME ZONE 'UTC') #>> '{}' || 'Z' FROM report.gaps`)
			l.tell()
			l.wantTold()
			l.Want("what goes on", nil, `SELECT kind FROM notify_going WHERE over_at IS NULL`)
		})
	}
}

// TestNobodyLooksAnyMore: what nobody looks at since somebody said so is not told as over,
// neither that of which it was told that it goes on, nor that of which it was not.
func TestNobodyLooksAnyMore(t *testing.T) {
	t.Parallel()
	by := store.Author{Actor: "alice", At: time.Now()}
	for name, test := range map[string]struct {
		act    func(*lab) (bool, error)
		resume func(*lab) (bool, error) // nil: it cannot be
	}{
		"JobPaused": {
			act: func(l *lab) (bool, error) {
				return l.store.PauseJob(l.t.Context(), by, "stores-eu", "not now")
			},
			resume: func(l *lab) (bool, error) { return l.store.ResumeJob(l.t.Context(), by, "stores-eu") },
		},
		"SourcePaused": {
			act: func(l *lab) (bool, error) {
				return l.store.PauseSource(l.t.Context(), by, "woosmap", "not now")
			},
			resume: func(l *lab) (bool, error) { return l.store.ResumeSource(l.t.Context(), by, "woosmap") },
		},
		"JobFinished": {act: func(l *lab) (bool, error) { return l.store.FinishJob(l.t.Context(), by, "stores-eu") }},
		"JobRemoved":  {act: func(l *lab) (bool, error) { return l.store.RemoveJob(l.t.Context(), by, "stores-eu") }},
	} {
		do := func(l *lab, act func(*lab) (bool, error)) {
			l.t.Helper()
			if changed, err := act(l); err != nil || !changed {
				l.t.Fatalf("changed %t, %v", changed, err)
			}
		}
		unseen := func(t *testing.T) *lab {
			t.Helper()
			l := newLab(t)
			l.rules(hook("geo", "not_looking"))
			l.say("stores-eu", testkit.WoosmapRun("r1", "success"))
			l.age(time.Hour)
			return l
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := unseen(t)
			l.tell()
			l.wantTold("not_looking stores-eu began")
			do(l, test.act)
			l.tell()
			l.wantTold()
			l.Want("what goes on", nil, `SELECT kind FROM notify_going WHERE over_at IS NULL`)
			if test.resume == nil {
				return
			}
			do(l, test.resume)
			l.say("stores-eu", testkit.WoosmapRun("r1", "success"))
			l.tell()
			l.wantTold()
		})
		t.Run(name+"BeforeItWasTold", func(t *testing.T) {
			t.Parallel()
			l := unseen(t)
			do(l, test.act)
			l.tell()
			l.wantTold("not_looking stores-eu began")
		})
		if test.resume == nil {
			continue
		}
		t.Run(name+"AndResumedAtOnce", func(t *testing.T) {
			t.Parallel()
			l := unseen(t)
			l.tell()
			l.wantTold("not_looking stores-eu began")
			do(l, test.act)
			do(l, test.resume)
			l.tell()
			l.wantTold()
			l.say("stores-eu", testkit.WoosmapRun("r1", "success"))
			l.tell()
			l.wantTold("not_looking stores-eu over")
		})
	}
}

// TestAStalledJobIsRemoved: that is no end of its stall.
func TestAStalledJobIsRemoved(t *testing.T) {
	t.Parallel()
	by := store.Author{Actor: "alice", At: time.Now()}
	l := newLab(t)
	l.rules(hook("geo", "stalled"))
	l.patience("stores-eu", time.Hour)
	l.say("stores-eu", run("r1", "in_progress", 2*time.Hour, 0))
	l.tell()
	l.wantTold("stalled stores-eu began")
	if _, err := l.store.RemoveJob(t.Context(), by, "stores-eu"); err != nil {
		t.Fatal(err)
	}
	l.tell()
	l.wantTold()
	l.Want("what goes on", nil, `SELECT kind FROM notify_going WHERE over_at IS NULL`)
}
