package words

import (
	"fmt"
	"math"
	"strings"
	"time"

	"tracker/internal/store"
)

// Duration gives a duration as precisely as one reads it: 412 ms, 42.2 s,
// 1 m 12 s, 2 h 5 m, 3 d 4 h.
func Duration(d time.Duration) string {
	if d < 0 {
		return "-" + Duration(-max(d, -math.MaxInt64))
	}
	if d > 0 && d < time.Second {
		return fmt.Sprintf("%d ms", d.Round(time.Millisecond).Milliseconds())
	}
	if tenths := d.Round(100 * time.Millisecond); tenths < time.Minute {
		return strings.TrimSuffix(fmt.Sprintf("%.1f", tenths.Seconds()), ".0") + " s"
	}
	switch d = d.Round(durationUnit(d)); {
	case d < time.Hour:
		return twoUnits(d, time.Minute, "m", time.Second, "s")
	case d < 2*Day:
		return twoUnits(d, time.Hour, "h", time.Minute, "m")
	default:
		return twoUnits(d, Day, "d", time.Hour, "h")
	}
}

// durationUnit is the least unit that a duration is shown in.
func durationUnit(d time.Duration) time.Duration {
	switch {
	case d < time.Hour:
		return time.Second
	case d < 2*Day:
		return time.Minute
	default:
		return time.Hour
	}
}

func twoUnits(d, great time.Duration, greatName string, small time.Duration, smallName string) string {
	if rest := d % great / small; rest > 0 {
		return fmt.Sprintf("%d %s %d %s", d/great, greatName, rest, smallName)
	}
	return fmt.Sprintf("%d %s", d/great, greatName)
}

// Roughly gives a duration as exactly as a guess can be.
func Roughly(d time.Duration) string {
	if d >= 10*time.Second {
		d = d.Round(time.Second)
	}
	if d >= 10*time.Minute {
		d = d.Round(time.Minute)
	}
	return Duration(d)
}

// AtLeast is a duration that is a lower bound, rounded so that it stays one.
func AtLeast(d time.Duration) string { return Duration(d.Truncate(durationUnit(d))) }

// atMost is a duration that is an upper bound, rounded so that it stays one.
func atMost(d time.Duration) string { return Duration(ceil(d, durationUnit(d))) }

func ceil(d, unit time.Duration) time.Duration {
	if whole := d.Truncate(unit); whole < d && whole <= math.MaxInt64-unit {
		return whole + unit
	}
	return d
}

// Bounds shows how long something took, as exactly as that is known. It is
// empty where nothing is.
func Bounds(least, most *store.Interval) string {
	switch {
	case least == nil:
		return ""
	case most != nil && *least == *most:
		return Duration(time.Duration(*least))
	case most == nil && time.Duration(*least) < time.Second:
		return "" // that it took some time is nothing to tell
	case most == nil:
		return "≥ " + AtLeast(time.Duration(*least))
	case time.Duration(*least) < time.Second:
		return "≤ " + atMost(time.Duration(*most))
	default:
		return AtLeast(time.Duration(*least)) + " to " + atMost(time.Duration(*most))
	}
}
