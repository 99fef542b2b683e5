package schedule

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"time"

	"github.com/robfig/cron/v3"
)

const (
	// maxShift bounds how far a cron tick is moved by the hash of a job's name.
	maxShift = time.Minute

	// shiftShare is the part of an interval within which its jobs are spread.
	shiftShare = 10

	// firstWithin is the time over which first polls are spread: half of the promised
	// minute. The other half is for the claim.
	firstWithin = 30 * time.Second

	// The longest time between two polls is looked for over so many ticks, and so long.
	longestTicks  = 13
	longestWithin = 8 * 24 * time.Hour
)

// Schedule is a checked cron expression or "@every" duration. Only Parse makes
// one; the zero Schedule must not be used.
type Schedule struct {
	expr  string
	every time.Duration      // of "@every"; zero for a cron expression
	cron  *cron.SpecSchedule // nil for "@every"
}

// String returns the expression, its blanks made single spaces.
func (s Schedule) String() string { return s.expr }

// First returns when a job that was registered at the given time is polled for
// the first time: always within 60 seconds.
func (s Schedule) First(registeredAt time.Time, name string) time.Time {
	within := min(firstWithin, s.Interval(registeredAt)/shiftShare)
	return registeredAt.Add(spread(name, within)).UTC()
}

// Next returns the first time strictly after the given one at which the named
// job is due. After any poll it gives the next one: each cron tick, shifted by
// the hash of the name, is served once, and "@every" counts from the poll.
func (s Schedule) Next(after time.Time, name string) time.Time {
	if s.cron == nil {
		return after.Add(s.every).UTC()
	}
	tick := s.tick(after.Add(-maxShift))
	for {
		following := s.tick(tick)
		width := min(maxShift, following.Sub(tick)/shiftShare)
		if due := tick.Add(spread(name, width)); due.After(after) {
			return due
		}
		tick = following
	}
}

// Second is Next for the job's first poll, or for one after a time without polls: of
// "@every" it cuts the interval, so that jobs that were polled together are apart from
// then on. Cron ticks are spread anyway.
func (s Schedule) Second(firstPoll time.Time, name string) time.Time {
	if s.cron == nil {
		return firstPoll.Add(apart(s.every, name)).UTC()
	}
	return s.Next(firstPoll, name)
}

// apart cuts an interval by the hash of a name, so that jobs which were polled together
// are spread evenly over it from then on. What would be left of less than a second, or
// than half of the interval, is added to it.
func apart(every time.Duration, name string) time.Duration {
	cut := spread(name, every)
	if cut < min(time.Second, every/2) {
		cut += every
	}
	return cut
}

// Interval returns the planned time between two polls around the given time:
// of a cron expression the distance between the next two ticks.
func (s Schedule) Interval(at time.Time) time.Duration {
	if s.cron == nil {
		return s.every
	}
	tick := s.tick(at)
	return s.tick(tick).Sub(tick)
}

// Longest returns the longest planned time between two polls from the given time on:
// of a cron expression, of those within eight days and of the next dozen.
func (s Schedule) Longest(from time.Time) time.Duration {
	if s.cron == nil {
		return s.every
	}
	var longest time.Duration
	tick := s.tick(from)
	for n := 0; n < longestTicks || tick.Sub(from) < longestWithin; n++ {
		next := s.tick(tick)
		if next.IsZero() {
			break
		}
		longest, tick = max(longest, next.Sub(tick)), next
	}
	return longest
}

// tick returns the first tick of the cron expression after the given time; the
// zero time where none comes within ten years.
//
// robfig/cron misses ticks beside a jump of the clock at midnight or by half an hour.
// So it is asked stretch by stretch, each with a constant offset.
func (s Schedule) tick(after time.Time) time.Time {
	from := after.UTC().Truncate(time.Second)
	for horizon := from.AddDate(10, 0, 0); from.Before(horizon); {
		stretch := stretchAt(from.Add(time.Second), s.cron.Location)
		if next := stretch.tick(s.cron, from); !next.IsZero() {
			return next
		}
		from = stretch.end.Add(-time.Second)
	}
	return time.Time{}
}

// spread maps a key to a duration from zero to just under width, the same on every
// machine and in every version. It is in whole milliseconds, which the database keeps:
// so a stored tick equals the one that is computed again.
func spread(key string, width time.Duration) time.Duration {
	sum := sha256.Sum256([]byte(key))
	share, _ := bits.Mul64(binary.BigEndian.Uint64(sum[:]), uint64(width))
	return time.Duration(share).Truncate(time.Millisecond)
}
