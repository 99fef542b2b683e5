package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"time"

	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/upstreamsim"
)

// seedKey is the key of the simulated accounts.
const seedKey = "seed-key-of-no-account"

// playedService is a simulated service that one job is polled at.
type playedService struct {
	handler http.Handler
	request *http.Request
	play    func(upstreamsim.Scenario)
}

// poller polls one job at times of the past.
type poller struct {
	scale    scale
	member   member
	composer composer
	random   *rand.Rand
	provider source.Provider
	secret   source.Secret
	service  playedService
	past     *sync.Past
	claim    store.Claim
	weather  weather
	end      time.Time // of its polling

	at      time.Time // the next poll
	polled  time.Time // the last one
	begun   int       // imports
	playing performance
	settled time.Time // from here on the service says nothing new before the next import
	raw     []byte    // what it said last
	asked   time.Time // and when
}

func (s scale) random(no int) *rand.Rand {
	return rand.New(rand.NewPCG(s.seed, uint64(no))) //nolint:gosec // nothing hangs on it
}

func newPoller(ctx context.Context, s scale, m member, job store.Job, claim store.Claim) (*poller, error) {
	provider, err := source.Lookup(job.From.Provider)
	if err != nil {
		return nil, err
	}
	p := &poller{
		scale: s, member: m, random: s.random(m.no), provider: provider, secret: source.NewSecret(seedKey), claim: claim, end: s.endOf(m),
	}
	p.at = claim.NextPollAt
	p.composer, p.weather = newComposer(s, m, p.random), newWeather(s, m, p.random)
	p.past = sync.NewPast(job, provider, claim, p.weather.unseen)
	p.service, err = p.newService(ctx)
	return p, err
}

func (p *poller) newService(ctx context.Context) (playedService, error) {
	options := upstreamsim.Options{Key: seedKey, Now: func() time.Time { return p.at }}
	path, id := upstreamsim.WoosmapPath(uuid(p.member.name)), uuid(p.member.name)
	var service playedService
	if isRequest(p.member.no) {
		safetykit := upstreamsim.NewSafetyKit(options)
		path, id = upstreamsim.SafetyKitPath(namespace, p.member.requestID()), p.member.requestID()
		service.handler, service.play = safetykit, func(s upstreamsim.Scenario) { safetykit.Play(namespace, id, s) }
	} else {
		woosmap := upstreamsim.NewWoosmap(options)
		service.handler, service.play = woosmap, func(s upstreamsim.Scenario) { woosmap.Play(id, p.member.name, s) }
	}
	var err error
	if service.request, err = http.NewRequestWithContext(ctx, http.MethodGet, path, http.NoBody); err != nil {
		return playedService{}, err
	}
	service.request.Header.Set(p.provider.Authorize(seedKey))
	return service, nil
}

// untilNews adds polls until an answer brings something new, which one
// transaction records once for a job, or until a time. It reports whether one did.
func (p *poller) untilNews(polls []store.Poll, to time.Time) ([]store.Poll, bool, error) {
	for p.at.Before(to) && p.at.Before(p.end) && !p.past.Finished() {
		poll, err := p.poll()
		if err != nil {
			return nil, false, fmt.Errorf("job %s at %s: %w", p.member.name, p.at.Format(time.RFC3339), err)
		}
		polls = append(polls, poll)
		p.polled = p.at
		p.at = p.weather.opening(p.past.Cursor().NextPollAt.Add(time.Duration(p.random.IntN(900_000)) * time.Microsecond).Truncate(time.Microsecond))
		if poll.Finding != nil {
			return polls, true, nil
		}
	}
	return polls, false, nil
}

// poll asks the service as it was at the time of the poll, and settles what follows.
func (p *poller) poll() (store.Poll, error) {
	poll := store.Poll{JobID: p.claim.JobID, PolledAt: p.at, Latency: p.latency()}
	if p.weather.fails(&poll) {
		return poll, p.past.Fail(poll)
	}
	poll.HTTPStatus = http.StatusOK
	body, key, err := p.look()
	switch {
	case err != nil:
	case body == nil:
		err = p.past.Confirm(&poll)
	default:
		err = p.past.Find(&poll, body, key)
	}
	return poll, err
}

