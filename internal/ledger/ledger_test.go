package ledger_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"tracker/internal/ledger"
)

var noon = time.Date(2026, 11, 28, 12, 0, 0, 123456000, time.UTC)

// TestLeafTexts are as docs/audit.md has them.
func TestLeafTexts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		leaf ledger.Leaf
		want string
	}{
		{ledger.Snapshot{
			EntryNo: 7, Job: "stores-eu", Source: "woosmap-prod", Target: map[string]string{"b": "<2>", "a": "1"}, No: 2,
			PolledAt: noon, ObservedAt: noon.Add(time.Second), NotBefore: noon.Add(-time.Minute), PreviousPolls: 3, RunNo: 1,
			Status: "in\nprogress", State: "unknown", Interpretation: 2, SHA256: sha256.Sum256([]byte("body")),
		}, `entry 7
kind snapshot
job stores-eu
source woosmap-prod
target {"a":"1","b":"<2>"}
snapshot 2
polled_at 2026-11-28T12:00:00.123456Z
observed_at 2026-11-28T12:00:01.123456Z
not_before 2026-11-28T11:59:00.123456Z
previous_polls 3
run 1
status "in\nprogress"
state unknown
interpretation 2
sha256 230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5
`},
		{ledger.Gap{EntryNo: 8, Job: "stores-eu", No: 1, From: noon, To: noon.Add(time.Hour), Reason: "timeout"}, `entry 8
kind gap
job stores-eu
gap 1
from 2026-11-28T12:00:00.123456Z
to 2026-11-28T13:00:00.123456Z
reason timeout
`},
		{ledger.Change{EntryNo: 9, No: 4, At: noon, Actor: "ann lee", Action: "change", Subject: "job stores-eu", Before: json.RawMessage(`{"b": 1, "a": {"d": "x", "c": 1e400000}}`)}, `entry 9
kind change
change 4
at 2026-11-28T12:00:00.123456Z
actor "ann lee"
action change
subject job stores-eu
before {"a":{"c":1e400000,"d":"x"},"b":1}
after -
`},
		{ledger.Act{EntryNo: 10, No: 2, At: noon, Actor: "tracker", Kind: "retention", What: "polls", From: noon, To: noon, Rows: 12, KeptFor: time.Hour}, `entry 10
kind act
act 2
at 2026-11-28T12:00:00.123456Z
actor "tracker"
what retention of polls
job -
run -
snapshot -
from 2026-11-28T12:00:00.123456Z
to 2026-11-28T12:00:00.123456Z
rows 12
kept_for_seconds 3600
reason -
interpretation -
`},
		{ledger.Act{
			EntryNo: 12, No: 3, At: noon, Actor: "ann", Kind: "erasure", What: "bodies", Job: "stores-eu", RunNo: 2, SnapshotNo: 7, From: noon, To: noon, Rows: 1,
			Reason: "a name\nand <address>", Interpretation: 2,
		}, `entry 12
kind act
act 3
at 2026-11-28T12:00:00.123456Z
actor "ann"
what erasure of bodies
job stores-eu
run 2
snapshot 7
from 2026-11-28T12:00:00.123456Z
to 2026-11-28T12:00:00.123456Z
rows 1
kept_for_seconds -
reason "a name\nand <address>"
interpretation 2
`},
		{ledger.Day{EntryNo: 11, Day: noon.Truncate(24 * time.Hour), Jobs: 1, Polls: 2}, `entry 11
kind polls
day 2026-11-28
jobs 1
polls 2
root 0000000000000000000000000000000000000000000000000000000000000000
`},
		{jobDay(), `job stores-eu
day 2026-11-28
polls 2
outcomes timeout=1 unchanged=1
digest ` + fmt.Sprintf("%x", sha256.Sum256([]byte("2026-11-28T12:00:00.123456Z unchanged 3 200 1500\n2026-11-28T12:01:00.123456Z timeout 0 0 15000000\n"))) + "\n"},
	} {
		if got := string(c.leaf.Text()); got != c.want {
			t.Errorf("got\n%swant\n%s", got, c.want)
		}
	}
}

func jobDay() *ledger.JobDay {
	d := ledger.NewJobDay("stores-eu", noon.Truncate(24*time.Hour))
	d.Add(ledger.Poll{PolledAt: noon, Outcome: "unchanged", SnapshotNo: 3, HTTPStatus: 200, Latency: 1500 * time.Microsecond})
	d.Add(ledger.Poll{PolledAt: noon.Add(time.Minute), Outcome: "timeout", Latency: 15 * time.Second})
	return d
}

// TestHashOfALeafByHand takes what every system has.
func TestHashOfALeafByHand(t *testing.T) {
	t.Parallel()
	leaf := jobDay()
	byHand := exec.CommandContext(t.Context(), "sh", "-c", `{ printf '\000'; cat; } | sha256sum | cut -d' ' -f1`)
	byHand.Stdin = strings.NewReader(string(leaf.Text()))
	out, err := byHand.Output()
	if err != nil {
		t.Fatal(err)
	}
	hash := ledger.HashOf(leaf)
	if got := fmt.Sprintf("%x\n", hash[:]); got != string(out) {
		t.Errorf("the hash is %s, by hand %s", got, out)
	}
}

// tiles are kept as a database keeps them.
type tiles map[[2]int64][]byte

func (s tiles) read(level int, no int64, _ int) ([]byte, error) {
	return s[[2]int64{int64(level), no}], nil
}

