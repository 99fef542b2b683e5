package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"time"

	"tracker/internal/redact"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/upstreamsim"
)

// seedKey is the key of the simulated accounts.
const seedKey = "seed-key-of-no-account"

// simulatedService is the service that one job is polled at.
type simulatedService struct {
	handler http.Handler
	request *http.Request
	play    func(upstreamsim.Scenario)
}

// poller polls one job at times of the past.
type poller struct {
	scale    scale
	plan     jobPlan
	composer composer
	random   *rand.Rand
	provider source.Provider
	secret   redact.Secret
	service  simulatedService
	past     *sync.Past
	claim    store.Claim
	outages  outages
	end      time.Time // of its polling

	at         time.Time // the next poll
	polled     time.Time // the last one
	begun      int       // imports
	scenario   scenario
	lastChange time.Time // of the answer to the import that plays
	raw        []byte    // what it said last
	asked      time.Time // and when
}

func (s scale) random(no int) *rand.Rand {
	return rand.New(rand.NewPCG(s.seed, uint64(no))) //nolint:gosec // nothing hangs on it
}

func newPoller(ctx context.Context, s scale, plan jobPlan, job store.Job, claim store.Claim) (*poller, error) {
	provider, err := source.Lookup(job.From.Provider)
	if err != nil {
		return nil, err
	}
	p := &poller{
		scale: s, plan: plan, random: s.random(plan.no), provider: provider, secret: redact.NewSecret(seedKey), claim: claim, end: s.endOf(plan),
	}
	p.at = claim.NextPollAt
	p.composer, p.outages = newComposer(s, plan, p.random), newOutages(s, plan, p.random)
	p.past = sync.NewPast(job, provider, claim, p.outages.gapReason)
	p.service, err = p.newService(ctx)
	return p, err
}

func (p *poller) newService(ctx context.Context) (simulatedService, error) {
	options := upstreamsim.Options{Key: seedKey, Now: func() time.Time { return p.at }}
	id := upstreamsim.UUID(p.plan.name)
	path := upstreamsim.WoosmapPath(id)
	var service simulatedService
	if isRequest(p.plan.no) {
		safetykit := upstreamsim.NewSafetyKit(options)
		id = upstreamsim.RequestID(p.plan.name)
		path = upstreamsim.SafetyKitPath(namespace, id)
		service.handler, service.play = safetykit, func(s upstreamsim.Scenario) { safetykit.Play(namespace, id, s) }
	} else {
		woosmap := upstreamsim.NewWoosmap(options)
		service.handler, service.play = woosmap, func(s upstreamsim.Scenario) { woosmap.Play(id, p.plan.name, s) }
	}
	var err error
	if service.request, err = http.NewRequestWithContext(ctx, http.MethodGet, path, http.NoBody); err != nil {
		return simulatedService{}, err
	}
	service.request.Header.Set(p.provider.Authorize(seedKey))
	return service, nil
}

// untilNews adds polls until an answer is new, or until a time. It reports whether
// one was new: a transaction can record one snapshot of a job.
func (p *poller) untilNews(polls []store.Poll, to time.Time) ([]store.Poll, bool, error) {
	for p.at.Before(to) && p.at.Before(p.end) && !p.past.Finished() {
		poll, err := p.poll()
		if err != nil {
			return nil, false, fmt.Errorf("job %s at %s: %w", p.plan.name, p.at.Format(time.RFC3339), err)
		}
		polls = append(polls, poll)
		p.polled = p.at
		p.at = p.outages.delayed(p.past.Cursor().NextPollAt.Add(time.Duration(p.random.IntN(900_000)) * time.Microsecond).Truncate(time.Microsecond))
		if poll.Finding != nil {
			return polls, true, nil
		}
	}
	return polls, false, nil
}

// poll asks the service as it was at the time of the poll, and moves the job's past on.
func (p *poller) poll() (store.Poll, error) {
	poll := store.Poll{JobID: p.claim.JobID, PolledAt: p.at, Latency: p.latency()}
	if p.outages.fails(&poll) {
		return poll, p.past.Fail(poll)
	}
	poll.HTTPStatus = http.StatusOK
	body, key, err := p.ask()
	switch {
	case err != nil:
	case body == nil:
		err = p.past.Confirm(&poll)
	default:
		err = p.past.Find(&poll, body, key)
	}
	return poll, err
}

