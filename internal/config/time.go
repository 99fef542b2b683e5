package config

import (
	"fmt"
	"time"
)

// ParseTime reads a time on the command line: RFC 3339, a date (its midnight in
// UTC), or an age before now such as "2h", "3d" or "1d12h".
func ParseTime(text string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	age, err := ParseDuration(text)
	if err != nil {
		return time.Time{}, fmt.Errorf(
			"%s is no time; write one such as 2006-01-02T15:04:05Z, a date such as 2006-01-02, or an age such as 2h or 3d", quote(text))
	}
	return now.Add(-age).UTC(), nil
}
