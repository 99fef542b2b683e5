package sync

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"tracker/internal/history"
	"tracker/internal/schedule"
	"tracker/internal/source"
	"tracker/internal/store"
)

// slotGrace is how long after its start a slot may still be used. A process
// that was frozen longer sends no request: others poll the job.
const slotGrace = time.Second

// task is a claimed poll to make.
type task struct {
	job      *store.Job
	account  *source.Account
	endpoint source.Endpoint
	cron     schedule.Schedule
	claim    store.Claim
	clock    clock
	budget   *memoryBudget
}

// result is what came of a task.
type result struct {
	*task
	unused      bool        // the slot passed: no request was sent
	interrupted bool        // the process ends: no request was sent, or its answer was not awaited
	err         error       // it could not be recorded: ends the recorder
	memory      reservation // held until it is recorded

	poll       store.Poll
	toldAt     time.Time     // when it was known what came of it
	observedAt time.Time     // when the body had been read
	retryAfter time.Duration // from toldAt on
	outOfTurn  int           // requests that had no slot

	after    store.Advance // what the poll changes in the job's cursor
	finished bool          // the import has ended for good
	refusal  string        // why Postgres refuses what the poll holds
	link     func() string // to results, where the source has an archive; nil: none

	// Of an answer that is new:
	raw    uint64 // the cache's hash of the body before redaction
	answer *history.Answer
	body   []byte // redacted
	key    [32]byte
	known  *store.Known // what the answer is compared with
}

// run asks the upstream and reads its answer, if the task's slot may be used.
func (t *task) run(ctx context.Context, client *source.Client, budgets *store.Store) *result {
	r := &result{task: t, memory: reservation{budget: t.budget}}
	r.interrupted = ctx.Err() != nil
	r.unused = !r.interrupted && !t.clock.latest().Before(t.claim.StartAt.Add(slotGrace))
	if r.interrupted || r.unused {
		return r
	}
	r.poll = store.Poll{JobID: t.job.ID, PolledAt: t.polledAt()}
	response, err := client.Fetch(ctx, t.account, t.endpoint, source.Pace{
		Now: t.clock.latest, Turn: func(ctx context.Context) error { return t.turn(ctx, budgets) },
		Room: func(ctx context.Context, size int64) error {
			t.budget.cache.keepHeavy(t.job.ID, t.job.From.ID, true) // while it waits it is not claimed again
			return r.memory.enter(ctx, t.job.From.ID, size)
		},
	})
	if err != nil {
		r.interrupted = true
		r.memory.release()
		return r
	}
	r.toldAt = t.clock.latest()
	// Snapshots are observed in the order of their numbers, even if the database's
	// clock was set back or our bounds of it are wide.
	r.observedAt = slices.MaxFunc([]time.Time{ceil(r.toldAt), r.poll.PolledAt, t.claim.ChangedAt.Add(time.Microsecond)}, time.Time.Compare)
	r.retryAfter, r.outOfTurn = response.RetryAfter, response.OutOfTurn
	r.poll.Outcome, r.poll.HTTPStatus, r.poll.Latency = response.Outcome, response.HTTPStatus, response.Latency
	r.poll.Error, r.poll.ErrorBody = response.Error, response.ErrorBody
	if response.Outcome == "" {
		r.read(ctx, response.Body)
	}
	if r.answer == nil {
		client.Forget(&response)
		r.memory.release()
	}
	if r.claim.Failures > 0 && r.claim.Outcome == r.poll.Outcome { // kept of a streak's first poll alone
		r.poll.ErrorBody = ""
	}
	return r
}

// wait is how long it takes until the task's slot has certainly come.
func (t *task) wait() time.Duration { return t.claim.StartAt.Sub(t.clock.earliest()) }

