package demo

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"tracker/internal/history"
	"tracker/internal/redact"
	"tracker/internal/schedule"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/upstreamsim"
)

// poller polls one job at times of the past.
type poller struct {
	job      fixture
	jobID    int64
	provider source.Provider
	service  *upstreamsim.Woosmap
	random   *rand.Rand
	past     *sync.Past

	at     time.Time     // the next poll
	offset time.Duration // of the scheduled polls from the schedule's ticks
}

func newPoller(one fixture, registered store.Job, provider source.Provider, claim store.Claim) (*poller, error) {
	cron, err := schedule.Parse(pastSchedule)
	if err != nil {
		return nil, err
	}
	seed := fnv.New64a()
	_, _ = seed.Write([]byte(one.name)) // a hash takes all
	p := &poller{
		job: one, jobID: claim.JobID, provider: provider,
		random: rand.New(rand.NewPCG(seed.Sum64(), 0)), //nolint:gosec // nothing hangs on it
	}
	p.at = cron.Next(pastOf(one.began).Add(-1), one.name)
	p.offset = p.at.Sub(pastOf(one.began))
	p.service = upstreamsim.NewWoosmap(upstreamsim.Options{Key: goodKey, Now: func() time.Time { return p.at }})
	p.service.Play(upstreamsim.UUID(one.name), one.name, p.scenario())
	registered.Schedule, registered.From.ActiveEvery = pastSchedule, pastActive
	p.past = sync.NewPast(registered, provider, claim, func(time.Time) string { return history.GapNotRunning })
	return p, nil
}

// scenario is the job's past: imports of various kinds, none as long as the
// other. Many begin just before a poll, so that they are seen to run.
func (p *poller) scenario() upstreamsim.Scenario {
	s := upstreamsim.Scenario{Start: pastOf(p.job.began), Outages: p.job.past.outages}
	last := p.job.began.Add(-pastQuiet).Sub(s.Start)
	for n, after := 0, time.Duration(0); after < last; n, after = n+1, after+p.job.past.every {
		begins := max(0, after+p.offset-time.Duration(5+p.random.IntN(15))*time.Second)
		if n > 0 && p.random.IntN(2) == 0 {
			begins = after + time.Duration(p.random.Int64N(int64(pastEvery/2)))
		}
		s.Imports = append(s.Imports, upstreamsim.Import{
			ID: upstreamsim.UUID(fmt.Sprintf("%s in the past, %d", p.job.name, n)), After: begins,
			Steps: stretched(p.job.past.kinds[n%len(p.job.past.kinds)], 0.75+p.random.Float64()/2),
		})
	}
	return s
}

// stretched returns the steps with their durations multiplied.
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

// untilNews polls until an answer is new, or until the past is over. A transaction can
// record one snapshot of a job.
func (p *poller) untilNews() ([]store.Poll, error) {
	var polls []store.Poll
	for p.at.Before(p.job.began.Add(-time.Second)) {
		poll, err := p.poll()
		if err != nil {
			return nil, err
		}
		polls = append(polls, poll)
		p.at = p.past.Cursor().NextPollAt.Truncate(time.Microsecond)
		if poll.Finding != nil {
			return polls, nil
		}
	}
	return polls, nil
}

// poll asks the service as it was at the time of the poll, and moves the job's past on.
func (p *poller) poll() (store.Poll, error) {
	status, raw, err := p.ask()
	if err != nil {
		return store.Poll{}, err
	}
	poll := store.Poll{
		JobID: p.jobID, PolledAt: p.at, HTTPStatus: status,
		Latency: time.Duration(40+p.random.IntN(160)) * time.Millisecond,
	}
	if status != http.StatusOK {
		poll.Outcome, poll.Error = history.OutcomeUpstreamError, fmt.Sprintf("%d %s", status, http.StatusText(status))
		return poll, p.past.Fail(poll)
	}
	body, key, err := p.provider.Redact(raw, redact.NewSecret(goodKey))
	switch {
	case err != nil:
	case bytes.Equal(key[:], p.past.Cursor().Key):
		err = p.past.Confirm(&poll)
	default:
		err = p.past.Find(&poll, body, key)
	}
	return poll, err
}

// ask gives the service's answer at the time of the poll.
func (p *poller) ask() (status int, body []byte, err error) {
	r, err := http.NewRequest(http.MethodGet, upstreamsim.WoosmapPath(upstreamsim.UUID(p.job.name)), http.NoBody) //nolint:noctx // it goes nowhere
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set(p.provider.Authorize(goodKey))
	status, body = upstreamsim.Ask(p.service, r)
	return status, body, nil
}

// advance is the cursor after the past. The next poll is due when the demo begins, at
// the latest.
func (p *poller) advance() store.Advance {
	advance := p.past.Advance()
	if advance.NextPollAt.After(p.job.began) {
		advance.NextPollAt = p.job.began
	}
	return advance
}