// ask gives the redacted answer and its key; nil: it is the same again.
func (p *poller) ask() (body []byte, key [32]byte, err error) {
	p.playImports()
	if p.lastChange.Before(p.asked) {
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

// playImports has the service play the import that has begun since the last poll,
// if one has: one at most, so that each is polled.
func (p *poller) playImports() {
	if then := p.scenario.after; then != nil && !p.at.Before(then.start) && p.lastChange.Before(p.at) {
		p.play(*then)
	}
	if p.begun == p.plan.runs {
		return
	}
	start := p.scale.nominal(p.plan, p.begun)
	if start.After(p.at) {
		return
	}
	if p.begun > 0 && (p.random.IntN(4) == 0 || !start.After(p.polled)) { // many begin just before a poll
		start = p.at.Add(-min(time.Duration(5+p.random.IntN(40))*time.Second, p.at.Sub(p.polled)/2))
	}
	start = start.Truncate(time.Microsecond)
	if isRequest(p.plan.no) {
		p.play(p.composer.moderation(start))
	} else {
		p.play(p.composer.dataset(p.begun, start, p.endsAs(start)))
	}
	p.begun++
}

// endsAs says what is special about an import that begins at a time.
func (p *poller) endsAs(start time.Time) ending {
	last := p.begun == p.plan.runs-1
	switch f := p.plan.ending; {
	case f == endsFailing && start.After(p.scale.at(0.85)), last && (f == endsStalled || f == endsRunning):
		return f
	default:
		return endsAsUsual
	}
}

func (p *poller) play(next scenario) {
	p.scenario, p.lastChange, p.asked = next, next.lastChange(), time.Time{}
	p.service.play(upstreamsim.Scenario{Start: next.start, Imports: []upstreamsim.Import{next.run}})
}

// nominal is the earliest time at which an import is to begin: the first before
// the first poll, the others about evenly, and the last one early enough to be
// seen, unless it is to go on at the end.
func (s scale) nominal(plan jobPlan, no int) time.Time {
	if no == 0 {
		return plan.begins.Add(-time.Minute)
	}
	if no == plan.runs-1 && plan.ending == endsRunning {
		return s.end.Add(-min(s.every()+30*time.Minute, 90*time.Minute))
	}
	until := s.endOf(plan)
	if plan.ending == endsUnreached {
		until = s.unreachedFrom()
	}
	random := rand.New(rand.NewPCG(s.seed^uint64(no), uint64(plan.no))) //nolint:gosec // nothing hangs on it
	phase := rand.New(rand.NewPCG(s.seed, ^uint64(plan.no))).Float64()  //nolint:gosec // likewise
	part := (float64(no) + phase + 0.4*(random.Float64()-0.5)) / float64(plan.runs)
	start := s.start().Add(time.Duration(part * float64(until.Sub(s.start()))))
	if late := start.Sub(until.Add(-s.every() * 3 / 2)); late > 0 { // it would not be seen
		start = start.Add(-late - s.every()*time.Duration(1+random.IntN(3)))
	}
	return start
}

// unreachedFrom is since when polls fail of those jobs that end unreached.
func (s scale) unreachedFrom() time.Time { return s.end.Add(-max(6*time.Hour, 5*s.every())) }

// at is the time at which a part of the history has passed.
func (s scale) at(part float64) time.Time {
	return s.start().Add(time.Duration(part * float64(s.span()))).Truncate(time.Second)
}

// endOf is when the polling of a job ends.
func (s scale) endOf(plan jobPlan) time.Time {
	switch {
	case plan.source == sourceOld:
		return s.at(0.93)
	case plan.ending == endsPaused:
		return s.at(0.96)
	case plan.ending == endsRemoved:
		return s.at(0.8)
	default:
		return s.end
	}
}
