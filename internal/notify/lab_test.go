package notify_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tracker/internal/notify"
	"tracker/internal/source"
	"tracker/internal/store"
	tracker "tracker/internal/sync"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

const (
	labKey     = "a-key"
	hookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" //nolint:gosec // of the tests
)

// lab is a database with jobs that a simulated service tells of, and a receiver.
type lab struct {
	*testkit.Database
	*testkit.Services
	t        *testing.T
	store    *store.Store
	syncer   *tracker.Syncer
	receiver *receiver
	notifier *notify.Notifier
	env      map[string]string
	log      *bytes.Buffer
	counting sync.Mutex
	counts   map[string]int // of deliveries by rule and state
	jobs     map[string]string
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{
		t: t, Database: testkit.NewDatabase(t), Services: testkit.NewServices(t, labKey, time.Now), receiver: newReceiver(t),
		log: &bytes.Buffer{}, counts: map[string]int{}, jobs: map[string]string{},
	}
	l.store = l.Store()
	client := source.NewClient("test")
	t.Cleanup(client.Close)
	l.env = map[string]string{
		"LAB_KEY": labKey, "HOOK": l.receiver.url + "/services/T0KEN-in-the-address?sig=s3cr3t", "HOOK_SECRET": hookSecret,
		"CHAT": "generic+" + l.receiver.url + "/T0KEN-in-the-address", "LINEAGE": l.receiver.url + "/api/v1/lineage", "LINEAGE_TOKEN": "lineage-t0ken",
	}
	getenv := func(name string) string { return l.env[name] }
	l.syncer = &tracker.Syncer{Store: l.store, Client: client, Owner: "lab", Logger: slog.New(slog.DiscardHandler), Getenv: getenv}
	l.notifier = l.newNotifier("one", l.store)
	l.declare(store.Declaration{Sources: []store.SourceSpec{testkit.Source("woosmap", "woosmap", l.WoosmapAt, "env:LAB_KEY")}})
	return l
}

func (l *lab) newNotifier(owner string, s *store.Store) *notify.Notifier {
	l.t.Helper()
	return notify.New(notify.Settings{
		Store: s, Credentials: source.NewCredentials(func(name string) string { return l.env[name] }, source.CredentialScope{}), Owner: owner, Version: "test",
		Logger: slog.New(slog.NewTextHandler(l.log, nil)),
		Counted: func(rule, state string, count int) {
			l.counting.Lock()
			defer l.counting.Unlock()
			l.counts[rule+" "+state] += count
		},
	})
}

