package evidence_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"tracker/internal/evidence"
	"tracker/internal/history"
	"tracker/internal/ledger"
)

// TestVerifyFindsFirstAnswersLeftOut: before the first answer of a job there is none of
// another run; of later runs a pack says what is not in it.
func TestVerifyFindsFirstAnswersLeftOut(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	job := l.follow("stores-eu", run("r1", "in_progress", step("fetch", "in_progress", "")), run("r1", "in_progress", step("fetch", "success", "")), run("r1", "failed", ""),
		run("r2", "success", ""))
	l.seal()
	members := unpack(t, l.mustExport(evidence.Request{Job: job, RunNo: 1}))
	for _, place := range []history.Place{{SnapshotNo: 2}, {SnapshotNo: 2, RunNo: 1, TransitionNo: 3, Head: "r1", Shape: history.Shape{}, Runs: []history.RunName{{No: 7, ID: "r7"}}}} {
		if err := verifyError(t, l, packUp(t, withoutFirst(t, members, 2, place))); err == nil || !strings.Contains(err.Error(), "snapshot 3 of") || !strings.Contains(err.Error(), "are told to be of a run that is") {
			t.Errorf("without the first answers it says %v", err)
		}
	}
	verified, err := evidence.Verify(t.Context(), l.mustExport(evidence.Request{Job: job, RunNo: 2}), &l.key.Verifier)
	if want := []string{"snapshots 1 to 3 are not in the pack, which tells that they are of other runs"}; err != nil || !slices.Equal(verified.Notes, want) {
		t.Errorf("of run 2 it notes %q, %v", verified.Notes, err)
	}
}

// withoutFirst leaves so many answers out of a pack, and says that they are of another run.
func withoutFirst(t *testing.T, members []member, left int, place history.Place) (altered []member) {
	t.Helper()
	at := slices.IndexFunc(members, func(m member) bool { return m.name == "run.json" })
	var d evidence.Document
	if err := json.Unmarshal(members[at].content, &d); err != nil {
		t.Fatal(err)
	}
	gone := map[string]bool{}
	for _, s := range d.Snapshots[:left] {
		gone[*s.Body], gone[s.Leaf], gone[s.Proof] = true, true, true
	}
	d.Snapshots = d.Snapshots[left:]
	d.Snapshots[0].Passed = &place
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range members {
		if i == at {
			m.content = text
		}
		if !gone[m.name] {
			altered = append(altered, m)
		}
	}
	return altered
}

// TestVerifyAgainstPublished: the checkpoint of a pack is one of those that were published.
func TestVerifyAgainstPublished(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	job := l.follow("stores-eu", run("r1", "failed", ""))
	l.seal()
	path := l.mustExport(evidence.Request{Job: job})
	at := slices.IndexFunc(unpack(t, path), func(m member) bool { return m.name == "checkpoint.txt" })
	own, err := ledger.ParseCheckpoint(string(unpack(t, path)[at].content))
	if err != nil {
		t.Fatal(err)
	}
	shorter, anew, other := own, own, own
	shorter.Size--
	anew.Root[0]++
	other.Origin = "audit.example.com/other"
	for name, test := range map[string]struct {
		published []ledger.Checkpoint
		want      string
	}{
		"Published":       {[]ledger.Checkpoint{shorter, own}, ""},
		"AmongOthers":     {[]ledger.Checkpoint{anew, own}, ""},
		"NotPublished":    {[]ledger.Checkpoint{shorter}, "none of that size was published"},
		"WrittenAnew":     {[]ledger.Checkpoint{shorter, anew}, "that was written anew"},
		"OfAnotherOrigin": {[]ledger.Checkpoint{other}, "of the log \"audit.example.com/other\" that was published"},
	} {
		verified, err := evidence.Verify(t.Context(), path, &l.key.Verifier, test.published...)
		if test.want == "" && (err != nil || verified.Published != len(test.published)) || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %+v, %v", name, verified.Published, err)
		}
		if wrong := errors.As(err, new(*evidence.WrongError)); err != nil && wrong == errors.Is(err, evidence.ErrNotCompared) {
			t.Errorf("%s: wrong %t, %v", name, wrong, err)
		}
	}
}
