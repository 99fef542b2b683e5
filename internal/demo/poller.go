package demo

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"tracker/internal/history"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/upstreamsim"
)

// poller polls one job at times of the past.
type poller struct {
	job      castJob
	provider source.Provider
	claim    store.Claim
	service  *upstreamsim.Woosmap
	random   *rand.Rand

	at      time.Time // the next poll
	offset  time.Duration
	known   *history.Known
	advance store.Advance // how the cursor stands
}

func newPoller(job castJob, provider source.Provider, claim store.Claim, sourceID int64) *poller {
	seed := fnv.New64a()
	_, _ = seed.Write([]byte(job.name)) // a hash takes all
	p := &poller{
		job: job, provider: provider, claim: claim, known: history.NewKnown(),
		random: rand.New(rand.NewPCG(seed.Sum64(), 0)), //nolint:gosec // nothing hangs on it
	}
	p.service = upstreamsim.NewWoosmap(upstreamsim.Options{Key: goodKey, Now: func() time.Time { return p.at }})
	p.offset = time.Duration(p.random.Int64N(int64(time.Minute))).Truncate(time.Microsecond)
	p.service.Play(uuid(job.name), job.name, p.scenario())
	p.at = pastOf(job.began).Add(p.offset)
	p.advance = store.Advance{Cursor: claim.Cursor, Claim: claim.Until, ClaimedPoll: claim.NextPollAt, SourceID: sourceID}
	p.advance.PlannedEvery = pastEvery
	return p
}

// scenario is the job's past: imports of various kinds, none as long as the
// other. Many begin just before somebody looks, so that they are seen going on.
func (p *poller) scenario() upstreamsim.Scenario {
	s := upstreamsim.Scenario{Start: pastOf(p.job.began), Outages: p.job.past.outages}
	last := p.job.began.Add(-pastQuiet).Sub(s.Start)
	for n, after := 0, time.Duration(0); after < last; n, after = n+1, after+p.job.past.every {
		begins := max(0, after+p.offset-time.Duration(5+p.random.IntN(15))*time.Second)
		if n > 0 && p.random.IntN(2) == 0 {
			begins = after + time.Duration(p.random.Int64N(int64(pastEvery/2)))
		}
		s.Imports = append(s.Imports, upstreamsim.Import{
			ID: uuid(fmt.Sprintf("%s in the past, %d", p.job.name, n)), After: begins,
			Steps: stretched(p.job.past.kinds[n%len(p.job.past.kinds)], 0.75+p.random.Float64()/2),
		})
	}
	return s
}

// stretched gives steps that take longer, or shorter, and say the same.
func stretched(steps []upstreamsim.Step, by float64) []upstreamsim.Step {
	stretch := func(d *time.Duration) { *d = time.Duration(float64(*d) * by) }
	steps = slices.Clone(steps)
	for i := range steps {
		stretch(&steps[i].Takes)
		stretch(&steps[i].Pause)
		steps[i].Entries = slices.Clone(steps[i].Entries)
		for j := range steps[i].Entries {
			stretch(&steps[i].Entries[j].After)
		}
	}
	return steps
}

// untilNews polls until an answer brings something new, which one transaction
// records once for a job, or until the past is over.
func (p *poller) untilNews() ([]store.Poll, error) {
	var polls []store.Poll
	for p.at.Before(p.job.began.Add(-time.Second)) {
		poll, err := p.poll()
		if err != nil {
			return nil, err
		}
		polls = append(polls, poll)
		if poll.Finding != nil {
			return polls, nil
		}
	}
	return polls, nil
}

