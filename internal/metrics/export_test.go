package metrics

import (
	"context"
	"time"

	"tracker/internal/store"
)

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
