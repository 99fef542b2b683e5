package history_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tracker/internal/history"
)

// TestCompareInvariants feeds arbitrary answers, made of few words so that
// they collide often, and checks the whole history after each of them.
func TestCompareInvariants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, compareInvariants)
}

// FuzzCompareInvariants looks for answers that rapid's own search has missed.
func FuzzCompareInvariants(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(compareInvariants))
}

func compareInvariants(t *rapid.T) {
	answers := rapid.SampledFrom([]func() *rapid.Generator[history.Answer]{reportedAnswers, observedAnswers}).Draw(t, "provider")()
	s := feed()
	for range rapid.IntRange(1, 8).Draw(t, "length") {
		if rapid.Bool().Draw(t, "confirmed") && s.answered > 0 {
			s.confirm()
		}
		said := answers.Draw(t, "answer")
		checkPure(t, s, said)
		change := s.poll(said)
		checkNumbers(t, s.changes)
		checkChains(t, s)
		checkEnds(t, s.known)
		checkCounts(t, s.known)
		checkSays(t, s.known, said)
		checkAnomalyPlaces(t, change)
		checkRepeat(t, s, said)
	}
}

// checkPure: Compare changes neither of its arguments and gives the same
// Change again, also where only the head's run and that of the answer are known.
func checkPure(t *rapid.T, s *story, said history.Answer) {
	seen := history.Bounds{NotBefore: polled(max(s.answered, 1)), ObservedAt: observed(s.polls + 1)}
	known, asked := copyKnown(s.known), copyAnswer(said)
	change := history.Compare(s.known, said, seen)
	same(t, "known after Compare", s.known, known)
	same(t, "said after Compare", said, asked)
	same(t, "Compare again", history.Compare(known, asked, seen), change)

	returning := known.Runs[said.RunID]
	known.KeepHead()
	if returning != nil {
		known.Runs[said.RunID] = returning
	}
	same(t, "Compare knowing the head alone", history.Compare(known, said, seen), change)
}

// checkNumbers: everything counts from 1 without holes within its scope.
func checkNumbers(t *rapid.T, changes []history.Change) {
	counts := map[string]int{}
	count := func(scope string, no int) {
		if counts[scope]++; no != counts[scope] {
			t.Fatalf("%s: number %d comes after %d", scope, no, counts[scope]-1)
		}
	}
	seen := map[string]bool{}
	for i, change := range changes {
		if change.SnapshotNo != i+1 {
			t.Fatalf("snapshot %d has number %d", i+1, change.SnapshotNo)
		}
		for _, run := range change.Runs {
			if scope := place(run.No, 0); !seen[scope] {
				seen[scope] = true
				count("runs", run.No)
			}
		}
		for _, row := range change.Steps {
			if scope := place(row.RunNo, row.No); !seen[scope] {
				seen[scope] = true
				count("steps of "+place(row.RunNo, 0), row.No)
			}
		}
		for _, row := range change.Entries {
			if row.New {
				count("entries of "+place(row.RunNo, row.StepNo), row.No)
			}
		}
		for _, row := range change.Transitions {
			count("transitions", row.No)
		}
		for _, row := range change.Anomalies {
			count("anomalies", row.No)
		}
	}
}

// checkChains: the transitions of a run or a step follow on from each other,
// from none to what it is now, and their bounds are in order.
func checkChains(t *rapid.T, s *story) {
	type end = [2]string // state and status
	ends := map[string]end{}
	for i, change := range s.changes {
		if told := slices.IndexFunc(change.Transitions, func(tr history.Transition) bool { return tr.RunNo == change.RunNo && tr.StepNo == 0 }); told < 0 && (i == 0 || s.changes[i-1].RunNo != change.RunNo) {
			t.Fatalf("snapshot %d tells of run %d again, without a transition of it", change.SnapshotNo, change.RunNo)
		}
		for _, tr := range change.Transitions {
			scope := place(tr.RunNo, tr.StepNo)
			from, to := end{string(tr.FromState), tr.FromStatus}, end{string(tr.ToState), tr.ToStatus}
			returned := change.Transitions[len(change.Transitions)-1] == tr && i > 0 && s.changes[i-1].RunNo != tr.RunNo
			if from != ends[scope] || from == to && !returned {
				t.Fatalf("%s: transition %d leads from %v to %v, after %v", scope, tr.No, from, to, ends[scope])
			}
			if !tr.Seen.NotBefore.Before(tr.Seen.ObservedAt) || tr.Seen.NotBefore.IsZero() != (change.SnapshotNo == 1) {
				t.Fatalf("%s: transition %d of snapshot %d has bounds %v", scope, tr.No, change.SnapshotNo, tr.Seen)
			}
			ends[scope] = to
		}
	}
	for _, run := range s.known.Runs {
		same(t, place(run.No, 0), end{string(run.State), run.Status}, ends[place(run.No, 0)])
		for _, step := range run.Steps {
			same(t, place(run.No, step.No), end{string(step.State), step.Status}, ends[place(run.No, step.No)])
		}
	}
}

// checkEnds: what is terminal, and only that, was seen to end; only the head's run may go on.
func checkEnds(t *rapid.T, known *history.Known) {
	for id, run := range known.Runs {
		if run.State.Terminal() == (run.EndSeen == history.Bounds{}) {
			t.Fatalf("run %d is %s, its end was seen at %v", run.No, run.State, run.EndSeen)
		}
		if !run.State.Terminal() && !run.End.IsZero() {
			t.Fatalf("run %d is %s, its end is %v", run.No, run.State, run.End)
		}
		if id != known.Head && !run.State.Terminal() && run.State != history.StateUnknown {
			t.Fatalf("run %d is %s, but the head is another", run.No, run.State)
		}
		for _, step := range run.Steps {
			if step.State.Terminal() == (step.EndSeen == history.Bounds{}) {
				t.Fatalf("%s is %s, its end was seen at %v", place(run.No, step.No), step.State, step.EndSeen)
			}
		}
	}
}

