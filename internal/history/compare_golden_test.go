package history_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tracker/internal/history"
)

var update = flag.Bool("update", false, "rewrite testdata/compare/*/want.json")

// TestCompareStories tells whole stories: what each poll of a job was answered
// (answers.json) and what that adds to its history (want.json).
func TestCompareStories(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/compare/*")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, dir := range cases {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			got := tell(t, filepath.Join(dir, "answers.json"))
			path := filepath.Join(dir, "want.json")
			if *update {
				if err := os.WriteFile(path, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "history", string(got), string(want))
		})
	}
}

// storyPoll is a poll in answers.json. One without an answer saw the same again.
type storyPoll struct {
	PolledAt   time.Time    `json:"polled_at"`
	ObservedAt time.Time    `json:"observed_at"`
	Answer     *storyAnswer `json:"answer"`
}

type storyAnswer struct {
	RunID        string      `json:"run_id"`
	Status       string      `json:"status"`
	Steps        []storyStep `json:"steps"` // absent: observed
	ErrorSummary *string     `json:"error_summary"`
	ResultCount  *int64      `json:"result_count"`
}

type storyStep struct {
	Name    string `json:"name"`
	Status  string `json:"status"`
	Start   string `json:"start"`
	End     string `json:"end"`
	Entries []struct {
		CreatedAt string `json:"created_at"`
		Level     string `json:"level"`
		Detail    string `json:"detail"`
	} `json:"entries"`
}

func (a storyAnswer) answer() history.Answer {
	if a.Steps == nil {
		said := safetykit(a.RunID, a.Status)
		said.ErrorSummary, said.Results.Count = a.ErrorSummary, a.ResultCount
		return said
	}
	said := woosmap(a.RunID, a.Status)
	for _, k := range a.Steps {
		step := history.ReportedStep{Name: k.Name, Status: k.Status, State: stateOf(k.Status), Start: history.ParseTime(k.Start), End: history.ParseTime(k.End)}
		for _, e := range k.Entries {
			step.Entries = append(step.Entries, history.ReportedEntry{Created: history.ParseTime(e.CreatedAt), Level: e.Level, Detail: e.Detail})
		}
		said.Steps = append(said.Steps, step)
	}
	return said
}

// tell feeds a story to Compare and shows what each snapshot adds.
func tell(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var polls []storyPoll
	if err := json.Unmarshal(text, &polls); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	known, notBefore := history.NewKnown(), time.Time{}
	snapshots := []shownSnapshot{}
	for _, poll := range polls {
		if poll.Answer != nil {
			change := history.Compare(known, poll.Answer.answer(), history.Bounds{NotBefore: notBefore, ObservedAt: poll.ObservedAt})
			known.Apply(change)
			snapshots = append(snapshots, show(change))
		}
		notBefore = poll.PolledAt
	}
	var shown bytes.Buffer
	enc := json.NewEncoder(&shown)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(snapshots); err != nil {
		t.Fatal(err)
	}
	return shown.Bytes()
}

type shownSnapshot struct {
	Snapshot    int               `json:"snapshot"`
	Run         int               `json:"run"`
	Transitions []shownTransition `json:"transitions,omitempty"`
	Anomalies   []shownAnomaly    `json:"anomalies,omitempty"`
	Entries     []string          `json:"entries,omitempty"`
}

type shownTransition struct {
	No         int       `json:"no"`
	What       string    `json:"what"`
	HappenedAt time.Time `json:"happened_at,omitzero"`
	NotBefore  time.Time `json:"not_before,omitzero"`
	ObservedAt time.Time `json:"observed_at"`
}

type shownAnomaly struct {
	No   int    `json:"no"`
	What string `json:"what"`
	Was  any    `json:"was"`
	Now  any    `json:"now"`
}

func show(change history.Change) shownSnapshot {
	shown := shownSnapshot{Snapshot: change.SnapshotNo, Run: change.RunNo, Entries: entriesOf(change)}
	lines := transitionsOf(change)
	for i, tr := range change.Transitions {
		shown.Transitions = append(shown.Transitions, shownTransition{tr.No, lines[i], tr.HappenedAt, tr.Seen.NotBefore, tr.Seen.ObservedAt})
	}
	lines = anomaliesOf(change)
	for i, a := range change.Anomalies {
		shown.Anomalies = append(shown.Anomalies, shownAnomaly{a.No, lines[i], a.Was, a.Now})
	}
	return shown
}
