package definition_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/redact"
	"tracker/internal/source"
)

const secret = "s3cr3t/k3y&42"

// service answers by path and query, and notes what it was asked.
type service struct {
	answers map[string]string // "404 text" for an error

	mu    sync.Mutex
	asked []string
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Method, r.URL.RequestURI(), body)))
	answer, found := s.answers[r.URL.RequestURI()]
	status := 0
	if _, err := fmt.Sscanf(answer, "%d ", &status); err == nil && status >= 400 {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
		answer = answer[4:]
	} else if !found {
		w.WriteHeader(http.StatusNotFound)
	}
	_, _ = io.WriteString(w, answer)
}

// fetch polls a definition's API once.
func fetch(t *testing.T, text string, s *service) (source.Response, source.Provider) {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	for uri, answer := range s.answers {
		s.answers[uri] = strings.ReplaceAll(answer, "SERVER", server.URL)
	}
	p := parse(t, text).Provider(1)
	client := source.NewClient("test")
	t.Cleanup(client.Close)
	turns := 0
	response, err := client.Fetch(t.Context(), &source.Account{Provider: p, BaseURL: server.URL, Secret: redact.NewSecret(secret)},
		p.Endpoint(server.URL, map[string]string{"import_id": "7/7"}),
		source.Pace{Now: time.Now, Turn: func(context.Context) error { turns++; return nil }})
	if err != nil {
		t.Fatal(err)
	}
	if response.Requests != turns+1 || response.Requests != len(s.asked) {
		t.Errorf("%d requests, %d turns, asked %q", response.Requests, turns, s.asked)
	}
	if said := response.Error + response.ErrorBody; strings.Contains(said, "s3cr3t") {
		t.Errorf("the secret is in %q", said)
	}
	return response, p
}

const several = `name: acme
base_url: https://api.acme.example
auth: {header: X-Api-Key}
tracks: one
target: [{name: import_id}]
requests:
  - {path: '/imports/{import_id}', query: {include: 'a b', id: '{import_id}'}}
  - name: log
    path: '/log/\(.id)/{import_id}'
    when: '.state != "queued"'
    pages: {next: .next, param: cursor, most: 3}
  - {name: more, path: '/more/\($log.lines | length)', when: '$log != null'}
run_id: .id
status: .state
steps: '{name: "import", status: .state}'
entries: '$log.lines[] | {detail: .}'
error_summary: $more.text
error: '.error // empty'
states: {queued: [queued], running: [active], succeeded: [done], failed: [error]}
volatile: [.progress, $log.at]
signed: [$more.url]
`

