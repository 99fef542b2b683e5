package schedule

import (
	"fmt"
	"time"
)

const (
	backoffFrom = 10 * time.Second // after the first failing poll
	backoffTo   = 15 * time.Minute // or the schedule, where that is slower
)

// Failure is what the next poll of a job follows from, after one or more
// failing polls in a row.
type Failure struct {
	Schedule    Schedule
	Name        string // of the job
	ActiveEvery time.Duration
	PolledAt    time.Time // of the last failing poll
	Failures    int       // in a row, that one included
	HeldUntil   time.Time // by a Retry-After; zero for none
}

// Backoff returns when the job is tried again. The wait doubles from 10 s to 15
// min, or up to the schedule where that polls less often; a hash of the name
// and the count takes off up to half of it. It is never shorter than the active
// cadence and never ends before the hold.
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
