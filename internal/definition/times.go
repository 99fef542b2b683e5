package definition

import (
	"encoding/json"
	"math/big"
	"strings"
	"time"

	"tracker/internal/history"
	"tracker/internal/source"
)

// The formats of times beside layouts of Go.
const (
	formatRFC3339 = "rfc3339"
	formatUnix    = "unix"
	formatMillis  = "unix_ms"
	formatMicros  = "unix_us"
	formatNanos   = "unix_ns"
)

// times is how a service writes times.
type times struct {
	format string
	zone   *time.Location // of times that name none; nil: UTC is assumed
}

// units are how many nanoseconds each of a number stands for.
var units = map[string]int64{formatUnix: 1e9, formatMillis: 1e6, formatMicros: 1e3, formatNanos: 1}

// known reports whether the format is one: a layout has to tell the day.
func (t times) known() bool {
	if t.format == formatRFC3339 || units[t.format] != 0 {
		return true
	}
	probe := time.Date(2024, 11, 23, 17, 4, 5, 0, time.UTC)
	read, err := time.Parse(t.format, probe.Format(t.format))
	return err == nil && read.Year() == probe.Year() && read.YearDay() == probe.YearDay() && read.Hour() == probe.Hour()
}

// parse reads a time as it was written; what cannot be read keeps its text.
func (t times) parse(raw string) history.Time {
	unit, text := units[t.format], strings.TrimSpace(raw)
	switch {
	case unit != 0:
		return parseUnix(raw, unit)
	case t.format != formatRFC3339:
		zone := t.zone
		if zone == nil {
			zone = time.UTC
		}
		at, err := time.ParseInLocation(t.format, text, zone)
		if err != nil || at.Location() != zone && !source.KnownZone(at) {
			return history.Time{Raw: raw}
		}
		return t.zoned(raw, at, t.zone == nil && !namesZone(t.format))
	}
	parsed := history.ParseTime(raw)
	if !parsed.ZoneAssumed || t.zone == nil {
		return parsed
	}
	wall := parsed.At
	at := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), t.zone)
	return t.zoned(raw, at, false)
}

func namesZone(layout string) bool {
	return strings.Contains(layout, "Z07") || strings.Contains(layout, "-07") || strings.Contains(layout, "MST")
}

// zoned gives a time that was read, as history.ParseTime gives one of RFC 3339.
func (times) zoned(raw string, at time.Time, assumed bool) history.Time {
	read := history.ParseTime(at.UTC().Format(time.RFC3339Nano))
	if read.At.IsZero() {
		return history.Time{Raw: raw}
	}
	return history.Time{Raw: raw, At: read.At, ZoneAssumed: assumed}
}

// longestUnix bounds the text of a number that stands for a time, in bytes.
const longestUnix = 40

// parseUnix reads a number of units since 1970, whole or with a fraction.
func parseUnix(raw string, unit int64) history.Time {
	text := strings.TrimSpace(raw)
	if len(text) > longestUnix || !json.Valid([]byte(text)) || strings.ContainsAny(text, `"tfn{[eE`) {
		return history.Time{Raw: raw}
	}
	number, ok := new(big.Rat).SetString(text)
	if !ok {
		return history.Time{Raw: raw}
	}
	number.Mul(number, new(big.Rat).SetInt64(unit))
	nanos := new(big.Int).Quo(number.Num(), number.Denom())
	seconds, rest := new(big.Int).DivMod(nanos, big.NewInt(1e9), new(big.Int))
	if !seconds.IsInt64() || seconds.Int64() > 1<<40 || seconds.Int64() < -1<<40 {
		return history.Time{Raw: raw}
	}
	return times{}.zoned(raw, time.Unix(seconds.Int64(), rest.Int64()), false)
}
