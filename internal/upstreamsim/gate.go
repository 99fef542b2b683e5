package upstreamsim

import (
	"context"
	"sync"
)

// Gate holds answers back until it is opened.
type Gate struct {
	reached, opened     chan struct{}
	reachOnce, openOnce sync.Once
}

// NewGate gives a closed gate.
func NewGate() *Gate {
	return &Gate{reached: make(chan struct{}), opened: make(chan struct{})}
}

// Reached is closed once a request waits at the gate, or has passed it.
func (g *Gate) Reached() <-chan struct{} { return g.reached }

// Open lets all answers through, now and later. It may be called again.
func (g *Gate) Open() { g.openOnce.Do(func() { close(g.opened) }) }

// pass waits for the gate and reports whether the client has waited too.
func (g *Gate) pass(ctx context.Context) bool {
	g.reachOnce.Do(func() { close(g.reached) })
	select {
	case <-g.opened:
		return true
	case <-ctx.Done():
		return false
	}
}