// TestSeveralRequests: a poll asks what its definition says, and is stored as one body.
func TestSeveralRequests(t *testing.T) {
	t.Parallel()
	const first = "/imports/7%2F7?id=7%2F7&include=a+b"
	for name, test := range map[string]struct {
		answers map[string]string
		asked   []string
		outcome history.Outcome
		want    string // the body, or the error
		entries int
	}{
		"All": {
			map[string]string{
				first: `{"id":"x y","state":"done"}`, "/log/x%20y/7%2F7": `{"lines":["a"],"next":"c&1"}`,
				"/log/x%20y/7%2F7?cursor=c%261": `{"lines":["b","c"],"next":null}`, "/more/3": ` {"text":"t"} `,
			},
			[]string{"GET " + first, "GET /log/x%20y/7%2F7", "GET /log/x%20y/7%2F7?cursor=c%261", "GET /more/3"},
			"",
			`{"":{"id":"x y","state":"done"},"log":[{"lines":["a"],"next":"c&1"},{"lines":["b","c"],"next":null}],"more": {"text":"t"} }`, 3,
		},
		"NotSent": {map[string]string{first: `{"id":1,"state":"queued"}`}, []string{"GET " + first}, "", `{"":{"id":1,"state":"queued"}}`, 0},
		"Most": {
			map[string]string{
				first: `{"id":1,"state":"done"}`, "/log/1/7%2F7": `{"lines":["a"],"next":1}`, "/log/1/7%2F7?cursor=1": `{"lines":["a"],"next":1}`, "/more/3": `{}`,
			},
			[]string{"GET " + first, "GET /log/1/7%2F7", "GET /log/1/7%2F7?cursor=1", "GET /log/1/7%2F7?cursor=1", "GET /more/3"},
			"",
			`{"":{"id":1,"state":"done"},"log":[{"lines":["a"],"next":1},{"lines":["a"],"next":1},{"lines":["a"],"next":1}],"more":{}}`, 3,
		},
		"Refused":     {map[string]string{first: `{"id":1,"state":"done"}`, "/log/1/7%2F7": "429 slow down, " + secret}, []string{"GET " + first, "GET /log/1/7%2F7"}, history.OutcomeRateLimited, "request log: 429 Too Many Requests: slow down", 0},
		"Gone":        {map[string]string{first: `{"id":1,"state":"done"}`}, []string{"GET " + first, "GET /log/1/7%2F7"}, history.OutcomeNotFound, "request log: 404 Not Found", 0},
		"NotJSON":     {map[string]string{first: `<html>` + secret}, []string{"GET " + first}, history.OutcomeMalformed, "the answer: the body is not JSON", 0},
		"NoPath":      {map[string]string{first: `{"id":"..","state":"done"}`}, []string{"GET " + first}, history.OutcomeMalformed, "requests[1].path: it is no path with what the answer says put into it", 0},
		"EmptyInPath": {map[string]string{first: `{"id":"","state":"done"}`}, []string{"GET " + first}, history.OutcomeMalformed, "requests[1].path: it is no path with what the answer says put into it", 0},
		"NullInPath":  {map[string]string{first: `{"state":"done"}`}, []string{"GET " + first}, history.OutcomeMalformed, "requests[1].path: it puts in null, want a string or a number", 0},
		"ListInPath":  {map[string]string{first: `{"id":["hush"],"state":"done"}`}, []string{"GET " + first}, history.OutcomeMalformed, "requests[1].path: it puts in a list, want a string or a number", 0},
		"PathFails":   {map[string]string{first: `{"id":1,"state":["hush"]}`}, []string{"GET " + first, "GET /log/1/7%2F7"}, history.OutcomeNotFound, "request log: 404", 0},
		"Rejected":    {map[string]string{first: `{"error":"no such import"}`}, []string{"GET " + first}, "", `{"":{"error":"no such import"}}`, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &service{answers: test.answers}
			response, p := fetch(t, several, s)
			if !slices.Equal(s.asked, test.asked) || response.Outcome != test.outcome {
				t.Errorf("asked %q, %s: %s", s.asked, response.Outcome, response.Error)
			}
			if test.outcome != "" {
				if !strings.Contains(response.Error, test.want) || strings.Contains(response.Error, "hush") || response.Body != nil {
					t.Errorf("%s, not %s", response.Error, test.want)
				}
				return
			}
			if string(response.Body) != test.want {
				t.Errorf("stored %s\nnot    %s", response.Body, test.want)
			}
			answer, err := p.Interpret(response.Body)
			if test.entries < 0 {
				if err == nil {
					t.Error("it was no status")
				}
				return
			}
			if err != nil || len(answer.Steps) != 1 || len(answer.Steps[0].Entries) != test.entries {
				t.Errorf("%+v: %v", answer, err)
			}
		})
	}
}

// TestAnAnswerIsReadOnce: what came before stays as it was read.
func TestAnAnswerIsReadOnce(t *testing.T) {
	t.Parallel()
	plan := parse(t, several).Provider(1).Plan(map[string]string{"import_id": "7"})
	var came [][]byte
	for _, step := range []struct{ answer, next string }{
		{`{"id":1,"state":"done"}`, "/log/1/7"},
		{`{"lines":["a"],"next":"x"}`, "/log/1/7"},
		{`{"lines":["b","c"]}`, "/more/3"},
	} {
		came = append(came, []byte(step.answer))
		next, err := plan.Next(came)
		if err != nil || next == nil || next.Address != step.next {
			t.Fatalf("after %s: %+v, %v", step.answer, next, err)
		}
		copy(came[len(came)-1], "no JSON")
	}
}

