package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"tracker/internal/access"
	"tracker/internal/api"
	"tracker/internal/feed"
	"tracker/internal/hook"
	"tracker/internal/notify"
	"tracker/internal/pages"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
)

// Limits on what is asked of us. A stream of events moves the deadlines on by
// itself.
const (
	headerTimeout = 5 * time.Second
	requestLimit  = 30 * time.Second // to read a request, its body included
	answerLimit   = time.Minute      // to answer it, and then for each part of an answer
	idleTimeout   = 2 * time.Minute  // of a connection between two requests
	headerMost    = 16 << 10         // bytes of a header
	bodyMost      = 1 << 20          // bytes of a body
	// webStopTimeout bounds the end of requests to us.
	webStopTimeout = 2 * time.Second
)

// website is all that a daemon shows by the web.
type website struct {
	health  health
	metrics http.Handler
	api     http.Handler
	pages   http.Handler
	hooks   http.Handler  // knows by itself who may
	guard   *access.Guard // of all but the health

	hub   *feed.Hub
	polls *askedPolls

	secure    *tls.Config  // nil: another speaks TLS, or nobody needs to
	metricsAt net.Listener // where the metrics are told without a token, too; nil: nowhere
}

// behindWeb is what works behind a website.
type behindWeb struct {
	store    *store.Store // with connections that polling does not need
	daemon   *sync.Syncer
	notifier *notify.Notifier
	metrics  http.Handler
	logger   *slog.Logger
	tell     func(sync.Event) // of what is polled because somebody asked
}

// newWebsite shows what a daemon keeps, to whom a guard lets in, until ctx ends.
func (a *app) newWebsite(ctx context.Context, behind behindWeb) *website {
	s, daemon, logger := behind.store, behind.daemon, behind.logger
	w := &website{health: health{store: daemon.Store, syncer: daemon, most: turnMost}, metrics: behind.metrics, hub: feed.NewHub(s, logger)}
	w.guard = &access.Guard{Store: s, Logger: logger, Open: true, Actor: a.environment.Actor}
	w.polls = newAskedPolls(ctx, daemon, logger, behind.tell)
	w.api = api.New(api.Options{Store: s, Feed: w.hub, Logger: logger, Version: a.version, Poll: w.polls.begin})
	w.hooks = &hook.Handler{Store: s, Credentials: source.NewCredentials(a.getenv, a.scope), Logger: logger}
	shown := pages.New(s, pages.Options{
		Logger: logger, Look: w.polls.look, Test: behind.notifier.Test, Away: w.hub.Away,
		Actor:      func(r *http.Request) string { return access.From(r.Context()).Actor },
		MayOperate: func(r *http.Request) bool { return access.From(r.Context()).Operates() },
		LoggedIn:   func(r *http.Request) bool { return access.From(r.Context()).LoggedIn },
	})
	w.pages, w.guard.Away = shown, shown.ShowAway
	return w
}

// handler gives each path to what answers it.
func (w *website) handler() http.Handler {
	guarded := http.NewServeMux()
	guarded.Handle("GET /metrics", w.metrics)
	guarded.Handle(api.Path+"/", w.api)
	guarded.Handle("/", w.pages)
	mux := w.healthHandler()
	mux.Handle("POST /hooks/{source}", w.hooks)
	mux.Handle("/", w.guard.Wrap(guarded))
	return http.MaxBytesHandler(patiently(access.Texts(mux)), bodyMost)
}

// healthHandler answers to anybody.
func (w *website) healthHandler() *http.ServeMux {
	mux := http.NewServeMux()
	// The process lives, whatever else is wrong: who restarts it where this fails
	// must not do so because the database is away.
	mux.HandleFunc("GET /healthz", func(out http.ResponseWriter, _ *http.Request) { answer(out, nil) })
	mux.HandleFunc("GET /readyz", func(out http.ResponseWriter, r *http.Request) { answer(out, w.health.ready(r.Context())) })
	return mux
}

// serve shows it on a listener until ctx ends; nil: its metrics and health alone.
func (w *website) serve(ctx context.Context, listener net.Listener) error {
	running, ctx := errgroup.WithContext(ctx)
	if listener != nil {
		running.Go(func() error { w.hub.Run(ctx); return nil })
		running.Go(func() error { return serveHTTP(ctx, listener, w.handler(), w.secure) })
	}
	if w.metricsAt != nil {
		mux := w.healthHandler()
		mux.Handle("GET /metrics", w.metrics)
		running.Go(func() error { return serveHTTP(ctx, w.metricsAt, mux, nil) })
	}
	err := running.Wait()
	return errors.Join(err, w.polls.running.Wait())
}

// serveHTTP answers on a listener until ctx ends.
func serveHTTP(ctx context.Context, listener net.Listener, handler http.Handler, secure *tls.Config) error {
	server := &http.Server{
		Handler: handler, MaxHeaderBytes: headerMost, TLSConfig: secure,
		ReadHeaderTimeout: headerTimeout, ReadTimeout: requestLimit, WriteTimeout: answerLimit, IdleTimeout: idleTimeout,
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), webStopTimeout)
		defer cancel()
		if server.Shutdown(ending) != nil {
			_ = server.Close() // of who is not done by then
		}
	})
	var err error
	if secure != nil {
		err = server.ServeTLS(listener, "", "")
	} else {
		err = server.Serve(listener)
	}
	if !stop() {
		<-ended
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve web: %w", err)
	}
	return nil
}
