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

// checkFields refuses, in our words, what robfig/cron would refuse, and what it would
// misread.
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

// insteadOfStep says what to write for a step beyond its range: "@every" where the
// expression says nothing but the step.
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

// field is one of the five of a cron expression.
type field struct {
	name     string // of one value; its plural has an s
	min, max int
	names    string        // of the values from min on, blank-separated
	unit     time.Duration // of a step; zero where it has no fixed length
}

func cronFields() []field {
	return []field{
		{name: "minute", min: 0, max: 59, unit: time.Minute},
		{name: "hour", min: 0, max: 23, unit: time.Hour},
		{name: "day", min: 1, max: 31, unit: 24 * time.Hour},
		{name: "month", min: 1, max: 12, names: "jan feb mar apr may jun jul aug sep oct nov dec"},
		{name: "weekday", min: 0, max: 6, names: "sun mon tue wed thu fri sat"},
	}
}

// stepError refuses a step that is larger than its range: the field would select one
// value only, as robfig/cron reads "*/90" as "0".
type stepError struct {
	field field
	item  string // the range with its step
	step  int
}

func (e *stepError) Error() string {
	low, high, _ := e.field.span(e.item)
	of := "the range"
	if low == e.field.min && high == e.field.max {
		of = "the field's range"
	}
	return fmt.Sprintf("a step of %d %ss is beyond %s (%d-%d)", e.step, e.field.name, of, low, high)
}

func (f field) check(word string) error {
	for item := range strings.SplitSeq(word, ",") {
		if item == "" {
			return fmt.Errorf("the list of %ss %q has an empty item", f.name, word)
		}
		if err := f.checkItem(item); err != nil {
			return err
		}
	}
	return nil
}

func (f field) checkItem(item string) error {
	low, high, err := f.span(item)
	if err != nil {
		return err
	}
	if low > high {
		return fmt.Errorf("the range of %ss %q runs backwards; write it as two, such as %d-%d,%d-%d",
			f.name, item, low, f.max, f.min, high)
	}
	_, text, stepped := strings.Cut(item, "/")
	if !stepped {
		return nil
	}
	step, err := number(text)
	switch {
	case err != nil:
		return fmt.Errorf("the step %q of %ss is no whole number", text, f.name)
	case step == 0:
		return fmt.Errorf("a step of 0 %ss never moves on; leave /%s out", f.name, text)
	case step > 1 && step > high-low:
		return &stepError{field: f, item: item, step: step}
	}
	return nil
}

// span returns the first and last value of a range, whatever its step.
func (f field) span(item string) (low, high int, err error) {
	values, _, stepped := strings.Cut(item, "/")
	if values == "*" {
		return f.min, f.max, nil
	}
	from, to, isRange := strings.Cut(values, "-")
	if low, err = f.value(from); err != nil {
		return 0, 0, err
	}
	switch {
	case isRange:
		high, err = f.value(to)
	case stepped:
		high = f.max
	default:
		high = low
	}
	return low, high, err
}

func (f field) value(text string) (int, error) {
	if i := slices.Index(strings.Fields(f.names), strings.ToLower(text)); i >= 0 {
		return f.min + i, nil
	}
	value, err := number(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is no %s (%d-%d)", text, f.name, f.min, f.max)
	case value == 7 && f.name == "weekday":
		return 0, errors.New("weekday 7 is beyond the field's range (0-6); Sunday is 0")
	case value < f.min || value > f.max:
		return 0, fmt.Errorf("%s %d is beyond the field's range (%d-%d)", f.name, value, f.min, f.max)
	}
	return value, nil
}

// number reads digits only: strconv.Atoi, and with it robfig/cron, takes "+5".
func number(text string) (int, error) {
	value, err := strconv.ParseUint(text, 10, 31)
	return int(value), err
}
