package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Limits on what is asked of us. A handler that answers for longer, such as a stream of
// events, moves the deadlines on as it writes.
const (
	headerTimeout = 5 * time.Second
	requestLimit  = 30 * time.Second // to read a request, its body included
	answerLimit   = time.Minute      // to answer it
	idleTimeout   = 2 * time.Minute  // of a connection between two requests
	headerMost    = 16 << 10         // bytes of a header
	bodyMost      = 1 << 20          // bytes of a body
	// webStopTimeout bounds the end of requests to us.
	webStopTimeout = 2 * time.Second
)

// site is all that the web server shows. What is nil is not there.
type site struct {
	health  health
	metrics http.Handler
	api     http.Handler // /api/v1/
	pages   http.Handler // all else
}

// handler gives each path to what answers it.
func (s site) handler() http.Handler {
	mux := http.NewServeMux()
	// The process lives, whatever else is wrong: who restarts it where this fails
	// must not do so because the database is away.
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, nil) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { answer(w, s.health.ready(r.Context())) })
	for path, handler := range map[string]http.Handler{"GET /metrics": s.metrics, "/api/v1/": s.api, "/": s.pages} {
		if handler != nil {
			mux.Handle(path, handler)
		}
	}
	return http.MaxBytesHandler(mux, bodyMost)
}

// serveWeb shows a site on a listener until ctx ends.
func serveWeb(ctx context.Context, listener net.Listener, s site) error {
	server := &http.Server{
		Handler: s.handler(), MaxHeaderBytes: headerMost,
		ReadHeaderTimeout: headerTimeout, ReadTimeout: requestLimit, WriteTimeout: answerLimit, IdleTimeout: idleTimeout,
	}
	stop := context.AfterFunc(ctx, func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), webStopTimeout)
		defer cancel()
		_ = server.Shutdown(ending)
	})
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve web: %w", err)
	}
	return nil
}
