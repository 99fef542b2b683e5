package audit_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"tracker/internal/audit"
)

// TestSealNoOtherLog: whoever owns the database does not get the true key's signature on a
// log that they have cut off or written anew.
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
			for range 3 {
				if err := l.sealBy(t, serving); err != nil {
					t.Fatal(err)
				}
			}
			path := filepath.Join(t.TempDir(), "checkpoints")
			publish(t, l.publisher(t, path), 3)
			asSuperuser(t, l.url, test.tamper)
			for range test.others {
				l.seal(t)
			}
			sealed := len(l.notes)
			if err := l.sealBy(t, serving); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("one that has seen it before: %v; want %s", err, test.want)
			}
			started := &audit.Sealer{Store: l.store, Key: l.key}
			if err := started.Follow(t.Context(), l.publisher(t, path)); err == nil {
				err = l.sealBy(t, started)
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("one that has started: %v; want %s", err, test.want)
				}
			} else if !errors.Is(err, audit.ErrOtherLog) {
				t.Errorf("one that has started: %v", err)
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
		if err := serving.Follow(t.Context(), l.publisher(t, path)); err != nil {
			t.Fatal(err)
		}
		if err := l.sealBy(t, serving); err != nil {
			t.Fatal(err)
		}
		l.seal(t)
		publish(t, l.publisher(t, path), 2)
	}
}
