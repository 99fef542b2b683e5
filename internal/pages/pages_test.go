package pages_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"tracker/internal/pages"
	"tracker/internal/testkit"
)

// TestPages: each page can be shown, and needs no script or style of its own.
func TestPages(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.restless()
	l.seal()
	for _, path := range everyPage() {
		p := l.get(path)
		want := http.StatusOK
		switch path {
		case "/jobs/nope", "/nowhere":
			want = http.StatusNotFound
		case "/jobs/stores-eu/runs/2?known_at=nonsense", "/?label=wrong":
			want = http.StatusBadRequest
		}
		if p.status != want {
			t.Errorf("%s: %d, want %d", path, p.status, want)
		}
		for node := range p.doc.Descendants() {
			for _, attribute := range node.Attr {
				if attribute.Key == "style" || strings.HasPrefix(attribute.Key, "on") || strings.HasPrefix(attribute.Val, "#Zgotmpl") {
					t.Errorf("%s: <%s %s=%q>", path, node.Data, attribute.Key, attribute.Val)
				}
			}
			if (node.Data == "script" || node.Data == "style") && node.Type == html.ElementNode && node.FirstChild != nil {
				t.Errorf("%s has a %s of its own", path, node.Data)
			}
		}
	}
}

// TestPages_EventsGoOnWithinAnEntry: what one answer tells may be more than a page holds.
func TestPages_EventsGoOnWithinAnEntry(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	var bodies []string
	for _, id := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		bodies = append(bodies, strings.Replace(largeRun(), `"large"`, quoted(id), 1))
	}
	l.follow("large", bodies...)
	l.seal()
	var got []string
	for at := "/events?job=large"; at != ""; {
		p := l.get(at)
		at = ""
		for node := range p.doc.Descendants() {
			for _, attribute := range node.Attr {
				if node.Data == "tr" && attribute.Key == "id" {
					got = append(got, strings.TrimPrefix(attribute.Val, "e"))
				}
				if node.Data == "a" && attribute.Key == "href" && strings.Contains(attribute.Val, "before=") && slices.ContainsFunc(node.Attr, func(a html.Attribute) bool { return a.Val == "next" }) {
					_, query, _ := strings.Cut(attribute.Val, "?")
					at = "/events?" + query
				}
			}
		}
	}
	if len(got) <= 100 {
		t.Errorf("%d events are less than two pages", len(got))
	}
	l.Want("events", got, `SELECT concat_ws('-', entry_no, kind, event_no) FROM report.events WHERE job = 'large' ORDER BY entry_no DESC, kind, event_no DESC`)
}

// TestPages_EventsInWords: an anomaly reads as it does on the page of its run.
func TestPages_EventsInWords(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.restless()
	l.seal()
	p := l.get("/events?kind=anomaly")
	p.wantText(t, "the events", `fetch: a log entry has the level "fatal", which nobody knows`, "run r4 came while this one was still", "import: the service no longer lists this step")
	for _, raw := range []string{`{"`, "step_vanished", "step vanished", " → "} {
		if strings.Contains(p.text(), raw) {
			t.Errorf("the events say %q: %s", raw, p.text())
		}
	}
}

// TestPages_BodyIsGone: that a body was taken is told apart from that nobody could look.
func TestPages_BodyIsGone(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.restless()
	l.Exec(`SET session_replication_role = replica; UPDATE snapshots SET body = NULL, patches = 0 WHERE snapshot_no = 3; RESET session_replication_role`)
	const answer, differ = "/jobs/stores-eu/snapshots/3", "/jobs/stores-eu/runs/2?from=3&to=4"
	wants := func(state string, statuses map[string]int) {
		for path, want := range statuses {
			p := l.get(path)
			if gone := strings.Contains(p.text(), "retention took it"); p.status != want || gone != (state == "taken") {
				t.Errorf("%s: %s is answered %d: %s", state, path, p.status, p.text())
			}
		}
	}
	wants("taken", map[string]int{answer: http.StatusOK, answer + "/body": http.StatusGone, differ: http.StatusOK})
	l.Exec(`ALTER VIEW report.erased_snapshots RENAME TO elsewhere`)
	wants("unknown", map[string]int{answer: http.StatusInternalServerError, answer + "/body": http.StatusInternalServerError, differ: http.StatusInternalServerError})
}

