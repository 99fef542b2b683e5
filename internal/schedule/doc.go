// Package schedule says when a job is polled: it parses and checks cron
// expressions, spreads jobs so that they do not move in lockstep, and plans the
// next poll from what the last one found.
//
// It is pure: the clock is a parameter and every result follows from the
// arguments, so that any replica plans the same time. Keeping the planned time
// is the work of package store, acting on it that of package sync.
package schedule
