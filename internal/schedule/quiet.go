package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Quiet are the hours of each day in which nobody is to be told of anything. The zero
// Quiet are none.
type Quiet struct {
	from, to time.Duration // of the day, by the clock on the wall
	zone     *time.Location
}

// ParseQuiet reads hours such as "22:00-07:00 Europe/Paris"; without a zone in UTC. Empty
// are none.
func ParseQuiet(text string) (Quiet, error) {
	if text == "" {
		return Quiet{}, nil
	}
	hours, zone, _ := strings.Cut(text, " ")
	first, last, found := strings.Cut(hours, "-")
	from, errFrom := timeOfDay(first)
	to, errTo := timeOfDay(last)
	switch {
	case !found || errFrom != nil || errTo != nil:
		return Quiet{}, fmt.Errorf("%q are no hours; write such as 22:00-07:00 Europe/Paris", text)
	case from == to:
		return Quiet{}, errors.New("they never end: nothing would ever be told; leave quiet out, or take the events away")
	case zone == "":
		zone = "UTC"
	}
	location, err := loadZone(zone, hours+" ")
	if err != nil {
		return Quiet{}, err
	}
	return Quiet{from: from, to: to, zone: location}, nil
}

func timeOfDay(text string) (time.Duration, error) {
	at, err := time.Parse("15:04", text)
	if err != nil {
		return 0, err
	}
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, nil
}

// Until gives when the quiet hours end that a moment lies in, also where the clock on the
// wall is set meanwhile; zero: it lies in none.
func (q Quiet) Until(at time.Time) time.Time {
	if !q.holds(at) {
		return time.Time{}
	}
	end := at.Truncate(time.Minute)
	for q.holds(end) {
		end = end.Add(time.Minute)
	}
	return end
}

// holds reports whether a moment lies in the quiet hours.
func (q Quiet) holds(at time.Time) bool {
	if q.zone == nil {
		return false
	}
	local := at.In(q.zone)
	clock := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute
	if q.from < q.to {
		return q.from <= clock && clock < q.to
	}
	return q.from <= clock || clock < q.to
}
