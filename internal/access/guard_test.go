package access_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"tracker/internal/access"
	"tracker/internal/store"
	"tracker/internal/testkit"
)

// lab is a guard before a handler that tells who asks.
type lab struct {
	t *testing.T
	*testkit.Database
	store  *store.Store
	guard  *access.Guard
	server *httptest.Server
}

// newLab has a guard as on an address that others reach, before which TLS is spoken.
func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{t: t, Database: testkit.NewDatabase(t)}
	l.store = l.Store()
	l.guard = &access.Guard{Store: l.store, Logger: slog.New(slog.DiscardHandler), Actor: "ann"}
	l.server = httptest.NewTLSServer(l.guard.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := access.From(r.Context())
		fmt.Fprintf(w, "%s may %s, logged in: %t", who.Actor, who.Scope, who.LoggedIn)
	})))
	t.Cleanup(l.server.Close)
	return l
}

func (l *lab) now() time.Time {
	l.t.Helper()
	now, err := l.store.Now(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	return now
}

// token adds a token.
func (l *lab) token(name, scope string) string {
	l.t.Helper()
	token := access.NewToken()
	if _, err := l.store.AddToken(l.t.Context(), store.Author{Actor: "tester", At: l.now()}, store.TokenSpec{Name: name, Scope: scope, Token: token}); err != nil {
		l.t.Fatal(err)
	}
	return token
}

// said is what a request is answered.
type said struct {
	status int
	header http.Header
	text   string
}

// ask sends a request with some headers, as a browser or a program that follows nothing.
func (l *lab) ask(method, path string, headers ...string) said {
	l.t.Helper()
	return l.askAs(l.server.Client(), method, path, "", headers...)
}

func (l *lab) askAs(client *http.Client, method, path, form string, headers ...string) said {
	l.t.Helper()
	r, err := http.NewRequestWithContext(l.t.Context(), method, l.server.URL+path, strings.NewReader(form))
	if err != nil {
		l.t.Fatal(err)
	}
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		if name == "Host" {
			r.Host = value
		} else {
			r.Header.Add(name, value)
		}
	}
	following := *client
	following.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	got, err := following.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	return said{got.StatusCode, got.Header, string(text)}
}

func (l *lab) want(what string, got said, status int, texts ...string) {
	l.t.Helper()
	for _, text := range texts {
		if !strings.Contains(got.text, text) {
			l.t.Errorf("%s: no %q in %q", what, text, got.text)
		}
	}
	if got.status != status {
		l.t.Errorf("%s: %d %s", what, got.status, got.text)
	}
}

// TestLoopbackIsForThisMachine, by the names of this machine alone.
func TestLoopbackIsForThisMachine(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.guard.Open = true
	for _, host := range []string{"localhost:8080", "LOCALHOST", "127.0.0.1:8080", "127.9.9.9", "[::1]:8080"} {
		l.want(host, l.ask(http.MethodPost, "/api/v1/x", "Host: "+host), http.StatusOK, "ann may operate")
	}
	for _, host := range []string{"evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.0.1", "2130706433", "0.0.0.0:8080"} {
		l.want(host, l.ask(http.MethodGet, "/api/v1/x", "Host: "+host), http.StatusMisdirectedRequest, "localhost")
	}
}

// TestLoopbackIsForNoProxy, which would open it to everybody behind it.
func TestLoopbackIsForNoProxy(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.guard.Open = true
	for _, header := range []string{"X-Forwarded-For: 203.0.113.7", "X-Real-IP: 203.0.113.7", "Forwarded: for=203.0.113.7"} {
		l.want(header, l.ask(http.MethodGet, "/api/v1/x", "Host: localhost", header), http.StatusForbidden, "--behind-proxy")
	}
}

