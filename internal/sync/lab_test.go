package sync_test

import (
	"cmp"
	"context"
	"database/sql" // with the driver that package store brings
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"slices"
	gosync "sync"
	"testing"
	"time"

	"tracker/internal/checkhistory"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/testdb"
	"tracker/internal/upstreamsim"
)

// labKey is the credential of both services. It is as it would be in a URL and in JSON.
const labKey = "k3y/of&the+lab=42"

// lab is a database, both services, and a syncer between them. Its sources are
// named woosmap and safetykit, and may be asked a thousand times a second.
type lab struct {
	t         *testing.T
	url       string
	db        *sql.DB
	store     *store.Store
	syncer    *sync.Syncer
	requests  *upstreamsim.Requests
	clock     *hand
	woosmap   *upstreamsim.Woosmap
	safetykit *upstreamsim.SafetyKit
	woosmapAt string // base URLs
	safetyAt  string
	born      time.Time // by the database's clock
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{t: t, url: testdb.New(t), requests: &upstreamsim.Requests{}, clock: &hand{now: time.Date(2024, 6, 7, 9, 30, 0, 0, time.UTC)}}
	options := upstreamsim.Options{Key: labKey, Now: l.clock.Now, Requests: l.requests}
	l.woosmap, l.safetykit = upstreamsim.NewWoosmap(options), upstreamsim.NewSafetyKit(options)
	woosmap, safetykit := httptest.NewServer(l.woosmap), httptest.NewServer(l.safetykit)
	t.Cleanup(woosmap.Close)
	t.Cleanup(safetykit.Close)
	l.woosmapAt, l.safetyAt = woosmap.URL, safetykit.URL

	l.store = l.open(l.url)
	l.syncer = l.newSyncer("lab", l.store)
	var err error
	if l.db, err = sql.Open("pgx", l.url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.db.Close() })
	l.born = l.author().At
	l.declare(store.Declaration{Sources: []store.SourceSpec{
		l.sourceSpec("woosmap", "woosmap", l.woosmapAt), l.sourceSpec("safetykit", "safetykit", l.safetyAt),
	}})
	return l
}

// check asserts that the stored history of the jobs (none: of all) is sound. It
// is to be deferred by each test.
func (l *lab) check(jobs ...string) {
	l.t.Helper()
	violations, err := checkhistory.Violations(l.t.Context(), l.url, jobs...)
	if err != nil {
		l.t.Errorf("check the history: %v", err)
	}
	for _, violation := range violations {
		l.t.Errorf("history: %s", violation)
	}
}

func (l *lab) open(url string) *store.Store {
	l.t.Helper()
	s, err := store.Open(l.t.Context(), url, store.Options{MaxConns: 4})
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(s.Close)
	return s
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
	return store.SourceSpec{
		Name: name, Provider: provider, BaseURL: baseURL, Credential: "env:LAB_KEY", Schedule: "@every 5m",
		ActiveEvery: 10 * time.Second, RateEvery: time.Millisecond, RateBurst: 1000,
	}
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
		l.woosmap.Script(datasetID(job), frames...)
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
		l.woosmap.Script(datasetID(job), frame)
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
		l.safetykit.Script("products", job, frames...)
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

// once polls jobs once and returns the events.
func (l *lab) once(names ...string) *events {
	l.t.Helper()
	told := &events{}
	if err := l.syncer.Once(l.t.Context(), l.jobs(names...), told.tell); err != nil {
		l.t.Fatal(err)
	}
	return told
}

// expect polls one job once and checks how that came out.
func (l *lab) expect(job, outcome string) {
	l.t.Helper()
	if told := l.once(job).texts(); !slices.Contains(told, "polled "+job+" "+outcome) {
		l.t.Fatalf("%s is not %s: %q", job, outcome, told)
	}
}

// running is a round that goes on.
type running struct {
	*events
	t    *testing.T
	stop context.CancelFunc
	err  chan error
}

// start begins to poll jobs once. The round is to be waited for.
func (l *lab) start(s *sync.Syncer, names ...string) *running {
	l.t.Helper()
	ctx, stop := context.WithCancel(l.t.Context())
	r := &running{events: &events{news: make(chan struct{}, 1)}, t: l.t, stop: stop, err: make(chan error, 1)}
	jobs := l.jobs(names...)
	go func() { r.err <- s.Once(ctx, jobs, r.tell) }()
	l.t.Cleanup(stop)
	return r
}

// await waits until the round has told something.
func (r *running) await(text string) {
	r.t.Helper()
	for !slices.Contains(r.texts(), text) {
		receive(r.t, r.news, text)
	}
}

// wait returns the round's error.
func (r *running) wait() error {
	r.t.Helper()
	return receive(r.t, r.err, "the round's end")
}

// receive waits for a value, but not for ever.
func receive[T any](t *testing.T, from <-chan T, what string) (value T) {
	t.Helper()
	select {
	case value = <-from:
	case <-time.After(2 * time.Minute):
		t.Fatalf("waited in vain for %s", what)
	}
	return value
}

// lines returns the rows of a query of one text column.
func (l *lab) lines(query string, args ...any) []string {
	l.t.Helper()
	rows, err := l.db.QueryContext(l.t.Context(), query, args...)
	if err != nil {
		l.t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	var lines []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			l.t.Fatalf("%s: %v", query, err)
		}
		lines = append(lines, line)
	}
	if err := rows.Err(); err != nil {
		l.t.Fatalf("%s: %v", query, err)
	}
	return lines
}

