// Package metrics counts what the daemon does, and tells it to Prometheus. What there
// is to count it hears of package sync, which does not know it; what it tells of the
// whole database it asks for at most once in a while, whoever scrapes. It decides nothing.
package metrics