func (l *lab) declare(d store.Declaration) {
	l.t.Helper()
	now, err := l.store.Now(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	if _, err := l.store.Apply(l.t.Context(), store.Author{Actor: "tester", At: now}, d); err != nil {
		l.t.Fatal(err)
	}
}

// rules declares the rules there are to be.
func (l *lab) rules(rules ...store.RuleSpec) {
	l.t.Helper()
	l.declare(store.Declaration{Rules: rules, Notifies: true})
}

// hook is a rule that tells by webhooks.
func hook(name string, events ...string) store.RuleSpec {
	return store.RuleSpec{Name: name, Address: "env:HOOK", Form: "webhook", Secret: "env:HOOK_SECRET", Events: events}
}

// chat is a rule that tells by messages, which are not grouped for long.
func chat(name string, events ...string) store.RuleSpec {
	return store.RuleSpec{Name: name, Address: "env:CHAT", Form: "message", Events: events}
}

// job registers a job whose dataset is named by its number among them.
func (l *lab) job(name string, labels map[string]string) {
	l.t.Helper()
	l.spec(store.JobSpec{Name: name, Labels: labels})
}

// patience registers a job, or another stall_after of it.
func (l *lab) patience(name string, stallAfter time.Duration) {
	l.t.Helper()
	l.spec(store.JobSpec{Name: name, StallAfter: stallAfter})
}

func (l *lab) spec(spec store.JobSpec) {
	l.t.Helper()
	if _, known := l.jobs[spec.Name]; !known {
		l.jobs[spec.Name] = fmt.Sprintf("8c4c51f1-0000-4000-8000-%012x", len(l.jobs)+1)
	}
	spec.Source, spec.Target, spec.FirstPollAt = "woosmap", map[string]string{"dataset_id": l.jobs[spec.Name]}, time.Now()
	l.declare(store.Declaration{Jobs: []store.JobSpec{spec}})
}

// say has a job's dataset answer, and polls it each time; the job is registered first
// where it is not.
func (l *lab) say(name string, frames ...upstreamsim.Frame) {
	l.t.Helper()
	if _, known := l.jobs[name]; !known {
		l.job(name, nil)
	}
	job, err := l.store.Job(l.t.Context(), name)
	if err != nil {
		l.t.Fatal(err)
	}
	l.Woosmap.Script(l.jobs[name], frames...)
	for range frames {
		if err := l.syncer.Once(l.t.Context(), []store.Job{job}, func(tracker.Event) {}); err != nil {
			l.t.Fatal(err)
		}
	}
}

// run is an answer about a run whose only step took from one time to another, both ago.
func run(id, status string, began, ended time.Duration) upstreamsim.Frame {
	const layout = "2006-01-02T15:04:05.000Z"
	now := time.Now().UTC().Truncate(time.Second) // so that two answers about a run tell the same times
	end := "null"
	if status != "in_progress" {
		end = fmt.Sprintf("%q", now.Add(-ended).Format(layout))
	}
	return upstreamsim.Answer(fmt.Sprintf(`{"id":%q,"status":%q,"steps":[{"name":"import","status":%[2]q,"start":%q,"end":%s,"entries":[
		{"created_at":%[3]q,"level":"error","detail":"Row 317: geometry is not valid"}]}]}`, id, status, now.Add(-began).Format(layout), end))
}

// tell reads the journal, looks what goes on, and sends what is due, as one tracker does.
func (l *lab) tell() {
	l.t.Helper()
	l.read(l.notifier)
	l.send(l.notifier)
}

// read reads all of the journal and looks what goes on.
func (l *lab) read(n *notify.Notifier) {
	l.t.Helper()
	if err := l.store.CompleteJournal(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	for more := true; more; {
		var err error
		if more, err = n.Read(l.t.Context()); err != nil {
			l.t.Fatal(err)
		}
	}
	if err := n.Look(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
}

// send sends what is due now.
func (l *lab) send(n *notify.Notifier) {
	l.t.Helper()
	now, err := l.store.Now(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	lanes, err := l.store.LanesDue(l.t.Context(), now)
	if err != nil {
		l.t.Fatal(err)
	}
	var sending sync.WaitGroup
	defer sending.Wait()
	for _, lane := range lanes {
		sending.Go(func() {
			if err := n.Send(l.t.Context(), lane); err != nil {
				l.t.Error(err)
			}
		})
	}
}

// pass lets time pass for what is to be told: all that is kept of it lies further back.
func (l *lab) pass(d time.Duration) {
	l.t.Helper()
	for _, statement := range []string{
		`UPDATE deliveries SET due_at = due_at - $1::interval, next_at = next_at - $1::interval, tried_at = tried_at - $1::interval, delivered_at = delivered_at - $1::interval`,
		`UPDATE notify_lanes SET sends_until = sends_until - $1::interval, rests_until = rests_until - $1::interval`,
		`UPDATE notify_going SET since = since - $1::interval, over_at = over_at - $1::interval`,
		`UPDATE notify_events SET at = at - $1::interval, made_at = made_at - $1::interval`,
	} {
		l.Exec(statement, d.String())
	}
	l.Exec(`ALTER TABLE notify_rules DISABLE TRIGGER notify_rules_fixed`)
	l.Exec(`UPDATE notify_rules SET declared_at = declared_at - $1::interval`, d.String())
	l.Exec(`ALTER TABLE notify_rules ENABLE TRIGGER notify_rules_fixed`)
}

// age lets the last look of all jobs lie further back.
func (l *lab) age(by time.Duration) {
	l.t.Helper()
	l.Exec(`UPDATE cursors SET polled_at = polled_at - $1::interval, confirmed_at = confirmed_at - $1::interval, changed_at = changed_at - $1::interval,
		covered_until = covered_until - $1::interval, next_poll_at = next_poll_at - $1::interval`, by.String())
}

// wantTold compares what the receiver was told since the last time: of webhooks the type
// and the job, of messages the first line.
func (l *lab) wantTold(want ...string) {
	l.t.Helper()
	var told []string
	for _, one := range l.receiver.take() {
		told = append(told, one.summary())
	}
	if !slices.Equal(told, want) {
		l.t.Errorf("told:\n got %q\nwant %q", told, want)
	}
}

// receiver keeps what it is told.
type receiver struct {
	url string

	mu     sync.Mutex
	got    []received
	answer func(w http.ResponseWriter, r *http.Request) // nil: 204
}

// received is a request to a receiver.
type received struct {
	header http.Header
	path   string
	body   []byte
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// ServeHTTP implements http.Handler.
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	r.mu.Lock()
	r.got = append(r.got, received{request.Header, request.URL.Path, body})
	answer := r.answer
	r.mu.Unlock()
	if answer != nil {
		answer(w, request)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// answers has it answer in another way; nil: well.
func (r *receiver) answers(answer func(http.ResponseWriter, *http.Request)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// status answers with a status.
func status(code int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// take gives what it was told since the last time.
func (r *receiver) take() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

func (r received) summary() string {
	var hook struct {
		Type string `json:"type"`
		Data struct {
			Job, Source, Phase string
		} `json:"data"`
		EventType string `json:"eventType"`
		Job       struct{ Name string }
	}
	if json.Unmarshal(r.body, &hook) != nil { // a message
		line, _, _ := strings.Cut(string(r.body), "\n")
		return line
	}
	if hook.EventType != "" {
		return hook.EventType + " " + hook.Job.Name
	}
	name := hook.Data.Job
	if name == "" {
		name = hook.Data.Source
	}
	return strings.TrimSpace(strings.Join([]string{strings.TrimPrefix(hook.Type, "tracker."), name, hook.Data.Phase}, " "))
}
