package access

import (
	"context"
	"crypto/rand"
	_ "embed" // pages and their style
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tracker/internal/store"
)

const (
	// cookieName has browsers take the cookie from this host over TLS alone.
	cookieName = "__Host-tracker"
	// sessionLength is for how long one login counts.
	sessionLength = 12 * time.Hour
)

var (
	//go:embed login.html
	loginText string
	//go:embed notice.html
	noticeText string
	//go:embed login.css
	loginStyle []byte

	loginPage  = template.Must(template.New("login").Parse(loginText))
	noticePage = template.Must(template.New("notice").Parse(noticeText))
)

// loginForm is what the page of the login shows.
type loginForm struct {
	Next  string // where to go then
	Wrong string // why it has failed
}

// askForLogin leads people to the form, and tells programs what is missing.
func (g *Guard) askForLogin(w http.ResponseWriter, r *http.Request, why error) {
	switch {
	case !wantsPage(r):
		w.Header().Set("WWW-Authenticate", `Bearer realm="tracker"`)
		refuse(w, r, http.StatusUnauthorized, why.Error())
	case r.Header.Get("Sec-Fetch-Site") == "cross-site":
		// Who follows a link from elsewhere sends no strict cookie: from our own page he does.
		show(w, http.StatusOK, noticePage, notice{Title: "Tracker", Text: "One moment.", Again: r.URL.RequestURI()})
	default:
		http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
	}
}

func (g *Guard) showLogin(w http.ResponseWriter, r *http.Request) {
	next := localPath(r.URL.Query().Get("next"))
	if g.Open || g.namedByProxy(r) != "" {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	show(w, http.StatusOK, loginPage, loginForm{Next: next})
}

func showLoginStyle(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=3600")
	_, _ = w.Write(loginStyle)
}

// login begins a session with the token of the form.
func (g *Guard) login(w http.ResponseWriter, r *http.Request) {
	form := loginForm{Next: localPath(r.PostFormValue("next"))}
	token, err := g.checkToken(r, strings.TrimSpace(r.PostFormValue("token")))
	cookie := rand.Text()
	if err == nil {
		ctx, cancel := context.WithTimeout(r.Context(), askMost)
		defer cancel()
		err = g.Store.BeginSession(ctx, token, cookie, sessionLength)
	}
	switch {
	case errors.Is(err, errTooMany):
		w.Header().Set("Retry-After", retryAfter)
		form.Wrong = err.Error()
		show(w, http.StatusTooManyRequests, loginPage, form)
	case errors.Is(err, errUnknown):
		form.Wrong = err.Error()
		show(w, http.StatusUnauthorized, loginPage, form)
	case err != nil:
		g.Logger.ErrorContext(r.Context(), "a login failed", "error", err)
		form.Wrong = "the database does not answer: try again"
		show(w, http.StatusServiceUnavailable, loginPage, form)
	default:
		http.SetCookie(w, sessionCookie(cookie, int(sessionLength.Seconds())))
		http.Redirect(w, r, form.Next, http.StatusSeeOther)
	}
}

// logout ends the session, so that its cookie is worth nothing to whoever has it.
func (g *Guard) logout(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(cookieName); err == nil {
		ctx, cancel := context.WithTimeout(r.Context(), askMost)
		defer cancel()
		if err := g.Store.EndSession(ctx, cookie.Value); err != nil && !errors.Is(err, store.ErrNotFound) {
			g.Logger.ErrorContext(r.Context(), "a logout failed", "error", err)
			refuse(w, r, http.StatusServiceUnavailable, "the database does not answer, and the session goes on: try again")
			return
		}
	}
	http.SetCookie(w, sessionCookie("", -1))
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

func sessionCookie(value string, seconds int) *http.Cookie {
	return &http.Cookie{Name: cookieName, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: true, SameSite: http.SameSiteStrictMode}
}

// localPath is an address of ours, else that of the first page: nobody is led elsewhere.
func localPath(next string) string {
	at, err := url.Parse(next)
	if err != nil || at.Host != "" || at.Scheme != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.Contains(next, `\`) {
		return "/"
	}
	return next
}