// TestRoomForManyPages: answers that are heavy only together are asked room for, once.
func TestRoomForManyPages(t *testing.T) {
	t.Parallel()
	page := func(next string) string {
		return `{"state":"done","id":"` + strings.Repeat("x", 40<<10) + `","next":` + next + `}`
	}
	for pages, want := range map[int]int{1: 0, 2: 1, 4: 1} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, _ := strconv.Atoi(r.URL.Query().Get("page"))
			if n++; n < pages {
				_, _ = io.WriteString(w, page(strconv.Itoa(n)))
			} else {
				_, _ = io.WriteString(w, page("null"))
			}
		}))
		t.Cleanup(server.Close)
		p := parse(t, changed(simple, "requests: [{path: '/a', pages: {next: .next, param: page}}]")).Provider(1)
		client := source.NewClient("test")
		t.Cleanup(client.Close)
		for _, refusal := range []error{nil, source.ErrNoRoom} {
			asked := 0
			response, err := client.Fetch(t.Context(), &source.Account{Provider: p, BaseURL: server.URL, Secret: redact.NewSecret(secret)},
				p.Endpoint(server.URL, map[string]string{"import_id": "7"}),
				source.Pace{Now: time.Now, Room: func(context.Context, int64) error { asked++; return refusal }})
			failed := want > 0 && refusal != nil
			if err != nil || asked != want || (response.Outcome != "") != failed || !failed && response.Requests != pages {
				t.Errorf("%d pages: asked for room %d times, %d requests, %s %s %v", pages, asked, response.Requests, response.Outcome, response.Error, err)
			}
		}
	}
}

// TestEqualAnswers: of several requests, too, what is volatile makes no other answer, and
// a link that is signed anew is stored as the same.
func TestEqualAnswers(t *testing.T) {
	t.Parallel()
	p := parse(t, several).Provider(1)
	keyOf := func(progress, at, signature string) [source.KeySize]byte {
		_, key, err := p.Redact([]byte(`{"":{"id":1,"state":"done","progress":`+progress+`},"log":[{"lines":[],"at":`+at+`}],"more":{"url":"https://h.example/x?`+signature+`"}}`), redact.NewSecret(secret))
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	if keyOf("1", "1", "a=1") != keyOf("2", `"x"`, "a=1&b=2") {
		t.Error("it counts as another answer")
	}
}

// TestAuth: the credential goes where the definition says, and is in no error.
func TestAuth(t *testing.T) {
	t.Parallel()
	for auth, want := range map[string]string{
		"{bearer: true}":  "Authorization: Bearer " + secret,
		"{header: X-Key}": "X-Key: " + secret,
		`{header: Authorization, prefix: "Token "}`: "Authorization: Token " + secret,
		"{basic: true}":    "Authorization: Basic czNjcjN0L2szeSY0Mg==",
		"{query: api_key}": "?api_key=s3cr3t%2Fk3y%2642",
	} {
		var got, shown string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Header.Get("Authorization") != "":
				got = "Authorization: " + r.Header.Get("Authorization")
			case r.Header.Get("X-Key") != "":
				got = "X-Key: " + r.Header.Get("X-Key")
			default:
				got = "?" + r.URL.RawQuery
			}
			w.WriteHeader(http.StatusForbidden)
			_, _ = fmt.Fprintf(w, "not with %s at %s", secret, r.URL)
		}))
		t.Cleanup(server.Close)
		p := parse(t, changed(simple, "auth: "+auth)).Provider(1)
		client := source.NewClient("test")
		t.Cleanup(client.Close)
		response, err := client.Fetch(t.Context(), &source.Account{Provider: p, BaseURL: server.URL, Secret: redact.NewSecret(secret)}, p.Endpoint(server.URL, map[string]string{"import_id": "7/7"}), source.Pace{Now: time.Now, Sent: func(sent source.Sent) { shown = fmt.Sprint(sent.Address, sent.Header) }})
		if !strings.Contains(shown, "[credential]") || !strings.Contains(shown, "7%2F7") || strings.Contains(shown, "k3y") {
			t.Errorf("%s is shown as %s", auth, shown)
		}
		if err != nil || strings.TrimPrefix(got, "?") != strings.TrimPrefix(want, "?") || response.Outcome != history.OutcomeForbidden {
			t.Errorf("%s sends %q, not %q: %s %v", auth, got, want, response.Outcome, err)
		}
		if said := response.Error + response.ErrorBody; strings.Contains(said, "k3y") {
			t.Errorf("%s: the secret is in %q", auth, said)
		}
	}
}