// TestPages_BeyondTheLast: a page after the last one is the first.
func TestPages_BeyondTheLast(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.restless()
	for _, path := range []string{"/?page=9", "/?page=9&q=stores", "/reports/job-summary?page=9&since=2024-01-01"} {
		if p := l.get(path); !strings.Contains(p.text(), "stores-eu") || strings.Contains(p.text(), "No job fits") {
			t.Errorf("%s says %s", path, p.text())
		}
	}
	l.get("/?page=9&q=nothing").wantText(t, "none of that name", "No job fits")
}

// TestPages_Labels: several in a form's field, one with a space in its value, and one that is none.
func TestPages_Labels(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.labels = map[string]string{"team": "geo data", "stage": "live"}
	l.restless()
	for query, fits := range map[string]bool{
		"label=team%3Dgeo+data": true, "label=team%3Dgeo+data+stage%3Dlive": true, "label=stage%3Dlive&label=team%3Dgeo+data": true, "label=team%3Dgeo": false,
	} {
		p := l.get("/?" + query)
		if strings.Contains(p.text(), "No job fits") == fits || strings.Contains(p.raw, "/jobs/stores-eu") != fits {
			t.Errorf("%s: %s", query, p.text())
		}
		if p := l.get("/reports/failed-imports?" + query); strings.Contains(p.text(), "no job fits") == fits || strings.Contains(p.text(), "no job is registered") {
			t.Errorf("the report of %s: %s", query, p.text())
		}
	}
	p := l.ask(http.MethodGet, "/?label=data", nil)
	if p.wantText(t, "no label", "KEY=VALUE"); p.status != http.StatusBadRequest || strings.Contains(p.raw, "/jobs/stores-eu") {
		t.Errorf("of no label it says %d: %s", p.status, p.text())
	}
}

// TestPages_StallAfter: the page of a job tells what was set for it, and nothing of what was not.
func TestPages_StallAfter(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.follow("without", `{"id": "r1", "status": "success", "steps": []}`)
	l.stallAfter = 90 * time.Minute
	l.follow("with", `{"id": "r1", "status": "success", "steps": []}`)
	l.get("/jobs/with").wantText(t, "the job", "stall_after1 h 30 m")
	if text := l.get("/jobs/without").text(); strings.Contains(text, "stall_after") {
		t.Errorf("of what was not set it says: %s", text)
	}
}

// TestPages_Empty: without a job a page says what to do next.
func TestPages_Empty(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for path, want := range map[string]string{
		"/": "tracker job add", "/sources": "tracker source add", "/events": "Nothing has happened yet", "/reports/failed-imports": "no job is registered", "/audit": "nothing yet",
	} {
		l.get(path).wantText(t, path, want)
	}
}

// TestAudit_Waiting: all notes that wait for the journal are counted, whatever they tell of.
func TestAudit_Waiting(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for notes, want := range map[int]string{1: "; 1 note waits for the journal", 1500: "; 1,500 notes wait for the journal"} {
		l.Exec(`DELETE FROM journal_notes`)
		l.Exec(`INSERT INTO journal_notes (no, kind) SELECT 20260101, 'polls' FROM generate_series(1, $1)`, notes)
		l.get("/audit").wantText(t, "the page", want)
	}
}

// TestPages_NotFound: who mistypes a name is led to those that are near.
func TestPages_NotFound(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.restless()
	for path, want := range map[string]struct{ says, leads string }{
		"/jobs/stores-ue":             {`No job is named "stores-ue"`, "/jobs/stores-eu"},
		"/jobs/stores-eu/runs/9":      {"job stores-eu has no run 9; its latest is 4", "/jobs/stores-eu/runs/4"},
		"/jobs/stores-eu/runs/0":      {"Runs are numbered from 1", "/jobs/stores-eu"},
		"/jobs/stores-eu/runs/x":      {"Runs are numbered from 1", "/jobs/stores-eu"},
		"/sources/wosmap":             {`No source is named "wosmap"`, "/sources/woosmap"},
		"/reports/failed-import":      {`There is no report "failed-import"`, "/reports/failed-imports"},
		"/jobs/stores-eu/snapshots/0": {"Answers are numbered from 1", "/jobs/stores-eu"},
	} {
		p := l.get(path)
		if p.status != http.StatusNotFound || !strings.Contains(p.raw, `href="`+want.leads+`"`) {
			t.Errorf("%s: %d, want 404 that leads to %s", path, p.status, want.leads)
		}
		p.wantText(t, path, want.says)
	}
}

