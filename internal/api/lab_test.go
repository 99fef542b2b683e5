package api_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"tracker/internal/access"
	"tracker/internal/api"
	"tracker/internal/feed"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

const (
	labKey  = "a-key"
	dataset = "8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0"
	request = "request_01KHSKHQSYJN4A5P7RRVEXHWE9"
)

// lab is an API on a database with a history.
type lab struct {
	*testkit.Database
	*testkit.Services
	t      *testing.T
	store  *store.Store
	syncer *sync.Syncer
	at     string // the server's address
	guard  *access.Guard
	client *http.Client
	ended  chan string // the queries of streams that have ended
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{t: t, client: http.DefaultClient, ended: make(chan string, 10), Database: testkit.NewDatabase(t), Services: testkit.NewServices(t, labKey, time.Now)}
	l.store = l.Store()
	client := source.NewClient("test")
	t.Cleanup(client.Close)
	l.syncer = &sync.Syncer{
		Store: l.store, Client: client, Owner: "lab", Logger: slog.New(slog.DiscardHandler), Getenv: func(string) string { return labKey },
	}
	l.at, l.guard = l.serve(l.store, 15*time.Second, 10*time.Second)
	return l
}

// serve has an API of its own answer, on a store, whose streams wait so long, until the
// test ends: where, and behind which guard.
func (l *lab) serve(s *store.Store, quiet, write time.Duration) (at string, guard *access.Guard) {
	server, guard := l.serveBy(httptest.NewServer, s, quiet, write)
	return server.URL + api.Path, guard
}

// serveBy is serve by a server that is started in some way.
func (l *lab) serveBy(start func(http.Handler) *httptest.Server, s *store.Store, quiet, write time.Duration) (server *httptest.Server, guard *access.Guard) {
	hub := feed.NewHub(s, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(context.WithoutCancel(l.t.Context()))
	var running errgroup.Group
	running.Go(func() error { hub.Run(ctx); return nil })
	guard = &access.Guard{Store: s, Logger: slog.New(slog.DiscardHandler), Open: true, Actor: "ann"}
	answers := guard.Wrap(api.NewPaced(api.Options{
		Store: s, Feed: hub, Logger: slog.New(slog.DiscardHandler), Version: "1.2.3",
		Poll: func(job store.Job) bool {
			running.Go(func() error { return l.syncer.Once(ctx, []store.Job{job}, func(sync.Event) {}) })
			return true
		},
	}, quiet, write))
	server = start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answers.ServeHTTP(w, r)
		if strings.HasSuffix(r.URL.Path, "/stream") {
			select {
			case l.ended <- r.URL.RawQuery:
			default:
			}
		}
	}))
	l.t.Cleanup(func() {
		stop()
		_ = running.Wait()
		server.Close()
	})
	return server, guard
}

// follow registers both services and a job at each, and has the first tell of a run that
// fails, whose log is rewritten, and then of one that goes on.
func (l *lab) follow() {
	l.t.Helper()
	l.register("stores-eu")
	l.say(dataset,
		`{"id":"r1","status":"in_progress","steps":[{"name":"fetch","status":"in_progress","start":"2026-11-01T10:00:00Z","end":null,
			"entries":[{"created_at":"2026-11-01T10:00:01Z","level":"info","detail":"begin <b>"},{"created_at":"2026-11-01T10:00:02Z","level":"warning","detail":"slow"}]}]}`,
		`{"id":"r1","status":"failed","steps":[{"name":"fetch","status":"failed","start":"2026-11-01T10:00:00Z","end":"2026-11-01T10:05:00Z",
			"entries":[{"created_at":"2026-11-01T10:00:01Z","level":"info","detail":"begin <b>"},{"created_at":"2026-11-01T10:04:02Z","level":"error","detail":"gone"}]}]}`,
		`{"id":"r2","status":"in_progress","steps":[]}`)
	l.poll("stores-eu", 3)
	l.SafetyKit.Script("products", request, upstreamsim.Answer(`{"namespace":"products","request_id":"`+request+`","status":"succeeded","data":[
		{"id":"a","url":"https://example.com/a","metadata":{},"output":{"actions":[],"fields":{},"labels":[{"label":"ok"}]}},
		{"id":"b","url":"https://example.com/b","metadata":{},"output":{"actions":[],"fields":{},"labels":[]}}]}`))
	l.poll("products-7", 1)
	if n := l.Lines(`SELECT job || ': ' || outcome || ' ' || coalesce(error, '') FROM report.polls WHERE outcome <> 'changed'`); len(n) > 0 {
		l.t.Fatalf("polls: %q", n)
	}
	l.journal()
}

