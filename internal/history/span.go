package history

import "time"

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
		took := ended.Reported.Sub(began.Reported)
		return took, took, true
	}
	if end := ended.earliest(); !end.IsZero() {
		least = max(0, end.Sub(began.Shown()))
	}
	if start := began.earliest(); !start.IsZero() {
		return least, max(0, ended.Shown().Sub(start)), true
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