// TestPages_WrongTime: a time that cannot be read is marked in its field, with an example.
func TestPages_WrongTime(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.restless()
	for path, field := range map[string]string{
		"/jobs/stores-eu/runs/2?known_at=yesterday-ish": "known_at", "/jobs/stores-eu/runs/2?as_of=25:61": "as_of",
		"/jobs/stores-eu/runs/2?known_at=2199-01-01": "known_at", "/reports/failed-imports?since=soon": "since", "/reports/failed-imports?label=geo": "label",
		"/reports/new-errors?known_at=2199-01-01": "known_at", "/reports/gaps?as_of=soon": "as_of", "/reports/new-errors?as_of=10d&since=3d": "since",
	} {
		p := l.get(path)
		marked := ""
		for node := range p.doc.Descendants() {
			if attributeOf(node, "aria-invalid") == "true" {
				marked = attributeOf(node, "name")
			}
		}
		if p.status != http.StatusBadRequest || marked != field {
			t.Errorf("%s: %d with field %q marked, want 400 and %q", path, p.status, marked, field)
		}
		if field != "label" {
			p.wantText(t, path, "write it as in")
		}
	}
}

// TestPages_ReportOfThePast: each report is asked about then.
func TestPages_ReportOfThePast(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.restless()
	for path, want := range map[string]string{
		"/reports/new-errors?known_at=1h":                          "no error line is new",
		"/reports/new-errors?known_at=2026-11-01&as_of=2026-10-31": "since => '2026-10-24T00:00:00Z', as_of => '2026-10-31T00:00:00Z', known_at => '2026-11-01T00:00:00Z'",
		"/reports/gaps?known_at=1d":                                "no gap is known",
		"/reports/stalled?as_of=1d":                                "nothing is stuck",
		"/reports/failed-imports?known_at=1d":                      "no import has failed",
	} {
		p := l.get(path)
		if p.status != http.StatusOK {
			t.Errorf("%s: %d", path, p.status)
		}
		p.wantText(t, path, want)
	}
}

func attributeOf(node *html.Node, name string) string {
	for _, attribute := range node.Attr {
		if attribute.Key == name {
			return attribute.Val
		}
	}
	return ""
}

// TestPages_Hostile: what a service says is shown, and does nothing.
func TestPages_Hostile(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	said := []string{
		`<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, "\x1b[31mred\x1b[0m\x1b]0;title\x07", `javascript:alert(1)`, `<a href="javascript:alert(1)">click</a>`,
		"\u202egnp.exe", "{{.Job}}", strings.Repeat("long ", 800),
	}
	var entries []string
	for _, detail := range said {
		entries = append(entries, entry("error", detail))
	}
	l.follow("stores-eu", run(`"><script>`, `<b>failed</b>`, step(`<i onclick="x()">`, "failed", strings.Join(entries, ","))), run("r2", "failed", step("fetch", "failed", entries[1])),
		run("r3", "in_progress", step("fetch", "in_progress", "")), run("r\u202e4", "failed", step("fetch", "failed", entries[2])))
	for _, path := range []string{"/", "/jobs/stores-eu", "/jobs/stores-eu/runs/1", "/jobs/stores-eu/runs/2", "/jobs/stores-eu/runs/3", "/jobs/stores-eu/runs/1?from=1&to=2", "/jobs/stores-eu/snapshots/1", "/reports/new-errors", "/events", "/jobs/%3Cscript%3E", "/?q=%22%3E%3Cscript%3E&label=%3Cb%3E%3D1", "/events?job=%3Cscript%3E"} {
		p := l.get(path)
		if strings.ContainsAny(p.raw, "\x1b\x07\u202e") {
			t.Errorf("%s has an escape sequence, or turns the direction of text", path)
		}
		for node := range p.doc.Descendants() {
			switch {
			case node.Type != html.ElementNode:
			case node.Data == "script" && !strings.HasPrefix(attributeOf(node, "src"), "/assets/"), node.Data == "img", node.Data == "i", attributeOf(node, "onclick") != "",
				strings.HasPrefix(strings.ToLower(attributeOf(node, "href")), "javascript:"):
				t.Errorf("%s: what is said became <%s>", path, node.Data)
			}
		}
	}
	l.get("/").wantText(t, "why it failed", `\x1b[31mred`)
	l.get("/jobs/stores-eu/runs/3").wantText(t, "the run that another has superseded", `r\u202e4 came`)
	l.get("/jobs/stores-eu/runs/1").wantText(t, "the run", `<script>alert(1)</script>`, `\x1b[31mred`, `javascript:alert(1)`, `\u202egnp.exe`)
}

