package ledger_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tracker/internal/ledger"
)

// byHandPrograms are of the GNU coreutils, with a shell.
var byHandPrograms = []string{"sh", "base64", "basenc", "cat", "cp", "cut", "mv", "sha256sum", "tr", "wc"}

var fenced = regexp.MustCompile("(?s)```(sh|)\n(.*?)```")

// docsByHand is what docs/audit.md says to run by hand, and what that prints.
func docsByHand(t *testing.T) (script, prints, text string) {
	t.Helper()
	read, err := os.ReadFile("../../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(read), "\n## By hand\n")
	if !found {
		t.Fatal("docs/audit.md says nothing of by hand")
	}
	blocks := map[string][]string{}
	for _, block := range fenced.FindAllStringSubmatch(text, -1) {
		blocks[block[1]] = append(blocks[block[1]], block[2])
	}
	return strings.Join(blocks["sh"], ""), strings.Join(blocks[""], ""), text
}

// TestDocsByHand runs what docs/audit.md says, where there are a shell and coreutils
// alone, and compares what it makes with what the log has.
func TestDocsByHand(t *testing.T) {
	t.Parallel()
	script, prints, _ := docsByHand(t)
	dir, bin := t.TempDir(), t.TempDir()
	for _, name := range byHandPrograms {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	shell := exec.CommandContext(t.Context(), "sh", "-e", "-c", script) //nolint:gosec // of the documentation
	shell.Dir, shell.Env = dir, []string{"PATH=" + bin}
	said, err := shell.CombinedOutput()
	if err != nil || string(said) != prints {
		t.Fatalf("with %v it says\n%s\nand not\n%s", err, said, prints)
	}
	first := time.Date(2026, 11, 28, 12, 0, 0, 123456000, time.UTC)
	day := ledger.NewJobDay("stores-eu", first.Truncate(24*time.Hour))
	day.Add(ledger.Poll{PolledAt: first, Outcome: "changed", SnapshotNo: 1, HTTPStatus: 200, Latency: 200 * time.Millisecond})
	day.Add(ledger.Poll{PolledAt: first.Add(5 * time.Minute), Outcome: "unchanged", SnapshotNo: 1, HTTPStatus: 200, Latency: 150 * time.Millisecond})
	day.Add(ledger.Poll{PolledAt: first.Add(10 * time.Minute), Outcome: "timeout", Latency: 15 * time.Second})
	target := map[string]string{"dataset_id": "8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0"}
	tree := ledger.Tree{}
	leaves := []ledger.Leaf{
		ledger.Change{
			EntryNo: 1, No: 1, At: time.Date(2026, 11, 28, 11, 59, 0, 0, time.UTC), Actor: "ann lee", Action: "register", Subject: "job stores-eu",
			After: json.RawMessage(`{"name": "stores-eu", "labels": {"team": "geo"}, "source": "woosmap-prod", "target": {"dataset_id": "8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0"}}`),
		},
		ledger.Snapshot{
			EntryNo: 2, Job: "stores-eu", Source: "woosmap-prod", Target: target, No: 1, PolledAt: first, ObservedAt: first.Add(200 * time.Millisecond),
			RunNo: 1, Status: "in_progress", State: "running", Interpretation: 1, SHA256: sha256.Sum256([]byte(`{"id":"832eb97f","status":"in_progress","steps":[]}`)),
		},
		ledger.Day{EntryNo: 3, Day: first.Truncate(24 * time.Hour), Jobs: 1, Polls: 3, Root: ledger.HashOf(day)},
	}
	var hashes []ledger.Hash
	for i, leaf := range leaves {
		made, err := os.ReadFile(filepath.Join(dir, []string{"leaf-1", "leaf-2", "leaf-3"}[i]))
		if err != nil || !bytes.Equal(made, leaf.Text()) {
			t.Errorf("%v: by hand\n%s\nin the log\n%s", err, made, leaf.Text())
		}
		hashes = append(hashes, ledger.HashOf(leaf))
	}
	if tree, _, err = ledger.Append(tree, tiles{}.read, hashes); err != nil {
		t.Fatal(err)
	}
	checkpoint, err := ledger.NewCheckpoint("audit.example.com/tracker", tree, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := hex.EncodeToString(tree.Root[:]) + "\n" + strings.TrimSuffix(checkpoint.Note, "\n"); string(said) != want {
		t.Errorf("by hand\n%s\nin the log\n%s", said, want)
	}
}

// TestDocsNameTheLines of each kind of leaf, in their order.
func TestDocsNameTheLines(t *testing.T) {
	t.Parallel()
	_, _, text := docsByHand(t)
	for kind, leaf := range map[string]ledger.Leaf{
		"`snapshot`": ledger.Snapshot{}, "`gap`": ledger.Gap{}, "`change`": ledger.Change{}, "`act`": ledger.Act{}, "`polls`": ledger.Day{}, "of a job in a day": jobDay(),
	} {
		var names []string
		for line := range strings.Lines(string(leaf.Text())) {
			name, _, _ := strings.Cut(line, " ")
			names = append(names, name)
		}
		if row := "| " + kind + " | `" + strings.Join(names, " ") + "` |\n"; !strings.Contains(text, row) {
			t.Errorf("docs/audit.md lacks\n%s", row)
		}
	}
}
