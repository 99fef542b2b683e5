package dashboards

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// units are those that Grafana writes intervals in, the longest first.
var units = []struct {
	name   string
	length time.Duration
}{
	{"y", 365 * 24 * time.Hour},
	{"d", 24 * time.Hour},
	{"h", time.Hour},
	{"m", time.Minute},
	{"s", time.Second},
	{"ms", time.Millisecond},
}

// intervalText writes an interval as Grafana does: whole units of the longest
// that fits.
func intervalText(interval time.Duration) string {
	for _, unit := range units {
		if interval >= unit.length {
			return strconv.FormatInt(int64(interval/unit.length), 10) + unit.name
		}
	}
	return "1ms"
}

// parseInterval reads an interval as macros take it: a duration of Go, or a whole
// number of days or weeks. (Grafana takes months and years, too, by today's
// calendar: what they give would change from day to day.)
func parseInterval(text string) (time.Duration, error) {
	const day = 24 * time.Hour
	for suffix, length := range map[string]time.Duration{"d": day, "w": 7 * day} {
		if count, ok := strings.CutSuffix(text, suffix); ok {
			n, err := strconv.ParseUint(count, 10, 16)
			if err != nil {
				return 0, fmt.Errorf("%q is no interval", text)
			}
			return time.Duration(n) * length, nil
		}
	}
	interval, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is no interval", text)
	}
	return interval, nil
}
