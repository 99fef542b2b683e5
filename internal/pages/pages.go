package pages

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"tracker/internal/store"
)

// Options are what pages need to know beside the store.
type Options struct {
	Logger *slog.Logger
	// Actor is who sends a request, for the record of what was changed.
	Actor func(*http.Request) string
	// MayOperate tells whether who sends a request may change what is tracked; nil: all may.
	MayOperate func(*http.Request) bool
	// LoggedIn tells whether who sends a request can log out, by a POST of /logout; nil: nobody can.
	LoggedIn func(*http.Request) bool
	// Away tells since when the database has not answered, as who asks it all the time knows;
	// zero: nothing is known of that. nil: nobody asks.
	Away func() time.Time
	// Look polls a job now; nil: nobody here can. It may fail by ErrVainLook and ErrBusyLook.
	Look func(context.Context, store.Job) error
	// Test sends a test by a rule at a time, and tells in how long it was taken; nil: nobody here can.
	Test func(context.Context, store.Rule, time.Time) (time.Duration, error)
}

// Pages are all pages of a store.
type Pages struct {
	Options
	http.Handler // to be mounted at /
	store        *store.Store
	away         outage
	watched      watched
}

// answerTimeout bounds how long a page may take.
const answerTimeout = 30 * time.Second

// New gives the pages of a store.
func New(s *store.Store, options Options) *Pages {
	p := &Pages{Options: options, store: s}
	mux := http.NewServeMux()
	for path, build := range map[string]builder{
		"/{$}":                       p.overview,
		"/jobs/{job}":                p.job,
		"/jobs/{job}/runs/{run}":     p.run,
		"/sources":                   p.sources,
		"/sources/{source}":          p.source,
		"/reports":                   p.reports,
		"/events":                    p.events,
		"/audit":                     p.audit,
		"/notify":                    p.notify,
		"/jobs/{job}/snapshots/{no}": p.snapshot,
		"/{path...}":                 p.nowhere,
	} {
		mux.Handle("GET "+path, p.page(build))
	}
	for path, act := range map[string]operation{
		"/jobs/{job}/pause":        p.pauseJob,
		"/jobs/{job}/resume":       p.resumeJob,
		"/jobs/{job}/look":         p.lookNow,
		"/sources/{source}/pause":  p.pauseSource,
		"/sources/{source}/resume": p.resumeSource,
		"/notify/retry":            p.retryRule,
	} {
		mux.Handle("POST "+path, p.operate(act))
	}
	mux.Handle("POST /notify", p.operator(p.page(p.testRule)))
	mux.HandleFunc("GET /jobs/{job}/pack.zip", p.pack)
	mux.HandleFunc("GET /jobs/{job}/runs/{run}/pack.zip", p.pack)
	mux.HandleFunc("GET /jobs/{job}/snapshots/{no}/body", p.body)
	mux.HandleFunc("GET /audit/pack", p.packAt)
	mux.Handle("GET /reports/{name}", p.reportPage())
	mux.Handle("GET /assets/{name}", serveAssets())
	p.Handler = gzhttp.GzipHandler(mux)
	return p
}

// outage remembers since when the database has not answered.
type outage struct {
	mu    sync.Mutex
	since time.Time
}

// begin tells since when: as others know, or from now on.
func (o *outage) begin(now time.Time, known func() time.Time) time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	if known != nil {
		if since := known(); !since.IsZero() { // of this time, which may not be the first
			o.since = since
		}
	}
	if o.since.IsZero() {
		o.since = now
	}
	return o.since
}

func (o *outage) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.since = time.Time{}
}
