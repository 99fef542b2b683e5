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

// outages are what keeps polls of a job from being answered, or from being made.
type outages struct {
	failing   []outage  // the service's, in order
	downtimes []stretch // the tracker's
	slow      bool
	every     time.Duration
	random    *rand.Rand
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

// failures lists the failures, the frequent ones first.
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

// lasting is how many of the failures, from the first, an outage may have: polls whose
// key is refused for hours would pause the source.
const lasting = 8

func newOutages(s scale, plan jobPlan, random *rand.Rand) outages {
	o := outages{slow: plan.source == sourceSlow, every: s.every(), random: random, downtimes: s.downtimes()}
	for at := plan.begins; ; {
		at = at.Add(time.Duration(random.ExpFloat64() * float64(s.span()) / 3))
		if !at.Before(s.end) {
			break
		}
		to := at.Add(time.Duration((0.1 + random.ExpFloat64()) * float64(2*time.Hour)))
		o.failing = append(o.failing, outage{stretch{at, to}, failures[min(int(random.ExpFloat64()*2), lasting-1)]})
		at = to
	}
	for i, part := range []float64{0.35, 0.96} { // all of a source's jobs at once
		if plan.source != "seed-woosmap-1" {
			o.failing = append(o.failing, outage{stretch{s.at(part), s.at(part).Add(2 * time.Hour)}, failures[i]})
		}
	}
	if plan.ending == endsUnreached {
		o.failing = append(o.failing, outage{stretch{s.unreachedFrom(), s.end}, failures[plan.no/100%lasting]})
	}
	slices.SortFunc(o.failing, func(a, b outage) int { return cmp.Or(a.from.Compare(b.from), a.to.Compare(b.to)) })
	return o
}

// downtimes are the times in which no tracker ran.
func (s scale) downtimes() []stretch {
	var downtimes []stretch
	for _, part := range []float64{0.5, 0.975} {
		downtimes = append(downtimes, stretch{s.at(part), s.at(part).Add(max(3*time.Hour, 3*s.every()))})
	}
	return downtimes
}

// fails lets a poll fail in an outage, and one of 400 outside of them.
func (o *outages) fails(poll *store.Poll) bool {
	for len(o.failing) > 0 && !poll.PolledAt.Before(o.failing[0].to) {
		o.failing = o.failing[1:]
	}
	var f failure
	switch {
	case len(o.failing) > 0 && o.failing[0].has(poll.PolledAt):
		f = o.failing[0].failure
	case o.random.IntN(400) == 0:
		f = failures[min(int(o.random.ExpFloat64()*3), len(failures)-1)]
	default:
		return false
	}
	poll.Outcome, poll.HTTPStatus, poll.Latency, poll.Error = f.outcome, f.status, f.took, f.err
	return true
}

// delayed is when a poll is made that is planned for a time: later, where no
// tracker runs or the source's budget is spent.
func (o *outages) delayed(planned time.Time) time.Time {
	if o.overbooked(planned) {
		planned = planned.Add(o.every * 3 / 2)
	}
	for _, down := range o.downtimes {
		if down.has(planned) {
			return down.to.Add(time.Duration(o.random.Int64N(int64(o.every) / 2))).Truncate(time.Microsecond)
		}
	}
	return planned
}

// overbooked reports whether more polls are due at the source than its rate limit allows.
func (o *outages) overbooked(at time.Time) bool { return o.slow && at.Hour() >= 12 && at.Hour() < 18 }

// gapReason tells why a gap has no polls, by its middle.
func (o *outages) gapReason(middle time.Time) string {
	for _, down := range o.downtimes {
		if down.has(middle) {
			return "not_running"
		}
	}
	return "rate_budget"
}
