package cli

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"tracker/internal/history"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// goldenWidths are those of the terminals that the screens are tried on.
var goldenWidths = []int{60, 100, 160}

// historyCase is a job whose polls are played through a provider.
type historyCase struct {
	Now          time.Time       `json:"now"`
	Source       string          `json:"source"`
	Provider     string          `json:"provider"`
	Target       json.RawMessage `json:"target"`
	Labels       json.RawMessage `json:"labels"`
	Tracking     string          `json:"tracking"`
	PausedReason *string         `json:"paused_reason"`
	SourcePaused *string         `json:"source_paused"`
	NextPollAt   *time.Time      `json:"next_poll_at"`
	Run          int             `json:"run"`
	AsOf         *time.Time      `json:"as_of"`
	KnownAt      *time.Time      `json:"known_at"`
	Polls        []pollCase      `json:"polls"`

	Changes []store.ChangeRow `json:"changes"`
}

// pollCase is a poll and, where it repeats, more like it.
type pollCase struct {
	At      time.Time       `json:"at"`
	Outcome history.Outcome `json:"outcome"` // default: an answer
	Times   int             `json:"times"`   // default: 1
	Seconds int             `json:"seconds"` // between them
	Body    json.RawMessage `json:"body"`
}

const (
	goldenJob  = "stores-eu"
	answerTime = 300 * time.Millisecond // between a poll and its answer
)

// view is what the history command would show of the case.
func (c historyCase) view(t *testing.T) words.History {
	t.Helper()
	provider, err := source.Lookup(c.Provider)
	if err != nil {
		t.Fatal(err)
	}
	v := tracking.Knowledge{Now: c.Now, RunNo: c.Run, SourcePaused: c.SourcePaused, AsOf: store.OrZero(c.AsOf), KnownAt: store.OrZero(c.KnownAt)}
	job := store.JobRow{
		Job: goldenJob, Source: c.Source, Provider: c.Provider, Target: c.Target, Labels: c.Labels, Tracking: c.Tracking,
		PausedReason: c.PausedReason, NextPollAt: c.NextPollAt,
	}
	trail := history.NewTrail()
	var polled store.PollSummaryRow
	var head string
	for _, poll := range c.Polls {
		for i := range max(1, poll.Times) {
			at := poll.At.Add(time.Duration(i*poll.Seconds) * time.Second)
			if v.FirstPollAt.IsZero() {
				v.FirstPollAt = at
			}
			if v.Past() && at.Add(answerTime).After(v.KnownAt) {
				continue
			}
			polled.Polls++
			if polled.FirstAt == nil {
				polled.FirstAt = &at
			}
			polled.LastAt, job.LastPolledAt, job.LastOutcome = &at, &at, new(string(poll.Outcome))
			if poll.Outcome != "" {
				polled.Failed++
				job.Failures++
				continue
			}
			if body := string(poll.Body); body != head {
				said, err := provider.Interpret(poll.Body)
				if err != nil {
					t.Fatal(err)
				}
				trail.Add(said, history.Bounds{NotBefore: v.AnsweredAt, ObservedAt: at.Add(answerTime)})
				head = body
			}
			job.Failures, v.AnsweredAt = 0, at
		}
	}
	v.History, err = store.TrailHistory(job, trail)
	if err != nil {
		t.Fatal(err)
	}
	if v.Past() {
		v.History = v.History.AsOf(v.AsOf)
	}
	v.History = v.Select(store.HistoryParams{RunNo: c.Run, Most: 10})
	v.Polled, v.Changes = polled, c.Changes
	return words.NewHistory(v)
}

func TestHistoryText(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/history/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkGolden(t, strings.TrimSuffix(file, ".json"), readCase(t, file).view(t))
		})
	}
}

// What decides that a run is stalled is told with it, and where it is not, nothing.
func TestHistoryText_Stalled(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pace    store.Pace
		stalled bool
		want    string
	}{
		"Declared":      {store.Pace{StallAfter: 20 * time.Second, Usual: time.Hour, Median: time.Hour}, true, "so far, stalled after 20 s"},
		"Usual":         {store.Pace{Usual: 8 * time.Second, Median: 4 * time.Second}, true, "so far, stalled: usually 4 s"},
		"NoneSucceeded": {store.Pace{Usual: 8 * time.Second}, true, "so far, stalled: nearly all took up to 8 s"},
		"NotYet":        {store.Pace{StallAfter: time.Hour, Usual: time.Second, Median: time.Second}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read := readCase(t, "testdata/history/running.json")
			v := read.view(t)
			v.Pace, v.Runs[0].Stalled = c.pace, &c.stalled
			text := historyText(v, terminal.Screen{})
			if got := strings.Contains(text, "stalled"); got != (c.want != "") || !strings.Contains(text, c.want) {
				t.Errorf("no %q in\n%s", c.want, text)
			}
		})
	}
}