// TestBasicAuth: of user:password the password alone is hidden, too, or the user where
// any password will do.
func TestBasicAuth(t *testing.T) {
	t.Parallel()
	p := parse(t, changed(simple, "auth: {basic: true}")).Provider(1)
	for credential, want := range map[string]string{
		"importer:hunter22secret": `{"id":1,"state":"importer with REDACTED"}`,
		"hunter22secret:x":        `{"id":1,"state":"importer with REDACTED"}`,
	} {
		account := source.NewAccount(p, "https://api.acme.example", redact.NewSecret(credential))
		body, _, err := p.Redact([]byte(`{"id":1,"state":"importer with hunter22secret"}`), account.Secret)
		if err != nil || string(body) != want {
			t.Errorf("%s: %s, %v", credential, body, err)
		}
		if name, value := p.Authorize(account.Secret.Reveal()); name != "Authorization" || value != "Basic "+base64.StdEncoding.EncodeToString([]byte(credential)) {
			t.Errorf("%s sends %s: %s", credential, name, value)
		}
	}
}

// TestTooLarge: where an answer is too large, another path is asked instead.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"OneRequest":      changed(simple, "requests: [{path: '/full/{import_id}', query: {a: b}, too_large: '/short/{import_id}'}]"),
		"WithHeaders":     changed(simple, "requests: [{path: '/full/{import_id}', query: {a: b}, headers: {X-V: '2'}, too_large: '/short/{import_id}'}]"),
		"OfASecond":       changed(simple, "requests: [{path: /first}, {name: full, path: '/full/{import_id}', query: {a: b}, too_large: '/short/\\(.id)%2F7'}]"),
		"OfASecondPaged":  changed(simple, "requests: [{path: /first}, {name: full, path: '/full/{import_id}', query: {a: b}, too_large: '/short/\\(.id)%2F7', pages: {next: .next}}]"),
		"NothingToAskFor": changed(simple, "requests: [{path: '/full/{import_id}', query: {a: b}}]"),
	} {
		s := &service{answers: map[string]string{"/full/7%2F7?a=b": "413 no", "/short/7%2F7?a=b": `{"id":7,"state":"done"}`, "/first": `{"id":7,"state":"done"}`}}
		response, p := fetch(t, text, s)
		if name == "NothingToAskFor" {
			if response.Outcome != history.OutcomeRejected {
				t.Errorf("%s: %s", name, response.Outcome)
			}
			continue
		}
		if answer, err := p.Interpret(response.Body); err != nil || answer.RunID != "7" || response.OutOfTurn != 0 {
			t.Errorf("%s: asked %q: %s %s, %v", name, s.asked, response.Outcome, response.Error, err)
		}
	}
}