// TestPages_Zone: times are in the zone of who reads, with UTC beside; in UTC where no
// script has told the zone, or told what is none.
func TestPages_Zone(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.restless()
	const path = "/jobs/stores-eu/runs/2"
	for zone, want := range map[string]string{"": "09:30:30", "Asia/Kathmandu": "15:15:30", "No/Where": "09:30:30", "Local": "09:30:30", "../etc": "09:30:30"} {
		l.jar = []*http.Cookie{{Name: "zone", Value: url.QueryEscape(zone)}}
		p := l.get(path)
		p.wantText(t, "in "+zone+" the log", want)
		found := false
		for node := range p.doc.Descendants() {
			found = found || node.Data == "time" && attributeOf(node, "datetime") == "2024-06-07T09:30:30Z" && attributeOf(node, "title") == "2024-06-07 09:30:30.000 UTC"
		}
		if !found {
			t.Errorf("in %s no time has its UTC beside it", zone)
		}
	}
}

// TestPages_Operate: two who pause at once both see what is, and it is recorded once.
func TestPages_Operate(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.restless()
	var both sync.WaitGroup
	answers := make([]page, 2)
	for i := range answers {
		both.Go(func() {
			answers[i] = l.ask(http.MethodPost, "/jobs/stores-eu/pause", url.Values{"reason": {"moves to another account"}})
		})
	}
	both.Wait()
	for _, p := range answers {
		if p.status != http.StatusOK {
			t.Errorf("a pause is answered %d", p.status)
		}
		p.wantText(t, "after a pause the job", "paused", "moves to another account")
	}
	if text := answers[0].text() + answers[1].text(); !strings.Contains(text, "Paused.") || !strings.Contains(text, "It was paused already.") {
		t.Errorf("who came second was not told so: %s", text)
	}
	l.Want("the pauses", []string{"who reads: moves to another account"},
		`SELECT actor || ': ' || (after->>'paused_reason') FROM report.changes WHERE subject = 'job stores-eu' AND action = 'pause'`)
	l.ask(http.MethodPost, "/jobs/stores-eu/resume", nil).wantText(t, "after resuming the job", "Resumed", "active")
	l.ask(http.MethodPost, "/sources/woosmap/pause", nil).wantText(t, "after a pause the source", "paused", "by hand")
	l.get("/").wantText(t, "the overview", "source paused: by hand")
	if p := l.ask(http.MethodPost, "/jobs/nope/pause", nil); p.status != http.StatusNotFound {
		t.Errorf("a job that there is not is paused with %d", p.status)
	}
}

// TestPages_MayNotOperate: who may only read has no buttons, and is refused.
func TestPages_MayNotOperate(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.restless()
	handler := pages.New(l.store, pages.Options{Actor: func(*http.Request) string { return "nobody" }, MayOperate: func(*http.Request) bool { return false }})
	server := serve(t, handler)
	if p := ask(t, http.MethodPost, server+"/jobs/stores-eu/pause", nil); p.status != http.StatusForbidden {
		t.Errorf("a pause is answered %d", p.status)
	}
	if p := ask(t, http.MethodGet, server+"/jobs/stores-eu", nil); strings.Contains(p.raw, `method="post"`) {
		t.Error("there is a form to change what is tracked")
	}
}

