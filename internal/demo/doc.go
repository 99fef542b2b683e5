// Package demo is what the tour shows: simulated services, jobs at them, three
// weeks that these jobs seem to have behind them, and whom their events are told. It is not the daemon
// that polls them, nor the screen.
package demo
