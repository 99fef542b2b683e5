package cli

import (
	"fmt"
	"time"

	"tracker/internal/history"
)

// Times are shown in UTC.
const (
	timeLayout  = "2006-01-02 15:04:05"
	clockLayout = "15:04:05"
	day         = 24 * time.Hour
)

// timeText shows a time; empty for null.
func timeText(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(timeLayout)
}

// clock tells times to somebody who reads them at now.
type clock struct{ now time.Time }

// date names a day, with the year where it is not this one.
func (c clock) date(t time.Time) string {
	if t.UTC().Year() != c.now.UTC().Year() {
		return t.UTC().Format(time.DateOnly)
	}
	return t.UTC().Format("Jan 2")
}

// at gives a day and a time of it to the second.
func (c clock) at(t time.Time) string { return c.date(t) + " " + t.UTC().Format(clockLayout) }

// near is at without the day where that is today.
func (c clock) near(t time.Time) string {
	if sameDay(t, c.now) {
		return t.UTC().Format(clockLayout)
	}
	return c.at(t)
}

// since is the day, or today the time of it.
func (c clock) since(t time.Time) string {
	if sameDay(t, c.now) {
		return t.UTC().Format(clockLayout)
	}
	return c.date(t)
}

// ago tells how long ago something was, or how long it is until then.
func (c clock) ago(t time.Time) string {
	switch d := history.Between(t, c.now); {
	case d <= -time.Second:
		return "in " + ageText(-d)
	case d < time.Second:
		return justNow
	default:
		return ageText(d) + " ago"
	}
}

// agoText tells how long ago something was; it is empty for null.
// justNow is how long ago it was where that cannot be told apart from now.
const justNow = "just now"

func agoText(at *time.Time, now time.Time) string {
	if at == nil {
		return ""
	}
	return clock{now}.ago(*at)
}

// agoBy is agoText of a time by which something had happened, unless it is the
// upstream's: so long ago at least.
func agoBy(at *time.Time, reported bool, now time.Time) string {
	if at == nil || reported {
		return agoText(at, now)
	}
	least := history.Between(*at, now)
	for _, unit := range []time.Duration{2 * day, time.Hour, time.Minute} {
		if least >= unit {
			least = least.Truncate(min(unit, day))
			break
		}
	}
	if ago := (clock{now}).ago(now.Add(-least)); ago != justNow {
		return "≥ " + ago
	}
	return justNow
}

// due tells how long it is until something is to be done, or was to be.
func (c clock) due(at time.Time) string {
	if d := history.Between(c.now, at); d > -time.Second && d < time.Second {
		return "now"
	}
	return c.ago(at)
}

// ageText gives a duration in one unit: the greater of the two in which
// durationText does.
func ageText(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d.Round(time.Minute) < time.Hour:
		return fmt.Sprintf("%d m", d.Round(time.Minute)/time.Minute)
	case d.Round(time.Hour) < 2*day:
		return fmt.Sprintf("%d h", d.Round(time.Hour)/time.Hour)
	default:
		return fmt.Sprintf("%d d", d.Round(day)/day)
	}
}

// ceilSecond is the first whole second that is not before t. What we saw is
// shown so, polls are shown by the second they began in: both bound what they bound.
func ceilSecond(t time.Time) time.Time { return t.Add(time.Second - 1).Truncate(time.Second) }

func sameDay(a, b time.Time) bool {
	return a.UTC().Truncate(day).Equal(b.UTC().Truncate(day))
}

// dayAt is at with "today" for the day, and "by" before a time at the latest.
func (c clock) dayAt(t time.Time, by string) string {
	date := c.date(t)
	if sameDay(t, c.now) {
		date = "today"
	}
	return date + " " + by + t.UTC().Format(clockLayout)
}

// onDay is the time of day, with the day where that is not the reference's.
func (c clock) onDay(t, reference time.Time) string {
	if sameDay(t, reference) {
		return t.UTC().Format(clockLayout)
	}
	return c.at(t)
}

// exactText is the time of day of what the upstream dated, as exactly as it did.
func exactText(t time.Time) string {
	if t.Nanosecond() == 0 {
		return t.UTC().Format(clockLayout)
	}
	return t.UTC().Format(clockLayout + ".000")
}

// boundText shows when something happened that was only seen afterwards. Whole
// seconds are rounded away from each other, so that they bound it.
func (c clock) boundText(notBefore *time.Time, observedAt time.Time, narrow bool) string {
	end := ceilSecond(observedAt)
	latest := end.UTC().Format(clockLayout)
	switch {
	case notBefore == nil && narrow:
		return "by " + latest
	case notBefore == nil:
		return latest + " at the latest"
	case narrow:
		return c.onDay(*notBefore, end) + "–" + latest
	default:
		return "between " + c.onDay(*notBefore, end) + " and " + latest
	}
}

// by marks a time that the upstream did not give: it is when something had been
// seen, which had happened by then. show writes the time.
func by(at time.Time, reported bool, show func(time.Time) string) string {
	if reported {
		return show(at)
	}
	return "by " + show(ceilSecond(at))
}

// seenText is when we saw something, on the day of the reference or with its own.
func (c clock) seenText(observedAt, reference time.Time) string {
	return c.onDay(ceilSecond(observedAt), reference)
}