// checkCounts: a run counts its steps that are listed, and its warnings and errors that are not withdrawn.
func checkCounts(t *rapid.T, known *history.Known) {
	for _, run := range known.Runs {
		levels, listed := map[string]int{}, 0
		for _, step := range run.Steps {
			if step.VanishedAt.IsZero() {
				listed++
			}
			for _, e := range step.Entries {
				if e.WithdrawnAt.IsZero() {
					levels[e.Level]++
				}
				if e.WithdrawnAt.IsZero() && !step.VanishedAt.IsZero() {
					t.Fatalf("run %d: entry %d of step %d is listed, but the step is not", run.No, e.No, step.No)
				}
			}
		}
		if run.StepCount != listed {
			t.Fatalf("run %d counts %d steps, %d are listed", run.No, run.StepCount, listed)
		}
		if run.Warnings != levels["warning"] || run.Errors != levels["error"] {
			t.Fatalf("run %d counts %d warnings and %d errors, it has %v", run.No, run.Warnings, run.Errors, levels)
		}
	}
}

// checkSays: the head's run is what the answer says, as if it were the first.
func checkSays(t *rapid.T, known *history.Known, said history.Answer) {
	head := known.HeadRun()
	same(t, "run", []string{head.ID, head.Status, string(head.State)}, []string{said.RunID, said.Status, string(said.State)})
	if said.StepsObserved {
		checkObserved(t, head, said)
		return
	}
	var got, want []string
	for _, k := range head.Steps {
		if !k.VanishedAt.IsZero() {
			continue
		}
		var entries []string
		for _, e := range k.Entries {
			if e.WithdrawnAt.IsZero() {
				entries = append(entries, line(e.Created.Raw, e.Level, e.Detail))
			}
		}
		slices.Sort(entries)
		got = append(got, line(k.Name, k.Status, string(k.State), k.Start.Raw, k.End.Raw, line(entries...)))
	}
	for _, k := range said.Steps {
		var entries []string
		for _, e := range k.Entries {
			entries = append(entries, line(e.Created.Raw, e.Level, e.Detail))
		}
		slices.Sort(entries)
		want = append(want, line(k.Name, k.Status, string(k.State), k.Start.Raw, k.End.Raw, line(entries...)))
	}
	slices.Sort(got)
	slices.Sort(want)
	same(t, "steps that are listed", got, want)
}

// checkObserved: one step lasts, named by the status, until the status is terminal.
func checkObserved(t *rapid.T, head *history.Run, said history.Answer) {
	var open, want []string
	for _, k := range head.Steps {
		if !k.State.Terminal() {
			open = append(open, line(k.Name, k.Status, string(k.State)))
		}
	}
	if !said.State.Terminal() {
		want = []string{line(said.Status, said.Status, string(said.State))}
	}
	same(t, "steps that last", open, want)
}

// checkAnomalyPlaces: one row per kind, step, run and snapshot.
func checkAnomalyPlaces(t *rapid.T, change history.Change) {
	rows := map[string]bool{}
	for _, a := range change.Anomalies {
		key := place(a.RunNo, a.StepNo) + string(a.Kind)
		if rows[key] || a.Count < 1 {
			t.Fatalf("anomaly %+v is one of two or counts nothing", a)
		}
		rows[key] = true
	}
}

// checkRepeat: the same answer again adds nothing.
func checkRepeat(t *rapid.T, s *story, said history.Answer) {
	again := &story{known: copyKnown(s.known), polls: s.polls, answered: s.answered}
	for range 2 {
		change := again.poll(said)
		if len(change.Transitions)+len(change.Anomalies)+len(change.Steps)+len(change.Entries)+len(change.Runs) != 1 {
			t.Fatalf("the same answer again adds %+v", change)
		}
	}
	for id, run := range again.known.Runs {
		run.LastChangedAt = s.known.Runs[id].LastChangedAt
	}
	same(t, "runs after the same answer again", again.known.Runs, s.known.Runs)
}

func line(parts ...string) string { return strings.Join(parts, " | ") }

func same(t *rapid.T, what string, got, want any) {
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

// copyKnown and copyAnswer copy all that Compare could reach.
func copyKnown(k *history.Known) *history.Known {
	known := *k
	known.Runs = map[string]*history.Run{}
	for id, r := range k.Runs {
		run := *r
		run.UnknownWords = slices.Clone(r.UnknownWords)
		run.Shape = copyShape(r.Shape)
		run.Steps = slices.Clone(r.Steps)
		for i := range run.Steps {
			run.Steps[i].Entries = slices.Clone(run.Steps[i].Entries)
		}
		known.Runs[id] = &run
	}
	return &known
}

func copyAnswer(a history.Answer) history.Answer {
	a.Order = slices.Clone(a.Order)
	a.Shape = copyShape(a.Shape)
	a.Steps = slices.Clone(a.Steps)
	for i := range a.Steps {
		a.Steps[i].Entries = slices.Clone(a.Steps[i].Entries)
	}
	return a
}

func copyShape(shape history.Shape) history.Shape {
	if shape == nil {
		return nil
	}
	copied := history.Shape{}
	for object, keys := range shape {
		copied[object] = slices.Clone(keys)
	}
	return copied
}
