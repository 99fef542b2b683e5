package words

import (
	"fmt"
	"time"

	"tracker/internal/history"
)

// How times are written.
const (
	TimeLayout  = "2006-01-02 15:04:05"
	ClockLayout = "15:04:05"
	Day         = 24 * time.Hour
)

// Time shows a time in UTC; empty for null.
func Time(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(TimeLayout)
}

// Clock tells times to somebody who reads them at ReadAt.
type Clock struct {
	ReadAt time.Time
	Zone   *time.Location // of who reads; nil: UTC
}

// In is a time in the zone of who reads.
func (c Clock) In(t time.Time) time.Time {
	if c.Zone == nil {
		return t.UTC()
	}
	return t.In(c.Zone)
}

// ZoneName is what the zone of who reads is called at a time.
func (c Clock) ZoneName(t time.Time) string {
	name, _ := c.In(t).Zone()
	return name
}

// Zoned is At with the zone.
func (c Clock) Zoned(t time.Time) string { return c.At(t) + " " + c.ZoneName(t) }

// Date names a day, with the year where it is not this one.
func (c Clock) Date(t time.Time) string {
	if c.In(t).Year() != c.In(c.ReadAt).Year() {
		return c.In(t).Format(time.DateOnly)
	}
	return c.In(t).Format("Jan 2")
}

// At gives a day and a time of it to the second.
func (c Clock) At(t time.Time) string { return c.Date(t) + " " + c.In(t).Format(ClockLayout) }

// Whole is a time with its date, in figures alone.
func (c Clock) Whole(t time.Time) string { return c.In(t).Format(TimeLayout) }

// Near is At without the day where that is today.
func (c Clock) Near(t time.Time) string {
	if c.SameDay(t, c.ReadAt) {
		return c.In(t).Format(ClockLayout)
	}
	return c.At(t)
}

// Since is the day, or today the time of it.
func (c Clock) Since(t time.Time) string {
	if c.SameDay(t, c.ReadAt) {
		return c.In(t).Format(ClockLayout)
	}
	return c.Date(t)
}

// Ago tells how long ago something was, or how long it is until then.
func (c Clock) Ago(t time.Time) string {
	switch d := history.Between(t, c.ReadAt); {
	case d <= -time.Second:
		return "in " + Age(-d)
	case d < time.Second:
		return justNow
	default:
		return Age(d) + " ago"
	}
}

// justNow is how long ago it was where that cannot be told apart from now.
const justNow = "just now"

// Ago tells how long ago something was; it is empty for null.
func Ago(at *time.Time, now time.Time) string {
	if at == nil {
		return ""
	}
	return Clock{ReadAt: now}.Ago(*at)
}

// AgoBy is Ago of a time by which something had happened, unless it is the
// upstream's: so long ago at least.
func AgoBy(at *time.Time, reported bool, now time.Time) string {
	if at == nil || reported {
		return Ago(at, now)
	}
	least := history.Between(*at, now)
	for _, unit := range []time.Duration{2 * Day, time.Hour, time.Minute} {
		if least >= unit {
			least = least.Truncate(min(unit, Day))
			break
		}
	}
	if ago := (Clock{ReadAt: now}).Ago(now.Add(-least)); ago != justNow {
		return "≥ " + ago
	}
	return justNow
}

// Due tells how long it is until something is to be done, or was to be.
func (c Clock) Due(at time.Time) string {
	if d := history.Between(c.ReadAt, at); d > -time.Second && d < time.Second {
		return "now"
	}
	return c.Ago(at)
}

// Age gives a duration in one unit: the greater of the two in which
// Duration does.
func Age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d.Round(time.Minute) < time.Hour:
		return fmt.Sprintf("%d m", d.Round(time.Minute)/time.Minute)
	case d.Round(time.Hour) < 2*Day:
		return fmt.Sprintf("%d h", d.Round(time.Hour)/time.Hour)
	default:
		return fmt.Sprintf("%d d", d.Round(Day)/Day)
	}
}

// CeilSecond is the first whole second that is not before t. What we saw is
// shown so, polls are shown by the second they began in: both bound what they bound.
func CeilSecond(t time.Time) time.Time { return t.Add(time.Second - 1).Truncate(time.Second) }

// SameDay reports that two times are on one day.
func (c Clock) SameDay(a, b time.Time) bool {
	return c.In(a).Format(time.DateOnly) == c.In(b).Format(time.DateOnly)
}

// DayAt is At with "today" for the day, and "by" before a time at the latest.
func (c Clock) DayAt(t time.Time, by string) string {
	date := c.Date(t)
	if c.SameDay(t, c.ReadAt) {
		date = "today"
	}
	return date + " " + by + c.In(t).Format(ClockLayout)
}

// onDay is the time of day, with the day where that is not the reference's.
func (c Clock) onDay(t, reference time.Time) string {
	if c.SameDay(t, reference) {
		return c.In(t).Format(ClockLayout)
	}
	return c.At(t)
}

// Exact is the time of day of what the upstream dated, as exactly as it did.
func (c Clock) Exact(t time.Time) string {
	if t.Nanosecond() == 0 {
		return c.In(t).Format(ClockLayout)
	}
	return c.In(t).Format(ClockLayout + ".000")
}

// Bound shows when something happened that was only seen afterwards. Whole
// seconds are rounded away from each other, so that they bound it.
func (c Clock) Bound(notBefore *time.Time, observedAt time.Time, narrow bool) string {
	end := CeilSecond(observedAt)
	latest := c.In(end).Format(ClockLayout)
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

// By marks a time that the upstream did not give: it is when something had been
// seen, which had happened by then. show writes the time.
func By(at time.Time, reported bool, show func(time.Time) string) string {
	if reported {
		return show(at)
	}
	return "by " + show(CeilSecond(at))
}

// Seen is when we saw something, on the day of the reference or with its own.
func (c Clock) Seen(observedAt, reference time.Time) string {
	return c.onDay(CeilSecond(observedAt), reference)
}
