package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tracker/internal/yamlfile"
)

const day = 24 * time.Hour

// ParseDuration reads a duration as yamlfile.ParseDuration does.
func ParseDuration(text string) (time.Duration, error) { return yamlfile.ParseDuration(text) }

// FormatDuration writes a duration as ParseDuration reads it, without units of
// which there are none: "2h", "36h", "1m30s". It is empty for zero.
func FormatDuration(d time.Duration) string {
	if d == 0 {
		return ""
	}
	text := d.String()
	for _, none := range []string{"0s", "0m"} {
		if rest, found := strings.CutSuffix(text, none); found && rest != "" && strings.ContainsAny(rest[len(rest)-1:], "hm") {
			text = rest
		}
	}
	return text
}

// FormatDays writes a duration in days where it is whole days, such as 90d, else as
// FormatDuration does.
func FormatDays(d time.Duration) string {
	if d == 0 || d%day != 0 {
		return FormatDuration(d)
	}
	return strconv.Itoa(int(d/day)) + "d"
}

// TimeForms tells, for a help, how a time may be written.
const TimeForms = "2026-11-28 22:20, 22:20 (UTC), a date, RFC 3339, or an age such as 12h or 30d"

// Times as they are written, with seconds or without; with a fraction of them,
// too. Those without a zone are in UTC, those without a year or a day of now's.
var (
	zonedLayouts = timesOfDay("2006-01-02T", "2006-01-02 ", "Z07:00", "Z07")
	datedLayouts = append(timesOfDay("2006-01-02T", "2006-01-02 ", ""), time.DateOnly)
	yearLayouts  = append(timesOfDay("Jan 2 ", "Jan 2 ", ""), "Jan 2")
	dayLayouts   = timesOfDay("", "today ", "")
)

// timesOfDay gives the layouts of a day in two forms with a time of it and each of the zones.
func timesOfDay(day, other string, zones ...string) []string {
	var layouts []string
	for _, zone := range zones {
		for _, clock := range []string{"15:04:05", "15:04"} {
			layouts = append(layouts, day+clock+zone, other+clock+zone)
		}
	}
	return layouts
}

// ParseTime reads a time on the command line: one as we print them (in UTC; with
// no year it is this one, with no day today), RFC 3339, a date (its midnight in
// UTC), or an age before now such as "2h", "3d" or "1d12h".
func ParseTime(text string, now time.Time) (time.Time, error) {
	now = now.UTC()
	if at, found := parseLayouts(text, zonedLayouts); found {
		return at, nil
	}
	written := strings.TrimSuffix(strings.TrimSuffix(text, "Z"), " UTC")
	if at, found := parseLayouts(written, datedLayouts); found {
		return at, nil
	}
	if at, found := parseLayouts(written, yearLayouts); found {
		if in := at.AddDate(now.Year(), 0, 0); in.Day() == at.Day() { // there is no Feb 29 in most years
			return in, nil
		}
	}
	if at, found := parseLayouts(written, dayLayouts); found {
		return time.Date(now.Year(), now.Month(), now.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), time.UTC), nil
	}
	age, err := ParseDuration(text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s is no time; write one such as %s", yamlfile.Quote(text), TimeForms)
	}
	return now.Add(-age), nil
}

// parseLayouts reads a time that is written in one of the layouts.
func parseLayouts(text string, layouts []string) (at time.Time, found bool) {
	for _, layout := range layouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

// HasDay reports a time that says of which year and day it is, or how old it is.
func HasDay(text string) bool {
	written := strings.TrimSuffix(strings.TrimSuffix(text, "Z"), " UTC")
	_, ofDay := parseLayouts(written, dayLayouts)
	_, ofYear := parseLayouts(written, yearLayouts)
	return !ofDay && !ofYear
}
