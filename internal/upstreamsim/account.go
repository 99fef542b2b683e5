package upstreamsim

import (
	"net/http"
	"sync"
	"time"
)

// Options describe an account at a service. The zero Options have no key that
// a client could use.
type Options struct {
	Key       string           // the credential that is accepted
	Now       func() time.Time // the service's clock; nil: the wall clock
	Speed     float64          // how many times faster than written scenarios go; 0: once
	RateEvery time.Duration    // requests for a status are refused that come sooner after another; 0: none are
	Requests  *Requests        // where requests are logged; nil: nowhere
}

// target answers for one dataset or request. The time is the service's.
type target interface {
	frame(now time.Time) Frame
}

// account is what both services have in common.
type account struct {
	options Options

	mu      sync.Mutex
	targets map[string]target // by path
	next    time.Time         // when the rate limit takes the next request
}

func newAccount(o Options) *account {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Speed == 0 {
		o.Speed = 1
	}
	return &account{options: o, targets: map[string]target{}}
}

// script makes a path answer with one frame after the other.
func (a *account) script(path string, frames []Frame) {
	if len(frames) == 0 {
		panic("upstreamsim: a script without frames")
	}
	a.set(path, &script{frames: frames})
}

func (a *account) set(path string, t target) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.targets[path] = t
}

// status answers a request for a target's status; refusal makes an error's frame.
func (a *account) status(r *http.Request, refusal func(status int) Frame) Frame {
	now := a.options.Now()
	a.mu.Lock()
	allowed, answers := a.allow(now), a.targets[r.URL.Path]
	a.mu.Unlock()
	switch {
	case !allowed:
		return refusal(http.StatusTooManyRequests)
	case answers == nil:
		return refusal(http.StatusNotFound)
	default:
		return answers.frame(now)
	}
}

// allow keeps the rate limit. What was sent in time may arrive a little early
// after another that was held up: a fifth of the distance is forgiven.
func (a *account) allow(now time.Time) bool {
	every := a.options.RateEvery
	if every == 0 {
		return true
	}
	if now.Before(a.next.Add(-every / 5)) {
		return false
	}
	if a.next.Before(now) {
		a.next = now
	}
	a.next = a.next.Add(every)
	return true
}

// played is a scenario as it answers.
type played struct {
	scenario Scenario
	speed    float64
	refusal  func(status int) Frame
	render   func(progress) Frame
}

func (p played) frame(now time.Time) Frame {
	at := p.scenario.at(now, p.speed)
	switch {
	case at.outage != 0:
		return p.refusal(at.outage)
	case at.number == 0:
		return p.refusal(http.StatusNotFound)
	default:
		return p.render(at)
	}
}