// TestPages_Away: where the database is away a page says since when, and comes back by itself.
func TestPages_Away(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.restless()
	gate := newGate(t, l.URL)
	s := testkit.OpenStore(t, gate.url)
	began := time.Now().Add(-time.Hour)
	known := serve(t, pages.New(s, pages.Options{Logger: discard(), Actor: func(*http.Request) string { return "" }, Away: func() time.Time { return began }}))
	server := serve(t, pages.New(s, pages.Options{Logger: discard(), Actor: func(*http.Request) string { return "" }}))
	if p := ask(t, http.MethodGet, server+"/", nil); p.status != http.StatusOK {
		t.Fatalf("before: %d", p.status)
	}
	gate.close()
	var since string
	for range 2 {
		p := ask(t, http.MethodGet, server+"/", nil)
		if p.status != http.StatusServiceUnavailable || p.header.Get("Retry-After") == "" || !strings.Contains(p.raw, `http-equiv="refresh"`) {
			t.Fatalf("while the database is away: %d %v", p.status, p.header)
		}
		_, after, _ := strings.Cut(p.text(), "It has not answered since ")
		told, _, _ := strings.Cut(after, " UTC")
		if since != "" && told != since {
			t.Errorf("it is away since %s, and then since %s", since, told)
		}
		since = told
	}
	let := serve(t, http.HandlerFunc(pages.New(s, pages.Options{Actor: func(*http.Request) string { return "" }, Away: func() time.Time { return began }}).ShowAway))
	if p := ask(t, http.MethodGet, let+"/jobs/stores-eu", nil); p.status != http.StatusServiceUnavailable || p.header.Get("Retry-After") == "" ||
		!strings.Contains(p.raw, `http-equiv="refresh"`) || !strings.Contains(p.raw, began.UTC().Format("15:04:05")) {
		t.Errorf("who cannot be let in is told %d %s", p.status, p.text())
	}
	if p := ask(t, http.MethodGet, known+"/", nil); !strings.Contains(p.raw, began.UTC().Format("15:04:05")) {
		t.Errorf("away since %s, which somebody knows: %s", began.UTC(), p.text())
	}
	gate.open()
	status := 0
	for range 10 { // a connection may be found broken first
		if status = ask(t, http.MethodGet, server+"/", nil).status; status == http.StatusOK {
			break
		}
	}
	if status != http.StatusOK {
		t.Errorf("afterwards: %d", status)
	}
}

// TestAssets: they may be kept for ever, since their names have their hashes; and a page
// with all that it loads stays small, however much a run has.
func TestAssets(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.follow("stores-eu", largeRun())
	p := l.get("/jobs/stores-eu/runs/1")
	p.wantText(t, "the run", "Log 5,000", "step-19")
	total := zipped(t, p.raw)
	for node := range p.doc.Descendants() {
		address := attributeOf(node, "src")
		if node.Data == "link" {
			address = attributeOf(node, "href")
		}
		if !strings.HasPrefix(address, "/assets/") {
			continue
		}
		file := l.get(address)
		if file.status != http.StatusOK || !strings.Contains(file.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d, %s", address, file.status, file.header.Get("Cache-Control"))
		}
		total += zipped(t, file.raw)
	}
	if total < 20_000 || total > 100_000 {
		t.Errorf("the page takes %d bytes over the wire", total)
	}
	if p := l.get("/assets/pages.css"); p.status != http.StatusNotFound {
		t.Errorf("without its hash a file is answered %d", p.status)
	}
}

func zipped(t *testing.T, text string) int {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}

// gate passes connections on to a database as long as it is open.
type gate struct {
	url, network, target string
	mu                   sync.Mutex
	shut                 bool
	passing              map[net.Conn]bool
}

func newGate(t *testing.T, databaseURL string) *gate {
	t.Helper()
	parsed, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	g := &gate{network: "tcp", target: parsed.Host, passing: map[net.Conn]bool{}}
	if query := parsed.Query(); query.Get("host") != "" {
		g.network, g.target = "unix", query.Get("host")+"/.s.PGSQL."+query.Get("port")
	}
	parsed.Host, parsed.RawQuery = listener.Addr().String(), ""
	g.url = parsed.String()
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			go g.pass(from)
		}
	}()
	return g
}

func (g *gate) pass(from net.Conn) {
	defer func() { _ = from.Close() }()
	to, err := (&net.Dialer{Timeout: time.Second}).Dial(g.network, g.target)
	if err != nil {
		return
	}
	defer func() { _ = to.Close() }()
	g.mu.Lock()
	if g.shut {
		g.mu.Unlock()
		return
	}
	g.passing[from], g.passing[to] = true, true
	g.mu.Unlock()
	go func() { _, _ = io.Copy(to, from); _ = to.Close() }()
	_, _ = io.Copy(from, to)
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
	for conn := range g.passing {
		_ = conn.Close()
	}
	clear(g.passing)
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = false
}
