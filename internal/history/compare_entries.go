package history

import (
	"cmp"
	"slices"
	"time"
)

// entryKey is all that an entry is known by within its step, but for its
// occurrence among equal ones.
type entryKey struct{ created, level, detail string }

// compareEntries compares the log entries listed in a step with those known.
// Equal ones are told apart by how many there are: of those known the first
// remain, those that are missing at the end are withdrawn, and one that is
// listed again is the withdrawn one come back.
func (c *comparison) compareEntries(step Step, said []ReportedEntry) {
	// Most answers only add to the end: what stands where it stood needs no map.
	first := 0
	for first < len(step.Entries) && first < len(said) && step.Entries[first].key() == said[first].key() {
		c.returnEntry(step, step.Entries[first])
		first++
	}
	known, said := step.Entries[first:], said[first:]

	places, listed, next := matchEntries(known, said), make([]bool, len(known)), step.LastEntryNo
	c.change.Entries = slices.Grow(c.change.Entries, max(0, len(said)-len(known)))
	for i, e := range said {
		if at := places[i] - 1; at >= 0 {
			listed[at] = true
			c.returnEntry(step, known[at])
			continue
		}
		next++
		c.newEntry(step, Entry{No: next, Position: first + i + 1, Created: e.Created, Level: e.Level, Detail: e.Detail, FirstSeen: c.stepSeen})
	}
	for i, e := range known {
		if !listed[i] {
			c.withdrawEntry(step, e)
		}
	}
}

// matchEntries gives for each of said one more than the place in known of the
// entry that it is, 0 where there is none: of equal ones each side's first are
// the same.
func matchEntries(known []Entry, said []ReportedEntry) []int {
	places := make([]int, len(said))
	if len(known) == 0 || len(said) == 0 {
		return places
	}
	// free[key]-1 is the first of said with that key that has no place yet, after[i]-1 the next one.
	free, after := make(map[entryKey]int, len(said)), make([]int, len(said))
	for i := len(said) - 1; i >= 0; i-- {
		key := said[i].key()
		after[i], free[key] = free[key], i+1
	}
	for at, e := range known {
		if i := free[e.key()] - 1; i >= 0 {
			free[e.key()], places[i] = after[i], at+1
		}
	}
	return places
}

// less orders entries by what the upstream wrote.
func (k entryKey) less(other entryKey) bool {
	return cmp.Or(cmp.Compare(k.created, other.created), cmp.Compare(k.level, other.level), cmp.Compare(k.detail, other.detail)) < 0
}

func (e Entry) key() entryKey         { return entryKey{e.Created.Raw, e.Level, e.Detail} }
func (e ReportedEntry) key() entryKey { return entryKey{e.Created.Raw, e.Level, e.Detail} }

func (c *comparison) newEntry(step Step, e Entry) {
	c.compareClock(step.No, e.Created)
	e.Created = e.Created.near(c.seen.ObservedAt)
	if !knownLevel(e.Level) {
		c.unknownWord(step.No, KindUnknownLevel, e.Level)
	}
	c.keepEntry(step.No, e, true)
}

func (c *comparison) returnEntry(step Step, e Entry) {
	if !e.WithdrawnAt.IsZero() {
		e.WithdrawnAt = time.Time{}
		c.keepEntry(step.No, e, false)
	}
}

func (c *comparison) withdrawEntry(step Step, e Entry) {
	if !e.WithdrawnAt.IsZero() {
		return
	}
	e.WithdrawnAt = c.seen.ObservedAt
	c.anomaly(step.No, KindEntryWithdrawn, map[string]string{"created_at": e.Created.Raw, "level": e.Level, "detail": e.Detail}, nil)
	c.keepEntry(step.No, e, false)
}

// vanishEntries withdraws what a step had logged that is no longer listed. The
// anomaly of the step speaks for them.
func (c *comparison) vanishEntries(step Step) {
	for _, e := range step.Entries {
		if e.WithdrawnAt.IsZero() {
			e.WithdrawnAt = c.seen.ObservedAt
			c.keepEntry(step.No, e, false)
		}
	}
}

// keepEntry adds an entry to the rows to record and to the run's counts.
func (c *comparison) keepEntry(stepNo int, e Entry, isNew bool) {
	listed := 1
	if !e.WithdrawnAt.IsZero() {
		listed = -1
	}
	switch e.Level {
	case "warning":
		c.run.Warnings += listed
	case "error":
		c.run.Errors += listed
	}
	c.change.Entries = append(c.change.Entries, PlacedEntry{RunNo: c.run.No, StepNo: stepNo, Entry: e, New: isNew})
}

// knownLevel reports whether a level is one whose weight we know.
func knownLevel(level string) bool {
	return level == "info" || level == "warning" || level == "error"
}
