package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

// TestLogText shows the log of some of the histories.
func TestLogText(t *testing.T) {
	t.Parallel()
	for name, level := range map[string]string{"hostile_text": "info", "withdrawn_entries": "error", "observed_failed": "info", "never_polled": "info"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := readCase(t, "testdata/history/"+name+".json").view(t)
			entries := words.LogAt(level, v.LogEntries)
			checkScreens(t, "testdata/log/"+name, func(s terminal.Screen) string { return logText(v.History, entries, level, v.Clock, s) })
		})
	}
}

func TestSnapshotText(t *testing.T) {
	t.Parallel()
	c := readCase(t, "testdata/history/failed_import.json")
	was, now := snapshotCase(c, 3), snapshotCase(c, 5)
	hostile := was
	hostile.Body = []byte("{\"\x7f\": \"\u009b2J \u202e \xff\", \"list\": [], \"text\": \"" + strings.Repeat("long ", 40) + "\"}")
	checkScreens(t, "testdata/snapshot/body", func(s terminal.Screen) string { return snapshotText(hostile, c.clock(), s) })

	diff, err := words.DiffSnapshots(was, now)
	if err != nil {
		t.Fatal(err)
	}
	checkScreens(t, "testdata/snapshot/diff", func(s terminal.Screen) string { return snapshotDiffText(diff, was, now, c.clock(), s) })
	diff.Changes = nil
	checkScreens(t, "testdata/snapshot/same_values", func(s terminal.Screen) string { return snapshotDiffText(diff, was, now, c.clock(), s) })
}

// snapshotCase is the row of the answer to a poll of a case.
func snapshotCase(c historyCase, poll int) store.SnapshotRow {
	p := c.Polls[poll]
	observed := p.At.Add(answerTime)
	return store.SnapshotRow{Body: p.Body, SnapshotHead: store.SnapshotHead{
		Job: goldenJob, SnapshotNo: int32(poll + 1), RunNo: 1, ObservedAt: observed, NotBefore: &c.Polls[poll-1].At, ConfirmedAt: p.At, Polls: int64(max(1, p.Times)),
		Status: "in_progress", State: "running", SHA256: []byte("0123456789abcdefghijklmnopqrstuv"), Size: new(int64(len(p.Body))),
	}}
}

func (c historyCase) clock() words.Clock { return words.Clock{ReadAt: c.Now} }

func readCase(t *testing.T, file string) historyCase {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var c historyCase
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// checkScreens compares a screen in several widths with those kept, and checks
// what holds of every screen.
func checkScreens(t *testing.T, file string, show func(terminal.Screen) string) {
	t.Helper()
	for _, width := range goldenWidths {
		got := show(terminal.Screen{Width: width})
		checkWidth(t, got, width)
		if strings.ContainsFunc(got, func(r rune) bool { return r != '\n' && unicode.IsControl(r) }) {
			t.Errorf("%d columns: a control character in %q", width, got)
		}
		golden(t, fmt.Sprintf("%s.%d.txt", file, width), got)
		if colored := show(terminal.Screen{Width: width, Color: true}); withoutColor(colored) != got {
			t.Errorf("%d columns: colours change more than the colour", width)
		}
	}
	if strings.Contains(show(terminal.Screen{}), "\x1b") {
		t.Error("an escape sequence in a pipe")
	}
}
