package schedule

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	dayOfMonth = 2
	dayOfWeek  = 4
)

// checkFields refuses what robfig/cron would refuse in its own words, and what
// it would misread.
func checkFields(words []string) error {
	fields := cronFields()
	if len(words) != len(fields) {
		hint := ""
		if len(words) == len(fields)+1 {
			hint = `; seconds are not among them, for those write "@every 30s"`
		}
		return fmt.Errorf("it has %d fields and needs %d: minute, hour, day of month, month, day of week%s",
			len(words), len(fields), hint)
	}
	for i, f := range fields {
		if words[i] == "?" && (i == dayOfMonth || i == dayOfWeek) {
			continue
		}
		err := f.check(words[i])
		if beyond, ok := errors.AsType[*stepError](err); ok {
			return fmt.Errorf("%w; %s", err, insteadOfStep(words, i, beyond))
		}
		if err != nil {
			return err
		}
	}
	return checkDays(words[dayOfMonth], words[dayOfWeek])
}

// checkDays refuses a stepped star beside a restricted day: cron polls when
// both fit, robfig/cron when either does.
func checkDays(day, weekday string) error {
	restricted := func(word string) bool { return !strings.ContainsAny(word, "*?") }
	stepped := func(word string) bool { return strings.Contains(word, "*/") && word != "*/1" }
	if stepped(day) && restricted(weekday) || stepped(weekday) && restricted(day) || stepped(day) && stepped(weekday) {
		return fmt.Errorf("day of month %q with day of week %q is read differently by different crons; "+
			"write one of them as *, or ranges such as 1-31/2 to poll on days that fit either", day, weekday)
	}
	return nil
}

// insteadOfStep says what to write for a step beyond its range: "@every" where
// the step is all that the expression says.
func insteadOfStep(words []string, i int, e *stepError) string {
	single := func(word string) bool { _, err := strconv.Atoi(word); return err == nil }
	wild := func(word string) bool { return word == "*" || word == "?" }
	whole := strings.HasPrefix(words[i], "*/") || strings.HasPrefix(words[i], strconv.Itoa(e.field.min)+"/")
	others := !slices.ContainsFunc(words[:i], func(w string) bool { return !single(w) }) &&
		!slices.ContainsFunc(words[i+1:], func(w string) bool { return !wild(w) })
	if e.item != words[i] || !whole || !others || e.field.unit == 0 || e.step > int(longestEvery/e.field.unit) {
		return fmt.Sprintf("name the %ss you mean", e.field.name)
	}
	every := time.Duration(e.step) * e.field.unit
	short := fmt.Sprintf("%dm", int(every.Minutes()))
	if i > 0 {
		short = fmt.Sprintf("%dh", int(every.Hours()))
	}
	return fmt.Sprintf(`for every %d %ss write "@every %s"`, e.step, e.field.name, short)
}
