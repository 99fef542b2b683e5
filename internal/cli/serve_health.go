package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"tracker/internal/store"
	"tracker/internal/sync"
)

const (
	// turnMost is how long the claim loop may take to turn: a turn is bounded by
	// less, and so is the pause after one that failed.
	turnMost = 30 * time.Second
	// healthTimeout bounds the question to the database behind /readyz.
	healthTimeout = 2 * time.Second
)

// health tells whether the daemon can do its work.
type health struct {
	store  *store.Store
	syncer *sync.Syncer
	most   time.Duration // how long the claim loop may take to turn
}

// ready is why it cannot do its work; empty: it can.
func (h health) ready(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	var reasons []string
	switch ago, begun := h.syncer.Turned(); {
	case !begun:
		reasons = append(reasons, "claim loop: it has not begun")
	case ago > h.most:
		reasons = append(reasons, fmt.Sprintf("claim loop: it has not turned for %s", ago.Round(time.Second)))
	}
	switch err := h.store.CheckSchema(ctx); {
	case errors.Is(err, store.ErrSchemaOld), errors.Is(err, store.ErrSchemaNew):
		reasons = append(reasons, "schema: "+err.Error())
	case err != nil:
		reasons = append(reasons, "database: it does not answer")
	}
	return reasons
}

// answer writes ok, or 503 with a line for each reason.
func answer(w http.ResponseWriter, reasons []string) {
	if len(reasons) > 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
	} else {
		reasons = []string{"ok"}
	}
	for _, reason := range reasons {
		fmt.Fprintln(w, reason)
	}
}
