// Package demo is what the tour shows: simulated services, jobs at them, and
// three weeks that these jobs seem to have behind them. It is not the daemon
// that polls them, nor the screen.
package demo
