package source

import (
	"cmp"
	"net/http"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// maxRetryAfter is the longest that an upstream can send us away for.
	maxRetryAfter = 24 * time.Hour

	// A number of so many seconds is no span any more but a time: the seconds
	// since 1970, or from epochMillis on the milliseconds. From epochEnd on it
	// is neither.
	epochSeconds, epochMillis, epochEnd = 1e9, 1e12, 1e14
)

// retryAfter gives how long an answer asks us to leave the source alone; 0: it
// does not ask, or not in a way that can be read. Only where asking again is
// what comes next (429, 503, redirects) does a service mean it.
//
// Retry-After is RFC 9110's, in practice with fractions, times and dates of all
// kinds. The others are of those who had more to say, and of the drafts that
// led to RateLimit: how long until a limit that is exhausted starts anew.
func retryAfter(answer *http.Response, now time.Time) time.Duration {
	header, status := answer.Header, answer.StatusCode
	if status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable && status/100 != 3 {
		return 0
	}
	if at, err := http.ParseTime(header.Get("Date")); err == nil {
		now = at // by the clock that a date in another header is by
	}
	waits := []time.Duration{
		readWait(header.Get("Retry-After"), now),
		readMillis(header.Get("Retry-After-Ms")),
		readRateLimit(strings.Join(header.Values("RateLimit"), ",")),
	}
	for _, prefix := range []string{"RateLimit-", "X-RateLimit-", "X-Rate-Limit-"} {
		if remaining := strings.TrimSpace(header.Get(prefix + "Remaining")); remaining == "" || remaining == "0" {
			waits = append(waits, readWait(header.Get(prefix+"Reset"), now))
		}
	}
	return min(cmp.Or(waits...), maxRetryAfter)
}

// readWait reads a span in seconds, or a time; what is past, or cannot be read,
// is no wait.
func readWait(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	number, ok := readNumber(text)
	at, dated := readDate(text)
	switch {
	case ok && number < epochSeconds:
		return seconds(number)
	case ok && number < epochMillis:
		at = time.Unix(int64(number), 0)
	case ok && number < epochEnd:
		at = time.UnixMilli(int64(number))
	case !dated:
		return 0
	}
	return max(0, at.Sub(now))
}

func readMillis(text string) time.Duration {
	number, ok := readNumber(strings.TrimSpace(text))
	if !ok || number >= epochMillis {
		return 0
	}
	return seconds(number / 1000)
}

// seconds gives a span that may be longer than one that is kept.
func seconds(number float64) time.Duration {
	return time.Duration(min(number, maxRetryAfter.Seconds()) * float64(time.Second))
}

// plainNumber leaves out what strconv takes for a number besides: "1e9", "inf".
var plainNumber = regexp.MustCompile(`^[0-9]+(\.[0-9]*)?$`)

func readNumber(text string) (number float64, ok bool) {
	if !plainNumber.MatchString(text) {
		return 0, false
	}
	number, err := strconv.ParseFloat(text, 64)
	return number, err == nil
}

// readDate reads the date of an HTTP header, an email or ISO 8601, UTC where it
// names no zone.
func readDate(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", time.DateTime} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	at, err := http.ParseTime(text)
	if err != nil {
		at, err = mail.ParseDate(text)
	}
	return at, err == nil && KnownZone(at)
}

// KnownZone reports whether the zone that a time was read with is known: Go takes the
// name of any, and for UTC where it does not know it.
func KnownZone(at time.Time) bool {
	zone, offset := at.Zone()
	return offset != 0 || slices.Contains([]string{"", "UTC", "GMT", "UT", "Z"}, zone)
}

// exhausted reads one limit of RateLimit that has no requests left, as
// `limit=10, remaining=0, reset=50` or `"default";r=0;t=50` have it.
var (
	exhausted = regexp.MustCompile(`(?:^|[;,\s])(?:r|remaining)\s*=\s*0(?:[;,\s]|$)`)
	resetIn   = regexp.MustCompile(`(?:^|[;,\s])(?:t|reset)\s*=\s*([0-9]+)(?:[;,\s]|$)`)
)

// readRateLimit gives how long it takes until none of the limits is exhausted.
func readRateLimit(text string) (wait time.Duration) {
	limits := []string{text}
	if !strings.Contains(text, "reset") {
		limits = strings.Split(text, ",")
	}
	for _, limit := range limits {
		if reset := resetIn.FindStringSubmatch(limit); reset != nil && exhausted.MatchString(limit) {
			if number, ok := readNumber(reset[1]); ok && number < epochSeconds {
				wait = max(wait, seconds(number))
			}
		}
	}
	return wait
}