// TestOtherSitesChangeNothing, whatever the browser knows of us.
func TestOtherSitesChangeNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.guard.Open = true
	for _, from := range []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: https://evil.example", "Origin: null"} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
			l.want(from, l.ask(method, "/api/v1/jobs/x", "Host: localhost", from), http.StatusForbidden, "another site")
		}
		l.want(from, l.ask(http.MethodPost, "/logout", "Host: localhost", from), http.StatusForbidden)
	}
	l.want("ours", l.ask(http.MethodPost, "/api/v1/jobs/x", "Host: localhost", "Sec-Fetch-Site: same-origin"), http.StatusOK)
	for name, want := range map[string]string{
		"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := l.ask(http.MethodGet, "/", "Host: localhost").header.Get(name); !strings.Contains(got, want) || strings.Contains(got, "unsafe") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestTokensCount as long as they do, and for what they are.
func TestTokensCount(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	read, operate := "Authorization: Bearer "+l.token("reader", store.ScopeRead), "Authorization: Bearer "+l.token("deploy", store.ScopeOperate)
	l.want("none", l.ask(http.MethodGet, "/api/v1/jobs"), http.StatusUnauthorized, `"status":401`)
	l.want("wrong", l.ask(http.MethodGet, "/api/v1/jobs", "Authorization: Bearer trk_wrong"), http.StatusUnauthorized, "counts for nothing")
	l.want("another kind", l.ask(http.MethodGet, "/metrics", "Authorization: Basic eDp5"), http.StatusUnauthorized)
	l.want("the proxy's word, whom nobody trusts", l.ask(http.MethodGet, "/metrics", "X-Forwarded-User: eve"), http.StatusUnauthorized)
	l.want("read", l.ask(http.MethodGet, "/api/v1/jobs", read), http.StatusOK, "token reader may read")
	l.want("read, to change", l.ask(http.MethodPost, "/api/v1/jobs/x/pause", read), http.StatusForbidden, "scope operate")
	l.want("operate", l.ask(http.MethodDelete, "/api/v1/jobs/x", operate), http.StatusOK, "token deploy may operate")
	if got := l.ask(http.MethodGet, "/api/v1/jobs").header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Bearer") {
		t.Errorf("it asks for %q", got)
	}

	by := store.Author{Actor: "tester", At: l.now()}
	if err := l.store.RevokeToken(t.Context(), by, "deploy"); err != nil {
		t.Fatal(err)
	}
	l.want("revoked", l.ask(http.MethodGet, "/api/v1/jobs", operate), http.StatusUnauthorized, "revoked")
	early := store.Author{Actor: "tester", At: by.At.Add(-2 * time.Hour)}
	expired := store.TokenSpec{Name: "old", Scope: store.ScopeRead, Token: access.NewToken(), ExpiresAt: by.At.Add(-time.Hour)}
	if _, err := l.store.AddToken(t.Context(), early, expired); err != nil {
		t.Fatal(err)
	}
	l.want("expired", l.ask(http.MethodGet, "/api/v1/jobs", "Authorization: Bearer "+expired.Token), http.StatusUnauthorized, "expired")
	l.want("named twice", l.ask(http.MethodGet, "/api/v1/jobs", "Authorization: Bearer x", read), http.StatusUnauthorized)
}

// TestLoginLasts until the logout, after which the cookie is worth nothing to anybody.
func TestLoginLasts(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	token := l.token("ann", store.ScopeRead)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := *l.server.Client()
	browser.Jar = jar
	asked := l.askAs(&browser, http.MethodGet, "/jobs/x?as_of=1h", "", "Accept: text/html")
	l.want("unknown", asked, http.StatusSeeOther)
	next := asked.header.Get("Location")
	if next != "/login?next=%2Fjobs%2Fx%3Fas_of%3D1h" {
		t.Errorf("it leads to %s", next)
	}
	l.want("the form", l.askAs(&browser, http.MethodGet, next, ""), http.StatusOK, `value="/jobs/x?as_of=1h"`, `action="/login"`)
	l.want("from elsewhere", l.askAs(&browser, http.MethodGet, "/jobs/x", "", "Accept: text/html", "Sec-Fetch-Site: cross-site"), http.StatusOK, `content="0;url=/jobs/x"`)
	l.want("a wrong token", l.askAs(&browser, http.MethodPost, "/login", "token=wrong"), http.StatusUnauthorized, "counts for nothing")
	in := l.askAs(&browser, http.MethodPost, "/login", url.Values{"token": {token}, "next": {"/jobs/x"}}.Encode())
	l.want("the login", in, http.StatusSeeOther)
	cookie := in.header.Get("Set-Cookie")
	for _, want := range []string{"__Host-tracker=", "HttpOnly", "Secure", "SameSite=Strict", "Path=/"} {
		if !strings.Contains(cookie, want) || in.header.Get("Location") != "/jobs/x" {
			t.Errorf("no %q in %q, and on to %s", want, cookie, in.header.Get("Location"))
		}
	}
	l.Want("its length, by the clock that it is checked by", []string{"12:00:00"}, `SELECT (expires_at - begun_at)::text FROM web_sessions`)
	stolen, _, _ := strings.Cut(cookie, ";")
	l.want("logged in", l.askAs(&browser, http.MethodGet, "/", ""), http.StatusOK, "token ann may read, logged in: true")
	l.want("stolen, in time", l.ask(http.MethodGet, "/", "Cookie: "+stolen), http.StatusOK)
	l.want("to change", l.askAs(&browser, http.MethodPost, "/jobs/x/pause", ""), http.StatusForbidden)
	l.want("the logout", l.askAs(&browser, http.MethodPost, "/logout", ""), http.StatusSeeOther)
	l.want("logged out", l.askAs(&browser, http.MethodGet, "/", ""), http.StatusUnauthorized)
	l.want("stolen, after the logout", l.ask(http.MethodGet, "/", "Cookie: "+stolen), http.StatusUnauthorized)

	in = l.askAs(&browser, http.MethodPost, "/login", "token="+token)
	if err := l.store.RevokeToken(t.Context(), store.Author{Actor: "tester", At: l.now()}, "ann"); err != nil {
		t.Fatal(err)
	}
	l.want("logged in by a token that was revoked", l.askAs(&browser, http.MethodGet, "/", ""), http.StatusUnauthorized)
	for _, elsewhere := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "evil", "javascript:alert(1)", ""} {
		l.want(elsewhere, l.ask(http.MethodGet, "/login?next="+url.QueryEscape(elsewhere)), http.StatusOK, `value="/"`)
	}
}