// want compares the rows of a query of one text column.
func (l *lab) want(what string, want []string, query string, args ...any) {
	l.t.Helper()
	if got := l.lines(query, args...); !slices.Equal(got, want) {
		l.t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

// wantPolls compares the outcomes and snapshots of a job's polls, in order.
func (l *lab) wantPolls(job string, want ...string) {
	l.t.Helper()
	l.want("polls of "+job, want, `SELECT concat_ws(' ', outcome, snapshot_no) FROM report.polls WHERE job = $1 ORDER BY polled_at`, job)
}

func (l *lab) exec(query string, args ...any) {
	l.t.Helper()
	if _, err := l.db.ExecContext(l.t.Context(), query, args...); err != nil {
		l.t.Fatalf("%s: %v", query, err)
	}
}

// expireClaims makes all claims run out at once.
func (l *lab) expireClaims() {
	l.t.Helper()
	l.exec(`UPDATE cursors SET claimed_until = claimed_until - interval '1 hour' WHERE claimed_until IS NOT NULL`)
}

// claims counts the jobs that are claimed.
func (l *lab) claims() string {
	l.t.Helper()
	return l.lines(`SELECT count(claimed_until)::text FROM cursors`)[0]
}

// events collects what a round tells.
type events struct {
	mu   gosync.Mutex
	list []sync.Event
	news chan struct{} // there is another one; nil: nobody waits
}

func (e *events) tell(event sync.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, event)
	select {
	case e.news <- struct{}{}:
	default:
	}
}

func (e *events) all() []sync.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.list)
}

// texts gives the events in words: their kind, job and outcome or reason.
func (e *events) texts() []string {
	texts := []string{}
	for _, event := range e.all() {
		kind := [...]string{
			sync.Polled: "polled", sync.Elsewhere: "elsewhere", sync.Skipped: "skipped",
			sync.Late: "late", sync.Paused: "paused", sync.Finished: "finished",
		}[event.Kind]
		text := kind + " " + event.Job.Name
		if event.Kind == sync.Polled || event.Kind == sync.Elsewhere {
			text += " " + string(event.Outcome)
		}
		if why := cmp.Or(event.Reason, skippedFor(event)); why != "" {
			text += ": " + why
		}
		texts = append(texts, text)
	}
	return texts
}

// hand is a clock that is moved by hand.
type hand struct {
	mu  gosync.Mutex
	now time.Time
}

func (h *hand) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hand) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// woosmapRun is an answer about a run without steps.
func woosmapRun(id, status string) upstreamsim.Frame {
	return upstreamsim.Answer(fmt.Sprintf(`{"id":%q,"status":%q,"steps":[]}`, id, status))
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

// skippedFor is why a job could not be polled; the error of a poll is no part of its text.
func skippedFor(event sync.Event) string {
	if event.Kind != sync.Skipped {
		return ""
	}
	return event.Error
}
