package history

import (
	"strings"
	"time"
)

// Time is a time that an upstream reported. The zero Time stands for none.
type Time struct {
	Raw         string    // as the upstream wrote it
	At          time.Time // UTC, whole microseconds; zero where Raw is unreadable, or stands for no time
	ZoneAssumed bool      // Raw names no zone and was read as UTC
}

// plausible is how far ahead of its observation an upstream's time may be. What lies
// further ahead stands for "never", and is no time to reckon with.
const plausible = 10 * 365 * 24 * time.Hour

// near gives t without its instant where that stands for something else, when it was
// observed.
func (t Time) near(observedAt time.Time) Time {
	if t.isNever(observedAt) || t.isNotSet() {
		return Time{Raw: t.Raw}
	}
	return t
}

func (t Time) isNever(observedAt time.Time) bool { return t.At.After(observedAt.Add(plausible)) }

// isNotSet reports what a time is in programs that nobody has given one.
func (t Time) isNotSet() bool { return t.At.Year() == 1 || t.At.Equal(time.Unix(0, 0)) }

// rfc1123 are the forms of RFC 1123 that name no zone but UTC or an offset.
var rfc1123 = []string{"Mon, 2 Jan 2006 15:04:05 GMT", "Mon, 2 Jan 2006 15:04:05 UTC", "Mon, 2 Jan 2006 15:04:05 -0700"}

// ParseTime reads a time as upstreams write it: RFC 3339, also with a space for
// the T, in lower case, with an offset in two or four digits, with UTC or GMT for
// Z, as a leap second, at 24:00:00, and without a zone, which is read as UTC and
// marked; and RFC 1123 in UTC or with an offset. Offsets are under a day. An
// unreadable text gives a Time that has only its Raw.
func ParseTime(raw string) Time {
	text := strings.TrimSpace(raw)
	at, assumed, ok := parseISO(text)
	for i := 0; !ok && i < len(rfc1123) && strings.Contains(text, ","); i++ {
		if zone := text[strings.LastIndexByte(text, ' ')+1:]; strings.HasSuffix(rfc1123[i], "-0700") {
			if _, ok = parseZone(zone); !ok {
				continue
			}
		}
		var err error
		at, err = time.Parse(rfc1123[i], text)
		ok = err == nil
	}
	if year := at.UTC().Year(); !ok || year < 1 || year > 9999 {
		return Time{Raw: raw}
	}
	if at.IsZero() { // which stands for none: what is written so is a time that is far off
		at = at.Add(time.Microsecond)
	}
	return Time{Raw: raw, At: toMicroseconds(at), ZoneAssumed: assumed}
}

// parseISO reads a date, T or a space, a time of the day and a zone.
func parseISO(text string) (at time.Time, assumed, ok bool) {
	const date, clock = len("2006-01-02"), len("2006-01-02T15:04:05")
	if len(text) < clock || !strings.ContainsRune("Tt ", rune(text[date])) {
		return at, false, false
	}
	day, hms, rest := text[:date], text[date+1:clock], text[clock:]
	fraction := rest[:fractionLength(rest)]
	zone := strings.TrimPrefix(rest[len(fraction):], " ")
	offset, ok := parseZone(zone)
	if !ok {
		return at, false, false
	}
	var more time.Duration
	switch {
	case hms == "24:00:00" && strings.Trim(fraction, ".,0") == "":
		hms, more = "00:00:00", 24*time.Hour
	case strings.HasSuffix(hms, ":60"):
		hms, more = hms[:len("15:04")]+":59", time.Second
	}
	at, err := time.Parse(time.RFC3339Nano, day+"T"+hms+fraction+"Z") // the form that it reads quickest
	return at.Add(more - offset), zone == "", err == nil
}

// fractionLength is how much of a text is the fraction of a second.
func fractionLength(text string) int {
	if text == "" || text[0] != '.' && text[0] != ',' {
		return 0
	}
	return len(text) - len(strings.TrimLeft(text[1:], "0123456789"))
}

// parseZone reads Z, UTC, GMT, an offset such as +02, +0200 and +02:00, or nothing, as an offset.
func parseZone(zone string) (offset time.Duration, ok bool) {
	switch strings.ToUpper(zone) {
	case "", "Z", "UTC", "GMT":
		return 0, true
	}
	digits := strings.Replace(zone[1:], ":", "", 1)
	if len(digits) == 2 {
		digits += "00"
	}
	// A colon stands between four digits, or nowhere.
	if zone[0] != '+' && zone[0] != '-' || len(digits) != 4 || strings.Contains(zone, ":") && (len(zone) != len("+02:00") || zone[3] != ':') {
		return 0, false
	}
	at, err := time.Parse("1504", digits)
	if err != nil {
		return 0, false
	}
	offset = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
	if zone[0] == '-' {
		offset = -offset
	}
	return offset, true
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