// poll asks the service as it was at the time of the poll, and moves on to the next.
func (p *poller) poll() (store.Poll, error) {
	status, raw, err := p.ask()
	if err != nil {
		return store.Poll{}, err
	}
	poll := store.Poll{
		JobID: p.claim.JobID, PolledAt: p.at, HTTPStatus: status,
		Latency: time.Duration(40+p.random.IntN(160)) * time.Millisecond,
	}
	if status != http.StatusOK {
		poll.Outcome, poll.Error = history.OutcomeUpstreamError, fmt.Sprintf("%d %s", status, http.StatusText(status))
		p.failed(poll)
		return poll, nil
	}
	body, key, err := p.provider.Redact(raw, source.NewSecret(goodKey))
	if err != nil {
		return store.Poll{}, err
	}
	if bytes.Equal(key[:], p.advance.Key) {
		poll.Outcome, poll.SnapshotNo = history.OutcomeUnchanged, p.advance.SnapshotNo
	} else if err := p.find(&poll, body); err != nil {
		return store.Poll{}, err
	}
	p.answered(poll, key)
	return poll, nil
}

// ask gives the service's answer at the time of the poll.
func (p *poller) ask() (status int, body []byte, err error) {
	r, err := http.NewRequest(http.MethodGet, upstreamsim.WoosmapPath(uuid(p.job.name)), http.NoBody) //nolint:noctx // it goes nowhere
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set(p.provider.Authorize(goodKey))
	status, body = upstreamsim.Ask(p.service, r)
	return status, body, nil
}

// find compares a new answer with what is known.
func (p *poller) find(poll *store.Poll, body []byte) error {
	answer, err := p.provider.Interpret(body)
	if err != nil {
		return err
	}
	seen := history.Bounds{NotBefore: p.advance.ConfirmedAt, ObservedAt: poll.PolledAt.Add(poll.Latency)}
	change := history.Compare(p.known, answer, seen)
	poll.Outcome, poll.SnapshotNo = history.OutcomeChanged, change.SnapshotNo
	poll.Finding = &store.Finding{
		ObservedAt: seen.ObservedAt, NotBefore: seen.NotBefore, PreviousPolls: p.advance.Confirmations,
		Body: body, SHA256: sha256.Sum256(body), Interpretation: p.provider.Interpretation, Change: change,
	}
	return nil
}

// answered moves the cursor on after an answer.
func (p *poller) answered(poll store.Poll, key [32]byte) {
	c := &p.advance
	if c.Failures > 0 && poll.PolledAt.Sub(c.AccountedAt) > pastTolerance*pastEvery {
		c.Gaps = append(c.Gaps, history.Gap{From: c.AccountedAt, To: poll.PolledAt, Reason: string(c.Outcome)})
	}
	c.PolledAt, c.Outcome, c.Failures, c.ConfirmedAt, c.AccountedAt = poll.PolledAt, poll.Outcome, 0, poll.PolledAt, poll.PolledAt
	c.Confirmations++
	c.GracePolls = min(c.GracePolls+1, pastGrace)
	if f := poll.Finding; f != nil {
		p.known.Apply(f.Change)
		p.known.KeepHead()
		c.SnapshotNo, c.Key, c.State, c.ChangedAt, c.Confirmations = f.Change.SnapshotNo, key[:], f.Change.State, f.ObservedAt, 1
		c.GracePolls = 0
	}
	if !c.State.Terminal() || c.GracePolls < pastGrace {
		p.next(p.at.Add(pastActive))
	} else {
		p.next(p.scheduled())
	}
}

// failed moves the cursor on after a poll that got no answer.
func (p *poller) failed(poll store.Poll) {
	p.advance.PolledAt, p.advance.Outcome = poll.PolledAt, poll.Outcome
	p.advance.Failures++
	p.next(p.scheduled())
}

// next plans the next poll: where the past is over, at once.
func (p *poller) next(at time.Time) {
	p.at = at
	if at.Before(p.job.began) {
		p.advance.NextPollAt = at
	} else {
		p.advance.NextPollAt = p.job.began
	}
}

// scheduled is when somebody looks next while nothing goes on.
func (p *poller) scheduled() time.Time {
	return p.at.Add(-p.offset).Truncate(pastEvery).Add(pastEvery + p.offset)
}