// TestProxyTellsWhoAsks where it is believed, and once.
func TestProxyTellsWhoAsks(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.guard.BehindProxy, l.guard.TrustHeader = true, "X-Forwarded-User"
	l.want("named", l.ask(http.MethodPost, "/api/v1/x", "X-Forwarded-User: bea@example.com"), http.StatusOK, "bea@example.com may operate")
	l.want("named twice", l.ask(http.MethodGet, "/api/v1/x", "X-Forwarded-User: bea", "X-Forwarded-User: eve"), http.StatusUnauthorized)
	l.want("not named", l.ask(http.MethodGet, "/api/v1/x", "X-Forwarded-User: "), http.StatusUnauthorized)
	l.want("at length", l.ask(http.MethodGet, "/api/v1/x", "X-Forwarded-User: "+strings.Repeat("x", 201)), http.StatusUnauthorized)
	l.want("in Latin-1", l.ask(http.MethodGet, "/api/v1/x", "X-Forwarded-User: b\xe9a"), http.StatusUnauthorized)
}

// TestWrongTokensAreFew from one address, and of others nobody suffers.
func TestWrongTokensAreFew(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.guard.BehindProxy = true
	right := "Authorization: Bearer " + l.token("ann", store.ScopeRead)
	for n := range 10 {
		// What the client says of itself stands before what the proxy adds.
		from := fmt.Sprintf("X-Forwarded-For: 10.0.0.%d, 203.0.113.7", n)
		l.want("wrong", l.ask(http.MethodGet, "/api/v1/x", "Authorization: Bearer wrong", from), http.StatusUnauthorized)
	}
	got := l.ask(http.MethodGet, "/api/v1/x", "Authorization: Bearer wrong", "X-Forwarded-For: 203.0.113.7:4711")
	l.want("one more", got, http.StatusTooManyRequests, "in a minute")
	l.want("by the form", l.askAs(l.server.Client(), http.MethodPost, "/login", "token=x", "X-Forwarded-For: 203.0.113.7"), http.StatusTooManyRequests)
	if got.header.Get("Retry-After") != "60" {
		t.Errorf("to come again after %q", got.header.Get("Retry-After"))
	}
	for _, said := range []string{"", " ", "203.0.113.8"} {
		got := l.ask(http.MethodGet, "/api/v1/x", "Authorization: Bearer wrong", "X-Forwarded-For: "+said, "X-Forwarded-For: 203.0.113.7")
		l.want(fmt.Sprintf("that says %q of itself", said), got, http.StatusTooManyRequests)
	}
	l.want("from elsewhere", l.ask(http.MethodGet, "/api/v1/x", "Authorization: Bearer wrong", "X-Forwarded-For: 203.0.113.8"), http.StatusUnauthorized)
	l.want("a right one", l.ask(http.MethodGet, "/api/v1/x", right, "X-Forwarded-For: 203.0.113.7"), http.StatusOK)
}

// TestDatabaseThatIsAwayIsTold to who has logged in, in time: people are shown since when.
func TestDatabaseThatIsAwayIsTold(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.guard.Away = func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, "since noon")
	}
	token := l.token("ann", store.ScopeRead)
	in := l.askAs(l.server.Client(), http.MethodPost, "/login", "token="+token)
	cookie, _, _ := strings.Cut(in.header.Get("Set-Cookie"), ";")
	away, err := l.DB.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = away.Rollback() }()
	if _, err := away.ExecContext(t.Context(), `LOCK TABLE tokens, web_sessions`); err != nil {
		t.Fatal(err)
	}
	l.want("a page", l.ask(http.MethodGet, "/jobs/x", "Cookie: "+cookie, "Accept: text/html"), http.StatusServiceUnavailable, "since noon")
	got := l.ask(http.MethodGet, "/api/v1/jobs", "Authorization: Bearer "+token)
	l.want("a program", got, http.StatusServiceUnavailable, `"status":503`)
	if got.header.Get("Retry-After") == "" {
		t.Error("it is not told when to come again")
	}
	l.want("what pages are shown with", l.ask(http.MethodGet, "/assets/x.css"), http.StatusOK)
}
