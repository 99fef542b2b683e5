package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/checkhistory"
	"tracker/internal/history"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/testdb"
)

// feed polls jobs of a database as a tracker does, but takes the answers and
// the clock from the test. The clock moves a minute with each round.
type feed struct {
	url   string
	store *store.Store
	conn  *pgx.Conn // the owner's
	now   time.Time
	by    store.Author

	account string                   // sources are named by it and their provider
	kept    map[int64]*history.Known // what is remembered of a job instead of read; see keep
	busy    bool                     // others hold jobs now and then: those are left out
}

// fataler is what feed needs of a testing.T or a rapid.T.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
	Context() context.Context
}

// newFeed opens a new database. At the test's end its history is checked.
func newFeed(t *testing.T) *feed {
	t.Helper()
	f := uncheckedFeed(t)
	t.Cleanup(func() {
		if !t.Failed() {
			checkAtEnd(t, f.url)
		}
	})
	return f
}

// checkAtEnd is CheckHistory for a cleanup, when the test's context has ended.
func checkAtEnd(t *testing.T, url string) {
	t.Helper()
	violations, err := checkhistory.Violations(context.WithoutCancel(t.Context()), url)
	if err != nil {
		t.Errorf("check the history: %v", err)
	}
	for _, v := range violations {
		t.Errorf("history: %s", v)
	}
}

func uncheckedFeed(t *testing.T) *feed {
	t.Helper()
	url := testdb.New(t)
	now := time.Date(2024, 6, 7, 10, 0, 0, 0, time.UTC)
	return &feed{
		url: url, store: openStore(t, url), conn: dial(t, url), now: now, by: store.Author{Actor: "ann", At: now}, account: "prod", kept: map[int64]*history.Known{},
	}
}

