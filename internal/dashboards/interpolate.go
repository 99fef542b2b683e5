package dashboards

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// reference matches the three ways to name a variable: $name, [[name:format]]
// and ${name.field:format}.
var reference = regexp.MustCompile(`\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:}]+))?(?::([^}]+))?\}`)

// interpolate does the browser's part. What names no variable is left alone: it
// may be a macro.
func interpolate(sql string, variables []Variable, w Window, values map[string][]string) (string, error) {
	var errs []error
	expanded := reference.ReplaceAllStringFunc(sql, func(match string) string {
		groups := reference.FindStringSubmatch(match)
		name, format := groups[1]+groups[2]+groups[4], groups[3]+groups[6]
		if groups[5] != "" {
			errs = append(errs, fmt.Errorf("%s: fields of values are not known here", match))
			return match
		}
		text, known, err := valueOf(name, format, variables, w, values)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", match, err))
		}
		if !known {
			return match
		}
		return text
	})
	return expanded, errors.Join(errs...)
}

func valueOf(name, format string, variables []Variable, w Window, values map[string][]string) (text string, known bool, err error) {
	switch name {
	case "__from":
		text, err = timeText(w.From, format)
		return text, true, err
	case "__to":
		text, err = timeText(w.To, format)
		return text, true, err
	case "__interval":
		return intervalText(w.Interval), true, nil
	case "__interval_ms":
		return strconv.FormatInt(w.Interval.Milliseconds(), 10), true, nil
	}
	at := slices.IndexFunc(variables, func(v Variable) bool { return v.Name == name })
	if at < 0 {
		return "", false, nil
	}
	picked, ok := values[name]
	if !ok {
		return "", false, errors.New("no value is given")
	}
	chosen, list, verbatim := variables[at].chosen(picked)
	if verbatim {
		return chosen[0], true, nil
	}
	if len(chosen) == 0 {
		return "", true, errors.New("of no options none is chosen")
	}
	text, err = formatted(chosen, list, format)
	return text, true, err
}

// formatted writes values as a format says, without one as the Postgres data
// source has it: a list quoted, with commas; a single value with its quotes
// doubled but none around it.
func formatted(values []string, list bool, format string) (string, error) {
	if !list && len(values) != 1 {
		return "", fmt.Errorf("%d values for a variable of one", len(values))
	}
	switch format {
	case "":
		if list {
			return quoted(values, "'", "''"), nil
		}
		return strings.ReplaceAll(values[0], "'", "''"), nil
	case "raw", "csv":
		return strings.Join(values, ","), nil
	case "pipe":
		return strings.Join(values, "|"), nil
	case "singlequote":
		return quoted(values, "'", `\'`), nil
	case "doublequote":
		return quoted(values, `"`, `\"`), nil
	case "sqlstring":
		return quoted(values, "'", "''", `"`, `\"`), nil
	default:
		return "", fmt.Errorf("format %q is not known here", format)
	}
}

// quoted puts quotes around values and commas between them. What follows are
// pairs of what is replaced within a value, the first being the quote itself.
func quoted(values []string, quote, escaped string, more ...string) string {
	replacer := strings.NewReplacer(append([]string{quote, escaped}, more...)...)
	var all []string
	for _, value := range values {
		all = append(all, quote+replacer.Replace(value)+quote)
	}
	return strings.Join(all, ",")
}

// timeText writes an end of the window: in milliseconds, or as a format of dates
// says.
func timeText(at time.Time, format string) (string, error) {
	switch format {
	case "", "date:ms", "raw", "csv":
		return strconv.FormatInt(at.UnixMilli(), 10), nil
	case "date:seconds":
		return strconv.FormatInt(at.Round(time.Second).Unix(), 10), nil
	case "date", "date:iso":
		return at.UTC().Format("2006-01-02T15:04:05.000Z"), nil
	default:
		return "", fmt.Errorf("format %q is not known here", format)
	}
}
