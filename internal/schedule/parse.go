package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

const (
	maxLength = 256 // bytes of an expression

	// longestEvery keeps sums of times and intervals far from overflow.
	longestEvery = 366 * 24 * time.Hour
)

// Parse reads a schedule: five cron fields or a descriptor such as "@daily", in
// UTC or behind CRON_TZ=Area/City, or "@every" with a duration in whole
// seconds. It refuses what would never be due and what robfig/cron v3.0.1
// panics on or silently reads as something else; the error quotes the
// expression and says the reason and the way out.
func Parse(expr string) (Schedule, error) {
	s, err := parse(strings.Trim(expr, " \t\r\n"))
	if err != nil {
		return Schedule{}, fmt.Errorf("schedule %s: %w", quote(expr), err)
	}
	return s, nil
}

func parse(expr string) (Schedule, error) {
	if err := checkText(expr); err != nil {
		return Schedule{}, err
	}
	words := strings.Fields(expr)
	canonical := strings.Join(words, " ")
	zone := "UTC"
	if key, value, found := strings.Cut(words[0], "="); found {
		if err := checkZone(key, value, words[1:]); err != nil {
			return Schedule{}, err
		}
		zone, words = value, words[1:]
	}
	if words[0] == "@every" {
		every, err := parseEvery(words[1:])
		return Schedule{expr: canonical, every: every}, err
	}
	spec, err := parseCron(zone, words)
	if err != nil {
		return Schedule{}, err
	}
	s := Schedule{expr: canonical, cron: spec}
	// A date that exists at all comes within the years after this one.
	if s.tick(time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Schedule{}, fmt.Errorf("day of month %q never comes in month %q; name a date that exists", words[2], words[3])
	}
	return s, nil
}

// checkText refuses what strings.Fields would take for a blank and robfig/cron
// would not, or the other way round.
func checkText(expr string) error {
	switch {
	case expr == "":
		return errors.New(`it is empty; write five fields such as "*/5 * * * *", or "@every 5m"`)
	case len(expr) > maxLength:
		return fmt.Errorf("it is longer than %d bytes", maxLength)
	}
	for _, r := range expr {
		if r != '\t' && (r < ' ' || r > '~') {
			return fmt.Errorf("it holds the character %U; write plain letters, digits and blanks on one line", r)
		}
	}
	return nil
}

func parseEvery(words []string) (time.Duration, error) {
	if len(words) != 1 {
		return 0, errors.New(`"@every" takes one duration, such as "@every 5m"`)
	}
	every, err := time.ParseDuration(words[0])
	switch {
	case err != nil:
		return 0, fmt.Errorf(`cannot read the duration %q; write hours, minutes and seconds such as 1h30m (a day is 24h)`, words[0])
	case every < time.Second:
		return 0, fmt.Errorf(`%q is under one second; the shortest is "@every 1s"`, words[0])
	case every%time.Second != 0:
		return 0, fmt.Errorf(`%q is not in whole seconds; write "@every %s"`, words[0], every.Truncate(time.Second))
	case every > longestEvery:
		return 0, fmt.Errorf(`%q is longer than a year; the longest is "@every 8784h"`, words[0])
	}
	return every, nil
}

func parseCron(zone string, words []string) (*cron.SpecSchedule, error) {
	check := checkFields
	if strings.HasPrefix(words[0], "@") {
		check = checkDescriptor
	}
	if err := check(words); err != nil {
		return nil, err
	}
	parsed, err := cron.ParseStandard("CRON_TZ=" + zone + " " + strings.Join(words, " "))
	if err != nil {
		return nil, err
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return nil, fmt.Errorf("it is read as %T, no cron expression", parsed)
	}
	return spec, nil
}

func checkDescriptor(words []string) error {
	if len(words) > 1 {
		return fmt.Errorf("%q stands alone, %q must not follow it", words[0], words[1])
	}
	switch words[0] {
	case "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly":
		return nil
	case "@reboot":
		return errors.New(`"@reboot" is not supported; a new job is polled within 60 s and then on a schedule such as "@every 5m"`)
	default:
		return fmt.Errorf("%q is unknown; there are @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually and @every", words[0])
	}
}

// quote quotes the beginning of an expression that may be of any length.
func quote(expr string) string {
	const shown = 80
	if len(expr) <= shown {
		return fmt.Sprintf("%q", expr)
	}
	return fmt.Sprintf("%q...", expr[:shown])
}
