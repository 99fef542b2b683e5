package sync_test

import (
	"context" // with the driver that package store brings
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

// labKey is the credential of both services. It is as it would be in a URL and in JSON.
const labKey = "k3y/of&the+lab=42"

// lab is a database, both services, and a syncer between them. Its sources are
// named woosmap and safetykit, and may be asked a thousand times a second.
type lab struct {
	*testkit.Database
	*testkit.Services
	t      *testing.T
	store  *store.Store
	syncer *sync.Syncer
	clock  *testkit.Clock // of the services
	born   time.Time      // by the database's clock
}

func newLab(t *testing.T) *lab {
	t.Helper()
	clock := testkit.NewClock(time.Date(2024, 6, 7, 9, 30, 0, 0, time.UTC))
	l := &lab{t: t, Database: testkit.NewDatabase(t), Services: testkit.NewServices(t, labKey, clock.Now), clock: clock}
	l.store = l.Store()
	l.syncer = l.newSyncer("lab", l.store)
	l.born = l.author().At
	l.declare(store.Declaration{Sources: []store.SourceSpec{
		l.sourceSpec("woosmap", "woosmap", l.WoosmapAt), l.sourceSpec("safetykit", "safetykit", l.SafetyKitAt),
	}})
	return l
}

func (l *lab) newSyncer(owner string, s *store.Store) *sync.Syncer {
	l.t.Helper()
	client := source.NewClient("test")
	l.t.Cleanup(client.Close)
	getenv := func(name string) string {
		return map[string]string{"LAB_KEY": labKey, "OTHER_KEY": "another-key"}[name]
	}
	return &sync.Syncer{Store: s, Client: client, Getenv: getenv, Owner: owner, Logger: slog.New(slog.DiscardHandler)}
}

func (l *lab) sourceSpec(name, provider, baseURL string) store.SourceSpec {
	return testkit.Source(name, provider, baseURL, "env:LAB_KEY")
}

// reconfigure changes a source.
func (l *lab) reconfigure(name string, change func(*store.SourceSpec)) {
	l.t.Helper()
	from, err := l.store.Source(l.t.Context(), name)
	if err != nil {
		l.t.Fatal(err)
	}
	spec := from.SourceSpec
	change(&spec)
	l.declare(store.Declaration{Sources: []store.SourceSpec{spec}})
}

func (l *lab) author() store.Author {
	l.t.Helper()
	now, err := l.store.Now(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	return store.Author{Actor: "tester", At: now}
}

func (l *lab) declare(d store.Declaration) {
	l.t.Helper()
	if _, err := l.store.Apply(l.t.Context(), l.author(), d); err != nil {
		l.t.Fatal(err)
	}
}

// dataset registers a job for a dataset of the source woosmap and scripts its
// answers. It returns the dataset's id, which follows from the job's name.
func (l *lab) dataset(job string, frames ...upstreamsim.Frame) string {
	l.t.Helper()
	return l.datasetAt("woosmap", job, frames...)
}

func (l *lab) datasetAt(from, job string, frames ...upstreamsim.Frame) string {
	l.t.Helper()
	l.declare(store.Declaration{Jobs: []store.JobSpec{l.datasetSpec(from, job)}})
	if len(frames) > 0 {
		l.Woosmap.Script(datasetID(job), frames...)
	}
	return datasetID(job)
}

// datasets is dataset for many jobs that get the same answer, named by numbers.
func (l *lab) datasets(from, prefix string, count int, frame upstreamsim.Frame) (jobs []string) {
	l.t.Helper()
	var declared store.Declaration
	for i := range count {
		job := fmt.Sprintf("%s-%02d", prefix, i)
		jobs = append(jobs, job)
		declared.Jobs = append(declared.Jobs, l.datasetSpec(from, job))
		l.Woosmap.Script(datasetID(job), frame)
	}
	l.declare(declared)
	return jobs
}

func (l *lab) datasetSpec(from, job string) store.JobSpec {
	return store.JobSpec{Name: job, Source: from, Target: map[string]string{"dataset_id": datasetID(job)}, FirstPollAt: l.born}
}

// datasetID is made of the end of a job's name.
func datasetID(job string) string {
	return fmt.Sprintf("00000000-0000-4000-8000-%012x", job[max(0, len(job)-6):])
}

// request registers a job for a request of the source safetykit, by its name in
// the namespace products, and scripts its answers.
func (l *lab) request(job string, frames ...upstreamsim.Frame) {
	l.t.Helper()
	l.declare(store.Declaration{Jobs: []store.JobSpec{{
		Name: job, Source: "safetykit", Target: map[string]string{"namespace": "products", "request_id": job}, FirstPollAt: l.born,
	}}})
	if len(frames) > 0 {
		l.SafetyKit.Script("products", job, frames...)
	}
}

// jobs reads jobs by name.
func (l *lab) jobs(names ...string) []store.Job {
	l.t.Helper()
	jobs := make([]store.Job, len(names))
	for i, name := range names {
		var err error
		if jobs[i], err = l.store.Job(l.t.Context(), name); err != nil {
			l.t.Fatal(err)
		}
	}
	return jobs
}

// wantPolls compares the outcomes and snapshots of a job's polls, in order.
func (l *lab) wantPolls(job string, want ...string) {
	l.t.Helper()
	l.Want("polls of "+job, want, `SELECT concat_ws(' ', outcome, snapshot_no) FROM report.polls WHERE job = $1 ORDER BY polled_at`, job)
}

// expireClaims makes all claims run out at once.
func (l *lab) expireClaims() {
	l.t.Helper()
	l.Exec(`UPDATE cursors SET claimed_until = claimed_until - interval '1 hour' WHERE claimed_until IS NOT NULL`)
}

// claims counts the jobs that are claimed.
func (l *lab) claims() string {
	l.t.Helper()
	return l.Lines(`SELECT count(claimed_until)::text FROM cursors`)[0]
}

// fetchWith is an answer about a run in its first step, with some of its log.
func fetchWith(entries string) upstreamsim.Frame {
	return upstreamsim.Answer(`{"id":"r1","status":"in_progress","steps":[{"end":null,"entries":[` + entries +
		`],"name":"fetch","start":"2024-06-07T09:30:36.715881","status":"in_progress"}]}`)
}

// request is an answer of SafetyKit in the inline shape.
func safetykitRun(id, status string) upstreamsim.Frame {
	return upstreamsim.Answer(fmt.Sprintf(`{"data":[],"namespace":"products","request_id":%q,"status":%q}`, id, status))
}

func isCanceled(err error) bool { return errors.Is(err, context.Canceled) }

// inAnHour leaves a source one request an hour.
func inAnHour(s *store.SourceSpec) { s.RateEvery, s.RateBurst = time.Hour, 1 }