// turn takes a slot for one more request of the poll, and waits for it.
func (t *task) turn(ctx context.Context, budgets *store.Store) error {
	now := t.clock.earliest()
	deadline, _ := ctx.Deadline()
	at, err := budgets.TakeSlotBy(ctx, store.SlotParams{SourceID: t.job.From.ID, Now: now, By: now.Add(time.Until(deadline))})
	if errors.Is(err, store.ErrNotFound) {
		return source.ErrNoTurn
	}
	if err != nil {
		return err
	}
	slot := time.NewTimer(at.Sub(t.clock.earliest()))
	defer slot.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-slot.C:
	}
	if !t.clock.latest().Before(at.Add(slotGrace)) {
		return source.ErrNoTurn
	}
	return nil
}

// polledAt is now, and later than the job's last poll.
func (t *task) polledAt() time.Time {
	now := t.clock.earliest().Truncate(time.Microsecond)
	if first := t.claim.PolledAt.Add(time.Microsecond); now.Before(first) {
		return first
	}
	return now
}

// read tells whether a body says something new, and if so, what.
func (r *result) read(ctx context.Context, raw []byte) {
	if r.job.From.Archive != "" {
		if link := r.account.Provider.ResultLink(raw); link.Reveal() != "" {
			r.link = link.Reveal
		}
	}
	r.raw = r.budget.cache.hash(raw)
	mark := r.mark(r.claim.SnapshotNo)
	if r.claim.SnapshotNo > 0 && r.budget.cache.sameRaw(r.job.ID, mark) {
		r.unchanged()
		return
	}
	if err := r.reserve(ctx, raw); err != nil {
		r.gaveUp(ctx, err)
		return
	}
	body, key, err := r.account.Provider.Redact(raw, r.account.Secret)
	if err != nil {
		r.malformed(raw, err)
		return
	}
	r.key = key
	if r.claim.SnapshotNo > 0 && bytes.Equal(key[:], r.claim.Key) {
		r.unchanged()
		r.budget.cache.keepRaw(r.job.ID, mark)
		return
	}
	answer, err := r.account.Provider.For(r.job.Target).InterpretRedacted(body)
	if rejection, ok := errors.AsType[*source.Rejection](err); ok {
		r.rejected(body, rejection)
		return
	}
	if err != nil {
		r.malformed(raw, err)
		return
	}
	r.poll.Outcome = history.OutcomeChanged
	r.answer, r.body = &answer, body
}

// mark recognises the body as that of a snapshot.
func (r *result) mark(snapshotNo int) rawMark {
	return rawMark{snapshotNo: snapshotNo, recipe: r.account.Provider.Recipe(), hash: r.raw}
}

// reserve waits until there is memory to work on an answer. A light answer after a
// heavy one counts as heavy: it may withdraw all that the other said.
func (r *result) reserve(ctx context.Context, raw []byte) error {
	if r.memory.lane == nil && r.budget.cache.wasHeavy(r.job.ID) {
		if err := r.memory.enter(ctx, r.job.From.ID, int64(len(raw))); err != nil {
			return err
		}
	}
	return r.memory.work(ctx, raw)
}

// gaveUp ends a poll for which there was no memory in time.
func (r *result) gaveUp(ctx context.Context, err error) {
	if r.interrupted = ctx.Err() != nil; !r.interrupted {
		r.poll.Outcome, r.poll.Error = history.OutcomeTimeout, err.Error()
	}
}

func (r *result) unchanged() {
	r.poll.Outcome, r.poll.SnapshotNo = history.OutcomeUnchanged, r.claim.SnapshotNo
}

func (r *result) malformed(raw []byte, err error) {
	failure := r.account.Malformed(raw, err)
	r.poll.Outcome, r.poll.Error, r.poll.ErrorBody = history.OutcomeMalformed, failure.Text, failure.Body
}

// rejected ends a poll that the service answered without a status.
func (r *result) rejected(body []byte, rejection *source.Rejection) {
	failure := r.account.Rejected(body, rejection)
	r.poll.Outcome, r.poll.Error, r.poll.ErrorBody = history.OutcomeRejected, failure.Text, failure.Body
}

// ceil rounds up to the microsecond, the database's resolution: rounded down, a body
// would count as read before it was.
func ceil(at time.Time) time.Time {
	return at.Add(time.Microsecond - 1).Truncate(time.Microsecond)
}
