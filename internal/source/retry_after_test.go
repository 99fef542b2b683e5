package source_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"tracker/internal/source"
)

// retryNow is the database's time in TestRetryAfter: far from ours.
var retryNow = time.Date(2031, 11, 28, 22, 9, 16, 0, time.UTC)

// retryAfter asks a server that answers with a status and headers.
func retryAfter(t *testing.T, status int, headers ...string) time.Duration {
	t.Helper()
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Date"] = nil // unless it is among them
		for i := 0; i < len(headers); i += 2 {
			w.Header().Add(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
	})
	pace := source.Pace{Now: func() time.Time { return retryNow }}
	response, err := newClient(t).Fetch(t.Context(), account(t, "woosmap", server.URL), endpoint(t, "woosmap", server.URL), pace)
	if err != nil {
		t.Fatal(err)
	}
	return response.RetryAfter
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	const ten, day = 10 * time.Minute, 24 * time.Hour
	then := retryNow.Add(ten)
	paris := then.In(time.FixedZone("", 3600))
	epoch := strconv.FormatInt(then.Unix(), 10)
	for text, want := range map[string]time.Duration{
		"": 0, "120": 2 * time.Minute, "0": 0, " 7 ": 7 * time.Second, "292.05": 292*time.Second + 50*time.Millisecond, "0.5": time.Second / 2,
		"86400": day, "86401": day, "604800": day, "999999999": day,
		epoch: ten, epoch + ".5": ten, epoch + "000": ten, "1700000000": 0, "1700000000000": 0,
		then.Format(http.TimeFormat): ten, then.Format(time.RFC850): ten, then.Format(time.ANSIC): ten,
		then.Format("Mon, 02 Jan 2006 15:04:05 UTC"): ten, then.Format("Mon, 2 Jan 2006 15:04:05 +0000"): ten,
		then.Format("02 Jan 2006 15:04:05 GMT"): ten, paris.Format(time.RFC1123Z): ten,
		then.Format(time.RFC3339): ten, paris.Format(time.RFC3339): ten, then.Format("2006-01-02T15:04:05.000Z"): ten,
		paris.Format("2006-01-02T15:04:05-0700"): ten, then.Format("2006-01-02T15:04:05"): ten, then.Format(time.DateTime): ten,
		retryNow.Add(3 * day).Format(http.TimeFormat): day, retryNow.Add(-time.Hour).Format(http.TimeFormat): 0, retryNow.Add(-day).Format(time.RFC3339): 0,
		"-5": 0, "+5": 0, "soon": 0, "NaN": 0, "Inf": 0, "1e3": 0, "0x10": 0, "1_000": 0, ".": 0, "5, 6": 0, "١٢": 0,
		"99999999999999999999": 0, "99999999999999999999999": 0, "999999999999999": 0,
		then.Format("Mon, 02 Jan 2006 15:04:05 EST"): 0, "Sat, 99 Nov 2031 22:19:16 GMT": 0,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			if got := retryAfter(t, 429, "Retry-After", text); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestRetryAfterCountsFromTheServicesOwnDate(t *testing.T) {
	t.Parallel()
	wrong := retryNow.Add(-5 * time.Hour)
	got := retryAfter(t, 429, "Date", wrong.Format(http.TimeFormat), "Retry-After", wrong.Add(time.Minute).Format(http.TimeFormat))
	if got != time.Minute {
		t.Errorf("got %s", got)
	}
}

func TestRetryAfterByStatus(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]time.Duration{
		200: 0, 204: 0, 302: time.Minute, 304: time.Minute, 400: 0, 401: 0, 404: 0, 429: time.Minute, 500: 0, 502: 0, 503: time.Minute,
	} {
		if got := retryAfter(t, status, "Retry-After", "60"); got != want {
			t.Errorf("status %d: got %s, want %s", status, got, want)
		}
	}
}

func TestRetryAfterInOtherHeaders(t *testing.T) {
	t.Parallel()
	epoch := strconv.FormatInt(retryNow.Add(time.Minute).Unix(), 10)
	for i, test := range []struct {
		headers []string
		want    time.Duration
	}{
		{[]string{"Retry-After-Ms", "600000"}, 10 * time.Minute},
		{[]string{"Retry-After-Ms", "12.5"}, 12500 * time.Microsecond},
		{[]string{"Retry-After", "0", "Retry-After-Ms", "250"}, 250 * time.Millisecond},
		{[]string{"Retry-After-Ms", "-1"}, 0},
		{[]string{"Retry-After-Ms", "99999999999999999999"}, 0},
		{[]string{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "600"}, 10 * time.Minute},
		{[]string{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", epoch}, time.Minute},
		{[]string{"X-RateLimit-Remaining", "7", "X-RateLimit-Reset", "600"}, 0},
		{[]string{"X-Rate-Limit-Remaining", "0", "X-Rate-Limit-Reset", epoch + "000"}, time.Minute},
		{[]string{"Retry-After", "30", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "600"}, 30 * time.Second},
		{[]string{"RateLimit-Limit", "100", "RateLimit-Remaining", "0", "RateLimit-Reset", "50"}, 50 * time.Second},
		{[]string{"RateLimit-Remaining", "1", "RateLimit-Reset", "50"}, 0},
		{[]string{"RateLimit", "limit=100, remaining=0, reset=50"}, 50 * time.Second},
		{[]string{"RateLimit", "limit=100,remaining=10,reset=50"}, 0},
		{[]string{"RateLimit", `"default";r=0;t=50`}, 50 * time.Second},
		{[]string{"RateLimit", `"burst";r=0;t=5, "day";r=0;t=3600;pk=:cHsd:`, "RateLimit", `"hour";r=10;t=9000`}, time.Hour},
		{[]string{"RateLimit", `"day";r=1000;t=50`}, 0},
		{[]string{"RateLimit", `garbage`}, 0},
	} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			if got := retryAfter(t, 429, test.headers...); got != test.want {
				t.Errorf("%q: got %s, want %s", test.headers, got, test.want)
			}
		})
	}
}
