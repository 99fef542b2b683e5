package dashboards

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// call matches a macro and its arguments, which end at the first parenthesis
// that closes, whatever was opened before.
var call = regexp.MustCompile(`\$(\w+)\(([^)]*)\)`)

// expandMacros does the server's part, in the order of Grafana's data source for
// Postgres: the few fixed texts, then everything that looks like a call.
func expandMacros(sql string, w Window) (string, error) {
	sql = strings.NewReplacer(
		"$__interval_ms", strconv.FormatInt(w.Interval.Milliseconds(), 10),
		"$__interval", intervalText(w.Interval),
		"$__unixEpochFrom()", strconv.FormatInt(w.From.Unix(), 10),
		"$__unixEpochTo()", strconv.FormatInt(w.To.Unix(), 10),
	).Replace(sql)
	var errs []error
	var b strings.Builder
	done := 0
	for _, at := range call.FindAllStringSubmatchIndex(sql, -1) {
		name, args := sql[at[2]:at[3]], arguments(sql[at[4]:at[5]])
		if name == "__timeGroup" && strings.HasPrefix(sql[at[1]:], ",") {
			name = "__timeGroupAlias" // for dashboards older than that macro
		}
		text, err := macro(name, args, w)
		errs = append(errs, err)
		b.WriteString(sql[done:at[0]] + text)
		done = at[1]
	}
	return b.String() + sql[done:], errors.Join(errs...)
}

func arguments(text string) []string {
	args := strings.Split(text, ",")
	for i := range args {
		args[i] = strings.Trim(args[i], " ")
	}
	return args
}

// macro expands one call. There is always a first argument, if an empty one.
func macro(name string, args []string, w Window) (string, error) {
	from, to, column := w.From.UTC(), w.To.UTC(), args[0]
	switch name {
	case "__time":
		return column + ` AS "time"`, nil
	case "__timeEpoch":
		return fmt.Sprintf(`extract(epoch from %s) as "time"`, column), nil
	case "__timeFilter":
		return fmt.Sprintf("%s BETWEEN %s AND %s", column, literal(from), literal(to)), nil
	case "__timeFrom":
		return literal(from), nil
	case "__timeTo":
		return literal(to), nil
	case "__timeGroup", "__timeGroupAlias":
		return timeGroup(name, "floor(extract(epoch from %s)/%v)*%v", args)
	case "__unixEpochFilter":
		return fmt.Sprintf("%s >= %d AND %s <= %d", column, from.Unix(), column, to.Unix()), nil
	case "__unixEpochNanoFilter":
		return fmt.Sprintf("%s >= %d AND %s <= %d", column, from.UnixNano(), column, to.UnixNano()), nil
	case "__unixEpochNanoFrom":
		return strconv.FormatInt(from.UnixNano(), 10), nil
	case "__unixEpochNanoTo":
		return strconv.FormatInt(to.UnixNano(), 10), nil
	case "__unixEpochGroup", "__unixEpochGroupAlias":
		return timeGroup(name, "floor((%s)/%v)*%v", args)
	default:
		return "", fmt.Errorf("there is no macro $%s", name)
	}
}

// literal writes a time as text that is not yet of any type.
func literal(at time.Time) string {
	return "'" + at.Format(time.RFC3339Nano) + "'"
}

// timeGroup rounds a time down. A third argument, what fills empty groups, is
// for Grafana alone, once the rows are there.
func timeGroup(name, pattern string, args []string) (string, error) {
	if len(args) < 2 {
		return "", fmt.Errorf("$%s needs a column and an interval", name)
	}
	interval, err := parseInterval(strings.Trim(args[1], "'"))
	if err != nil {
		return "", fmt.Errorf("$%s: %w", name, err)
	}
	if len(args) == 3 && args[2] != "NULL" && args[2] != "previous" {
		if _, err := strconv.ParseFloat(args[2], 64); err != nil {
			return "", fmt.Errorf("$%s cannot fill with %q", name, args[2])
		}
	}
	text := fmt.Sprintf(pattern, args[0], interval.Seconds(), interval.Seconds())
	if strings.HasSuffix(name, "Alias") {
		text += ` AS "time"`
	}
	return text, nil
}