func TestHistoryText_HundredRuns(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 8, 1, 3, 0, 0, 0, time.UTC)
	c := historyCase{
		Now: begin.AddDate(0, 0, 100), Source: "woosmap-prod", Provider: "woosmap", Tracking: "active",
		Target: json.RawMessage(`{"dataset_id": "8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0"}`),
	}
	for i := range 100 {
		start := begin.AddDate(0, 0, i)
		body := fmt.Sprintf(`{"id": "run-%03d", "status": "success", "steps": [{"name": "import", "start": %q, "end": %q, "status": "success", "entries": []}]}`,
			i, start.Format(time.RFC3339), start.Add(time.Duration(30+i)*time.Second).Format(time.RFC3339))
		c.Polls = append(c.Polls, pollCase{At: start.Add(5 * time.Minute), Times: 200, Seconds: 300, Body: json.RawMessage(body)})
	}
	checkGolden(t, "testdata/history/hundred_runs", c.view(t))
}

// A run of thousands of steps has no row of thousands of columns, not even in a
// pipe; those that did not succeed stand in it.
func TestHistoryText_ManySteps(t *testing.T) {
	t.Parallel()
	const steps = 5000
	start := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	var said []string
	for i := range steps {
		status, at := "success", start.Add(time.Duration(i)*time.Second)
		if i == 4320 {
			status = "failed"
		}
		said = append(said, fmt.Sprintf(`{"name": "part-%04d", "start": %q, "end": %q, "status": %q, "entries": []}`,
			i+1, at.Format(time.RFC3339), at.Add(time.Second).Format(time.RFC3339), status))
	}
	v := historyCase{
		Now: start.Add(2 * time.Hour), Source: "woosmap-prod", Provider: "woosmap", Tracking: "active", Target: json.RawMessage(`{"dataset_id": "x"}`),
		Polls: []pollCase{{At: start.Add(90 * time.Minute), Body: json.RawMessage(`{"id": "run-1", "status": "failed", "steps": [` + strings.Join(said, ",") + `]}`)}},
	}.view(t)
	piped := historyText(v, terminal.Screen{})
	checkWidth(t, piped, 300)
	for _, want := range []string{"part-0001 1 s · part-0002 1 s", "part-0009 1 s · part-4321 ✖ 1 s · … 4,990 more\n"} {
		if !strings.Contains(piped, want) {
			t.Errorf("no %q in\n%s", want, strings.Join(strings.SplitAfter(piped, "\n")[:8], ""))
		}
	}
	if n := len(v.Steps); n != steps {
		t.Errorf("json has %d steps", n)
	}
}

// checkGolden checks the screens of a view, and that a pipe gets all of it.
func checkGolden(t *testing.T, file string, v words.History) {
	t.Helper()
	show := func(s terminal.Screen) string { return historyText(v, s) }
	checkScreens(t, file, show)
	piped := show(terminal.Screen{})
	for _, e := range v.LogEntries {
		if e.RunNo == v.Detailed().RunNo && e.Level != "info" && !strings.Contains(piped, terminal.OneLine(e.Detail)) {
			t.Errorf("in a pipe, this is truncated: %s", e.Detail)
		}
	}
}

func checkWidth(t *testing.T, screen string, width int) {
	t.Helper()
	for line := range strings.Lines(screen) {
		if n := text.StringWidthWithoutEscSequences(strings.TrimSuffix(line, "\n")); n > width {
			t.Errorf("%d of %d columns: %s", n, width, line)
		}
	}
}

// withoutColor takes away what render adds.
func withoutColor(text string) string {
	for _, look := range []terminal.Style{"0", terminal.StyleBold, terminal.StyleFaint, terminal.StyleRed, terminal.StyleGreen, terminal.StyleYellow, terminal.StyleBlue, terminal.StyleMagenta} {
		text = strings.ReplaceAll(text, "\x1b["+string(look)+"m", "")
	}
	return text
}

// golden compares with a file, or writes it.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
		line := 0
		for line < min(len(gotLines), len(wantLines))-1 && gotLines[line] == wantLines[line] {
			line++
		}
		t.Errorf("%s differs in line %d (go test ./internal/cli -update rewrites it); now:\n%s", file, line+1, got)
	}
}
