package history

import (
	"math"
	"time"
)

// longest is the longest duration there is, ahead and back: a duration has its negative.
const longest = time.Duration(math.MaxInt64)

// Seconds is a number of seconds as a duration of whole microseconds, the
// longest one where it is longer still.
func Seconds(n float64) time.Duration {
	switch {
	case n >= longest.Seconds():
		return longest
	case n <= -longest.Seconds():
		return -longest
	default:
		return time.Duration(math.Round(n*1e6)) * time.Microsecond
	}
}

// Between is how long it is from one time to another, at most the longest duration.
func Between(from, to time.Time) time.Duration { return max(to.Sub(from), -longest) }

// Moment is when something began or ended: the upstream's time of it, or, where
// it gives none, the bounds of what we saw.
type Moment struct {
	Reported time.Time // zero: not told
	Seen     Bounds
}

// Shown is the time to show: the reported one, else when it was observed.
func (m Moment) Shown() time.Time {
	if !m.Reported.IsZero() {
		return m.Reported
	}
	return m.Seen.ObservedAt
}

// earliest is the least time at which it can have been, zero where nothing bounds it.
func (m Moment) earliest() time.Time {
	if !m.Reported.IsZero() {
		return m.Reported
	}
	return m.Seen.NotBefore
}

// Span bounds how long something took that began and ended then: equal bounds
// where the upstream told both times, else never below zero. hasMost is false
// where nothing bounds it from above.
func Span(began, ended Moment) (least, most time.Duration, hasMost bool) {
	if !began.Reported.IsZero() && !ended.Reported.IsZero() {
		took := Between(began.Reported, ended.Reported)
		return took, took, true
	}
	if end := ended.earliest(); !end.IsZero() {
		least = max(0, Between(began.Shown(), end))
	}
	if start := began.earliest(); !start.IsZero() {
		return least, max(0, Between(start, ended.Shown())), true
	}
	return least, 0, false
}

// Began is when the run started.
func (r Run) Began() Moment { return Moment{Reported: r.Start, Seen: r.FirstSeen} }

// Ended is when the run ended; its Shown is zero until then.
func (r Run) Ended() Moment { return Moment{Reported: r.End, Seen: r.EndSeen} }

// Began is when the step started.
func (s Step) Began() Moment { return Moment{Reported: s.Start.At, Seen: s.FirstSeen} }

// Ended is when the step ended; its Shown is zero until then.
func (s Step) Ended() Moment { return Moment{Reported: s.End.At, Seen: s.EndSeen} }
