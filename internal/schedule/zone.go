package schedule

import (
	_ "embed"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // zones must be known where the binary runs without a zone database

	"github.com/robfig/cron/v3"
)

// zoneNames are the names of the zone database that this program was built
// with, one a line.
//
//go:embed zones.txt
var zoneNames string

// checkZone refuses a zone that is unknown, and names that only some machines know.
func checkZone(key, zone string, rest []string) error {
	switch {
	case key != "TZ" && key != "CRON_TZ":
		return fmt.Errorf("%q is no setting; only a zone may stand before the fields, as CRON_TZ=Europe/Paris", key)
	case zone == "":
		return fmt.Errorf("the zone after %s= is empty; write %[1]s=Europe/Paris, or leave it out for UTC", key)
	}
	if _, err := loadZone(zone, key+"="); err != nil {
		return err
	}
	if len(rest) == 0 {
		return fmt.Errorf("nothing follows the zone; write %s=%s */5 * * * *", key, zone)
	}
	return nil
}

// loadZone gives the zone of a name. An error shows how to write one, after a prefix.
func loadZone(zone, prefix string) (*time.Location, error) {
	if strings.EqualFold(zone, "local") || strings.EqualFold(zone, "localtime") {
		return nil, fmt.Errorf("zone %q differs from machine to machine; write a name such as %sEurope/Paris", zone, prefix)
	}
	if name := zoneNamed(zone); name != "" && name != zone { // which a file system that ignores case would find
		return nil, fmt.Errorf("zone %q is unknown; write %s%s", zone, prefix, name)
	}
	location, err := time.LoadLocation(zone)
	if err != nil || machinesOwn(zone) {
		return nil, fmt.Errorf("zone %q is unknown; write a name of the IANA database such as %sEurope/Paris", zone, prefix)
	}
	return location, nil
}

// zoneNamed gives the name as the zone database writes it; empty: it has none like it.
func zoneNamed(zone string) string {
	for name := range strings.Lines(zoneNames) {
		if name = strings.TrimSuffix(name, "\n"); strings.EqualFold(name, zone) {
			return name
		}
	}
	return ""
}

// machinesOwn reports whether a name is that of a file which some systems keep beside
// the zones: other systems lack it, or have something else there.
func machinesOwn(zone string) bool {
	area, _, _ := strings.Cut(strings.ToLower(zone), "/")
	return area == "posix" || area == "right" || area == "posixrules"
}

const (
	// cronHorizon is how many years ahead robfig/cron looks for a tick. Leap days
	// can be eight years apart: 2096, 2104.
	cronHorizon = 5

	// everyHour are the bits of an hour field that names no hour.
	everyHour = 1<<24 - 1
)

// stretch is a stretch of time in which a zone's offset is constant.
type stretch struct {
	offset        int       // of the zone, in seconds
	end           time.Time // the first moment after it
	repeatedUntil time.Time // up to here local times come a second time: the clock was set back; else zero
	skippedUntil  time.Time // local times from the end to here do not come: the clock jumps ahead; else the end
	endsOn        time.Time // the last second, in local time
	followedOn    time.Time // the end, in the local time of the next stretch
}

// stretchAt returns the stretch of a moment, cut off after cronHorizon.
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
// As with Vixie cron and systemd, an expression that names hours ticks once for each
// of its local times. Where a local time comes twice, it ticks at the first; where the
// clock jumps over it, right after the jump. An expression for every hour ticks
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