func (l *lab) journal() {
	l.t.Helper()
	if err := l.store.CompleteJournal(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
}

// register registers sources and jobs, and has one of a name besides.
func (l *lab) register(names ...string) {
	l.t.Helper()
	now := l.now()
	declared := store.Declaration{
		Sources: []store.SourceSpec{testkit.Source("woosmap", "woosmap", l.WoosmapAt, "env:KEY"), testkit.Source("safetykit", "safetykit", l.SafetyKitAt, "env:KEY")},
		Jobs: []store.JobSpec{{
			Name: "products-7", Source: "safetykit", Target: map[string]string{"namespace": "products", "request_id": request},
			Labels: map[string]string{"team": "trust"}, FirstPollAt: now.Add(time.Hour),
		}},
	}
	for _, name := range names {
		declared.Jobs = append(declared.Jobs, store.JobSpec{
			Name: name, Source: "woosmap", Target: map[string]string{"dataset_id": dataset}, Labels: map[string]string{"team": "geo", "tier": "1"}, FirstPollAt: now.Add(time.Hour),
		})
	}
	if _, err := l.store.Apply(l.t.Context(), store.Author{Actor: "tester", At: now}, declared); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) now() time.Time {
	l.t.Helper()
	now, err := l.store.Now(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	return now
}

// say has a dataset answer.
func (l *lab) say(id string, bodies ...string) {
	var frames []upstreamsim.Frame
	for _, body := range bodies {
		frames = append(frames, upstreamsim.Answer(body))
	}
	l.Woosmap.Script(id, frames...)
}

func (l *lab) poll(name string, times int) {
	l.t.Helper()
	job, err := l.store.Job(l.t.Context(), name)
	if err != nil {
		l.t.Fatal(err)
	}
	for range times {
		if err := l.syncer.Once(l.t.Context(), []store.Job{job}, func(sync.Event) {}); err != nil {
			l.t.Fatal(err)
		}
	}
}

// answer is what a request is answered.
type answer struct {
	status int
	header http.Header
	text   string
}

// ask sends a request, whose body is JSON unless it is empty.
func (l *lab) ask(method, path, body string) answer {
	l.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = l.at + path
	}
	sent, err := http.NewRequestWithContext(l.t.Context(), method, path, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	if body != "" {
		sent.Header.Set("Content-Type", "application/json")
	}
	got, err := l.client.Do(sent)
	if err != nil {
		l.t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	return answer{got.StatusCode, got.Header, string(text)}
}

// get reads what is answered into a value.
func (l *lab) get(path string, into any) {
	l.t.Helper()
	got := l.ask(http.MethodGet, path, "")
	if got.status != http.StatusOK {
		l.t.Fatalf("%s: %d %s", path, got.status, got.text)
	}
	if err := json.Unmarshal([]byte(got.text), into); err != nil {
		l.t.Fatalf("%s: %v in %s", path, err, got.text)
	}
}

// token adds a token.
func (l *lab) token(name, scope string, expires time.Time) string {
	l.t.Helper()
	token := access.NewToken()
	spec := store.TokenSpec{Name: name, Scope: scope, Token: token, ExpiresAt: expires}
	if _, err := l.store.AddToken(l.t.Context(), store.Author{Actor: "tester", At: l.now()}, spec); err != nil {
		l.t.Fatal(err)
	}
	return token
}
