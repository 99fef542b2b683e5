package store_test

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"time"

	"tracker/internal/history"
	"tracker/internal/redact"
	"tracker/internal/source"
	"tracker/internal/store"
)

// take is a claimed poll in the making.
type take struct {
	job      store.Job
	provider source.Provider
	claim    store.Claim
	poll     store.Poll
	answer   *history.Answer // of a body that may be new
	body     []byte
	key      [32]byte
}

func (k *take) read(a said) {
	if a.failure != "" {
		k.poll.HTTPStatus, k.poll.Error = 503, "503 Service Unavailable"
		return
	}
	k.poll.HTTPStatus = 200
	body, key, err := k.provider.Redact([]byte(a.body), redact.Secret{})
	if err == nil && k.claim.SnapshotNo > 0 && bytes.Equal(key[:], k.claim.Key) {
		k.poll.Outcome, k.poll.SnapshotNo, k.key = history.OutcomeUnchanged, k.claim.SnapshotNo, key
		return
	}
	var answer history.Answer
	if err == nil {
		answer, err = k.provider.Interpret(body)
	}
	if err != nil {
		k.poll.Outcome, k.poll.Error = history.OutcomeMalformed, redact.Text(err.Error(), redact.Secret{})
		return
	}
	k.poll.Outcome, k.answer, k.body, k.key = history.OutcomeChanged, &answer, body, key
}

func (k *take) find(known *store.Known) {
	seen := history.Bounds{NotBefore: k.claim.ConfirmedAt, ObservedAt: k.poll.PolledAt.Add(time.Second)}
	change := history.Compare(known.Known, *k.answer, seen)
	k.poll.SnapshotNo = change.SnapshotNo
	k.poll.Finding = &store.Finding{
		ObservedAt: seen.ObservedAt, NotBefore: seen.NotBefore, PreviousPolls: k.claim.Confirmations,
		Body: known.NextBody(change, k.body), SHA256: sha256.Sum256(k.body), Interpretation: k.provider.Interpretation, Change: change,
	}
}

// advance is the cursor after the poll. The next one is due in a minute.
func (k *take) advance() store.Advance {
	a := store.Advance{Cursor: k.claim.Cursor, Claim: k.claim.Until, ClaimedPoll: k.claim.NextPollAt, SourceID: k.job.From.ID, RequestedAt: k.poll.PolledAt}
	a.PolledAt, a.Outcome, a.NextPollAt = k.poll.PolledAt, k.poll.Outcome, k.poll.PolledAt.Add(time.Minute)
	a.Unseen, a.PlannedEvery = k.claim.UnseenReason, time.Minute
	a.Gaps, a.CoveredUntil = k.claim.Coverage().Poll(a.PolledAt, a.Outcome)
	for i := range a.Gaps {
		a.Gaps[i].Reason = cmp.Or(a.Gaps[i].Reason, history.GapNotRunning)
	}
	a.Failures++
	if !k.poll.Outcome.Answered() {
		return a
	}
	ended := a.State.Terminal()
	a.Failures, a.ConfirmedAt = 0, k.poll.PolledAt
	a.Confirmations++
	if f := k.poll.Finding; f != nil {
		a.SnapshotNo, a.Key, a.State, a.ChangedAt, a.Confirmations = f.Change.SnapshotNo, k.key[:], f.Change.State, f.ObservedAt, 1
	}
	a.GracePolls++
	if !ended || !a.State.Terminal() {
		a.GracePolls = 0
	}
	return a
}