// look gives the redacted answer and its key; nil: it is the same again.
func (p *poller) look() (body []byte, key [32]byte, err error) {
	p.perform()
	if p.settled.Before(p.asked) {
		return nil, key, nil
	}
	status, raw := upstreamsim.Ask(p.service.handler, p.service.request)
	if status != http.StatusOK {
		return nil, key, fmt.Errorf("the simulated service answers %d: %s", status, raw)
	}
	if p.asked = p.at; bytes.Equal(raw, p.raw) {
		return nil, key, nil
	}
	p.raw = raw
	body, key, err = p.provider.Redact(bytes.Clone(raw), p.secret)
	if bytes.Equal(key[:], p.past.Cursor().Key) {
		return nil, key, err
	}
	return body, key, err
}

// latency is around 90 ms, and seldom a second.
func (p *poller) latency() time.Duration {
	return time.Duration(90_000*math.Exp(0.5*p.random.NormFloat64())) * time.Microsecond
}

// perform makes the service tell of the import that has begun since the last
// poll, if one has: one at most, so that none passes unseen.
func (p *poller) perform() {
	if then := p.playing.after; then != nil && !p.at.Before(then.start) && p.settled.Before(p.at) {
		p.tell(*then)
	}
	if p.begun == p.member.runs {
		return
	}
	start := p.scale.nominal(p.member, p.begun)
	if start.After(p.at) {
		return
	}
	if p.begun > 0 && (p.random.IntN(4) == 0 || !start.After(p.polled)) { // many begin just before somebody looks
		start = p.at.Add(-min(time.Duration(5+p.random.IntN(40))*time.Second, p.at.Sub(p.polled)/2))
	}
	start = start.Truncate(time.Microsecond)
	if isRequest(p.member.no) {
		p.tell(p.composer.moderation(start))
	} else {
		p.tell(p.composer.dataset(p.begun, start, p.endsAs(start)))
	}
	p.begun++
}

// endsAs says what is special about an import that begins at a time.
func (p *poller) endsAs(start time.Time) fate {
	last := p.begun == p.member.runs-1
	switch f := p.member.fate; {
	case f == fateBroken && start.After(p.scale.at(0.85)), last && (f == fateStalled || f == fateRunning):
		return f
	default:
		return fateNone
	}
}

func (p *poller) tell(next performance) {
	p.playing, p.settled, p.asked = next, next.settled(), time.Time{}
	p.service.play(upstreamsim.Scenario{Start: next.start, Imports: []upstreamsim.Import{next.played}})
}

// nominal is when an import is to begin, at the earliest: the first before
// anybody looks, the others about evenly, and the last one early enough to be
// seen, unless it is to go on at the end.
func (s scale) nominal(m member, no int) time.Time {
	if no == 0 {
		return m.begins.Add(-time.Minute)
	}
	if no == m.runs-1 && m.fate == fateRunning {
		return s.end.Add(-min(s.every()+30*time.Minute, 90*time.Minute))
	}
	until := s.endOf(m)
	if m.fate == fateUnreached {
		until = s.unreachedFrom()
	}
	random := rand.New(rand.NewPCG(s.seed^uint64(no), uint64(m.no))) //nolint:gosec // nothing hangs on it
	phase := rand.New(rand.NewPCG(s.seed, ^uint64(m.no))).Float64()  //nolint:gosec // likewise
	part := (float64(no) + phase + 0.4*(random.Float64()-0.5)) / float64(m.runs)
	start := s.start().Add(time.Duration(part * float64(until.Sub(s.start()))))
	if late := start.Sub(until.Add(-s.every() * 3 / 2)); late > 0 { // it would not be seen
		start = start.Add(-late - s.every()*time.Duration(1+random.IntN(3)))
	}
	return start
}

// unreachedFrom is since when polls fail of those jobs whose fate that is.
func (s scale) unreachedFrom() time.Time { return s.end.Add(-max(6*time.Hour, 5*s.every())) }

// at is the time at which a part of the history has passed.
func (s scale) at(part float64) time.Time {
	return s.start().Add(time.Duration(part * float64(s.span()))).Truncate(time.Second)
}

// endOf is when the polling of a job ends.
func (s scale) endOf(m member) time.Time {
	switch {
	case m.source == sourceOld:
		return s.at(0.93)
	case m.fate == fatePaused:
		return s.at(0.96)
	case m.fate == fateRemoved:
		return s.at(0.8)
	default:
		return s.end
	}
}