func openStore(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// sourceSpec is a provider's source with a budget that is never spent.
func (f *feed) sourceSpec(provider string) store.SourceSpec {
	return store.SourceSpec{
		Name: provider + "-" + f.account, Provider: provider, BaseURL: "https://api.example.com", Credential: "env:KEY", Schedule: "@every 1m",
		ActiveEvery: 10 * time.Second, RateEvery: time.Millisecond, RateBurst: 100,
	}
}

func (f *feed) jobSpec(provider, name string) store.JobSpec {
	return store.JobSpec{
		Name: name, Source: provider + "-" + f.account, Target: map[string]string{"id": name}, Labels: map[string]string{"team": "geo"},
		FirstPollAt: f.now.Add(time.Minute),
	}
}

// register registers jobs at a provider's source.
func (f *feed) register(t fataler, provider string, names ...string) []store.Job {
	t.Helper()
	declared := store.Declaration{Sources: []store.SourceSpec{f.sourceSpec(provider)}}
	for _, name := range names {
		declared.Jobs = append(declared.Jobs, f.jobSpec(provider, name))
	}
	if _, err := f.store.Apply(t.Context(), f.by, declared); err != nil {
		t.Fatalf("register: %v", err)
	}
	jobs := make([]store.Job, len(names))
	for i, name := range names {
		var err error
		if jobs[i], err = f.store.Job(t.Context(), name); err != nil {
			t.Fatalf("register: %v", err)
		}
	}
	return jobs
}

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

// said is what the upstream answers a poll of a job: a body, or a failure.
type said struct {
	job     store.Job
	body    string
	failure history.Outcome
}

// round polls jobs once: claim, read, compare, record, advance.
func (f *feed) round(t fataler, answers ...said) []store.Fate {
	t.Helper()
	takes := f.take(t, answers...)
	f.compare(t, takes)
	fates := f.record(t, takes)
	f.advance(t, takes, fates)
	return fates
}

// take claims the jobs a minute later and reads what the upstream answers.
func (f *feed) take(t fataler, answers ...said) []*take {
	t.Helper()
	f.now = f.now.Add(time.Minute)
	claims := f.claim(t, answers...)
	takes := make([]*take, 0, len(answers))
	for _, a := range answers {
		provider, err := source.Lookup(a.job.From.Provider)
		if err != nil {
			t.Fatalf("%v", err)
		}
		claim, ok := claims[a.job.ID]
		if !ok && f.busy {
			continue
		}
		if !ok {
			t.Fatalf("job %s could not be claimed", a.job.Name)
		}
		k := &take{job: a.job, provider: provider, claim: claim, poll: store.Poll{
			JobID: a.job.ID, Claim: claim.Until, PolledAt: claim.StartAt, Outcome: a.failure, Latency: time.Second,
		}}
		k.read(a)
		takes = append(takes, k)
	}
	return takes
}

// claim claims the jobs; a doubtful cursor is set right, as package sync does.
func (f *feed) claim(t fataler, answers ...said) map[int64]store.Claim {
	t.Helper()
	params := store.ClaimParams{Owner: "feed", Now: f.now, Most: len(answers)}
	for _, a := range answers {
		params.JobIDs = append(params.JobIDs, a.job.ID)
		params.SourceIDs = append(params.SourceIDs, a.job.From.ID)
	}
	claimed, err := f.store.ClaimJobs(t.Context(), params)
	if err != nil {
		t.Fatalf("%v", err)
	}
	heads, err := f.store.Heads(t.Context(), params.JobIDs)
	if err != nil {
		t.Fatalf("%v", err)
	}
	claims := make(map[int64]store.Claim, len(claimed))
	for _, c := range claimed {
		if head, ok := heads[c.JobID]; ok && c.Doubt {
			c.SnapshotNo, c.State, c.ChangedAt = head.SnapshotNo, head.State, head.ObservedAt
			c.ConfirmedAt, c.Confirmations, c.GracePolls = head.ConfirmedAt, head.Confirmations, 0
			for _, a := range answers {
				if provider, err := source.Lookup(a.job.From.Provider); err == nil && a.job.ID == c.JobID {
					key := provider.Key(head.Body)
					c.Key = key[:]
				}
			}
		}
		claims[c.JobID] = c
	}
	return claims
}

func (k *take) read(a said) {
	if a.failure != "" {
		k.poll.HTTPStatus, k.poll.Error = 503, "503 Service Unavailable"
		return
	}
	k.poll.HTTPStatus = 200
	body, key, err := k.provider.Redact([]byte(a.body), source.Secret{})
	if err == nil && k.claim.SnapshotNo > 0 && bytes.Equal(key[:], k.claim.Key) {
		k.poll.Outcome, k.poll.SnapshotNo, k.key = history.OutcomeUnchanged, k.claim.SnapshotNo, key
		return
	}
	var answer history.Answer
	if err == nil {
		answer, err = k.provider.Interpret(body)
	}
	if err != nil {
		k.poll.Outcome, k.poll.Error = history.OutcomeMalformed, source.RedactText(err.Error(), source.Secret{})
		return
	}
	k.poll.Outcome, k.answer, k.body, k.key = history.OutcomeChanged, &answer, body, key
}

// compare gives the new answers their findings.
func (f *feed) compare(t fataler, takes []*take) {
	t.Helper()
	var answered []store.Answered
	for _, k := range takes {
		if k.answer != nil && f.kept[k.job.ID] == nil {
			answered = append(answered, store.Answered{JobID: k.job.ID, RunID: k.answer.RunID})
		}
	}
	known, err := f.store.Known(t.Context(), answered)
	if err != nil {
		t.Fatalf("%v", err)
	}
	for _, k := range takes {
		if k.answer == nil {
			continue
		}
		if kept := f.kept[k.job.ID]; kept != nil {
			k.find(kept)
		} else {
			k.find(known[k.job.ID])
		}
	}
}

func (k *take) find(known *history.Known) {
	seen := history.Bounds{NotBefore: k.claim.ConfirmedAt, ObservedAt: k.poll.PolledAt.Add(time.Second)}
	change := history.Compare(known, *k.answer, seen)
	k.poll.SnapshotNo = change.SnapshotNo
	k.poll.Finding = &store.Finding{
		ObservedAt: seen.ObservedAt, NotBefore: seen.NotBefore, PreviousPolls: k.claim.Confirmations,
		Body: k.body, SHA256: sha256.Sum256(k.body), Interpretation: k.provider.Interpretation, Change: change,
	}
}

func (f *feed) record(t fataler, takes []*take) []store.Fate {
	t.Helper()
	fates, err := f.store.Record(t.Context(), pollsOf(takes))
	if err != nil {
		t.Fatalf("%v", err)
	}
	for i, k := range takes {
		switch {
		case fates[i] == store.FatePoisoned:
			k.poll.Outcome, k.poll.Finding, k.poll.SnapshotNo = history.OutcomeMalformed, nil, 0
		case fates[i] == store.FateRecorded && k.poll.Finding != nil && f.kept[k.job.ID] != nil:
			f.kept[k.job.ID].Apply(k.poll.Finding.Change)
		}
	}
	return fates
}

func pollsOf(takes []*take) []store.Poll {
	polls := make([]store.Poll, len(takes))
	for i, k := range takes {
		polls[i] = k.poll
	}
	return polls
}

// advance moves the cursors on, but for late polls.
func (f *feed) advance(t fataler, takes []*take, fates []store.Fate) {
	t.Helper()
	var advances []store.Advance
	for i, k := range takes {
		if fates[i] != store.FateLate {
			advances = append(advances, k.advance())
		}
	}
	if err := f.store.AdvanceCursors(t.Context(), advances); err != nil {
		t.Fatalf("%v", err)
	}
}

// advance is the cursor after the poll. The next one is due in a minute.
func (k *take) advance() store.Advance {
	a := store.Advance{Cursor: k.claim.Cursor, Claim: k.claim.Until, SourceID: k.job.From.ID, RequestedAt: k.poll.PolledAt}
	a.PolledAt, a.Outcome, a.NextPollAt = k.poll.PolledAt, k.poll.Outcome, k.poll.PolledAt.Add(time.Minute)
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

// keep remembers what is known of a job from now on, instead of reading it for each poll.
func (f *feed) keep(job store.Job) { f.kept[job.ID] = history.NewKnown() }
