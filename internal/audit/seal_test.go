package audit_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tracker/internal/audit"
)

// TestSealNoOtherLog: whoever owns the database does not get the true key's signature on a
// log that they have cut off or written anew, nor is it published.
func TestSealNoOtherLog(t *testing.T) {
	t.Parallel()
	const anew = "UPDATE changes SET actor = 'bob'; DELETE FROM checkpoints; DELETE FROM ledger_tiles"
	for name, test := range map[string]struct {
		tamper string
		others int // that another seals by then, of whom nobody has seen the log before
		want   string
	}{
		"CutOff":        {"DELETE FROM checkpoints WHERE size = (SELECT max(size) FROM checkpoints)", 0, "it has 2 entries, and had 3"},
		"Emptied":       {anew, 0, "it has 0 entries, and had 3"},
		"WrittenAnew":   {anew, 1, "its first 3 entries were written anew"},
		"Grown":         {anew, 2, "its first 3 entries were written anew"},
		"RootAltered":   {"UPDATE checkpoints SET root = sha256('x') WHERE size = 3", 0, "its first 3 entries were written anew"},
		"HashesAltered": {"UPDATE ledger_tiles SET hashes = overlay(hashes PLACING sha256('x') FROM 1 FOR 32)", 0, "inconsistent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newSealedLog(t)
			serving := &audit.Sealer{Store: l.store, Key: l.key}
			path := filepath.Join(t.TempDir(), "checkpoints")
			publisher := l.publisher(t, path)
			for range 3 {
				if err := l.turn(t, serving, publisher); err != nil {
					t.Fatal(err)
				}
			}
			published := readFile(t, path)
			asSuperuser(t, l.url, test.tamper)
			for range test.others {
				l.seal(t)
			}
			sealed := len(l.notes)
			if err := l.turn(t, serving, publisher); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("one that has seen it before: %v; want %s", err, test.want)
			}
			started := &audit.Sealer{Store: l.store, Key: l.key}
			if err := l.turn(t, started, l.publisher(t, path)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("one that has started: %v; want %s", err, test.want)
			}
			if n, err := publisher.Publish(t.Context()); n != 0 || len(l.notes) > 3 && err == nil {
				t.Errorf("by itself it publishes %d, %v", n, err)
			}
			if got := readFile(t, path); got != published {
				t.Errorf("published is\n%s", got)
			}
			if len(l.notes) != sealed {
				t.Errorf("%d more are sealed", len(l.notes)-sealed)
			}
		})
	}
}

// TestSealAfterAnother: a log that another has sealed meanwhile is the same one.
func TestSealAfterAnother(t *testing.T) {
	t.Parallel()
	l := newSealedLog(t)
	path := filepath.Join(t.TempDir(), "checkpoints")
	serving := &audit.Sealer{Store: l.store, Key: l.key}
	for range 3 {
		if err := l.turn(t, serving, l.publisher(t, path)); err != nil {
			t.Fatal(err)
		}
		l.seal(t)
		publish(t, l.publisher(t, path), 1)
	}
}

// TestSealWhileTheFileIsAway: what cannot be read keeps nobody from sealing, and is read
// and held against the log once it can be.
func TestSealWhileTheFileIsAway(t *testing.T) {
	t.Parallel()
	l := newSealedLog(t)
	path := filepath.Join(t.TempDir(), "checkpoints")
	first := &audit.Sealer{Store: l.store, Key: l.key}
	if err := l.turn(t, first, l.publisher(t, path)); err != nil {
		t.Fatal(err)
	}
	away := func() {
		if err := errors.Join(os.Rename(path, path+".away"), os.Mkdir(path, 0o700)); err != nil {
			t.Fatal(err)
		}
	}
	back := func() {
		if err := errors.Join(os.Remove(path), os.Rename(path+".away", path)); err != nil {
			t.Fatal(err)
		}
	}
	sealer, publisher := &audit.Sealer{Store: l.store, Key: l.key}, l.publisher(t, path)
	away()
	for n := range 2 {
		if err := l.turn(t, sealer, publisher); err == nil || !strings.Contains(err.Error(), "cannot be read") {
			t.Errorf("while it is away: %v", err)
		}
		if len(l.notes) != n+2 {
			t.Fatalf("while it is away %d are sealed", len(l.notes))
		}
	}
	back()
	if err := l.turn(t, sealer, publisher); err != nil {
		t.Error(err)
	}
	if got, want := readFile(t, path), strings.Join(l.notes, "\n")+"\n"; got != want {
		t.Errorf("published is\n%s\nand not\n%s", got, want)
	}

	away()
	asSuperuser(t, l.url, "UPDATE changes SET actor = 'bob'; DELETE FROM checkpoints; DELETE FROM ledger_tiles")
	sealer, publisher = &audit.Sealer{Store: l.store, Key: l.key}, l.publisher(t, path)
	_ = l.turn(t, sealer, publisher)
	back()
	sealed := len(l.notes)
	if err := l.turn(t, sealer, publisher); !errors.Is(err, audit.ErrOtherLog) || len(l.notes) != sealed {
		t.Errorf("once it is back: %v, and %d more are sealed", err, len(l.notes)-sealed)
	}
}