func (s tiles) write(all []ledger.Tile) {
	for _, tile := range all {
		s[[2]int64{int64(tile.Level), tile.No}] = tile.Hashes
	}
}

func leafHash(n int) ledger.Hash { return tlog.RecordHash(fmt.Append(nil, "leaf ", n)) }

// TestTreeGrows by unequal batches, over the edges of tiles.
func TestTreeGrows(t *testing.T) {
	t.Parallel()
	var tree ledger.Tree
	var day ledger.Edge
	kept := tiles{}
	for _, batch := range []int{1, 2, 252, 1, 1, 300, 70_000, 5} {
		var leaves []ledger.Hash
		for range batch {
			leaves = append(leaves, leafHash(int(tree.Size)+len(leaves)+1))
			if err := day.Add(leaves[len(leaves)-1]); err != nil {
				t.Fatal(err)
			}
		}
		grown, written, err := ledger.Append(tree, kept.read, leaves)
		if err != nil {
			t.Fatal(err)
		}
		kept.write(written)
		tree = grown
	}
	if root, err := day.Root(); err != nil || root != tree.Root {
		t.Errorf("the tree of a day has the root %v (%v), the log %v", root, err, tree.Root)
	}
	for _, entryNo := range []int64{1, 2, 256, 257, 70_000, tree.Size} {
		proof, err := tree.ProveLeaf(entryNo, kept.read)
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.CheckLeaf(entryNo, leafHash(int(entryNo)), proof); err != nil {
			t.Errorf("leaf %d: %v", entryNo, err)
		}
		if err := tree.CheckLeaf(entryNo, leafHash(int(entryNo)+1), proof); err == nil {
			t.Errorf("leaf %d: another is proven as well", entryNo)
		}
	}
	kept[[2]int64{0, 3}][40]++
	if _, err := tree.ProveLeaf(3*256+2, kept.read); err == nil {
		t.Error("a tile that was altered proves a leaf")
	}
	delete(kept, [2]int64{0, 3})
	if _, err := tree.ProveLeaf(3*256+2, kept.read); err == nil {
		t.Error("a tile that is gone proves a leaf")
	}
}

func TestCheckpoints(t *testing.T) {
	t.Parallel()
	private, key, err := ledger.GenerateKey("tracker.example.com/prod")
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := ledger.GenerateKey("tracker.example.com/prod")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := ledger.ReadKey(private + "\n"); err != nil || again.Verifier.String() != key.Verifier.String() {
		t.Errorf("the key, read again, is %v (%v)", again, err)
	}
	var published strings.Builder
	for size := range 3 {
		c, err := ledger.NewCheckpoint(key.Verifier.Name(), ledger.Tree{Size: int64(size), Root: leafHash(size)}, key)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Verify(key.Verifier); err != nil || !c.Signed() {
			t.Errorf("its own key: %v", err)
		}
		if err := c.Verify(other.Verifier); !errors.Is(err, ledger.ErrSignature) {
			t.Errorf("another key: %v", err)
		}
		published.WriteString(c.Note + "\n")
	}
	all, err := ledger.ReadCheckpoints(published.String())
	if err != nil || len(all) != 3 || all[2].Size != 2 || all[2].Root != leafHash(2) || all[1].Verify(key.Verifier) != nil {
		t.Fatalf("read: %v, %v", all, err)
	}
	for what, text := range map[string]string{
		"cut off":        published.String()[:published.Len()-20],
		"of another log": published.String() + "other\n3\n" + strings.Repeat("A", 43) + "=\n\n",
		"no size":        "tracker\nmany\n" + strings.Repeat("A", 43) + "=\n\n",
		"a short root":   "tracker\n3\nAAAA\n\n",
		"something else": "<html>",
	} {
		if read, err := ledger.ReadCheckpoints(text); !errors.Is(err, ledger.ErrCheckpoint) {
			t.Errorf("%s: %v, %v", what, read, err)
		}
	}
	unsigned, err := ledger.NewCheckpoint("tracker", ledger.Tree{Size: 1, Root: leafHash(1)}, nil)
	if err != nil || unsigned.Signed() {
		t.Errorf("without a key: %v, %v", unsigned, err)
	}
	if read, err := ledger.ReadCheckpoints(unsigned.Note); err != nil || len(read) != 1 || read[0].Size != 1 {
		t.Errorf("read: %v, %v", read, err)
	}
	for _, text := range []string{"", "PRIVATE+KEY+x", private + "x", key.Verifier.String()} {
		if _, err := ledger.ReadKey(text); !errors.Is(err, ledger.ErrKey) || strings.Contains(err.Error(), "+x") {
			t.Errorf("as a private key: %v", err)
		}
	}
	if _, err := ledger.ReadVerifier(key.Verifier.String() + "x"); !errors.Is(err, ledger.ErrKey) {
		t.Errorf("as a verifier key: %v", err)
	}
}

// TestReadVerifierShowsNoSecret: a private key that is given in place of its public half
// is told so, and not shown.
func TestReadVerifierShowsNoSecret(t *testing.T) {
	t.Parallel()
	private, _, err := ledger.GenerateKey("audit.example.com/test")
	if err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]string{private: "a private key cannot be read", "a file\nof another kind": "it cannot be read"} {
		_, err := ledger.ReadVerifier(given)
		if !errors.Is(err, ledger.ErrKey) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), given) {
			t.Errorf("of %q it says %v", given, err)
		}
	}
}
