package main

import (
	"cmp"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
)

// weather is what keeps polls of a job from an answer, or from being made.
type weather struct {
	outages []outage // of the service, in order
	downs   []stretch
	slow    bool
	every   time.Duration
	random  *rand.Rand
}

type stretch struct{ from, to time.Time }

func (s stretch) has(at time.Time) bool { return !at.Before(s.from) && at.Before(s.to) }

// outage is a stretch in which polls fail in one way.
type outage struct {
	stretch
	failure failure
}

// failure is how a poll fails.
type failure struct {
	outcome history.Outcome
	status  int
	took    time.Duration
	err     string
}

// failures lists them, the frequent ones first.
var failures = []failure{
	{history.OutcomeUpstreamError, http.StatusServiceUnavailable, 300 * time.Millisecond, "503 Service Unavailable"},
	{history.OutcomeTimeout, 0, 15 * time.Second, "no answer within 15s"},
	{history.OutcomeUnreachable, 0, 40 * time.Millisecond, "connect: connection refused"},
	{history.OutcomeRateLimited, http.StatusTooManyRequests, 50 * time.Millisecond, "429 Too Many Requests: Rate limit reached"},
	{history.OutcomeUpstreamError, http.StatusInternalServerError, 900 * time.Millisecond, "500 Internal Server Error"},
	{history.OutcomeMalformed, http.StatusOK, 120 * time.Millisecond, "the body is not JSON, from byte 0 of 53"},
	{history.OutcomeNotFound, http.StatusNotFound, 60 * time.Millisecond, "404 Not Found: Dataset was not found"},
	{history.OutcomeRejected, http.StatusUnprocessableEntity, 60 * time.Millisecond, "422 Unprocessable Entity: value is not a valid uuid"},
	{history.OutcomeForbidden, http.StatusForbidden, 60 * time.Millisecond, "403 Forbidden: Credentials found, but not matching."},
	{history.OutcomeQuotaExhausted, http.StatusPaymentRequired, 60 * time.Millisecond, "402 Payment Required: Out of free quota."},
	{history.OutcomeUnauthorized, http.StatusUnauthorized, 60 * time.Millisecond, "401 Unauthorized: Unable to locate credentials."},
}

// lasting is how many of the failures may last; refusals of a key for long would pause the source.
const lasting = 8

func newWeather(s scale, m member, random *rand.Rand) weather {
	w := weather{slow: m.source == sourceSlow, every: s.every(), random: random, downs: s.downs()}
	for at := m.begins; ; {
		at = at.Add(time.Duration(random.ExpFloat64() * float64(s.span()) / 3))
		if !at.Before(s.end) {
			break
		}
		to := at.Add(time.Duration((0.1 + random.ExpFloat64()) * float64(2*time.Hour)))
		w.outages = append(w.outages, outage{stretch{at, to}, failures[min(int(random.ExpFloat64()*2), lasting-1)]})
		at = to
	}
	for i, part := range []float64{0.35, 0.96} { // all of a source's jobs at once
		if m.source != "seed-woosmap-1" {
			w.outages = append(w.outages, outage{stretch{s.at(part), s.at(part).Add(2 * time.Hour)}, failures[i]})
		}
	}
	if m.fate == fateUnreached {
		w.outages = append(w.outages, outage{stretch{s.unreachedFrom(), s.end}, failures[m.no/100%lasting]})
	}
	slices.SortFunc(w.outages, func(a, b outage) int { return cmp.Or(a.from.Compare(b.from), a.to.Compare(b.to)) })
	return w
}

// downs are the times in which no tracker ran.
func (s scale) downs() []stretch {
	var downs []stretch
	for _, part := range []float64{0.5, 0.975} {
		downs = append(downs, stretch{s.at(part), s.at(part).Add(max(3*time.Hour, 3*s.every()))})
	}
	return downs
}

// fails lets a poll fail in an outage, and one in a few hundred for no reason.
func (w *weather) fails(poll *store.Poll) bool {
	for len(w.outages) > 0 && !poll.PolledAt.Before(w.outages[0].to) {
		w.outages = w.outages[1:]
	}
	var f failure
	switch {
	case len(w.outages) > 0 && w.outages[0].has(poll.PolledAt):
		f = w.outages[0].failure
	case w.random.IntN(400) == 0:
		f = failures[min(int(w.random.ExpFloat64()*3), len(failures)-1)]
	default:
		return false
	}
	poll.Outcome, poll.HTTPStatus, poll.Latency, poll.Error = f.outcome, f.status, f.took, f.err
	return true
}

// opening is when a poll is made that is planned for a time: later, where no
// tracker runs or the source's budget is spent.
func (w *weather) opening(planned time.Time) time.Time {
	if w.crowded(planned) {
		planned = planned.Add(w.every * 3 / 2)
	}
	for _, down := range w.downs {
		if down.has(planned) {
			return down.to.Add(time.Duration(w.random.Int64N(int64(w.every) / 2))).Truncate(time.Microsecond)
		}
	}
	return planned
}

// crowded reports whether more is due at a slow source than it may be asked.
func (w *weather) crowded(at time.Time) bool { return w.slow && at.Hour() >= 12 && at.Hour() < 18 }

// unseen tells why nobody looked at a time.
func (w *weather) unseen(middle time.Time) string {
	for _, down := range w.downs {
		if down.has(middle) {
			return "not_running"
		}
	}
	return "rate_budget"
}
