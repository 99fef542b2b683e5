// Package history holds the nouns of the tracker and the function that
// compares what a service says now with what it said before.
//
// It is pure: no clock, no network, no database. What was known and what is
// said go in, the rows to record come out. Reading a service's answer is the
// work of package source, keeping the rows that of package store.
package history
