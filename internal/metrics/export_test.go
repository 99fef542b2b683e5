package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tracker/internal/store"
)

// Registry is where what it tells is registered.
func (m *Metrics) Registry() *prometheus.Registry { return m.registry }

// Census is census.
type Census struct{ *census }

// NewCensus counts by a function.
func NewCensus(count func(context.Context) (store.Census, error)) Census {
	return Census{newCensus(count)}
}

// Refresh is refresh.
func (c Census) Refresh(ctx context.Context, now time.Time) { c.refresh(ctx, now) }

// Errors is how often it could not count.
func (c Census) Errors() uint64 { return c.errors.Load() }
