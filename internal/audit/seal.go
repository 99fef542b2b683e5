package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tracker/internal/ledger"
	"tracker/internal/store"
)

const (
	// sealMost is how many entries one checkpoint adds at most.
	sealMost = 10_000
	// sealDays is how many days of polls, each of which takes as long as all of its polls
	// take to be read: what was sealed stays if somebody stops.
	sealDays = 31
)

// ErrOtherKey means that the log was signed by another key so far.
var ErrOtherKey = errors.New("the log was signed by another key")

// ErrOtherLog means that the log does not go on from what it once was: its owner has cut it
// off or written it anew, or an older backup was restored.
var ErrOtherLog = errors.New("the log is not the one that it was")

// Sealer seals the journal in the log, and signs none that does not go on from the last
// that it has seen.
type Sealer struct {
	Store *store.Store
	Key   *ledger.Key // nil: checkpoints are not signed

	seen ledger.Tree // of no leaves: none yet
}

// SealAndPublish seals what is new and publishes it. A log that does not go on from what
// was published is neither sealed nor published (ErrOtherLog); while nobody can read what
// was, or a daemon that has sealed cannot add to it, it is sealed.
func (s *Sealer) SealAndPublish(ctx context.Context, publisher *Publisher, tell func(store.Checkpoint)) (published int, sealing, publishing error) {
	err := publisher.begin(ctx)
	if err != nil && !errors.Is(err, errUnread) && (s.seen.Size == 0 || errors.Is(err, ErrOtherLog)) {
		return 0, err, nil
	}
	if s.seen.Size == 0 {
		s.seen = publisher.followed
	}
	sealing = s.Seal(ctx, tell)
	if errors.Is(sealing, ErrOtherLog) {
		return 0, sealing, nil
	}
	published, publishing = publisher.Publish(ctx)
	return published, sealing, publishing
}

// Seal adds to the log what the journal has and the log lacks, and tells of each
// checkpoint. ErrSealing: somebody else does it. ErrOtherLog: nothing is signed.
func (s *Sealer) Seal(ctx context.Context, tell func(store.Checkpoint)) error {
	for {
		last, err := s.Store.LastCheckpoint(ctx)
		if err != nil {
			return err
		}
		if err := s.checkKey(last); err != nil {
			return err
		}
		if err := extends(ctx, s.Store, last.Tree, s.seen); err != nil {
			return fmt.Errorf("seal nothing: %w", err)
		}
		s.seen = last.Tree
		entries, err := s.Store.JournalEntries(ctx, last.Size, sealMost)
		if err != nil || len(entries) == 0 {
			return err
		}
		sealed, err := s.sealEntries(ctx, last, untilDay(entries, sealDays))
		if err != nil {
			return err
		}
		s.seen = sealed.Tree
		tell(sealed)
	}
}

// untilDay gives the first of the entries, of which so many at most are days of polls.
func untilDay(entries []store.JournalEntry, most int) []store.JournalEntry {
	days := 0
	for i, entry := range entries {
		if entry.Kind != store.EntryPolls {
			continue
		}
		if days++; days == most {
			return entries[:i+1]
		}
	}
	return entries
}

// extends checks that a tree of the log goes on from one before.
func extends(ctx context.Context, s *store.Store, tree, before ledger.Tree) error {
	if before.Size == 0 {
		return nil
	}
	if tree.Size < before.Size {
		return fmt.Errorf("%w: it has %d entries, and had %d", ErrOtherLog, tree.Size, before.Size)
	}
	root, err := tree.RootAt(before.Size, readTiles(ctx, s))
	if err != nil {
		return fmt.Errorf("hash the log of %d entries: %w", before.Size, err)
	}
	if root != before.Root {
		return fmt.Errorf("%w: its first %d entries were written anew", ErrOtherLog, before.Size)
	}
	return nil
}

// checkKey refuses a key by which no earlier checkpoint could be checked.
func (s *Sealer) checkKey(last store.Checkpoint) error {
	if last.Verifier == "" || s.Key != nil && s.Key.Verifier.String() == last.Verifier {
		return nil
	}
	if s.Key == nil {
		return fmt.Errorf("seal without a key: %w: %s", ErrOtherKey, last.Verifier)
	}
	return fmt.Errorf("seal with the key %s: %w: %s", s.Key.Verifier, ErrOtherKey, last.Verifier)
}

func (s *Sealer) sealEntries(ctx context.Context, last store.Checkpoint, entries []store.JournalEntry) (store.Checkpoint, error) {
	leaves := make([]ledger.Hash, len(entries))
	for i, entry := range entries {
		if want := last.Size + int64(i) + 1; entry.EntryNo != want {
			return store.Checkpoint{}, fmt.Errorf("seal entry %d: %w", want, errEntryGone)
		}
		leaf, err := leafOf(ctx, s.Store, entry)
		if err != nil {
			return store.Checkpoint{}, err
		}
		leaves[i] = ledger.HashOf(leaf)
	}
	tree, tiles, err := ledger.Append(last.Tree, readTiles(ctx, s.Store), leaves)
	if err != nil {
		return store.Checkpoint{}, fmt.Errorf("seal entries %d to %d: %w", last.Size+1, last.Size+int64(len(leaves)), err)
	}
	now, err := s.Store.Now(ctx)
	if err != nil {
		return store.Checkpoint{}, err
	}
	return s.Store.Seal(ctx, last, tiles, func(origin string) (store.Checkpoint, error) {
		sealed := store.Checkpoint{SealedAt: now.Truncate(time.Microsecond)}
		if s.Key != nil {
			origin, sealed.Verifier = s.Key.Verifier.Name(), s.Key.Verifier.String()
		}
		sealed.Checkpoint, err = ledger.NewCheckpoint(origin, tree, s.Key)
		return sealed, err
	})
}

// errEntryGone means that the journal has a hole, which nobody but its owner can make.
var errEntryGone = errors.New("the journal has no such entry: somebody has deleted it")

// leafOf is the leaf of an entry. What an entry stands for that is not there any more has
// a leaf that says so.
func leafOf(ctx context.Context, s *store.Store, entry store.JournalEntry) (ledger.Leaf, error) {
	switch {
	case entry.Leaf != nil:
		return entry.Leaf, nil
	case entry.Kind == store.EntryPolls:
		day, err := store.DayOf(entry.No)
		if err != nil {
			return nil, err
		}
		days, err := s.DayLeaves(ctx, day, 1)
		if err != nil {
			return nil, err
		}
		days[0].EntryNo = entry.EntryNo
		return days[0], nil
	default:
		return ledger.Missing{EntryNo: entry.EntryNo, Kind: entry.Kind, Job: entry.Job, No: entry.No}, nil
	}
}

// readTiles reads the tree's tiles from the store.
func readTiles(ctx context.Context, s *store.Store) ledger.TileReader {
	return func(level int, no int64, _ int) ([]byte, error) { return s.Tile(ctx, level, no) }
}
