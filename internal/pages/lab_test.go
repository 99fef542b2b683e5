package pages_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"tracker/internal/audit"
	"tracker/internal/pages"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

const labKey = "a-key"

// lab is a database with jobs that a simulated service tells of, and its pages.
type lab struct {
	*testkit.Database
	*testkit.Services
	t      *testing.T
	store  *store.Store
	syncer *sync.Syncer
	server *httptest.Server
	jar    []*http.Cookie
	labels map[string]string // of the jobs

	stallAfter time.Duration // of the jobs
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{t: t, Database: testkit.NewDatabase(t), Services: testkit.NewServices(t, labKey, time.Now), labels: map[string]string{"team": "geo"}}
	l.store = l.Store()
	client := source.NewClient("test")
	t.Cleanup(client.Close)
	l.syncer = &sync.Syncer{
		Store: l.store, Client: client, Owner: "lab", Logger: slog.New(slog.DiscardHandler),
		Getenv: func(string) string { return labKey },
	}
	l.server = httptest.NewServer(pages.New(l.store, pages.Options{
		Logger: slog.New(slog.DiscardHandler), Actor: func(*http.Request) string { return "who reads" },
	}))
	t.Cleanup(l.server.Close)
	return l
}

// follow registers a job whose dataset answers one after the other, and polls it as often.
func (l *lab) follow(name string, bodies ...string) {
	l.t.Helper()
	now, err := l.store.Now(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	id := fmt.Sprintf("8c4c51f1-0000-4000-8000-%012x", len(name))
	_, err = l.store.Apply(l.t.Context(), store.Author{Actor: "tester", At: now}, store.Declaration{
		Sources: []store.SourceSpec{testkit.Source("woosmap", "woosmap", l.WoosmapAt, "env:LAB_KEY")},
		Jobs: []store.JobSpec{{
			Name: name, Source: "woosmap", Target: map[string]string{"dataset_id": id}, Labels: l.labels, StallAfter: l.stallAfter, FirstPollAt: now,
		}},
	})
	if err != nil {
		l.t.Fatal(err)
	}
	var frames []upstreamsim.Frame
	for _, body := range bodies {
		frames = append(frames, upstreamsim.Answer(body))
	}
	l.Woosmap.Script(id, frames...)
	job, err := l.store.Job(l.t.Context(), name)
	if err != nil {
		l.t.Fatal(err)
	}
	for range bodies {
		if err := l.syncer.Once(l.t.Context(), []store.Job{job}, func(sync.Event) {}); err != nil {
			l.t.Fatal(err)
		}
	}
}

// seal journals and seals all there is.
func (l *lab) seal() {
	l.t.Helper()
	if err := l.store.CompleteJournal(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	if err := (&audit.Sealer{Store: l.store}).Seal(l.t.Context(), func(store.Checkpoint) {}); err != nil {
		l.t.Fatal(err)
	}
}

// page is a page that was asked for.
type page struct {
	status int
	header http.Header
	raw    string
	doc    *html.Node
}

// ask asks for a page, as a browser without script does.
func (l *lab) ask(method, path string, form url.Values) page {
	l.t.Helper()
	return ask(l.t, method, l.server.URL+path, form, l.jar...)
}

func ask(t *testing.T, method, address string, form url.Values, cookies ...*http.Cookie) page {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, cookie := range cookies {
		request.AddCookie(cookie)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return page{response.StatusCode, response.Header, string(raw), doc}
}

func (l *lab) get(path string) page {
	l.t.Helper()
	return l.ask(http.MethodGet, path, nil)
}

// text is what a page says, with one blank between words.
func (p page) text() string {
	var b strings.Builder
	for node := range p.doc.Descendants() {
		if node.Type == html.TextNode && node.Parent.Data != "script" && node.Parent.Data != "style" {
			b.WriteString(node.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// wantText requires that a page says something.
func (p page) wantText(t *testing.T, what string, parts ...string) {
	t.Helper()
	text := p.text()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s does not say %q but\n%s", what, part, text)
		}
	}
}

func quoted(text string) string {
	raw, _ := json.Marshal(text) // a string can always be encoded
	return string(raw)
}

func run(id, status, steps string) string {
	return fmt.Sprintf(`{"id":%s,"status":%s,"steps":[%s]}`, quoted(id), quoted(status), steps)
}

func step(name, status, entries string) string {
	end := `"2024-06-07T09:31:00"`
	if status == "in_progress" {
		end = "null"
	}
	return fmt.Sprintf(`{"name":%s,"status":%s,"start":"2024-06-07T09:30:00","end":%s,"entries":[%s]}`, quoted(name), quoted(status), end, entries)
}

func entry(level, detail string) string {
	return fmt.Sprintf(`{"created_at":"2024-06-07T09:30:30","level":%s,"detail":%s}`, quoted(level), quoted(detail))
}

// largeRun is a run of 20 steps with 5,000 log entries.
func largeRun() string {
	var steps []string
	for s := range 20 {
		var entries []string
		for e := range 250 {
			level := "info"
			if e%50 == 30 {
				level = []string{"warning", "error"}[s%2]
			}
			entries = append(entries, fmt.Sprintf(`{"created_at":"2024-06-07T09:%02d:%02d.%03d","level":%q,"detail":"row %d of step %d: imported, with a text of some length"}`, s, e/5, e%5, level, e, s))
		}
		steps = append(steps, fmt.Sprintf(`{"name":"step-%d","status":"success","start":"2024-06-07T09:%02d:00","end":"2024-06-07T09:%02d:59","entries":[%s]}`, s, s, s, strings.Join(entries, ",")))
	}
	return run("large", "success", strings.Join(steps, ","))
}

// restless is a job of which runs fail, supersede each other and contradict themselves.
func (l *lab) restless() {
	l.t.Helper()
	l.follow("stores-eu",
		run("r1", "in_progress", step("fetch", "in_progress", "")),
		run("r1", "success", step("fetch", "success", entry("info", "done"))),
		run("r2", "in_progress", step("fetch", "in_progress", entry("warning", "slow"))),
		run("r2", "failed", step("fetch", "failed", entry("warning", "slow")+","+entry("error", "row 317: geometry is not valid"))),
		run("r3", "in_progress", step("fetch", "in_progress", entry("fatal", "odd"))),
		run("r4", "in_progress", step("fetch", "success", "")+","+step("import", "new", "")),
		run("r4", "in_progress", step("fetch", "success", "")),
	)
}

// everyPage are the addresses of all pages of a lab with a restless job.
func everyPage() []string {
	return []string{
		"/", "/?q=stores&label=team%3Dgeo", "/?state=failed", "/?label=wrong", "/jobs/stores-eu", "/jobs/stores-eu/runs/2", "/jobs/stores-eu/runs/4?from=5&to=6", "/jobs/stores-eu/runs/2?known_at=nonsense",
		"/jobs/stores-eu/snapshots/4", "/sources", "/sources/woosmap", "/reports", "/reports/failed-imports", "/reports/job-summary?by=job&down=1", "/events", "/events?kind=anomaly",
		"/audit", "/jobs/nope", "/nowhere",
	}
}

// serve serves a handler until the test ends.
func serve(t *testing.T, handler http.Handler) (address string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
