package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"tracker/internal/pages"
	"tracker/internal/store"
	"tracker/internal/sync"
)

// errVainLook means that a poll got no answer.
var errVainLook = errors.New("the poll got no answer")

// pages are the web pages of a daemon.
func (a *app) pages(s *store.Store, daemon *sync.Syncer, logger *slog.Logger) http.Handler {
	look := &sync.Syncer{
		Store: s, Client: daemon.Client, Getenv: daemon.Getenv, Scope: daemon.Scope, Owner: daemon.Owner + " web", Logger: logger, MemoryBudget: daemon.MemoryBudget,
	}
	return pages.New(s, pages.Options{
		Logger: logger,
		Actor:  func(*http.Request) string { return a.environment.Actor },
		Look: func(ctx context.Context, job store.Job) (err error) {
			looked := look.Once(ctx, []store.Job{job}, func(e sync.Event) {
				if e.Kind == sync.Skipped || !e.Outcome.Answered() && e.Kind == sync.Polled {
					err = fmt.Errorf("%w: %s", errVainLook, e.Error)
				}
			})
			return errors.Join(looked, err)
		},
	})
}
