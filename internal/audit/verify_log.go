package audit

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tracker/internal/ledger"
	"tracker/internal/store"
)

// verifyMost is how many entries are read at once.
const verifyMost = 5000

// logCheck goes through the log from its first leaf to its last.
type logCheck struct {
	*verifier
	*findings
	last        store.Checkpoint // of the database
	tree        ledger.Upper     // of the hashes that are stored
	size        int64            // its leaves
	checkpoints []store.Checkpoint
	published   []ledger.Checkpoint
	keys        map[string]ledger.Verifier
	gone        map[int64]store.GoneBody // by entry, of those that are being checked
	days        map[int64]int64          // the last entry of each day of polls
	jobNames    map[string]bool
	lastDay     time.Time    // the latest of them
	leaves      []ledger.Day // of days in a row, that were read together
	takenUntil  time.Time    // before it retention has taken polls
	broken      bool         // a root did not fit: those after it will not, either
	at          time.Time    // of the entry before
}

// checkLog compares each leaf with the row that it stands for, and each checkpoint with
// the tree.
func (r *verifier) checkLog(ctx context.Context, found *findings) (err error) {
	c := &logCheck{verifier: r, findings: found, keys: map[string]ledger.Verifier{}, gone: map[int64]store.GoneBody{}, jobNames: map[string]bool{}, published: slices.Clone(r.Against)}
	slices.SortStableFunc(c.published, func(a, b ledger.Checkpoint) int { return cmp.Compare(a.Size, b.Size) })
	if c.last, err = r.Store.LastCheckpoint(ctx); err != nil {
		return err
	}
	for _, job := range r.jobs {
		c.jobNames[job.Name] = true
	}
	journal, err := r.Store.JournalSize(ctx)
	if err != nil {
		return err
	}
	if err := c.readDays(ctx); err != nil {
		return err
	}
	r.found.Entries, r.found.Unsealed = c.last.Size, max(0, journal-c.last.Size)
	if err := c.checkCheckpoints(ctx); err != nil { // of the empty log
		return err
	}
	for c.size < c.last.Size {
		entries, err := r.Store.JournalEntries(ctx, c.size, int(min(verifyMost, c.last.Size-c.size)))
		if err != nil {
			return err
		}
		if err := c.checkEntries(ctx, entries); err != nil {
			return err
		}
		r.tell(Progress{What: "log", Done: c.size, Total: c.last.Size})
	}
	if err := c.checkTiles(ctx, c.tree.Rest()); err != nil {
		return err
	}
	c.checkCutOff()
	for i, again := range c.found.Again {
		c.found.Again[i].Taken = again.Day < c.takenUntil.UTC().Format(time.DateOnly)
	}
	return nil
}

// checkTiles compares tiles above the lowest, by which proofs are made, with what those
// below give.
func (c *logCheck) checkTiles(ctx context.Context, tiles []ledger.Tile) error {
	for _, tile := range tiles {
		stored, err := c.Store.Tile(ctx, tile.Level, tile.No)
		if err != nil {
			return err
		}
		if !bytes.Equal(stored, tile.Hashes) {
			c.add(Wrong{}, "tile %d of level %d of the tree is not what those below give: somebody has altered or deleted it", tile.No, tile.Level)
		}
	}
	return nil
}

// lastDay is the latest of days of polls; zero: there is none.
func lastDay(days map[int64]int64) (last time.Time, err error) {
	if len(days) > 0 {
		last, err = store.DayOf(slices.Max(slices.Collect(maps.Keys(days))))
	}
	return last, err
}

