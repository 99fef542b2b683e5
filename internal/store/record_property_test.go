package store_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tracker/internal/checkhistory"
	"tracker/internal/history"
	"tracker/internal/source"
	"tracker/internal/store"
)

// sequences is how many sequences of answers are tried: enough to find what was
// ever found so far, in seconds. -rapid.checks asks for more.
const sequences = 40

// TestRecordAnySequence: whatever an upstream answers poll by poll, with
// failing and repeated answers between, and with what is known read anew or
// remembered, the history keeps every invariant, a rebuild changes no row, and
// a replay with repeats adds no snapshot.
func TestRecordAnySequence(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t)
	jobs := 0
	name := func() string {
		jobs++
		return fmt.Sprintf("job-%d", jobs)
	}
	checkSome(t, func(rt *rapid.T) {
		f := f.at(name())
		var tracked []*replay
		for i := range rapid.IntRange(1, 2).Draw(rt, "jobs") {
			provider := rapid.SampledFrom([]string{"woosmap", "safetykit"}).Draw(rt, fmt.Sprintf("provider %d", i))
			job := f.register(rt, provider, name())[0]
			if rapid.Bool().Draw(rt, "remembered") {
				f.keep(job)
			}
			tracked = append(tracked, &replay{job: job, bodies: anyBody(provider)})
		}
		for range rapid.IntRange(1, 8).Draw(rt, "rounds") {
			var asked []*replay
			var answers []said
			for _, r := range tracked {
				if rapid.IntRange(0, 4).Draw(rt, "polled") > 0 {
					asked, answers = append(asked, r), append(answers, r.next(rt))
				}
			}
			takes := f.take(rt, answers...)
			if rapid.IntRange(0, 5).Draw(rt, "breaks off") == 0 { // the claims expire
				continue
			}
			f.compare(rt, takes)
			f.record(rt, takes)
			for i, r := range asked {
				r.told = append(r.told, answers[i])
			}
		}
		var names []string
		for _, r := range tracked {
			names = append(names, r.job.Name, f.replay(rt, r, name()))
		}
		mustHold(rt, f, names...)
	})
}

// checkSome runs a property so many times that a test run stays short, unless
// the command line says otherwise.
func checkSome(t *testing.T, property func(*rapid.T)) {
	t.Helper()
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	if asked {
		rapid.Check(t, property)
		return
	}
	var tried int
	rapid.Check(t, func(rt *rapid.T) {
		if tried++; tried <= sequences {
			property(rt)
		}
	})
}

func mustHold(t *rapid.T, f *feed, jobs ...string) {
	t.Helper()
	violations, err := checkhistory.Violations(t.Context(), f.url, jobs...)
	if err != nil {
		t.Fatalf("check the history: %v", err)
	}
	for _, v := range violations {
		t.Errorf("history: %s", v)
	}
}

// replay is what a job was answered.
type replay struct {
	job    store.Job
	bodies *rapid.Generator[string]
	told   []said
}

// next draws an answer: a new one, an old one again, or none.
func (r *replay) next(t *rapid.T) said {
	answer := said{job: r.job}
	switch kind := rapid.IntRange(0, 9).Draw(t, "kind"); {
	case kind == 0:
		answer.failure = rapid.SampledFrom([]history.Outcome{history.OutcomeTimeout, history.OutcomeNotFound, history.OutcomeUpstreamError}).Draw(t, "failure")
	case kind <= 3 && len(r.told) > 0:
		answer = rapid.SampledFrom(r.told).Draw(t, "again")
	default:
		answer.body = r.bodies.Draw(t, "body")
	}
	return answer
}

// replay tells another job the same, each answer up to twice in a row,
// and wants the same snapshots.
func (f *feed) replay(t *rapid.T, r *replay, name string) string {
	job := f.register(t, r.job.From.Provider, name)[0]
	for _, answer := range r.told {
		answer.job = job
		for range rapid.IntRange(1, 2).Draw(t, "times") {
			f.round(t, answer)
		}
	}
	was, is := f.snapshots(t, r.job), f.snapshots(t, job)
	if was != is {
		t.Fatalf("a replay with repeats makes %d snapshots of %d", is, was)
	}
	return name
}

func (f *feed) snapshots(t *rapid.T, job store.Job) int {
	provider, err := source.Lookup(job.From.Provider)
	if err != nil {
		t.Fatal(err)
	}
	trail, err := f.store.Fold(t.Context(), job.ID, time.Time{}, provider.Interpret)
	if err != nil {
		t.Fatal(err)
	}
	return trail.SnapshotNo
}
