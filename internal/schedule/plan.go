package schedule

import (
	"fmt"
	"time"
)

// GracePolls is how many answered polls follow a run's end at the active
// cadence, to catch what the upstream logs late.
const GracePolls = 3

// maxDoublings bounds how often a wait is doubled.
const maxDoublings = 32

// Phase says how far the run of a job's newest snapshot has come.
type Phase int

// The phases of a run.
const (
	PhaseNone   Phase = iota // there is no run
	PhaseActive              // queued, running or unknown
	PhaseEnded               // in a terminal state
)

// Progress is what Plan needs to know of a job whose last poll was answered.
type Progress struct {
	Schedule    Schedule
	Name        string        // of the job
	ActiveEvery time.Duration // the cadence while a run is active
	Finishes    bool          // a run's end is the end of the job

	PolledAt time.Time // of the answered poll
	Spread   bool      // others were polled together with it, as when they were registered together: see Schedule.Second

	Phase     Phase
	ChangedAt time.Time // when the newest snapshot was observed; the active cadence slows down from here
	GraceDone int       // answered polls since the one that saw the run end, which is not counted itself
}

// Plan returns when the job is polled next, or that it is finished. While a run
// is active, and for GracePolls answered polls after its end, the active
// cadence applies where it is sooner than the schedule.
func Plan(p Progress) (next time.Time, finished bool) {
	switch {
	case p.Phase == PhaseActive:
		return earlier(p.scheduled(), p.PolledAt.Add(p.spread(p.slowed()))), false
	case p.Phase == PhaseEnded && p.GraceDone < GracePolls:
		return earlier(p.scheduled(), p.PolledAt.Add(p.spread(p.ActiveEvery))), false
	case p.Phase == PhaseEnded && p.Finishes:
		return time.Time{}, true
	default:
		return p.scheduled(), false
	}
}

func (p Progress) scheduled() time.Time {
	if p.Spread {
		return p.Schedule.Second(p.PolledAt, p.Name)
	}
	return p.Schedule.Next(p.PolledAt, p.Name)
}

func (p Progress) spread(every time.Duration) time.Duration {
	if p.Spread {
		return apart(every, p.Name)
	}
	return every
}

// slowed doubles the active cadence for each full hour without a change.
func (p Progress) slowed() time.Duration {
	every := p.ActiveEvery
	hours := p.PolledAt.Sub(p.ChangedAt) / time.Hour
	for range min(hours, maxDoublings) {
		every = min(2*every, longestEvery)
	}
	return every
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b.UTC()
	}
	return a
}

const (
	backoffFrom = 10 * time.Second // after the first failing poll
	backoffTo   = 15 * time.Minute // or the schedule, where that is slower
)

// Failure is what Backoff needs to know of a job whose last poll failed.
type Failure struct {
	Schedule    Schedule
	Name        string // of the job
	ActiveEvery time.Duration
	PolledAt    time.Time // of the last failing poll
	Failures    int       // in a row, that one included
	HeldUntil   time.Time // by a Retry-After; zero for none
}

// Backoff returns when the job is polled again. The wait doubles from 10 s to 15 min,
// or to the schedule's interval where that is longer. A hash of the job's name and the
// count of failures takes off up to half of it. The wait is at least the active cadence,
// and does not end before the hold.
func Backoff(f Failure) time.Time {
	wait := backoffFrom
	for range min(f.Failures-1, maxDoublings) {
		wait = min(2*wait, longestEvery)
	}
	slow := f.Schedule.Interval(f.PolledAt) >= backoffTo
	if !slow {
		wait = min(wait, backoffTo)
	}
	wait -= spread(fmt.Sprintf("%s\x00%d", f.Name, f.Failures), wait/2)
	next := f.PolledAt.Add(wait)
	if slow {
		next = earlier(f.Schedule.Next(f.PolledAt, f.Name), next)
	}
	for _, floor := range []time.Time{f.PolledAt.Add(f.ActiveEvery), f.HeldUntil} {
		if next.Before(floor) {
			next = floor
		}
	}
	return next.UTC()
}