// checkEntries checks a stretch of the log. Where the journal has holes, the tree goes on
// with the hashes that it has.
func (c *logCheck) checkEntries(ctx context.Context, entries []store.JournalEntry) error {
	from := c.size + 1
	to := min(c.last.Size, c.size+verifyMost)
	hashes, err := c.Store.LeafHashes(ctx, from, to)
	if err != nil {
		return err
	}
	if err := c.readGone(ctx, entries); err != nil {
		return err
	}
	byNo := make(map[int64]store.JournalEntry, len(entries))
	for _, entry := range entries {
		byNo[entry.EntryNo] = entry
	}
	for entryNo := from; entryNo <= to; entryNo++ {
		entry, there := byNo[entryNo]
		hash := c.hashAt(hashes, entryNo-from)
		if there {
			hash, err = c.checkEntry(ctx, entry, hash)
			if err != nil {
				return err
			}
			c.at = entry.At
		} else {
			c.add(Wrong{EntryNo: entryNo, At: c.at}, "the journal has no entry %d: somebody has deleted it", entryNo)
		}
		full, err := c.tree.Add(hash)
		if err != nil {
			return fmt.Errorf("hash the tree: %w", err)
		}
		if err := c.checkTiles(ctx, full); err != nil {
			return err
		}
		c.size++
		if err := c.checkCheckpoints(ctx); err != nil {
			return err
		}
	}
	return nil
}

// readGone reads by what act each body is gone that is.
func (c *logCheck) readGone(ctx context.Context, entries []store.JournalEntry) error {
	clear(c.gone)
	from := slices.IndexFunc(entries, func(e store.JournalEntry) bool { return e.BodyGone })
	if from < 0 {
		return nil
	}
	gone, err := c.Store.GoneBodies(ctx, entries[from].EntryNo, entries[len(entries)-1].EntryNo)
	for _, body := range gone {
		c.gone[body.EntryNo] = body
	}
	return err
}

func (c *logCheck) hashAt(hashes []ledger.Hash, place int64) ledger.Hash {
	if place < int64(len(hashes)) {
		return hashes[place]
	}
	return ledger.Hash{}
}

// checkEntry compares the leaf that a row gives with the one that was sealed, and returns
// the hash that the tree goes on with.
func (c *logCheck) checkEntry(ctx context.Context, entry store.JournalEntry, sealed ledger.Hash) (ledger.Hash, error) {
	if len(c.Jobs) > 0 && !slices.Contains(c.Jobs, entry.Job) {
		return sealed, nil
	}
	at := Wrong{Job: entry.Job, EntryNo: entry.EntryNo, At: entry.At}
	leaf, err := c.leaf(ctx, entry, sealed)
	if err != nil {
		return sealed, err
	}
	var hash ledger.Hash
	if leaf != nil {
		hash = ledger.HashOf(leaf)
	}
	switch {
	case leaf == nil: // its polls are not there any more, by right
	case sealed == ledger.Hash{}:
		c.add(at, "%s: the log has lost its hash", named(entry))
		sealed = hash
	case isMissing(leaf) && hash == sealed:
		c.add(at, "%s was gone before it was sealed: somebody has deleted it", named(entry))
	case isMissing(leaf):
		c.add(at, "%s is gone: somebody has deleted it after it was sealed", named(entry))
	case hash == sealed && happened(leaf).Equal(entry.At) && c.isOfJob(entry, leaf):
	case hash == sealed && happened(leaf).Equal(entry.At):
		c.add(at, "%s is of another job in the journal than was sealed: somebody has altered it", named(entry))
	case hash == sealed:
		at.At = happened(leaf)
		c.add(at, "%s has another time in the journal than was sealed, %s: somebody has altered it", named(entry), entry.At.UTC().Format(time.RFC3339Nano))
	default:
		c.add(at, "%s is not what was sealed: somebody has altered it since", named(entry))
	}
	if entry.Kind == store.EntrySnapshot {
		c.found.Snapshots++
	}
	if gone, isGone := c.gone[entry.EntryNo]; isGone {
		c.checkGone(at, entry, gone)
	}
	return sealed, nil
}

// checkGone checks that it was by an act that a body has gone. The act has an entry of its
// own.
func (c *logCheck) checkGone(at Wrong, entry store.JournalEntry, gone store.GoneBody) {
	switch {
	case gone.ActNo == 0:
		c.add(at, "%s: its body is gone, and not by retention or erasure", named(entry))
	case gone.Erased:
		c.found.Erased++
		if at, known := slices.BinarySearch(c.found.Acts, gone.ActNo); !known {
			c.found.Acts = slices.Insert(c.found.Acts, at, gone.ActNo)
		}
	default:
		c.found.Gone++
	}
}