// TestPost: a body is sent as JSON, with the fields of the target in it.
func TestPost(t *testing.T) {
	t.Parallel()
	s := &service{answers: map[string]string{"/graphql": `{"id":1,"state":"done"}`}}
	fetch(t, changed(simple, `requests: [{path: /graphql, method: POST, body: {query: 'query { node(id: "gid://{import_id}") { id } }', first: 10}}]`), s)
	want := []string{`POST /graphql {"first":10,"query":"query { node(id: \"gid://7/7\") { id } }"}`}
	if !slices.Equal(s.asked, want) {
		t.Errorf("asked %q, not %q", s.asked, want)
	}
}

// TestEmptyAtThePathsEnd: nothing put in where a path ends asks for no other resource.
func TestEmptyAtThePathsEnd(t *testing.T) {
	t.Parallel()
	for path, asked := range map[string]string{`/log/\(.log_id)`: "/log/a", `/log/\(.log_id)/`: "/log/a/", `/\(.log_id)`: "/a"} {
		text := changed(simple, "requests: [{path: /first}, {name: log, path: '"+path+"'}]")
		for id, outcome := range map[string]history.Outcome{"a": "", "": history.OutcomeMalformed} {
			s := &service{answers: map[string]string{"/first": `{"id":1,"state":"done","log_id":"` + id + `"}`, asked: "{}"}}
			if response, _ := fetch(t, text, s); response.Outcome != outcome || outcome != "" && len(s.asked) != 1 {
				t.Errorf("%s of %q: %s %s, asked %q", path, id, response.Outcome, response.Error, s.asked)
			}
		}
	}
}

// TestRelativePages: a page's address is relative to the page that gave it, and one that
// begins with a slash is below the base URL.
func TestRelativePages(t *testing.T) {
	t.Parallel()
	text := changed(simple, "requests: [{path: /first}, {name: log, path: '/v1/imports/7/log', query: {all: 'yes'}, pages: {next: .next}}]")
	s := &service{answers: map[string]string{
		"/first": `{"id":1,"state":"done"}`, "/v1/imports/7/log?all=yes": `{"next":"?page=2"}`, "/v1/imports/7/log?page=2": `{"next":"log/3"}`,
		"/v1/imports/7/log/3": `{"next":"../4"}`, "/v1/imports/7/4": `{"next":"/v1/5"}`, "/v1/5": `{}`,
	}}
	response, _ := fetch(t, text, s)
	want := []string{"GET /first", "GET /v1/imports/7/log?all=yes", "GET /v1/imports/7/log?page=2", "GET /v1/imports/7/log/3", "GET /v1/imports/7/4", "GET /v1/5"}
	if response.Outcome != "" || !slices.Equal(s.asked, want) {
		t.Errorf("%s: asked %q", response.Error, s.asked)
	}
}

// TestPagesByAddress: a page is followed at the same host alone.
func TestPagesByAddress(t *testing.T) {
	t.Parallel()
	text := changed(simple, "requests: [{path: '/a', pages: {next: .next}}]", "run_id: '.ids | map(tostring) | join(\",\")'")
	s := &service{answers: map[string]string{
		"/a": `{"state":"active","ids":[1],"next":"SERVER/b?page=2"}`, "/b?page=2": `{"state":"done","ids":[2],"next":"/c"}`, "/c": `{"state":"done","ids":[3]}`,
	}}
	response, p := fetch(t, text, s)
	answer, err := p.Interpret(response.Body)
	if err != nil || answer.RunID != "1,2,3" || answer.Status != "done" {
		t.Errorf("%+v: %v, %s", answer, err, response.Error)
	}
	for _, elsewhere := range []string{"https://evil.example/b", "//evil.example/b", "http://SERVER.evil.example/b"} {
		s := &service{answers: map[string]string{"/a": `{"state":"active","ids":[1],"next":"` + elsewhere + `"}`}}
		if response, _ := fetch(t, text, s); response.Outcome != history.OutcomeMalformed || len(s.asked) != 1 || strings.Contains(response.Error, "evil") {
			t.Errorf("%s: %s %s, asked %q", elsewhere, response.Outcome, response.Error, s.asked)
		}
	}
}
