package schedule

import (
	"time"

	"github.com/robfig/cron/v3"
)

const (
	// cronHorizon is how many years ahead robfig/cron looks for a tick. Leap days
	// can be eight years apart: 2096, 2104.
	cronHorizon = 5

	// everyHour are the bits of an hour field that names no hour.
	everyHour = 1<<24 - 1
)

// stretch is a time in which a zone's clock does not jump.
type stretch struct {
	offset        int       // of the zone, in seconds
	end           time.Time // the first moment after it
	repeatedUntil time.Time // up to here local times have come before, in the stretch before; else zero
	skippedUntil  time.Time // up to here local times do not come, as the clock jumps at the end; else the end
	endsOn        time.Time // the last second, in local time
	followedOn    time.Time // the end, in the local time of the next stretch
}

// stretchAt gives that of a moment. One that goes on for long is cut off.
func stretchAt(at time.Time, zone *time.Location) stretch {
	local := at.In(zone)
	start, end := local.ZoneBounds()
	if far := at.AddDate(cronHorizon, 0, 0); end.IsZero() || far.Before(end) {
		end = far
	}
	s := stretch{end: end.UTC(), endsOn: end.Add(-time.Second).In(zone), followedOn: end.In(zone)}
	_, s.offset = local.Zone()
	_, later := s.followedOn.Zone()
	s.skippedUntil = s.end.Add(time.Duration(max(0, later-s.offset)) * time.Second)
	if start.IsZero() {
		return s
	}
	if _, earlier := start.Add(-time.Second).Zone(); earlier > s.offset {
		s.repeatedUntil = start.UTC().Add(time.Duration(earlier-s.offset) * time.Second)
	}
	return s
}

// tick returns the first tick after the given time; the zero time where none
// comes in the stretch.
//
// As with Vixie cron and systemd, an expression that names hours ticks once
// for each of its local times: the first time where that comes twice, and when
// the clock has jumped where it leaves that out. One for every hour ticks
// whenever the clock shows its minutes.
func (s stretch) tick(cron *cron.SpecSchedule, after time.Time) time.Time {
	spec := *cron
	spec.Location = time.FixedZone("", s.offset)
	until := s.end
	if spec.Hour&everyHour != everyHour {
		until = s.skippedUntil
		if after.Before(s.repeatedUntil) {
			after = s.repeatedUntil.Add(-time.Second)
		}
	}
	for next := spec.Next(after); !next.IsZero() && next.Before(until); next = spec.Next(next) {
		if next.Before(s.end) {
			return next
		}
		if day := next.In(spec.Location); sameDay(day, s.endsOn) || sameDay(day, s.followedOn) {
			return s.end
		}
		// Its whole day is left out: where the date line moved, there was none.
	}
	return time.Time{}
}

func sameDay(a, b time.Time) bool { return a.Year() == b.Year() && a.YearDay() == b.YearDay() }