// leaf is the leaf that the rows of an entry give now; nil: they are not there any more,
// by right, or cannot be checked.
func (c *logCheck) leaf(ctx context.Context, entry store.JournalEntry, sealed ledger.Hash) (ledger.Leaf, error) {
	if entry.Kind != store.EntryPolls {
		return leafOf(ctx, c.Store, entry)
	}
	day, err := store.DayOf(entry.No)
	if err != nil {
		return nil, err
	}
	var leaf ledger.Leaf
	if c.isLast(entry) && !day.Before(c.takenUntil) {
		if leaf, err = c.dayLeaf(ctx, entry, day); err != nil {
			return nil, err
		}
		if ledger.HashOf(leaf) != sealed {
			if err := c.readDays(ctx); err != nil { // what came, and was taken, meanwhile
				return nil, err
			}
		}
	}
	switch {
	case !c.isLast(entry):
		c.found.Again = append(c.found.Again, Again{Day: day.Format(time.DateOnly), EntryNo: entry.EntryNo, Last: c.days[entry.No]})
		return nil, nil
	case day.Before(c.takenUntil):
		c.found.Taken++
		return nil, nil
	}
	c.found.Days++
	return leaf, nil
}

// isLast reports the last entry of a day of polls.
func (c *logCheck) isLast(entry store.JournalEntry) bool { return c.days[entry.No] == entry.EntryNo }

// readDays reads which days of polls there are, and of which retention has taken polls.
func (c *logCheck) readDays(ctx context.Context) (err error) {
	if c.days, err = c.Store.DayEntries(ctx); err != nil {
		return err
	}
	if c.lastDay, err = lastDay(c.days); err != nil {
		return err
	}
	c.takenUntil, err = c.Store.PollsTakenUntil(ctx)
	return err
}

// daysAtOnce is of how many days polls are read at once: they stand in the order of jobs.
const daysAtOnce = 31

// dayLeaf is the leaf of a day of polls, which is read with those that follow.
func (c *logCheck) dayLeaf(ctx context.Context, entry store.JournalEntry, day time.Time) (ledger.Leaf, error) {
	at := -1
	if len(c.leaves) > 0 {
		at = store.DaysBetween(c.leaves[0].Day, day)
	}
	if at < 0 || at >= len(c.leaves) {
		days, err := c.Store.DayLeaves(ctx, day, min(daysAtOnce, max(store.DaysBetween(day, c.lastDay), 0)+1))
		if err != nil {
			return nil, err
		}
		c.leaves, at = days, 0
	}
	leaf := c.leaves[at]
	leaf.EntryNo = entry.EntryNo
	return leaf, nil
}

// isOfJob reports an entry that has the job of its leaf, which a change names as its subject.
func (c *logCheck) isOfJob(entry store.JournalEntry, leaf ledger.Leaf) bool {
	job := ""
	switch l := leaf.(type) {
	case ledger.Snapshot:
		job = l.Job
	case ledger.Gap:
		job = l.Job
	case ledger.Act:
		job = l.Job
	case ledger.Change:
		if name, isJob := strings.CutPrefix(l.Subject, "job "); isJob && c.jobNames[name] {
			job = name
		}
	}
	return entry.Job == job && (entry.JobID == 0) == (job == "")
}

// happened is the time of what a leaf tells of, which the journal has too.
func happened(leaf ledger.Leaf) time.Time {
	switch l := leaf.(type) {
	case ledger.Snapshot:
		return l.ObservedAt
	case ledger.Gap:
		return l.To
	case ledger.Change:
		return l.At
	case ledger.Act:
		return l.At
	case ledger.Day:
		return l.Day.AddDate(0, 0, 1)
	default:
		return time.Time{}
	}
}

func isMissing(leaf ledger.Leaf) bool {
	_, missing := leaf.(ledger.Missing)
	return missing
}

// named is what an entry stands for, in words.
func named(entry store.JournalEntry) string {
	switch entry.Kind {
	case store.EntrySnapshot, store.EntryGap:
		return fmt.Sprintf("%s %d", entry.Kind, entry.No)
	case store.EntryPolls:
		return fmt.Sprintf("the day of polls %d", entry.No)
	case store.EntryAct:
		return fmt.Sprintf("act %d", entry.No)
	default:
		return fmt.Sprintf("change %d of what is tracked", entry.No)
	}
}
