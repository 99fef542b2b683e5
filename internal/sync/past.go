package sync

import (
	"fmt"
	"time"

	"tracker/internal/history"
	"tracker/internal/source"
	"tracker/internal/store"
)

// Past works out what polls at past times would have done to a job's cursor, for a
// history that is made up. It sends no request and records nothing.
type Past struct {
	job      store.Job
	provider source.Provider
	plans    schedules
	known    *store.Known
	unseen   func(middle time.Time) string
	first    time.Time // the poll that is planned as the history begins
	claim    store.Claim
	gaps     []history.Gap
	finished bool
}

// NewPast begins the past of a job that was never polled, under a claim that
// lasts until its end. unseen tells the reason of a gap without polls, by its middle.
func NewPast(job store.Job, provider source.Provider, claim store.Claim, unseen func(middle time.Time) string) *Past {
	return &Past{
		job: job, provider: provider, plans: schedules{}, known: store.NewKnown(), unseen: unseen, first: claim.NextPollAt, claim: claim,
	}
}

// Cursor is how the job's cursor stands.
func (p *Past) Cursor() store.Cursor { return p.claim.Cursor }

// Finished reports whether the job's import has ended for good.
func (p *Past) Finished() bool { return p.finished }

// Fail moves the cursor on by a poll that got no answer.
func (p *Past) Fail(poll store.Poll) error {
	return p.moveOn(p.result(poll))
}

// Confirm moves the cursor on by a poll that saw the head again, and fills in its
// outcome and snapshot.
func (p *Past) Confirm(poll *store.Poll) error {
	poll.Outcome, poll.SnapshotNo = history.OutcomeUnchanged, p.claim.SnapshotNo
	return p.moveOn(p.result(*poll))
}

// Find moves the cursor on by a poll whose answer is new, and gives it its finding.
func (p *Past) Find(poll *store.Poll, body []byte, key [32]byte) error {
	answer, err := p.provider.For(p.job.Target).Interpret(body)
	if err != nil {
		return err
	}
	r := p.result(*poll)
	r.observedAt, r.answer, r.body, r.key, r.known = poll.PolledAt.Add(poll.Latency), &answer, body, key, p.known
	r.poll.Outcome = history.OutcomeChanged
	r.find()
	p.known.Take(r.poll.Finding)
	p.known.KeepHead()
	*poll = r.poll
	return p.moveOn(r)
}

func (p *Past) result(poll store.Poll) *result {
	return &result{task: &task{job: &p.job, account: &source.Account{Provider: p.provider}, claim: p.claim}, poll: poll}
}

func (p *Past) moveOn(r *result) error {
	var err error
	if r.cron, err = p.plans.parse(p.job.Cron()); err != nil {
		return fmt.Errorf("job %s: %w", p.job.Name, err)
	}
	advance, finished := r.advance()
	for _, gap := range advance.Gaps {
		if gap.Reason == "" {
			gap.Reason = p.unseen(gap.From.Add(gap.To.Sub(gap.From) / 2))
		}
		p.gaps = append(p.gaps, gap)
	}
	p.claim.Cursor, p.finished = advance.Cursor, finished
	return nil
}

// Advance brings the job's cursor, which still has the claim, to where its past has led.
func (p *Past) Advance() store.Advance {
	return store.Advance{Cursor: p.claim.Cursor, Claim: p.claim.Until, ClaimedPoll: p.first, Gaps: p.gaps, SourceID: p.job.From.ID}
}
