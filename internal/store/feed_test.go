package store_test

import (
	"context"
	"strings"
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

	account string                 // sources are named by it and their provider
	kept    map[int64]*store.Known // what is remembered of a job instead of read; see keep
	busy    bool                   // others hold jobs now and then: those are left out
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
			checkhistory.CheckHistory(t, f.url)
		}
	})
	return f
}

// newOldFeed is newFeed whose clock stands long ago, which is old enough for retention,
// and gives the time that it is.
func newOldFeed(t *testing.T) (f *feed, now time.Time) {
	t.Helper()
	f = newFeed(t)
	now, err := f.store.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.by.At = now.AddDate(0, 0, -200).Truncate(time.Second)
	f.now = f.by.At
	return f, now
}

// at is another feed of the same database, with a clock, sources and jobs of its own.
func (f *feed) at(account string) *feed {
	other := *f
	other.account, other.now, other.kept = strings.ToLower(account), f.by.At, map[int64]*store.Known{}
	return &other
}

func uncheckedFeed(t *testing.T) *feed {
	t.Helper()
	url := testdb.New(t)
	now := time.Date(2024, 6, 7, 10, 0, 0, 0, time.UTC)
	return &feed{
		url: url, store: openStore(t, url), conn: dial(t, url), now: now, by: store.Author{Actor: "ann", At: now}, account: "prod", kept: map[int64]*store.Known{},
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

// said is what the upstream answers a poll of a job: a body, or a failure.
type said struct {
	job     store.Job
	body    string
	failure history.Outcome
}

// round polls jobs once: claim, read, compare, record.
func (f *feed) round(t fataler, answers ...said) []store.RecordResult {
	t.Helper()
	takes := f.take(t, answers...)
	f.compare(t, takes)
	return f.record(t, takes)
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
			JobID: a.job.ID, PolledAt: claim.StartAt, Outcome: a.failure, Latency: time.Second,
		}}
		k.read(a)
		takes = append(takes, k)
	}
	return takes
}

// claim claims the jobs.
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
	claims := make(map[int64]store.Claim, len(claimed))
	for _, c := range claimed {
		claims[c.JobID] = c
	}
	return claims
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
	known, _, err := f.store.Known(t.Context(), answered)
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

// record records the polls with their advances; what Postgres refuses, as malformed.
func (f *feed) record(t fataler, takes []*take) []store.RecordResult {
	t.Helper()
	results, err := f.store.Record(t.Context(), pollsOf(takes))
	if err != nil {
		t.Fatalf("%v", err)
	}
	for i, k := range takes {
		switch {
		case results[i].Refused != "":
			k.poll.Outcome, k.poll.Finding, k.poll.SnapshotNo = history.OutcomeMalformed, nil, 0
			k.poll.Error = "the answer cannot be stored: " + results[i].Refused
			if again, err := f.store.Record(t.Context(), pollsOf([]*take{k})); err != nil || again[0] != (store.RecordResult{}) {
				t.Fatalf("as malformed: %v, %v", again, err)
			}
		case !results[i].Late && k.poll.Finding != nil && f.kept[k.job.ID] != nil:
			f.kept[k.job.ID].Take(k.poll.Finding)
		}
	}
	return results
}

func pollsOf(takes []*take) []store.Poll {
	polls := make([]store.Poll, len(takes))
	for i, k := range takes {
		polls[i] = k.poll
		after := k.advance()
		polls[i].Advance = &after
	}
	return polls
}

// keep remembers what is known of a job from now on, instead of reading it for each poll.
func (f *feed) keep(job store.Job) { f.kept[job.ID] = store.NewKnown() }
