package notify_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/upstreamsim"
)

// TestANewRule is told what still goes on, and that it is over; a rule that tells of more
// jobs than before, too.
func TestANewRule(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	kinds := []string{"stalled", "not_looking"}
	one, two, wide := hook("one", kinds...), hook("two", kinds...), hook("wide", kinds...)
	wide.Jobs = []string{"poi-*"}
	for _, name := range []string{"TWO", "WIDE"} {
		l.env[name] = l.receiver.url + "/" + name
	}
	two.Address, wide.Address = "env:TWO", "env:WIDE"
	l.rules(one, wide)
	l.patience("stores-eu", time.Hour)
	l.say("stores-eu", run("r1", "in_progress", 2*time.Hour, 0))
	l.age(20 * time.Minute)
	wantTold := func(want ...string) {
		t.Helper()
		var told []string
		for _, got := range l.receiver.take() {
			told = append(told, strings.TrimPrefix(got.path, "/services/T0KEN-in-the-address")+" "+got.summary())
		}
		slices.Sort(told)
		if !slices.Equal(told, want) {
			t.Errorf("told:\n got %q\nwant %q", told, want)
		}
	}
	l.tell()
	wantTold(" not_looking stores-eu began", " stalled stores-eu began")
	wide.Jobs = nil
	l.rules(one, two, wide)
	l.tell()
	wantTold("/TWO not_looking stores-eu began", "/TWO stalled stores-eu began", "/WIDE not_looking stores-eu began", "/WIDE stalled stores-eu began")
	l.tell()
	wantTold()
	three := two
	three.Name = "three"
	l.rules(one, two, wide, three) // and nobody tells it before all is over
	l.say("stores-eu", run("r1", "success", 2*time.Hour, time.Second))
	l.tell()
	wantTold(" not_looking stores-eu over", " stalled stores-eu over", "/TWO not_looking stores-eu over", "/TWO stalled stores-eu over",
		"/WIDE not_looking stores-eu over", "/WIDE stalled stores-eu over")
}

// TestALookIsNotOvertaken by another tracker that reads on in a journal which grows.
func TestALookIsNotOvertaken(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.rules(hook("geo", "stalled"))
	l.job("other", nil)
	l.patience("stores-eu", time.Hour)
	l.say("stores-eu", run("r1", "in_progress", 2*time.Hour, 0))
	reads, stop, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	reader := l.newNotifier("two", l.store)
	go func() {
		defer close(ended)
		defer close(reads)
		by := store.Author{Actor: "alice", At: time.Now()}
		for {
			_, paused := l.store.PauseJob(t.Context(), by, "other", "not now")
			_, resumed := l.store.ResumeJob(t.Context(), by, "other")
			if err := errors.Join(paused, resumed, l.store.CompleteJournal(t.Context())); err != nil {
				t.Error(err)
				return
			}
			if _, err := reader.Read(t.Context()); err != nil && !errors.Is(err, store.ErrOvertaken) {
				t.Error(err)
				return
			}
			select {
			case <-stop:
				return
			case reads <- struct{}{}:
			default:
			}
		}
	}()
	<-reads
	entry := `SELECT entry_no::text FROM notify_state`
	for overtaken := false; !overtaken; {
		l.Exec(`DELETE FROM deliveries`)
		l.Exec(`DELETE FROM notify_going`)
		l.Exec(`DELETE FROM notify_events`)
		before := l.Lines(entry)[0]
		if err := l.notifier.Look(t.Context()); err != nil {
			t.Error(err)
			break
		}
		overtaken = l.Lines(entry)[0] != before
		l.Want("told", []string{"stalled stores-eu"}, `SELECT event || ' ' || job FROM report.deliveries`)
	}
	close(stop)
	<-ended
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
