package history

import (
	"strings"
	"time"
)

// Time is a time that an upstream reported. The zero Time stands for none.
type Time struct {
	Raw         string    // as the upstream wrote it
	At          time.Time // UTC, whole microseconds; zero where Raw is unreadable
	ZoneAssumed bool      // Raw names no zone and was read as UTC
}

// zoned and zoneless are the layouts that upstreams write. Go accepts a
// fraction of a second after any of them.
var (
	zoned    = []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z0700", "2006-01-02T15:04:05 Z07:00", "2006-01-02 15:04:05 Z07:00"}
	zoneless = []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05"}
)

// ParseTime reads a time as upstreams write it: RFC 3339, also with a space
// for the T, and without a zone, which is read as UTC and marked. An unreadable
// text gives a Time that has only its Raw.
func ParseTime(raw string) Time {
	text := strings.TrimSpace(raw)
	layouts, assumed := zoned, false
	if !strings.ContainsAny(text[min(len(text), len("2006-01-02")):], "Zz+-") {
		layouts, assumed = zoneless, true
	}
	for _, layout := range layouts {
		at, err := time.Parse(layout, text)
		if year := at.UTC().Year(); err == nil && year >= 1 && year <= 9999 {
			return Time{Raw: raw, At: toMicroseconds(at), ZoneAssumed: assumed}
		}
	}
	return Time{Raw: raw}
}

// toMicroseconds gives at in UTC with the resolution that Postgres keeps.
func toMicroseconds(at time.Time) time.Time { return at.UTC().Truncate(time.Microsecond) }

// Bounds is the stretch in which something was seen to have happened: after
// NotBefore and not after ObservedAt. A zero NotBefore means that nothing
// bounds it from below.
type Bounds struct {
	NotBefore  time.Time // when the last poll that saw the old state was sent
	ObservedAt time.Time // when the answer that shows the new state had been read
}
