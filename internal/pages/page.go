package pages

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tracker/internal/store"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// request is a request for a page, and when it is answered.
type request struct {
	*http.Request
	words.Clock // of who reads
	served      store.Served
	query       url.Values
}

// view is what a page shows.
type view struct {
	Name    string // of its template
	Title   string
	Section string // of the navigation
	Status  int    // 0: 200
	Live    string // what it follows: a job's name, or all; empty: it stays as it is
	Every   int    // seconds after which it is read again, at the latest
	Body    any

	Clock    words.Clock
	Unserved string // nobody polls, and why
	Operates bool   // who reads may change what is tracked
	Looks    bool   // somebody can look now
	LoggedIn string // as whom who reads has logged in; empty: nobody has
	Query    string // what is searched for
	Notice   string // what was just done
	Path     string
}

// builder makes a page.
type builder func(context.Context, *request) (*view, error)

// notFoundError is a page that is not there.
type notFoundError struct {
	what string   // in a sentence
	near []string // addresses that may have been meant
}

func (e notFoundError) Error() string { return e.what }

// isMissing reports a page that is not there.
func isMissing(err error) bool {
	_, missing := errors.AsType[notFoundError](err)
	return missing
}

// conflictError is something that cannot be had yet.
type conflictError struct{ what string }

func (e conflictError) Error() string { return e.what }

// page serves what a builder makes.
func (p *Pages) page(build builder) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), answerTimeout)
		defer cancel()
		req := &request{Request: r, query: r.URL.Query()}
		v, err := p.build(ctx, req, build)
		if err != nil {
			v = p.failed(ctx, req, err)
		}
		p.show(ctx, w, req, v)
	})
}

// show sends a view to who asks for it.
func (p *Pages) show(ctx context.Context, w http.ResponseWriter, req *request, v *view) {
	v.Clock, v.Path = req.Clock, req.URL.Path
	v.Operates, v.Looks = p.MayOperate == nil || p.MayOperate(req.Request), p.Look != nil
	if p.LoggedIn != nil && p.LoggedIn(req.Request) {
		v.LoggedIn = p.Actor(req.Request)
	}
	p.write(ctx, w, v)
}

// ShowAway tells that the database does not answer, which nobody asks for that.
func (p *Pages) ShowAway(w http.ResponseWriter, r *http.Request) {
	req := &request{Request: r, query: r.URL.Query(), Clock: words.Clock{ReadAt: time.Now(), Zone: zoneOf(r)}}
	p.show(r.Context(), w, req, p.awayView(req))
}

func (p *Pages) awayView(req *request) *view {
	return &view{Name: "away", Title: "The database does not answer", Status: http.StatusServiceUnavailable, Body: p.away.begin(req.ReadAt, p.Away)}
}

func (p *Pages) build(ctx context.Context, req *request, build builder) (*view, error) {
	now, served, err := p.store.Served(ctx)
	if errors.Is(err, context.DeadlineExceeded) { // to a question that takes no time
		err = fmt.Errorf("%w: %w", store.ErrUnreachable, err)
	}
	if err != nil {
		return nil, err
	}
	p.away.end()
	req.Clock, req.served = words.Clock{ReadAt: now, Zone: zoneOf(req.Request)}, served
	v, err := build(ctx, req)
	if err == nil {
		v.Unserved = req.Unserved(now, served)
		if v.Notice == "" {
			v.Notice = notice(req.query.Get("done"))
		}
	}
	return v, err
}

// zoneCookie holds the zone of who reads, which a script has found out.
const zoneCookie = "zone"

// zoneOf is the zone of who reads; nil: it is not known.
func zoneOf(r *http.Request) *time.Location {
	cookie, err := r.Cookie(zoneCookie)
	if err != nil {
		return nil
	}
	name, err := url.QueryUnescape(cookie.Value)
	if err != nil || name == "" || name == "Local" {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return zone
}

// failed is the page that tells what went wrong.
func (p *Pages) failed(ctx context.Context, req *request, err error) *view {
	if req.ReadAt.IsZero() {
		req.Clock = words.Clock{ReadAt: time.Now(), Zone: zoneOf(req.Request)}
	}
	var missing notFoundError
	var refused tracking.RequestError
	var early conflictError
	switch {
	case errors.As(err, &missing):
		return &view{Name: "missing", Title: "Not found", Status: http.StatusNotFound, Body: missingBody{missing.what, links(missing.near)}}
	case errors.As(err, &early):
		return &view{Name: "missing", Title: "Not yet", Status: http.StatusConflict, Body: missingBody{early.what, nil}}
	case tracking.IsGone(err):
		return &view{Name: "missing", Title: "Gone", Status: http.StatusGone, Body: missingBody{err.Error(), nil}}
	case errors.As(err, &refused):
		return &view{Name: "missing", Title: "Not found", Status: http.StatusNotFound, Body: missingBody{refused.Error(), nil}}
	case errors.Is(err, store.ErrConflict):
		return &view{Name: "missing", Title: "Not possible", Status: http.StatusConflict, Body: missingBody{err.Error(), nil}}
	case errors.Is(err, store.ErrNotOperator):
		return &view{Name: "missing", Title: "Not allowed", Status: http.StatusForbidden, Body: missingBody{store.ErrNotOperator.Error(), nil}}
	case errors.Is(err, context.DeadlineExceeded) && !store.IsAway(err):
		p.Logger.WarnContext(ctx, "page took too long", "path", req.URL.Path, "error", err)
		return &view{Name: "missing", Title: "It took too long", Status: http.StatusGatewayTimeout, Body: missingBody{slow, nil}}
	case store.IsAway(err):
		p.Logger.WarnContext(ctx, "page not shown", "path", req.URL.Path, "error", err)
		return p.awayView(req)
	default:
		p.Logger.ErrorContext(ctx, "page not shown", "path", req.URL.Path, "error", err)
		return &view{Name: "broken", Title: "Something went wrong", Status: http.StatusInternalServerError}
	}
}

// slow tells of a page that was given up.
var slow = fmt.Sprintf("This took longer than %d s, and was given up. Ask for less, such as one job or a shorter time, or ask again later.", int(answerTimeout.Seconds()))

// missingBody tells what is not there, and what may have been meant.
type missingBody struct {
	What string
	Near []link
}

// link is an address with its text.
type link struct{ Text, Address string }

// links are addresses, with their last part as text.
func links(addresses []string) []link {
	var all []link
	for _, address := range addresses {
		text, _ := url.PathUnescape(address[strings.LastIndex(address, "/")+1:])
		if strings.Contains(address, "/runs/") {
			text = "run " + text
		}
		all = append(all, link{text, address})
	}
	return all
}

// nowhere answers for an address that there is not.
func (p *Pages) nowhere(_ context.Context, req *request) (*view, error) {
	return nil, notFoundError{what: "There is no page " + req.URL.Path + ".", near: []string{"/", "/sources", "/reports", "/events", "/audit"}}
}

// write sends a page.
func (p *Pages) write(ctx context.Context, w http.ResponseWriter, v *view) {
	var text bytes.Buffer
	if err := pageTemplates()[v.Name].ExecuteTemplate(&text, "layout", v); err != nil {
		p.Logger.ErrorContext(ctx, "page not written", "page", v.Name, "error", err)
		http.Error(w, "This page could not be written.", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	if v.Status == http.StatusServiceUnavailable {
		header.Set("Retry-After", "5")
	}
	if v.Status != 0 {
		w.WriteHeader(v.Status)
	}
	_, _ = text.WriteTo(w) // who has asked may be gone
}
